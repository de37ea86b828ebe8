"""Questions that gates are trained on, chosen by and judged by: three parts, by group.

    train .6   choose .2   report .2      of the groups of each kind

| kind | what it is | the gate should |
|---|---|---|
| about | a question about the value, whichever side it leans to | open |
| other | a question about another value | stay shut |
| neutral | a text about none | stay shut |

Guarantee: texts of one group (two sides of a pair, one scenario) are in one part; every part holds
questions about the value and others; a seed gives the same parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.errors import OptionError

__all__ = ["GateText", "Kind", "Part", "Parts", "gate_texts"]

Kind = Literal["about", "other", "neutral"]
Part = Literal["train", "choose", "report"]

CHOOSE, REPORT = 0.2, 0.2
ASKS = ("i ask", "they ask")


@dataclass(frozen=True)
class GateText:
    """One text of a kind, and the group that it belongs to."""

    text: str
    kind: Kind
    group: str


def gate_texts(
    contrasts: ContrastSet, neutral: Sequence[str] = (), *, value: str
) -> tuple[GateText, ...]:
    """Return the questions of contrast pairs and some neutral texts, as a value's gate has them.

    Both sides of a pair are about its value, whichever they speak for.
    """
    asked = [pair for pair in contrasts.pairs if pair.form in ASKS]
    found = [
        GateText(text, "about" if pair.value == value else "other", f"{pair.value}/{pair.scenario}")
        for pair in asked
        for text in (pair.speaks_for, pair.speaks_against)
    ]
    return (*found, *(GateText(text, "neutral", text) for text in neutral))


@dataclass(frozen=True)
class Parts:
    """Texts in three parts."""

    train: tuple[GateText, ...]
    choose: tuple[GateText, ...]
    report: tuple[GateText, ...]

    @classmethod
    def of(cls, texts: Sequence[GateText], *, seed: int = 0) -> "Parts":
        """Return texts in parts, each with its share of every kind's groups."""
        rng = np.random.default_rng([seed, len(texts)])
        part_by_group: dict[str, Part] = {}
        for kind in get_args(Kind):
            own = list(dict.fromkeys(each.group for each in texts if each.kind == kind))
            n_choose, n_report = round(CHOOSE * len(own)), round(REPORT * len(own))
            for place, drawn in enumerate(rng.permutation(len(own))):
                part_by_group[own[drawn]] = (
                    "choose" if place < n_choose
                    else "report" if place < n_choose + n_report
                    else "train"
                )  # fmt: skip
        found = cls(*(
            tuple(each for each in texts if part_by_group[each.group] == part)
            for part in get_args(Part)
        ))  # fmt: skip
        found._check()
        return found

    def texts(self, part: Part) -> list[str]:
        """Return the texts of a part."""
        return [each.text for each in self._of(part)]

    def is_about(self, part: Part) -> NDArray[np.bool_]:
        """Return (text,) whether it is about the value."""
        return np.array([each.kind == "about" for each in self._of(part)], dtype=bool)

    def groups(self, part: Part) -> list[str]:
        """Return the group of each text of a part."""
        return [each.group for each in self._of(part)]

    def _of(self, part: Part) -> tuple[GateText, ...]:
        """Return one part."""
        return {"train": self.train, "choose": self.choose, "report": self.report}[part]

    def _check(self) -> None:
        """Raise unless every part holds both what opens a gate and what does not."""
        for part in get_args(Part):
            is_about = self.is_about(part)
            if is_about.all() or not is_about.any():
                raise OptionError(
                    f"To {part}, a gate needs questions about the value, and others",
                    found=f"{int(is_about.sum())} and {int((~is_about).sum())} texts",
                    remedy="give at least five groups of each",
                )
