"""The direct part of a line that settles values: where it puts them, not how far these roles came.

    d_w = mean over roles of (score of w under the line) − mean score of w over all unsteered roles

Whoever a role was, a settled value ends up at its level, so paired differences hold the accident of
which roles were asked; the scores under the line hardly do. Where the scores are not known, that
accident widens the draws instead. Guarantee: values that are not settled are left as they were.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.direct import DirectPart
from causalvalues.planning.propagation import Propagation

__all__ = ["settled_change", "settled_part"]

Floats = NDArray[np.float64]
LEAST_ERROR = 0.05  # of a value's spread: how well any few questions stand for all of them


def settled_part(
    part: DirectPart,
    profile: EffectProfile,
    propagation: Propagation,
    settles: Sequence[str],
    *,
    seed: int = 0,
) -> DirectPart:
    """Return the direct part with draws of each settled value around where the line puts it."""
    rng = np.random.default_rng([seed, 6])
    draws = part.draws.copy()
    expected = part.centres.copy()
    for value in settles:
        v = propagation.names.index(value)
        found = settled_change(profile, propagation, v)
        if found is None:
            accident = propagation.spread[v] / np.sqrt(max(len(profile.roles), 1))
            draws[:, v] += accident * rng.standard_normal(len(draws))
        else:
            change, error = found
            draws[:, v] = change + error * rng.standard_normal(len(draws))
            expected[:, v] = change
    return replace(part, draws=draws, expected=expected)


def settled_change(
    profile: EffectProfile, propagation: Propagation, v: int
) -> tuple[float, float] | None:
    """Return the change of a settled value against all roles, and its error; None if not known."""
    if profile.before is None or propagation.centre is None or not profile.n_by_value[v]:
        return None
    after = profile.before[:, v] + profile.differences[:, v]
    after = after[np.isfinite(after)]
    error = LEAST_ERROR * propagation.spread[v]
    if len(after) > 1:
        error = float(np.hypot(error, after.std(ddof=1) / np.sqrt(len(after))))
    return float(after.mean() - propagation.centre[v]), error
