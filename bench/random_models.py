"""Checkpoints of random weights in the shapes of real models: their speed is that of the real ones.

    llama-12x768   12 layers of width 768, a vocabulary of 32,000
    gemma-2b       the shape of Gemma 2B: 18 layers of width 2,048, a vocabulary of 256,000
    tiny           for trying a benchmark out

A tokenizer is trained on the spot on the texts that are asked, with a chat template of turns
between header marks; the rest of the vocabulary stays unused, but the head computes it all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
)

__all__ = ["SHAPES", "Shape", "save"]

Shape = Literal["llama-12x768", "gemma-2b", "tiny"]

MARKS = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
)
TEMPLATE = (
    "{% for turn in messages %}{{ (bos_token if loop.first else '') + '<|start_header_id|>' + "
    "turn['role'] + '<|end_header_id|>\\n\\n' + turn['content'] | trim + '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
COMMON = {
    "max_position_embeddings": 2048,
    "initializer_range": 0.04,  # answers differ by prompt, and rounding does not grow by layer
    "bos_token_id": 0,
    "eos_token_id": [1, 4],
    "pad_token_id": 1,
    "tie_word_embeddings": False,
}
SHAPES: Mapping[Shape, PretrainedConfig] = MappingProxyType(
    {
        "llama-12x768": LlamaConfig(
            **COMMON,
            vocab_size=32_000,
            hidden_size=768,
            intermediate_size=2048,
            num_hidden_layers=12,
            num_attention_heads=12,
            num_key_value_heads=12,
        ),
        "gemma-2b": GemmaConfig(
            **{**COMMON, "tie_word_embeddings": True, "initializer_range": 0.02},
            vocab_size=256_000,
            hidden_size=2048,
            intermediate_size=16_384,
            num_hidden_layers=18,
            num_attention_heads=8,
            num_key_value_heads=1,
            head_dim=256,
        ),
        "tiny": LlamaConfig(
            **COMMON,
            vocab_size=2_000,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=6,
            num_attention_heads=4,
            num_key_value_heads=2,
        ),
    }
)


def save(
    shape: Shape,
    folder: Path,
    *,
    texts: Sequence[str],
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
    seed: int = 0,
) -> Path:
    """Return a folder after a checkpoint of a shape is written into it."""
    config = SHAPES[shape]
    tokenizer = _tokenizer(texts, n_tokens=config.vocab_size)
    torch.manual_seed(seed)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(texts: Sequence[str], *, n_tokens: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer over bytes that was trained on some texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=n_tokens,
        special_tokens=list(MARKS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{MARKS[0]} $A", special_tokens=[(MARKS[0], 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=MARKS[0],
        eos_token=MARKS[1],
        pad_token=MARKS[1],
        chat_template=TEMPLATE,
    )
