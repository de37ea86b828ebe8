"""Control success on dilemmas: does a model choose the side of a value, and for what it means?

    asked            "Should X do A instead of B?", yes or no, weighed; yes first and no first, the
                     options as words, letters and numbers: every dilemma in every way
    credit           mean expected credit to the value, from −1 to 1
    chosen           share of (role, dilemma) whose mean credit over the ways is above 0; 0 is half
    letter_following share of Σ credit² that is not in the mean over the ways of asking:
                     1 − Σ n·mean² / Σ credit²: 0 where the meaning alone decides, 1 where only the
                     place or the label does; answers at random come to (n − 1)/n in n ways

Of a gain, the same numbers of (credit under an intervention − credit without it), so that a gain
which follows the letter shows. A cell that was not read in every way is left out, and counted in
`unread`. Items of an inventory, asked as questions on the yes-no scale, are dilemmas here too.
Guarantee: intervals draw roles and dilemmas again (see `crossed`); a seed gives the same interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalvalues.contrasts.dilemmas import Dilemma
from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.crossed import crossed_ratio
from causalvalues.evaluation.estimate import Estimate
from causalvalues.survey.credits import main_value
from causalvalues.survey.inventory import Inventory, Item
from causalvalues.survey.protocol import Labels, Order, Protocol, Question
from causalvalues.values import ValueSystem, schwartz10

__all__ = ["DilemmaChoice", "dilemma_choice", "dilemma_gain", "dilemma_questions"]

Floats = NDArray[np.float64]
ALIKE = 1e-9  # credit that is no more than rounding
NOT_READ = "no dilemma was read in every way"


@dataclass(frozen=True)
class DilemmaChoice:
    """How the dilemmas of a value are decided under a condition, or how that changes."""

    value: str  # "" is every value, each dilemma credited to its own
    condition: str
    credit: Estimate
    chosen: Estimate
    letter_following: Estimate
    unread: float  # share of the answers

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them; what is missing is null."""
        return {
            name: each.to_dict() if isinstance(each, Estimate) else each
            for name, each in vars(self).items()
        }


def dilemma_questions(
    dilemmas: Sequence[Dilemma],
    *,
    orders: tuple[Order, ...] = ("given", "reversed"),
    labels: tuple[Labels, ...] = ("words", "letters", "numbers"),
    system: ValueSystem | None = None,
) -> tuple[Question, ...]:
    """Return every dilemma in every way of asking: questions like any other."""
    of = schwartz10() if system is None else system
    strangers = sorted({each.value for each in dilemmas} - set(of.names))
    if strangers or not dilemmas:
        raise OptionError(
            f"A dilemma is about one of {', '.join(of.names)}",
            found=", ".join(strangers) or "no dilemma",
        )
    items = tuple(
        Item(each.id, each.value, 1 if each.yes_speaks_for else -1, {"ask": (each.question,)})
        for each in dilemmas
    )
    protocol = Protocol(scale="yes-no", forms=("ask",), orders=orders, labels=labels)
    return tuple(protocol.questions(Inventory("dilemmas", of, items, source="", licence="")))


def dilemma_choice(
    answered: Answered,
    value: str = "",
    condition: str = "",
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> DilemmaChoice:
    """Return how the dilemmas of a value, or all of them, are decided under a condition."""
    cells = _cells(answered, value, condition)
    drawn = _Drawn(level, n_resamples, seed)
    return DilemmaChoice(
        value=value,
        condition=condition,
        credit=drawn.mean(cells.mean(axis=-1)),
        chosen=drawn.share(_chosen(cells)),
        letter_following=drawn.letter_following(cells),
        unread=float(np.isnan(cells).mean()),
    )


def dilemma_gain(
    answered: Answered,
    condition: str,
    value: str = "",
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> DilemmaChoice:
    """Return what a condition changes in each number; cells that were read both times count."""
    under, plain = (_cells(answered, value, each) for each in (condition, ""))
    drawn = _Drawn(level, n_resamples, seed)
    return DilemmaChoice(
        value=value,
        condition=condition,
        credit=drawn.mean((under - plain).mean(axis=-1)),
        chosen=drawn.mean(_chosen(under) - _chosen(plain)),
        letter_following=drawn.letter_following(under - plain),
        unread=float(np.isnan(under - plain).mean()),
    )


@dataclass(frozen=True)
class _Drawn:
    """How intervals are drawn."""

    level: float
    n_resamples: int
    seed: int

    def ratio(self, top: Floats, bottom: Floats, without: str) -> Estimate:
        """Return a ratio over roles × dilemmas."""
        return crossed_ratio(
            top, bottom, of="dilemma", without=without,
            level=self.level, n_resamples=self.n_resamples, seed=self.seed,
        )  # fmt: skip

    def mean(self, numbers: Floats) -> Estimate:
        """Return the mean of numbers (role, dilemma), those that are NaN left out."""
        known = np.isfinite(numbers)
        return self.ratio(np.nan_to_num(numbers), known.astype(float), NOT_READ)

    def share(self, numbers: Floats) -> Estimate:
        """Return the mean of shares; where all are one, no draw knows doubt: Wilson's interval."""
        known = numbers[np.isfinite(numbers)]
        if known.size and (known == known[0]).all():
            by_dilemma = np.where(np.isfinite(numbers).any(axis=0), known[0], np.nan)
            return Estimate.of_share(by_dilemma, level=self.level, of="dilemma")
        return self.mean(numbers)

    def letter_following(self, cells: Floats) -> Estimate:
        """Return the share of what is said that is not in the mean over the ways of asking."""
        if cells.shape[-1] < 2:
            return Estimate.without("asked in one way only")
        whole = np.isfinite(cells).all(axis=-1, keepdims=True)
        known = np.where(whole, cells, 0.0)
        everything = (known**2).sum(axis=-1)
        apart = ((known - known.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
        reason = "no answer leans to either side" if whole.any() else NOT_READ
        return self.ratio(apart, everything, reason)


def _chosen(cells: Floats) -> Floats:
    """Return (role, dilemma): 1 for the value, 0 against it, a half where it is undecided."""
    credit = cells.mean(axis=-1)
    return np.where(np.abs(credit) <= ALIKE, 0.5, (np.sign(credit) + 1) / 2)


def _cells(answered: Answered, value: str, condition: str) -> Floats:
    """Return the expected credit (role, dilemma, way) to a dilemma's own value; NaN unread."""
    place = answered.place(condition)
    shares = np.nan_to_num(answered.shares[place])  # (role, question, option)
    own = [answered.names.index(main_value(question)) for question in answered.questions]
    credit = answered.credit[np.arange(len(own)), :, own]  # (question, option)
    expected = np.einsum("rqk,qk->rq", shares, credit)
    read = np.where(answered.read[place], expected, np.nan)
    return read[:, _ways(answered.questions, value)]


def _ways(questions: Sequence[Question], value: str) -> NDArray[np.int64]:
    """Return the places of questions as (dilemma, way of asking)."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, question in enumerate(questions):
        if value in ("", main_value(question)):
            same = tuple(question.factors.get(each, "") for each in ("item", "form", "wording"))
            places.setdefault(same, []).append(place)
    if not places or len({len(each) for each in places.values()}) > 1:
        raise OptionError(
            f"Dilemmas{f' of {value}' if value else ''} must be asked, all in as many ways",
            found="none" if not places else "more ways for some than for others",
            remedy="ask dilemma_questions(dilemmas)",
        )
    return np.array(list(places.values()))
