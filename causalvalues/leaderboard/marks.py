"""The marks of one entry from one survey: what it did to its target, and what besides.

    gain            change of the target's score, counted towards the asked side
    leaning         share of answers on the target that lean to the asked side
    converted       share of those that leaned elsewhere and now lean there
    collateral      mean |change| of all other values that were asked
    at_gain         the same · asked / gain: as it would be had the gain been the one that was asked
    leakage_ratio, out_of_group_share, circumplex_fit            see `evaluation.leakage`
    truth_r         correlation of all changes with the planted effect of setting the target
    graph_r         the same with the effects that the found graph predicts
    expected        mean |change| of what the found graph has downstream; unexpected, of the rest

Guarantee: every mark is an `Estimate` with its interval over roles, or says why there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.control_success import control_success
from causalvalues.evaluation.estimate import Estimate, Statistic
from causalvalues.evaluation.leakage import correlation, leakage, others_of
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.values import ValueSystem

__all__ = ["Marks", "Reference", "row_of", "survey_marks"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Marks = dict[str, Estimate]
SMALLEST = 0.02  # an effect below it is none
Source = Literal["planted", "found"]


@dataclass(frozen=True, eq=False)
class Reference:
    """What changes are compared with: total effects (cause, effect), 1 on the diagonal."""

    system: ValueSystem
    planted: Floats | None = None
    found: Floats | None = None
    names: tuple[str, ...] = ()  # none: all values of the system

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", self.names or self.system.names)
        n_values = len(self.names)
        for matrix in (self.planted, self.found):
            if matrix is not None and matrix.shape != (n_values, n_values):
                raise OptionError(
                    f"Effects of {n_values} values on each other are a square matrix",
                    found=" × ".join(map(str, matrix.shape)),
                )

    def row(self, source: Source, target: str) -> Floats | None:
        """Return (value,) the effects of a target, planted or found; none where unknown."""
        matrix = self.planted if source == "planted" else self.found
        return None if matrix is None else np.asarray(matrix[self.names.index(target)])


def survey_marks(
    fitted: Fitted,
    answered: Answered,
    profile: EffectProfile,
    reference: Reference,
    *,
    asked_gain: float,
) -> Marks:
    """Return all marks that one survey of an entry gives."""
    target, side = fitted.value, fitted.direction
    success = control_success(answered, profile.name, target, side=side)
    leaked = leakage(profile, target, reference.system)
    place, others = others_of(profile, target, reference.system)
    return {
        "gain": success.gain,
        "leaning": success.leaning,
        "leaning_before": success.leaning_before,
        "converted": success.converted,
        "collateral": _of(profile, _mean_size(others)),
        "at_gain": _of(profile, _at_gain(place, others, asked_gain, side)),
        "leakage_ratio": leaked.leakage_ratio,
        "out_of_group_share": leaked.out_of_group_share,
        "circumplex_fit": leaked.circumplex_fit,
        **_foreseen(fitted, profile, reference),
    }


def _foreseen(fitted: Fitted, profile: EffectProfile, reference: Reference) -> Marks:
    """Return how far changes are those to be expected, where effects are known."""
    marks: Marks = {}
    place, others = others_of(profile, fitted.value, reference.system)
    asked = np.sort(np.append(others, place))
    sign = 1.0 if fitted.direction == "raise" else -1.0
    planted, found = (reference.row(each, fitted.value) for each in get_args(Source))
    if planted is not None:
        marks["truth_r"] = _of(profile, _along(asked, sign * planted[asked]))
    if found is not None:
        marks["graph_r"] = _of(profile, _along(asked, sign * found[asked]))
        is_reached = np.abs(found[others]) > SMALLEST
        marks["expected"] = _of(profile, _mean_size(others[is_reached]))
        marks["unexpected"] = _of(profile, _mean_size(others[~is_reached]))
    return marks


def row_of(marks: Mapping[str, Estimate]) -> dict[str, float]:
    """Return marks as columns of a table: the number, and its ends as _low and _high."""
    row: dict[str, float] = {}
    for name, mark in marks.items():
        row |= {name: mark.value, f"{name}_low": mark.low, f"{name}_high": mark.high}
    return row


def _of(profile: EffectProfile, statistic: Statistic) -> Estimate:
    """Return a statistic of mean changes, roles drawn again."""
    return Estimate.of_profile(profile, statistic, without="it cannot be told")


def _along(places: Places, row: Floats) -> Statistic:
    """Return the correlation of the changes of some values with what was to be expected."""
    return lambda means: correlation(means.take(places, axis=1), row)


def _mean_size(places: Places) -> Statistic:
    """Return the mean |change| of some values; NaN of none."""

    def of(means: Floats) -> Floats:
        if not len(places):
            return np.full(len(means), np.nan)
        return np.asarray(np.abs(means[:, places]).mean(axis=1))

    return of


def _at_gain(place: int, others: Places, asked: float, side: Direction) -> Statistic:
    """Return the collateral as it would be at the asked gain; NaN where the target went back."""
    size = _mean_size(others)

    def of(means: Floats) -> Floats:
        gain = means[:, place] if side == "raise" else -means[:, place]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = size(means) * asked / gain
        return np.where(gain > 0, found, np.nan)

    return of
