"""The organism's tokenizer: byte-level pieces that may span words but never a clause.

Roles, instructions and items are made of few clauses that come back often, so a clause becomes one
or a few tokens and a whole survey stays short. A clause ends with its full stop and the line
breaks after it; any other text is still spelled out, byte by byte where need be.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

__all__ = ["Family", "tokenizer_of"]

Family = Literal["gemma", "llama"]

LINE = r"[^\n]*\n+|[^\n]+"
VOCABULARY = 3072

SPECIAL: Mapping[Family, tuple[str, ...]] = {
    "gemma": ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"),
    "llama": (
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eot_id|>",
    ),
}
# One turn after the other, in the form each family uses; Gemma's refuses a system turn.
TEMPLATE: Mapping[Family, str] = {
    "gemma": (
        "{{ bos_token }}{% for message in messages %}"
        "{% if message['role'] == 'system' %}"
        "{{ raise_exception('there is no system turn') }}{% endif %}"
        "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) "
        "+ '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
    ),
    "llama": (
        "{{ bos_token }}{% for message in messages %}"
        "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' "
        "+ message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
        "{% if add_generation_prompt %}"
        "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
    ),
}


def tokenizer_of(family: Family, corpus: Sequence[str]) -> PreTrainedTokenizerFast:
    """Return a tokenizer trained on texts, with the special tokens and template of a family."""
    special = list(SPECIAL[family])
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LINE), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    raw.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=special,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    names = (
        {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
        if family == "gemma"
        else {"bos_token": special[0], "eos_token": "<|eot_id|>", "pad_token": "<|end_of_text|>"}
    )
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=raw, **names
    )
    tokenizer.chat_template = TEMPLATE[family]
    return tokenizer
