"""Leakage is what steering one value does to all others. The formulas are this package's own.

    D(t, v)              mean over roles of score_v(steered to t) − score_v(unsteered); G = D(t, t)
    leakage_ratio        mean over v ≠ t of |D(t, v)| / |G|
    out_of_group_share   of all D(t, v) that go the way of G, v ≠ t, the share outside t's
                         higher-order group
    circumplex_fit       correlation over v ≠ t of D(t, v) · sign G with cos(angle between v and t);
                         a second number counts t itself, which is at cos 0° = 1 and moved most

A ratio to what hardly moved says nothing, and the way of a change that may be noise is unknown: all
three are unscored unless |G| exceeds two standard errors. `ratio_by_noise` is the ratio that noise
alone would give, `share_if_even` the share if all other values moved alike.
Intervals draw roles again whole and are narrow for few noisy roles: where what leaks is as small as
a standard error, those of 95 % hold the truth in 78–85 % of samples of 10 roles, in 93 % of 60.
Guarantee: a seed gives the same intervals; a value that was not asked is left out and named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.estimate import Estimate, Statistic
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.values import ValueSystem

__all__ = ["Leakage", "clear_gain", "correlation", "cosines", "leakage", "others_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
SIZE_OF_NOISE = float(np.sqrt(2 / np.pi))  # mean of |x|, x standard normal
CLEAR = 2.0  # standard errors
ROUNDING = 1e-6  # of scores between −1 and 1
FEWEST_VALUES = 3  # a correlation over two is ±1


@dataclass(frozen=True)
class Leakage:
    """What steering to one value did to the others."""

    target: str
    gain: Estimate
    leakage_ratio: Estimate
    out_of_group_share: Estimate
    circumplex_fit: Estimate
    circumplex_fit_with_target: Estimate
    ratio_by_noise: float  # NaN where there is no ratio
    share_if_even: float  # NaN where there are no groups
    left_out: tuple[str, ...]  # values that were not asked

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them; what is missing is null."""
        found: dict[str, Any] = {"target": self.target, "left_out": list(self.left_out)}
        for name in ("ratio_by_noise", "share_if_even"):
            number = getattr(self, name)
            found[name] = number if np.isfinite(number) else None
        for name, each in vars(self).items():
            if isinstance(each, Estimate):
                found[name] = each.to_dict()
        return found


def leakage(
    profile: EffectProfile,
    target: str,
    system: ValueSystem,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Leakage:
    """Return the three numbers of leakage of an intervention that steers to a target."""
    place, others = others_of(profile, target, system)
    unclear = clear_gain(profile, place) or ("" if len(others) else "no other value was asked")
    names = [profile.names[each] for each in others]
    outside = np.array([system.group_of(name) != system.group_of(target) for name in names], bool)
    near = cosines(system, names, target)

    def scored(reason: str, without: str, of: Callable[[], Statistic]) -> Estimate:
        """Return a statistic's estimate, or the first reason against it."""
        if unclear or reason:
            return Estimate.without(unclear or reason, int(profile.n_by_value[place]))
        return Estimate.of_profile(
            profile, of(), without=without, level=level, n_resamples=n_resamples, seed=seed
        )

    grouped, round_ = _ungrouped(system, target, outside), _unplaced(near)
    alike = "the changes do not differ"
    return Leakage(
        target,
        Estimate.of_clusters(profile.differences[:, place], level=level, of="role"),
        scored("", "the target did not move", lambda: _ratio(place, others)),
        scored(grouped, "nothing leaked the way of the gain", lambda: _out(place, others, outside)),
        scored(round_, alike, lambda: _fit(place, others, near)),
        scored(round_, alike, lambda: _fit(place, np.append(others, place), np.append(near, 1.0))),
        float("nan") if unclear else _ratio_by_noise(profile, place, others),
        float("nan") if grouped or not len(others) else float(outside.mean()),
        tuple(name for name, n in zip(profile.names, profile.n_by_value, strict=True) if not n),
    )


def others_of(profile: EffectProfile, target: str, system: ValueSystem) -> tuple[int, Places]:
    """Return the place of the target, and those of all other values that were asked."""
    strangers = [name for name in (*profile.names, target) if name not in system.names]
    if strangers or target not in profile.names:
        raise OptionError(
            f"Leakage is about values of {system.name} that the profile holds",
            found=", ".join(strangers or [target]),
            remedy=f"take one of {', '.join(profile.names)}, or the system that they are of",
        )
    place = profile.names.index(target)
    asked = np.flatnonzero(profile.n_by_value > 0)
    return place, asked[asked != place]


def clear_gain(profile: EffectProfile, place: int) -> str:
    """Return why the target's change cannot be divided by; nothing where it can."""
    gain, error = float(profile.change[place]), float(profile.standard_error[place])
    if np.isnan(gain):
        return "the target was not asked"
    if np.isnan(error):
        return "only one role is known"
    if abs(gain) <= CLEAR * error:
        return f"the gain is within {CLEAR:g} standard errors"
    return "" if abs(gain) > ROUNDING else "the gain is no more than rounding"


def cosines(system: ValueSystem, names: list[str], target: str) -> Floats:
    """Return the cosine of the angle between each value and the target; NaN without a circle."""
    angle_by_name = {value.name: value.angle_in_degrees for value in system.values}
    angles = np.array([angle_by_name[name] for name in (*names, target)], dtype=np.float64)
    found: Floats = np.cos(np.radians(angles[:-1] - angles[-1]))
    return found


def correlation(rows: Floats, fixed: Floats) -> Floats:
    """Return (row,), the correlation of each row with fixed numbers; NaN where nothing differs."""
    one, two = rows - rows.mean(axis=1, keepdims=True), fixed - fixed.mean()
    sizes = np.sqrt((one**2).sum(axis=1) * (two**2).sum())
    level = np.abs(rows).max(axis=1, initial=0.0)
    differ = one.std(axis=1) > 1e-12 * level  # what is left of equal numbers is rounding
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(differ, (one @ two) / sizes, np.nan)
    return found


def _ratio(place: int, others: Places) -> Statistic:
    """Return the mean size of the changes of others beside that of the target."""

    def of(means: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = np.abs(means[:, others]).mean(axis=1) / np.abs(means[:, place])
        return found

    return of


def _out(place: int, others: Places, outside: NDArray[np.bool_]) -> Statistic:
    """Return the share outside the group of what goes the way of the target's change."""

    def of(means: Floats) -> Floats:
        along = (means[:, others] * np.sign(means[:, [place]])).clip(min=0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = along[:, outside].sum(axis=1) / along.sum(axis=1)
        return found

    return of


def _fit(place: int, over: Places, near: Floats) -> Statistic:
    """Return the correlation of changes the way of the target's with closeness to it."""
    return lambda means: correlation(means[:, over] * np.sign(means[:, [place]]), near)


def _ratio_by_noise(profile: EffectProfile, place: int, others: Places) -> float:
    """Return the leakage ratio to be expected if no other value had moved."""
    noise = SIZE_OF_NOISE * profile.standard_error[others]
    return float(noise.mean() / abs(profile.change[place]))


def _ungrouped(system: ValueSystem, target: str, outside: NDArray[np.bool_]) -> str:
    """Return why nothing can be said of groups; nothing where it can."""
    if system.group_of(target) is None:
        return "the target belongs to no higher-order group"
    return "no other value of the target's group was asked" if outside.all() else ""


def _unplaced(near: Floats) -> str:
    """Return why nothing can be said of the circle; nothing where it can."""
    if np.isnan(near).any():
        return "the values have no places on a circle"
    if len(near) < FEWEST_VALUES:
        return f"fewer than {FEWEST_VALUES} other values were asked"
    return "" if np.ptp(near) > 1e-9 else "all other values are as far from the target"
