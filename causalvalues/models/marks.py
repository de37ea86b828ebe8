"""Where the role ends in a prompt, and which of its tokens say a phrase: `Marks`.

    a token says a phrase where its characters overlap an occurrence of it in the prompt's text

All occurrences count, also those that overlap each other. Guarantee: letters count as they are
written; a token without characters of its own (a BOS that nobody wrote) says nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_PHRASES", "Bools", "Marks", "covering"]

MOST_PHRASES = 16  # in one sweep: each takes a bit of a token's key

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Marks:
    """The tokens of one prompt, and what is known of each."""

    ids: NDArray[np.int64]  # (token,)
    role_end: int  # the first token after the role's text; 0 without a role
    in_phrase: Bools  # (token,)


def covering(offsets: Sequence[tuple[int, int]], text: str, phrase: str) -> Bools:
    """Return (token,) whether a token's characters overlap an occurrence of a phrase."""
    inside = np.zeros(len(text) + 1, dtype=np.int64)
    for start in _starts(text, phrase):
        inside[start + 1 : start + 1 + len(phrase)] = 1
    before = inside.cumsum()  # characters of the phrase before each place in the text
    spans = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    found: Bools = before[spans[:, 1]] > before[spans[:, 0]]
    return found


def _starts(text: str, phrase: str) -> Iterator[int]:
    """Yield where a phrase begins in a text."""
    start = text.find(phrase) if phrase else -1
    while start >= 0:
        yield start
        start = text.find(phrase, start + 1)
