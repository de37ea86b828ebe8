"""A `Judge` reads open answers and says how far each speaks for or against every value.

    OpenAnswer   a question and what was written to it: all that a judge is given
    Utterance    an open answer with who gave it and under which condition: not told to a judge
    Rating       a score of every value, from −1 (against it) to 1 (for it); or why there is none

`rate_blind` is the door to every judge. It gives each different answer once, the answers of all
conditions together, in an order drawn with a seed.
Guarantee: what a judge receives is a function of the set of answers and the seed, so that neither
the target, the role, the condition nor the method can be read off it, unless an answer says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from causalvalues.errors import Fault, OptionError

__all__ = ["Judge", "OpenAnswer", "Rating", "Utterance", "rate_blind"]


@dataclass(frozen=True, order=True)
class OpenAnswer:
    """What was asked, and what was written."""

    question: str
    text: str


@dataclass(frozen=True)
class Utterance:
    """An open answer, and where it comes from."""

    condition: str  # "" is no intervention
    role: str
    answer: OpenAnswer


@dataclass(frozen=True)
class Rating:
    """How far an answer speaks for every value; NaN has its reason."""

    scores: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, score in self.scores.items():
            if bool(self.reasons.get(name)) != math.isnan(score) or abs(score) > 1:
                raise OptionError(
                    "A rating is from −1 to 1, or missing for a reason",
                    found=f"{score} for {name} with the reason {self.reasons.get(name, '')!r}",
                )
        strangers = sorted(set(self.reasons) - set(self.scores))
        if strangers:
            raise OptionError("Reasons are of values that were rated", found=", ".join(strangers))

    @classmethod
    def without(cls, names: Sequence[str], reason: str) -> "Rating":
        """Return the rating of an answer that could not be rated, and why."""
        return cls(dict.fromkeys(names, math.nan), dict.fromkeys(names, reason))


class Judge(Protocol):
    """Whoever rates: a model, a server, a person's file, a fake in a test."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Return all that ratings depend on besides the answer."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the values that are rated, all of them every time."""

    def rate(self, answers: Sequence[OpenAnswer]) -> Sequence[Rating]:
        """Return the rating of each answer, in the order of the answers."""


def rate_blind(
    judge: Judge, utterances: Sequence[Utterance], *, seed: int = 0
) -> tuple[Rating, ...]:
    """Return the rating of each utterance; the judge is told nothing but the answers, shuffled."""
    distinct = sorted({utterance.answer for utterance in utterances})
    order = np.random.default_rng(seed).permutation(len(distinct))
    shown = [distinct[place] for place in order]
    ratings = judge.rate(shown) if shown else ()
    if len(ratings) != len(shown):
        raise Fault(
            "A judge rates every answer once", found=f"{len(ratings)} ratings of {len(shown)}"
        )
    for rating in ratings:
        if set(rating.scores) != set(judge.names):
            raise Fault(
                f"A judge rates {', '.join(judge.names)} every time",
                found=", ".join(rating.scores) or "nothing",
            )
    by_answer = dict(zip(shown, ratings, strict=True))
    return tuple(by_answer[utterance.answer] for utterance in utterances)
