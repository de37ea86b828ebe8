"""A `Reader` tells `Tokens` from what enters a decoder: ids, padding, and how much is cached.

    prompt   what is read while nothing is cached; its last token is the last that is not padding
    answer   what is read onto a cache; and where none is kept, what a text has grown by, one token
             from each pass to the next, since its prompt was read

Phrases are looked for in the prompt. Guarantee: padding on either side belongs to no token that an
edit may reach; what cannot be told from the pass is a named error, never a guess.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from causalvalues.errors import OptionError
from causalvalues.models.edit import BEFORE, Tokens
from causalvalues.steering.phrases import tokens_of_phrase

__all__ = ["Read", "Reader", "RoleEnds"]

RoleEnds = Sequence[int] | Mapping[tuple[int, ...], int]  # by row, or by the ids of the prompt


@dataclass(frozen=True, eq=False)
class Read:
    """One pass: its tokens, and which of them are not padding; none where nothing is padded."""

    tokens: Tokens
    real: Tensor | None  # (batch, token)


@dataclass(eq=False)
class Reader:
    """What is known of the text that a decoder reads, from one pass to the next."""

    phrases: Collection[str] = ()
    tokenizer: PreTrainedTokenizerBase | None = None
    role_ends: RoleEnds | None = None
    _prompt: Tensor | None = None  # (batch, token) as it was read last, where no cache is kept
    _width: int = 0  # of the last pass
    _in_phrase: Mapping[str, Tensor] | None = None  # each (batch, token of the prompt)
    _ends: Tensor | None = None  # (batch, 1)
    _memory: dict[object, Tensor] = field(default_factory=dict)  # of the prompt that is answered

    def read(self, given: Mapping[str, object]) -> Read:
        """Return the tokens of one pass from what the decoder is given, by name."""
        ids, embedded = given.get("input_ids"), given.get("inputs_embeds")
        text = ids if isinstance(ids, Tensor) else embedded
        if not isinstance(text, Tensor):
            raise OptionError("A model that is steered reads ids or embeddings", found="neither")
        n_rows, width = text.shape[:2]
        mask = _mask(given.get("attention_mask"), n_rows, width)
        real = None if mask is None else mask[:, -width:].to(text.device)
        cache = given.get("past_key_values")
        n_cached = _length(cache)
        n_prompt = self._n_prompt(text, real, n_cached=n_cached, keeps=cache is not None)
        place = torch.arange(width, device=text.device).expand(n_rows, width)
        positions = place + n_cached
        if mask is not None:
            positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -width:].to(text.device)
        is_answer = place >= n_prompt
        is_last = _last(~is_answer if real is None else real & ~is_answer)
        tokens = Tokens(
            ids=text if text is ids else torch.full_like(place, -1),
            positions=positions,
            after_role=is_answer if self._ends is None else is_answer | (positions >= self._ends),
            is_last=is_last,
            is_answer=is_answer,
            in_phrase={phrase: self._said(phrase, is_answer, n_prompt) for phrase in self.phrases},
            query=_query(is_last),
            memory=self._memory,
        )
        return Read(tokens, real)

    def _n_prompt(self, text: Tensor, real: Tensor | None, *, n_cached: int, keeps: bool) -> int:
        """Return how many tokens of a pass belong to the prompt, and remember a new one."""
        n_rows, width = text.shape[:2]
        if n_cached:
            self._ends = None
            return 0
        known, n_before = self._prompt, self._width
        self._width = width
        if known is not None and known.shape[0] == n_rows and width == n_before + 1 and not keeps:
            n_known = known.shape[1]
            if known.dim() == text.dim() and torch.equal(known, text[:, :n_known]):
                return n_known
        self._prompt = None if keeps else text
        self._begin(text, real)
        return int(width)

    def _begin(self, text: Tensor, real: Tensor | None) -> None:
        """Look for phrases and for the end of the role in a new prompt."""
        self._in_phrase, self._ends, self._memory = {}, None, {}
        by_ids = isinstance(self.role_ends, Mapping)
        rows = self._rows(text, real) if self.phrases or by_ids else []
        for phrase in self.phrases:
            found = torch.zeros(text.shape[:2], dtype=torch.bool)
            for row, (ids, places) in enumerate(rows):
                found[row, places] = torch.from_numpy(self._find(ids, phrase))
            self._in_phrase[phrase] = found.to(text.device)
        if self.role_ends is not None:
            ends = _ends(self.role_ends, [ids for ids, _ in rows], n_rows=len(text))
            self._ends = torch.tensor(ends, device=text.device)[:, None]

    def _rows(self, text: Tensor, real: Tensor | None) -> list[tuple[list[int], Tensor]]:
        """Return the ids of every row without its padding, and where they stand."""
        if text.is_floating_point():
            raise OptionError(
                "A phrase, or a role, is looked for in token ids",
                found="embeddings",
                remedy="give `input_ids`, or another scope",
            )
        whole = torch.ones_like(text, dtype=torch.bool) if real is None else real
        places = [row.nonzero()[:, 0] for row in whole.cpu()]
        return [(ids[there].tolist(), there) for ids, there in zip(text.cpu(), places, strict=True)]

    def _find(self, ids: list[int], phrase: str) -> NDArray[np.bool_]:
        """Return (token,) true where a token of a row says a phrase."""
        if self.tokenizer is None:
            raise OptionError(
                "A phrase is looked for in text, which needs the tokenizer",
                found=f"none, for {phrase!r}",
                remedy="give `tokenizer`, or a LanguageModel",
            )
        return tokens_of_phrase(ids, phrase, self.tokenizer)

    def _said(self, phrase: str, is_answer: Tensor, n_prompt: int) -> Tensor:
        """Return (batch, token) true where the prompt says a phrase."""
        said = torch.zeros_like(is_answer)
        if n_prompt and self._in_phrase is not None:
            said[:, :n_prompt] = self._in_phrase[phrase]
        return said


def _mask(given: object, n_rows: int, width: int) -> Tensor | None:
    """Return (batch, cached and new token) true where a token is not padding."""
    if given is None:
        return None
    if not isinstance(given, Tensor) or given.dim() != 2:
        found = f"{given.dim()} dimensions" if isinstance(given, Tensor) else type(given).__name__
        raise OptionError(
            "While a model is steered its attention mask is (batch, token)",
            found=found,
            remedy="generate with the usual cache; for a survey use `LanguageModel.sweep`",
        )
    if given.shape[0] != n_rows or given.shape[1] < width:
        raise OptionError(
            "An attention mask covers every token", found=f"{tuple(given.shape)} for {width} tokens"
        )
    return given.bool()


def _length(cache: object) -> int:
    """Return how many tokens a cache holds."""
    length = getattr(cache, "get_seq_length", None)
    return int(length()) if length is not None else 0


def _last(real: Tensor) -> Tensor:
    """Return (batch, token) true at the last true place of every row."""
    after = real.flip(1).cumsum(1).flip(1)  # true places from here to the end
    return real & (after == 1)


def _query(is_last: Tensor) -> Tensor:
    """Return (batch, token) the place of the prompt's last token: each row is one query."""
    place = is_last.int().argmax(dim=1, keepdim=True)
    return torch.where(is_last.any(dim=1, keepdim=True), place, BEFORE).expand_as(is_last)


def _ends(role_ends: RoleEnds, rows: Sequence[list[int]], *, n_rows: int) -> list[int]:
    """Return the first token after the role, for every row."""
    if isinstance(role_ends, Mapping):
        absent = next((ids for ids in rows if tuple(ids) not in role_ends), None)
        if absent is not None:
            raise OptionError(
                "Every prompt needs the place where its role ends",
                found=f"none for a prompt of {len(absent)} tokens",
            )
        return [role_ends[tuple(ids)] for ids in rows]
    if len(role_ends) != n_rows:
        raise OptionError(
            "`role_ends` has one number for every row of a batch",
            found=f"{len(role_ends)} for {n_rows} rows",
        )
    return list(role_ends)
