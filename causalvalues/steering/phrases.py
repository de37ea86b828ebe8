"""Which tokens of a text say a phrase, found in the characters that the tokens decode to.

Guarantee: every token that overlaps the phrase counts, wherever the phrase stands, and no other
token does; a text that does not hold the phrase has none.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

__all__ = ["tokens_of_phrase"]

UNFINISHED = "\ufffd"  # what the first bytes of a character decode to


def tokens_of_phrase(
    ids: Sequence[int], phrase: str, tokenizer: PreTrainedTokenizerBase
) -> NDArray[np.bool_]:
    """Return (token,) true where a token overlaps the phrase."""
    found = np.zeros(len(ids), dtype=np.bool_)
    lengths: dict[int, int] = {}

    def length(n_tokens: int) -> int:
        """Return how many characters the first tokens decode to, an unfinished one not counted.

        What ends inside a character may decode to fewer than before: then the token adds none.
        """
        if n_tokens not in lengths:
            n_whole, text = n_tokens, _text(ids[:n_tokens], tokenizer)
            while 0 < n_whole < len(ids) and text.endswith(UNFINISHED):
                n_whole -= 1
                text = _text(ids[:n_whole], tokenizer)
            lengths[n_tokens] = len(text)
        return lengths[n_tokens]

    places = range(len(ids) + 1)
    for start in _starts(_text(ids, tokenizer), phrase):
        first = bisect_left(places, start, key=length)
        if length(first) > start:  # the token before it ends inside the phrase
            first -= 1
        found[first : bisect_left(places, start + len(phrase), key=length)] = True
    return found


def _text(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> str:
    """Return what tokens say, control tokens and spaces as they are."""
    said = tokenizer.decode(
        list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    return str(said)


def _starts(text: str, phrase: str) -> Iterator[int]:
    """Yield the places where a phrase begins."""
    start = text.find(phrase)
    while start >= 0:
        yield start
        start = text.find(phrase, start + 1)
