"""The tokens of prompts by a model's own tokenizer, which needs no weights.

Guarantee: prompts are those that the model gets, with a place for each beginning of an option that
has more than one token.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from causalvalues.models.tree import Keys
from causalvalues.scale.workload import Tokens
from causalvalues.survey.request import Request

__all__ = ["own_tokens"]

OPTION = 1 << 40  # above every id of a vocabulary


def own_tokens(folder: Path) -> Tokens:
    """Return the function that turns requests into tokens."""
    from transformers import AutoTokenizer

    from causalvalues.models.chat import Chat
    from causalvalues.models.options import continuations

    chat = Chat(AutoTokenizer.from_pretrained(folder, local_files_only=True))
    known: dict[tuple[str, tuple[str, ...]], Keys] = {}

    def beginnings(text: str, options: tuple[str, ...]) -> Keys:
        ending = chat.ending(text)
        if (ending, options) not in known:
            found = continuations(options, lambda way: chat.continued(ending, way))
            parts = {s[:n] for s in found.sequences for n in range(1, len(s))}
            known[ending, options] = OPTION + np.arange(len(parts), dtype=np.int64)
        return known[ending, options]

    def tokens(requests: Sequence[Request]) -> list[Keys]:
        return [
            np.concatenate([prompt.ids, beginnings(prompt.text, request.options)])
            if request.options
            else prompt.ids
            for prompt, request in zip(chat.prompts(requests), requests, strict=True)
        ]

    return tokens
