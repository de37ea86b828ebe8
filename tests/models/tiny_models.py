"""Tiny random checkpoints of every architecture, with tokenizers trained on the spot."""

from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from causalvalues.survey.request import Message, Request

CORPUS = [
    "You are a baker who likes quiet mornings and long walks. You are a judge.",
    "Answer with A, B, C alone. How much do you agree that the sentence describes you?",
    "agree completely agree mostly agree a little disagree a little disagree completely",
    "Should I help a stranger? Answer with one of: yes, no. Yes. No. user assistant model system",
    "Being free to plan each day matters to this person more than almost anything.",
] * 4

GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else "
    "m['role']) + '\\n' + m['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
)
LLAMA3 = (
    "{% for m in messages %}{{ (bos_token if loop.first else '') + '<|start_header_id|>' + "
    "m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
LLAMA2 = (
    "{% set role = messages[0]['content'] if messages[0]['role'] == 'system' else none %}"
    "{% for m in messages if m['role'] != 'system' %}{% if m['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + ('<<SYS>>\\n' + role + '\\n<</SYS>>\\n\\n' if loop.first and role "
    "else '') + m['content'].strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)


def _spaced_bpe(specials: list[str], *, prefix: bool) -> Tokenizer:
    """A BPE in which a space is a visible mark, as in Gemma and Llama 2."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    marked = normalizers.Replace(" ", "▁")
    steps = [normalizers.Prepend("▁"), marked] if prefix else [marked]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    hexes = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator(
        CORPUS, BpeTrainer(vocab_size=600, special_tokens=[*specials, *hexes], show_progress=False)
    )
    return tokenizer


def _byte_bpe(specials: list[str]) -> Tokenizer:
    """A BPE over bytes, as in Llama 3."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        CORPUS,
        BpeTrainer(
            vocab_size=500, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
        ),
    )
    return tokenizer


def _begun(tokenizer: Tokenizer, bos: str) -> Tokenizer:
    """The tokenizer that begins every text with BOS."""
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))]
    )
    return tokenizer


def gemma_tokenizer() -> PreTrainedTokenizerFast:
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    return PreTrainedTokenizerFast(
        tokenizer_object=_begun(_spaced_bpe(specials, prefix=False), "<bos>"),
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        chat_template=GEMMA,
    )


def llama2_tokenizer() -> PreTrainedTokenizerFast:
    specials = ["<unk>", "<s>", "</s>"]
    return PreTrainedTokenizerFast(
        tokenizer_object=_begun(_spaced_bpe(specials, prefix=True), "<s>"),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        chat_template=LLAMA2,
    )


def llama3_tokenizer() -> PreTrainedTokenizerFast:
    specials = [
        *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>"),
        *("<|end_header_id|>", "<|eot_id|>"),
    ]
    return PreTrainedTokenizerFast(
        tokenizer_object=_begun(_byte_bpe(specials), "<|begin_of_text|>"),
        bos_token="<|begin_of_text|>",
        eos_token="<|end_of_text|>",
        chat_template=LLAMA3,
    )


def base_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer without a template, for models that were never taught to chat."""
    return PreTrainedTokenizerFast(
        tokenizer_object=_byte_bpe(["<|endoftext|>"]),
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
    )


SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 1024,
    "initializer_range": 0.3,
}
TYPES = ["sliding_attention", "full_attention", "sliding_attention"]
GEMMA_IDS = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
GEMMA3 = {"sliding_window": 7, "layer_types": TYPES, "query_pre_attn_scalar": 8}

Recipe = tuple[Callable[[], PreTrainedTokenizerFast], Callable[[int], PretrainedConfig]]

RECIPES: dict[str, Recipe] = {
    "gemma": (gemma_tokenizer, lambda n: GemmaConfig(vocab_size=n, **SMALL, **GEMMA_IDS)),
    "gemma2": (
        gemma_tokenizer,
        lambda n: Gemma2Config(
            vocab_size=n,
            **SMALL,
            **GEMMA_IDS,
            sliding_window=6,
            layer_types=TYPES,
            attn_logit_softcapping=2.0,
            final_logit_softcapping=3.0,
            query_pre_attn_scalar=8,
        ),
    ),
    "gemma3_text": (
        gemma_tokenizer,
        lambda n: Gemma3TextConfig(vocab_size=n, **SMALL, **GEMMA_IDS, **GEMMA3),
    ),
    "gemma3": (
        gemma_tokenizer,
        lambda n: Gemma3Config(
            text_config={"vocab_size": n, **SMALL, **GEMMA3},
            vision_config={
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "image_size": 28,
                "patch_size": 14,
            },
            mm_tokens_per_image=4,
            **GEMMA_IDS,
        ),
    ),
    "llama2": (llama2_tokenizer, lambda n: LlamaConfig(vocab_size=n, **SMALL, bos_token_id=1)),
    "llama3": (
        llama3_tokenizer,
        lambda n: LlamaConfig(
            vocab_size=n, **SMALL, rope_parameters=LLAMA3_ROPE, bos_token_id=0, eos_token_id=[1, 4]
        ),
    ),
    "mistral": (
        llama2_tokenizer,
        lambda n: MistralConfig(vocab_size=n, **SMALL, sliding_window=9, bos_token_id=1),
    ),
    "qwen3": (
        llama3_tokenizer,
        lambda n: Qwen3Config(
            vocab_size=n,
            **SMALL,
            use_sliding_window=True,
            sliding_window=8,
            layer_types=TYPES,
        ),
    ),
    "gpt2": (  # not in the table: its parts are found
        base_tokenizer,
        lambda n: GPT2Config(
            vocab_size=n, n_embd=32, n_layer=3, n_head=4, n_positions=1024, initializer_range=0.3
        ),
    ),
}


def save(kind: str, folder: Path, *, seed: int = 0) -> Path:
    """Write a random checkpoint of a kind into a folder, and return it."""
    make_tokenizer, make_config = RECIPES[kind]
    tokenizer = make_tokenizer()
    config = make_config(len(tokenizer))
    torch.manual_seed(seed)
    make = Gemma3ForConditionalGeneration if kind == "gemma3" else AutoModelForCausalLM.from_config
    make(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


ROLES = (
    "",
    "You are a baker who likes quiet mornings.",
    "You are a judge. Being free to plan each day matters to you more than almost anything.",
)
ITEMS = (
    ("Answer with A, B, C alone.\nHow much do you agree?\nBeing free", ("A", "B", "C")),
    ("Should I help a stranger?", ("yes", "no")),
    (
        "Answer with one of these: a long walk, or a quiet morning, or whatever else there is.\n"
        * 3,
        ("agree completely", "agree mostly", "agree", "disagree a little"),
    ),
)


def requests() -> list[Request]:
    """Every role with every item, the roles taking turns."""
    return [
        Request(((Message("system", role),) if role else ()) + (Message("user", item),), options)
        for item, options in ITEMS
        for role in ROLES
    ]
