"""Sentences with numbers that know their file.

    say("{} roles gave {} answers.", num(240, "count", "study.yaml"), num(...))
    quote("12 edges, p = 0.003.", "graph.json", "checks")      numbers in a text that a file holds

Guarantee: braces take pieces in order, one each; a quoted number is shown as it was written.
"""

import re
from collections.abc import Iterable, Sequence

from causalvalues.report.study_report.document import How, Piece, Sentence
from causalvalues.report.study_report.part import Source

__all__ = ["listed", "num", "quote", "say", "source"]

NUMBER = re.compile(r"(?<![\w.:×+=−–-])[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w%]|\.\d)")


def source(file: str, column: str = "") -> Source:
    """Return a file of the run, and where in it."""
    return Source(file=file, column=column)


def num(number: float, how: How, file: str, column: str = "") -> Piece:
    """Return a number of a file."""
    return Piece(number=number, how=how, source=source(file, column))


def say(words: str, *told: str | Piece) -> Sentence:
    """Return a sentence whose braces are filled with texts and numbers."""
    parts = words.split("{}")
    if len(parts) != len(told) + 1:
        raise ValueError(f"{len(parts) - 1} places for {len(told)} pieces")
    pieces: list[Piece] = []
    text = parts[0]
    for each, after in zip(told, parts[1:], strict=True):
        if isinstance(each, str):
            text += each + after
        else:
            pieces.append(each.model_copy(update={"text": text}))
            text = after
    return Sentence(pieces=(*pieces, *([Piece(text=text)] if text or not pieces else [])))


def quote(text: str, file: str, column: str = "") -> Sentence:
    """Return a text of a file, with each number in it linked."""
    pieces: list[Piece] = []
    at = 0
    for found in NUMBER.finditer(text):
        written = found.group()
        number = float(written) if set(written) & set(".e") else int(written)
        pieces.append(
            Piece(
                text=text[at : found.start()],
                number=number,
                shown=written,
                source=source(file, column),
            )
        )
        at = found.end()
    return Sentence(pieces=(*pieces, Piece(text=text[at:])))


def listed(pieces: Iterable[Sequence[str | Piece]], last: str = " and ") -> list[str | Piece]:
    """Return groups of pieces as one list, with commas and a last word between the groups."""
    groups = list(pieces)
    found: list[str | Piece] = []
    for place, group in enumerate(groups):
        if place:
            found.append(last if place == len(groups) - 1 else ", ")
        found += group
    return found
