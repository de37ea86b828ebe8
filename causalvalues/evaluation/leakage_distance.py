"""Leakage against distance: how far from the target, on Schwartz's circle, do other values move?

    distance    steps around the circle of angles that values have; two in one wedge are 0 apart
    at a step   mean over the values that far away of |D(t, v)| / |G|, or, signed, D(t, v) / G
    fall        rank correlation over v ≠ t of that with distance: −1 where it falls with each step

Unsigned leakage may well rise again at the far side: what is opposed to a target falls as it rises.
Guarantee: unscored unless |G| exceeds two standard errors; values not asked are left out; intervals
draw roles again whole.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from causalvalues.evaluation.estimate import Estimate, Statistic
from causalvalues.evaluation.leakage import clear_gain, correlation, others_of
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.values import ValueSystem

__all__ = ["LeakageByDistance", "leakage_by_distance", "steps_between"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
FEWEST_VALUES = 3


@dataclass(frozen=True)
class LeakageByDistance:
    """Leakage at each distance from the target, and how it falls with distance."""

    target: str
    at_step: dict[int, Estimate]  # by number of steps, in order
    n_values: dict[int, int]
    fall: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them."""
        return {
            "target": self.target,
            "at_step": {str(step): each.to_dict() for step, each in self.at_step.items()},
            "n_values": {str(step): n for step, n in self.n_values.items()},
            "fall": self.fall.to_dict(),
        }


def leakage_by_distance(
    profile: EffectProfile,
    target: str,
    system: ValueSystem,
    *,
    signed: bool = False,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> LeakageByDistance:
    """Return leakage by distance from the target."""
    place, others = others_of(profile, target, system)
    steps = steps_between(system, [profile.names[each] for each in others], target)
    placed = np.isfinite(steps)
    others, steps = others[placed], steps[placed]
    unclear = clear_gain(profile, place)

    def scored(reason: str, without: str, statistic: Statistic) -> Estimate:
        """Return a statistic's estimate, or the first reason against it."""
        if unclear or reason:
            return Estimate.without(unclear or reason, int(profile.n_by_value[place]))
        return Estimate.of_profile(
            profile, statistic, without=without, level=level, n_resamples=n_resamples, seed=seed
        )

    near = {int(step): others[steps == step] for step in np.unique(steps)}
    return LeakageByDistance(
        target,
        {
            step: scored("", "the target did not move", _mean(place, some, signed=signed))
            for step, some in near.items()
        },
        {step: len(some) for step, some in near.items()},
        scored(_unranked(steps), "the changes do not differ",
               _fall(place, others, steps, signed=signed)),
    )  # fmt: skip


def steps_between(system: ValueSystem, names: list[str], target: str) -> Floats:
    """Return how many steps each value is from the target; NaN where one has no angle."""
    angle_by_name = {value.name: value.angle_in_degrees for value in system.values}
    laid = sorted({angle % 360 for angle in angle_by_name.values() if angle is not None})

    def step_of(name: str) -> float:
        angle = angle_by_name[name]
        return np.nan if angle is None else laid.index(angle % 360)

    apart = np.abs(np.array([step_of(name) for name in names], np.float64) - step_of(target))
    found: Floats = np.minimum(apart, len(laid) - apart)
    return found


def _relative(means: Floats, place: int, others: Places, *, signed: bool) -> Floats:
    """Return (resample, other) changes in units of the target's."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = means[:, others] / means[:, [place]]
    return found if signed else np.abs(found)


def _mean(place: int, some: Places, *, signed: bool) -> Statistic:
    """Return the mean leakage into some values."""
    return lambda means: _relative(means, place, some, signed=signed).mean(axis=1)


def _fall(place: int, others: Places, steps: Floats, *, signed: bool) -> Statistic:
    """Return the rank correlation of leakage with distance."""
    far = rankdata(steps) if len(steps) else steps

    def of(means: Floats) -> Floats:
        leaked = np.round(_relative(means, place, others, signed=signed), 9)  # equal is equal
        known = np.isfinite(leaked).all(axis=1)
        found = np.full(len(means), np.nan)
        found[known] = correlation(rankdata(leaked[known], axis=1), far)
        return found

    return of


def _unranked(steps: Floats) -> str:
    """Return why distances cannot be ranked; nothing where they can."""
    if not len(steps):
        return "the values have no places on a circle"
    if len(steps) < FEWEST_VALUES:
        return f"fewer than {FEWEST_VALUES} other values were asked"
    return "" if len(np.unique(steps)) > 1 else "all other values are as far from the target"
