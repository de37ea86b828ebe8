"""`bootstrap_interval` is the interval of a profile that assumes no shape: roles are drawn again.

Guarantee: a seed gives the same interval; roles are drawn whole, so that what is dependent within a
role stays so. A value that fewer than two roles answered has none (NaN).
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile

__all__ = ["bootstrap_interval"]

Floats = NDArray[np.float64]


def bootstrap_interval(
    profile: EffectProfile, n_resamples: int = 1000, seed: int = 0, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return (low, high), each (value,): percentiles of the mean change over roles drawn again."""
    if n_resamples < 1 or not 0 < level < 1:
        raise OptionError(
            "`n_resamples` must be 1 or more and `level` between 0 and 1",
            found=f"{n_resamples}, {level}",
        )
    rng = np.random.default_rng(seed)
    n_roles = len(profile.roles)
    known = np.isfinite(profile.differences)
    numbers = np.nan_to_num(profile.differences)
    drawn = rng.multinomial(n_roles, np.full(n_roles, 1 / n_roles), size=n_resamples)
    with np.errstate(invalid="ignore"):
        means = (drawn @ numbers) / (drawn @ known)  # (resample, value)
    low, high = np.full((2, len(profile.names)), np.nan)
    for value in np.flatnonzero(profile.n_by_value > 1):
        of_value = means[np.isfinite(means[:, value]), value]
        low[value], high[value] = np.quantile(of_value, [(1 - level) / 2, (1 + level) / 2])
    return low, high
