"""Tuned methods by hand: what each rung does to every value is written down, not asked."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from causalvalues.evaluation.dose_curve import DoseCurve
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.leaderboard.tuning import Tuned
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.steering.intervention import Intervention, RolePrompt, ValueVector
from causalvalues.steering.where import Strength

__all__ = ["NAMES", "edit", "line", "profile", "tuned"]

NAMES = ("power", "security", "hedonism")
ROLES = tuple("pqrs")
WIGGLE = np.array([-1.0, 1.0, -1.0, 1.0])[:, None]  # roles differ, their mean is what is said


def profile(
    change: Mapping[str, float],
    *,
    names: Sequence[str] = NAMES,
    name: str = "moved",
    is_broken: bool = False,
) -> EffectProfile:
    """A profile whose mean changes are those that are told; 0 of other values."""
    mean = np.array([change.get(each, 0.0) for each in names])
    faults = ("half of the answers cannot be read",) if is_broken else ()
    return EffectProfile(name, tuple(names), mean + 0.01 * WIGGLE, ROLES, 12, faults=faults)


def edit(dose: float, *, name: str = "v") -> ValueVector:
    """A vector whose strength is the dose."""
    return ValueVector(name, {0: np.ones(4, dtype=np.float32)}, Strength(dose))


def line(dose: float) -> RolePrompt:
    """A line that says the dose."""
    return RolePrompt(f"This matters to you by {dose:g}.")


def tuned(
    gains: Sequence[float],  # of each rung, towards the asked side
    *,
    norms: Sequence[float] | None = None,  # none: of the same size as the rung; a line has none
    method: str = "caa",
    value: str = "power",
    direction: Direction = "raise",
    others: Mapping[str, float] | None = None,  # change of other values by a gain of 1
    names: Sequence[str] = NAMES,
    broken: Collection[int] = (),  # rungs that leave the model in no good health
    is_told: bool = False,
) -> Tuned:
    """A method whose doses are 10, 20, …, one for each gain."""
    doses = tuple(10.0 * place for place in range(1, len(gains) + 1))

    def at(dose: float) -> Intervention:
        return line(dose) if is_told else edit(dose, name=f"{direction} {value}")

    fitted = Fitted(
        method, value, at, doses, "α", direction, scale="steps" if is_told else "linear"
    )
    sign = 1 if direction == "raise" else -1
    profiles = tuple(
        profile(
            {name: ratio * gain for name, ratio in (others or {}).items()} | {value: sign * gain},
            names=names,
            name=fitted.name,
            is_broken=place in broken,
        )
        for place, gain in enumerate(gains, start=1)
    )
    rungs = tuple(float(place) for place in range(1, len(gains) + 1))
    sizes = tuple([math.nan] * len(gains) if is_told else norms or rungs)
    return Tuned(fitted, DoseCurve(fitted.name, rungs, profiles), sizes, 12 * len(gains))
