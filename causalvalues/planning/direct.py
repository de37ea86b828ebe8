"""The direct part of an intervention: which values it changes itself, seen through the graph.

    y = Δ_M + ε,   Δ = d T,   T = (I − B)⁻¹     y the changes of the values M that were asked about
    d ~ N(0, τ² spread²) on a support s of at most k values  +  N(0, ω² spread²) on every value
    P(s | y, B) ∝ P(s) · N(y; 0, τ² T_sᵀ T_s + ω² Tᵀ T + noise),   P(s) ∝ π^|s| (1 − π)^(n − |s|)

Few values change directly, many follow: that is what the graph knows and a bare profile does not.
The small part on every value lets measurements overrule it where there are enough of them. All
supports are weighed exactly, under every draw of B. [ours]
Guarantee: the draws returned are from the posterior itself; a seed gives the same ones; everything
is relative to the spread of each value, so that its unit does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.supports import Supports, every_support, weigh

__all__ = ["DirectPart", "asked_values", "direct_part", "noise_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

PRIOR_ROLES = 4.0  # how many roles the pooled noise counts for beside a value's own
AT_ONCE = 80_000  # supports, over draws, that are weighed at once
FLOOR = 1e-3  # of noise, in units of a value's spread


@dataclass(frozen=True, eq=False)
class DirectPart:
    """Draws of what an intervention changes itself, one for each draw of the propagation."""

    names: tuple[str, ...]
    draws: Floats  # d (draw, value)
    touched: Floats  # (value,) probability that a value is changed directly
    evidence: Floats  # (draw,) log P(y | B), up to a constant
    expected: Floats | None = None  # E[d | y, B] (draw, value); None: the draws themselves

    @property
    def centres(self) -> Floats:
        """Return the mean direct change under each draw of B (draw, value), without chance."""
        return self.draws if self.expected is None else self.expected

    @property
    def mean(self) -> Floats:
        """Return the mean direct change (value,)."""
        return np.asarray(self.centres.mean(axis=0))


def noise_of(
    profile: EffectProfile, *, pooled: float | None = None, spread: Floats | None = None
) -> Floats:
    """Return (value,) the variance of each mean change; few roles borrow from the other values.

    `pooled` is the variance of one role's difference, where it is known from other profiles.
    With `spread` (value,) values borrow in proportion to their own.
    """
    n = profile.n_by_value.astype(float)
    unit = np.ones(len(n)) if spread is None else np.square(spread)
    own = np.nan_to_num(profile.standard_error**2 * n) / unit  # of one role's difference
    known = n > 1
    if pooled is not None:
        pooled = pooled / float(unit.mean())
    elif known.any():
        pooled = float(np.average(own[known], weights=n[known] - 1))
    if pooled is None or not np.isfinite(pooled):
        raise OptionError(
            "Noise needs two roles for some value, or a pooled variance",
            found=f"{int(n.max())} role",
            remedy="ask two roles or more",
        )
    others = np.maximum(n - 1, 0)
    shared = unit * (PRIOR_ROLES * pooled + others * own) / (PRIOR_ROLES + others)
    return np.asarray(np.divide(shared, n, out=np.full(len(n), np.inf), where=n > 0))


def direct_part(
    profile: EffectProfile,
    propagation: Propagation,
    *,
    among: Sequence[str] | None = None,
    most: int = 3,
    share: float = 0.15,
    width: float = 1.0,
    dense: float = 0.05,
    pooled: float | None = None,
    misfit: float = 0.05,
    seed: int = 0,
) -> DirectPart:
    """Return draws of the direct part, given the changes of the values that were asked about.

    `most` values are touched at once, each with probability `share`; `width` (τ) and `dense` (ω)
    are in standard deviations of a value; `misfit` is by what share of the largest change any
    change may miss the linear model. `among` names all values that can be touched, where known.
    """
    names, spread = propagation.names, propagation.spread
    asked = asked_values(profile, names)
    y = profile.change[asked] / spread[asked]
    noise = noise_of(profile, pooled=pooled, spread=spread)[asked] / spread[asked] ** 2
    noise = noise + (misfit * np.abs(y).max()) ** 2 + FLOOR**2
    seen = propagation.totals[:, :, asked] * spread[:, None] / spread[asked]  # (draw, value, asked)
    open_values = [v for v, name in enumerate(names) if among is None or name in among]
    wide = 0.0 if among is not None else dense
    supports = every_support(len(names), open_values, most)
    rng = np.random.default_rng([seed, 3])
    size = max(AT_ONCE // len(supports.members), 1)
    parts = [
        _posterior(y, noise, seen[start : start + size], supports, (share, width, wide), rng)
        for start in range(0, propagation.n_draws, size)
    ]
    draws, expected, touched, evidence = (np.concatenate(each) for each in zip(*parts, strict=True))
    return DirectPart(names, draws * spread, touched.mean(axis=0), evidence, expected * spread)


def asked_values(profile: EffectProfile, names: tuple[str, ...]) -> Places:
    """Return the places of the values that were asked about, or raise where the names differ."""
    if profile.names != names:
        raise OptionError(
            "A profile and a propagation must have the same values in the same order",
            found=f"{', '.join(profile.names)}; and {', '.join(names)}",
        )
    asked = np.flatnonzero(profile.n_by_value > 0)
    if not len(asked):
        raise OptionError("A direct part needs a measured value", found=f"none in {profile.name}")
    return asked


def _posterior(
    y: Floats,
    noise: Floats,
    seen: Floats,
    supports: Supports,
    prior: tuple[float, float, float],
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return draws, means, touched (draw, value each) and evidence (draw,) under some draws of B.

    y, noise: (asked,); seen: (draw, value, asked); prior: share, width, dense.
    """
    share, width, wide = prior
    covariance = np.diag(noise) + wide**2 * seen.transpose(0, 2, 1) @ seen  # (draw, asked, asked)
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, np.broadcast_to(y[:, None], (len(seen), len(y), 1)))[..., 0]
    white_seen = width * np.linalg.solve(root, seen.transpose(0, 2, 1)).transpose(0, 2, 1)
    gram = white_seen @ white_seen.transpose(0, 2, 1)
    lean = (white_seen @ white[..., None])[..., 0]
    weighed = weigh(supports, gram, lean, share)
    logs = logsumexp(weighed.logs, axis=1)
    weights = np.exp(weighed.logs - logs[:, None])
    touched = supports.spread_out(np.repeat(weights[..., None], supports.members.shape[1], axis=2))
    few = width * supports.spread_out(weights[..., None] * weighed.fits)
    expected = few + _rest(y - _told(few, seen), seen, covariance, wide)
    drawn = width * _drawn(supports, weights, weighed.fits, gram, rng)
    before = wide * rng.standard_normal(drawn.shape)
    error = np.sqrt(noise) * rng.standard_normal((len(drawn), len(y)))
    drawn = drawn + before + _rest(y - _told(drawn + before, seen) - error, seen, covariance, wide)
    constant = -0.5 * np.square(white).sum(axis=1)
    constant -= np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return drawn, expected, touched, logs + constant


def _told(direct: Floats, seen: Floats) -> Floats:
    """Return the changes (draw, asked) that direct parts (draw, value) show."""
    return np.asarray((direct[:, None, :] @ seen)[:, 0])


def _rest(left: Floats, seen: Floats, covariance: Floats, wide: float) -> Floats:
    """Return the mean of the part on every value (draw, value), given what is left unexplained."""
    solved = np.linalg.solve(covariance, left[..., None])
    return np.asarray(wide**2 * (seen @ solved)[..., 0])


def _drawn(
    supports: Supports, weights: Floats, fits: Floats, gram: Floats, rng: np.random.Generator
) -> Floats:
    """Return parts (draw, value): a set drawn by its weight, then its parts given y."""
    n_draws, n_values = len(weights), supports.n_values
    heights = np.cumsum(weights, axis=1)
    chosen = (heights < heights[:, -1:] * rng.random((n_draws, 1))).sum(axis=1)
    members = supports.members[chosen]  # (draw, slot)
    wider = np.pad(gram, ((0, 0), (0, 1), (0, 1)))
    rows = np.arange(n_draws)[:, None, None]
    inner = np.eye(members.shape[1]) + wider[rows, members[:, :, None], members[:, None, :]]
    root = np.linalg.cholesky(inner).transpose(0, 2, 1)
    chance = np.linalg.solve(root, rng.standard_normal((n_draws, members.shape[1], 1)))[..., 0]
    parts = np.zeros((n_draws, n_values + 1))
    np.put_along_axis(parts, members, fits[np.arange(n_draws), chosen] + chance, axis=1)
    return parts[:, :-1]
