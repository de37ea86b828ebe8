"""The marks of one entry from one survey: what it did to its target, and what besides.

    gain            change of the target's score, counted towards the asked side
    leaning         share of answers on the target that lean to the asked side
    converted       share of those that leaned elsewhere and now lean there
    collateral      mean |change| of all other values            at_gain     the same · asked / gain
    leakage_ratio, out_of_group_share, circumplex_fit            see `evaluation.leakage`
    truth_r         correlation of all changes with the planted effect of setting the target
    graph_r         the same with the effects that the found graph predicts
    expected        mean |change| of what the found graph has downstream; unexpected, of the rest

Guarantee: every mark is an `Estimate` with its interval over roles, or says why there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.control_success import control_success
from causalvalues.evaluation.estimate import Estimate, Statistic
from causalvalues.evaluation.leakage import correlation, leakage
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.methods.fitted import Fitted
from causalvalues.values import ValueSystem

__all__ = ["Marks", "Reference", "row_of", "survey_marks"]

Floats = NDArray[np.float64]
Marks = dict[str, Estimate]
SMALLEST = 0.02  # a planted effect below it is none


@dataclass(frozen=True, eq=False)
class Reference:
    """What changes are compared with: total effects (cause, effect), 1 on the diagonal."""

    system: ValueSystem
    planted: Floats | None = None
    found: Floats | None = None
    names: tuple[str, ...] = field(default=())

    def row(self, side: str, target: str) -> Floats | None:
        """Return (value,) the effects of a target, planted or found; none where unknown."""
        matrix = self.planted if side == "planted" else self.found
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
    place = profile.names.index(target)
    others = np.array([v for v in range(len(profile.names)) if v != place])
    marks = {
        "gain": success.gain,
        "leaning": success.leaning,
        "leaning_before": success.leaning_before,
        "converted": success.converted,
        "collateral": _of(profile, _mean_size(others)),
        "at_gain": _of(profile, _at_gain(place, others, asked_gain, side)),
        "leakage_ratio": leaked.leakage_ratio,
        "out_of_group_share": leaked.out_of_group_share,
        "circumplex_fit": leaked.circumplex_fit,
    }
    for name, known in (("truth_r", "planted"), ("graph_r", "found")):
        row = reference.row(known, target)
        if row is not None:
            sign = 1.0 if side == "raise" else -1.0
            marks[name] = _of(profile, _along(sign * row))
    downstream = reference.row("found", target)
    if downstream is not None:
        reached = np.abs(downstream[others]) > SMALLEST
        marks["expected"] = _of(profile, _mean_size(others[reached]))
        marks["unexpected"] = _of(profile, _mean_size(others[~reached]))
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


def _along(row: Floats) -> Statistic:
    """Return the correlation of all changes with what was to be expected."""

    def of(means: Floats) -> Floats:
        return correlation(means, row)

    return of


def _mean_size(places: Sequence[int] | NDArray[np.int64]) -> Statistic:
    """Return the mean |change| of some values; NaN of none."""

    def of(means: Floats) -> Floats:
        if not len(places):
            return np.full(len(means), np.nan)
        return np.asarray(np.abs(means[:, places]).mean(axis=1))

    return of


def _at_gain(place: int, others: NDArray[np.int64], asked: float, side: str) -> Statistic:
    """Return the collateral as it would be at the asked gain; NaN where the target went back."""

    def of(means: Floats) -> Floats:
        gain = means[:, place] if side == "raise" else -means[:, place]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.abs(means[:, others]).mean(axis=1) * asked / gain
        return np.where(gain > 0, found, np.nan)

    return of
