"""Capability: does a steered model still know what it knew? Accuracy on multiple choice.

    letters          score of a choice = mean of log P(its letter) over all turns of the choices
                     past the letters; a liking for a letter or a place adds as much to each choice
    continuations    score = log P(the choice as the answer), whole or per character of the choice;
                     every way of writing it counts, as for any option
    accuracy         share of questions whose right choice has the highest score; equals share

Options are weighed against each other, so a broken model scores by chance, not nothing; `mass` is
the probability of all letters together, which says whether it would have named one at all.
Guarantee: the difference to a model unsteered is paired by question; a question whose choices
cannot be told apart, or to which no choice is possible, is left out, never wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.estimate import Estimate
from causalvalues.evaluation.multiple_choice import AsksChoice, continuing, lettered
from causalvalues.evaluation.surveying import UNSTEERED
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.columns import frozen
from causalvalues.survey.request import Request, Respondent

__all__ = ["Asking", "Capability", "Length", "capability", "capability_under"]

Floats = NDArray[np.float64]
Asking = Literal["letters", "continuations"]
Length = Literal["whole", "per character"]
EQUAL = 1e-6  # nats between scores that are called equal: float32 rounding leaves more than none


@dataclass(frozen=True, eq=False)
class Capability:
    """What a model got right."""

    ids: tuple[str, ...]
    subjects: tuple[str, ...]
    n_choices: tuple[int, ...]
    correct: Floats  # (question,) 1 right, 0 wrong, between where equals share; NaN left out
    masses: Floats  # (question,) probability of all letters; NaN where choices were weighed
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in ("correct", "masses"):
            object.__setattr__(self, name, frozen(np.array(getattr(self, name), np.float64)))

    @property
    def accuracy(self) -> Estimate:
        """Return the share of questions that were right."""
        return Estimate.of_share(self.correct, level=self.level, of="question")

    @property
    def mass(self) -> Estimate:
        """Return the probability of all letters together."""
        return Estimate.of_clusters(self.masses, level=self.level, of="question")

    @property
    def chance(self) -> float:
        """Return the accuracy of whoever knows nothing; NaN of no question."""
        return float(np.mean([1 / n for n in self.n_choices])) if self.n_choices else float("nan")

    def by_subject(self) -> dict[str, Estimate]:
        """Return the accuracy of each subject."""
        names = np.array(self.subjects)
        return {
            name: Estimate.of_share(self.correct[names == name], level=self.level, of="question")
            for name in dict.fromkeys(self.subjects)
        }

    def against(self, unsteered: "Capability") -> Estimate:
        """Return how much more accurate it is than another, question by question."""
        if self.ids != unsteered.ids:
            raise OptionError(
                "Capability is compared on the same questions",
                found=f"{len(self.ids)} and {len(unsteered.ids)}",
            )
        gaps = self.correct - unsteered.correct
        return Estimate.of_clusters(gaps, level=self.level, of="question")

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them; what is missing is null."""
        return {
            "accuracy": self.accuracy.to_dict(),
            "mass": self.mass.to_dict(),
            "chance": self.chance if self.ids else None,
            "n_questions": len(self.ids),
            "by_subject": {name: each.to_dict() for name, each in self.by_subject().items()},
        }


def capability(
    respondent: Respondent,
    questions: Sequence[AsksChoice],
    *,
    how: Asking = "letters",
    length: Length = "whole",
    level: float = 0.95,
) -> Capability:
    """Return what a respondent gets right; `length` matters to continuations alone."""
    for name, given, choices in (("how", how, Asking), ("length", length, Length)):
        if given not in get_args(choices):
            known = ", ".join(get_args(choices))
            raise OptionError(f"`{name}` must be one of {known}", found=repr(given))
    ask = _by_letter if how == "letters" else _in_full
    scores, masses = ask(respondent, questions, length)
    return Capability(
        ids=tuple(question.id for question in questions),
        subjects=tuple(question.subject for question in questions),
        n_choices=tuple(len(question.choices) for question in questions),
        correct=np.array([_right(s, q.answer) for s, q in zip(scores, questions, strict=True)]),
        masses=masses,
        level=level,
    )


def capability_under(
    model: LanguageModel,
    interventions: Mapping[str, Intervention],
    questions: Sequence[AsksChoice],
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    how: Asking = "letters",
    length: Length = "whole",
    level: float = 0.95,
) -> dict[str, Capability]:
    """Return what a model gets right without an intervention ("") and under each, by its name."""
    if UNSTEERED in interventions:
        raise OptionError("An intervention needs a name", found=repr(UNSTEERED))
    asked: dict[str, Respondent] = {UNSTEERED: model}
    for name, intervention in interventions.items():
        asked[name] = SteeredModel(model, intervention, dictionaries or {})
    return {
        name: capability(each, questions, how=how, length=length, level=level)
        for name, each in asked.items()
    }


def _by_letter(
    respondent: Respondent, questions: Sequence[AsksChoice], length: Length
) -> tuple[list[Floats], Floats]:
    """Return the score of each choice of each question, and the mass of its letters."""
    turns = [lettered(question) for question in questions]
    flat = iter(_weighed(respondent, [request for each in turns for request in each]))
    scores, masses = [], []
    for each in turns:
        logs = np.array([next(flat) for _ in each])  # (turn, letter)
        turned = np.array([np.roll(row, turn) for turn, row in enumerate(logs)])  # (turn, choice)
        scores.append(turned.mean(axis=0))
        masses.append(float(np.exp(logs).sum(axis=1).mean()))
    return scores, np.array(masses)


def _in_full(
    respondent: Respondent, questions: Sequence[AsksChoice], length: Length
) -> tuple[list[Floats], Floats]:
    """Return the score of each choice of each question; their mass says nothing."""
    distinct = [len(set(question.choices)) == len(question.choices) for question in questions]
    told = [continuing(each) for each, may in zip(questions, distinct, strict=True) if may]
    found, scores = iter(_weighed(respondent, told)), []
    for question, may in zip(questions, distinct, strict=True):
        logs = np.array(next(found) if may else [np.nan] * len(question.choices))
        sizes = [len(choice) for choice in question.choices]
        scores.append(logs / sizes if length == "per character" else logs)
    return scores, np.full(len(questions), np.nan)


def _weighed(respondent: Respondent, requests: Sequence[Request]) -> list[tuple[float, ...]]:
    """Return the log-probabilities of every request, in order."""
    by_place = dict(respondent.log_probabilities(requests)) if requests else {}
    return [by_place[place] for place in range(len(requests))]


def _right(scores: Floats, answer: int) -> float:
    """Return 1 where the answer has the highest score, its part where others equal it."""
    if np.isnan(scores).any() or not np.isfinite(scores.max()):
        return float("nan")
    best = scores >= scores.max() - EQUAL
    return float(best[answer] / best.sum())
