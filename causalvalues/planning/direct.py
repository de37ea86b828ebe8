"""The direct part of an intervention: which values it changes itself, seen through the graph.

    y = Δ_M + ε,   Δ = d T,   T = (I − B)⁻¹     y the changes of the values M that were asked about
    d ~ N(0, τ² spread²) on a support s of at most k values  +  N(0, ω² spread²) on every value
    P(s | y, B) ∝ P(s) · N(y; 0, τ² T_sᵀ T_s + ω² Tᵀ T + noise),   P(s) ∝ π^|s| (1 − π)^(n − |s|)

Few values change directly, many follow: that is what the graph knows and a bare profile does not.
The small part on every value lets measurements overrule it where there are enough of them. All
supports are weighed exactly, under every draw of B. [ours]
Guarantee: the draws returned are from the posterior itself; a seed gives the same ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.propagation import Propagation

__all__ = ["DirectPart", "direct_part", "noise_of"]

Floats = NDArray[np.float64]

PRIOR_ROLES = 4.0  # how many roles the pooled noise counts for beside a value's own
MOST_SUPPORTS = 20_000
FLOOR = 1e-3  # of noise, in units of the score


@dataclass(frozen=True, eq=False)
class DirectPart:
    """Draws of what an intervention changes itself, one for each draw of the propagation."""

    names: tuple[str, ...]
    draws: Floats  # d (draw, value)
    touched: Floats  # (value,) probability that a value is changed directly
    evidence: Floats  # (draw,) log P(y | B), up to a constant

    @property
    def mean(self) -> Floats:
        """Return the mean direct change (value,)."""
        return np.asarray(self.draws.mean(axis=0))


def noise_of(profile: EffectProfile, *, pooled: float | None = None) -> Floats:
    """Return (value,) the variance of each mean change; few roles borrow from the other values.

    `pooled` is the variance of one role's difference, where it is known from other profiles.
    """
    n = profile.n_by_value.astype(float)
    own = np.nan_to_num(profile.standard_error**2 * n)  # of one role's difference
    known = n > 1
    if pooled is None:
        pooled = float(np.average(own[known], weights=n[known] - 1)) if known.any() else np.nan
    if not np.isfinite(pooled):
        raise OptionError(
            "Noise needs two roles for some value, or a pooled variance",
            found=f"{int(n.max())} role",
            remedy="ask two roles or more",
        )
    shared = (PRIOR_ROLES * pooled + np.maximum(n - 1, 0) * own) / (
        PRIOR_ROLES + np.maximum(n - 1, 0)
    )
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(n > 0, shared / n, np.inf))


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
    asked = np.flatnonzero(profile.n_by_value > 0)
    if not len(asked):
        raise OptionError("A direct part needs a measured value", found=f"none in {profile.name}")
    y = profile.change[asked]
    noise = noise_of(profile, pooled=pooled)[asked] + (misfit * np.abs(y).max()) ** 2 + FLOOR**2
    names = propagation.names
    open_values = [v for v, name in enumerate(names) if among is None or name in among]
    supports = _supports(len(names), open_values, most)
    rng = np.random.default_rng([seed, 3])
    draws, touched = np.zeros((propagation.n_draws, len(names))), np.zeros(len(names))
    evidence = np.zeros(propagation.n_draws)
    for place, total in enumerate(propagation.totals):
        seen = (propagation.spread[:, None] * total)[:, asked]  # (value, asked)
        wide = np.zeros(len(names)) if among is not None else np.full(len(names), dense)
        sight = _Sight.of(y, noise, seen, wide)
        logs = _logs(sight.y, width * sight.seen, supports, share) + sight.constant
        evidence[place] = logsumexp(logs)
        weights = np.exp(logs - evidence[place])
        touched += weights @ supports.membership
        chosen = supports.members[rng.choice(len(weights), p=weights / weights.sum())]
        drawn = np.zeros(len(names))
        drawn[chosen] = width * _drawn(sight.y, width * sight.seen[chosen], rng)
        drawn += _drawn_dense(y - drawn @ seen, noise, seen, wide, rng)
        draws[place] = drawn * propagation.spread
    return DirectPart(names, draws, touched / propagation.n_draws, evidence)


@dataclass(frozen=True, eq=False)
class _Sight:
    """What is seen, in units in which noise and the dense part together have variance 1."""

    y: Floats  # (asked,)
    seen: Floats  # (value, asked)
    constant: float  # of log N(y)

    @classmethod
    def of(cls, y: Floats, noise: Floats, seen: Floats, wide: Floats) -> "_Sight":
        """Return what is seen; noise (asked,), seen (value, asked), wide (value,)."""
        root = np.linalg.cholesky(np.diag(noise) + (seen.T * wide**2) @ seen)
        white = np.linalg.solve(root, np.column_stack([y, seen.T]))
        constant = -0.5 * float(white[:, 0] @ white[:, 0]) - float(np.log(np.diag(root)).sum())
        return cls(white[:, 0], white[:, 1:].T, constant)


@dataclass(frozen=True, eq=False)
class _Supports:
    members: tuple[NDArray[np.int64], ...]
    membership: Floats  # (support, value) 1 where a value belongs to it
    sizes: NDArray[np.int64]


def _supports(n_values: int, open_values: Sequence[int], most: int) -> _Supports:
    """Return every set of at most so many values; fewer where that would be too many sets."""
    members: list[NDArray[np.int64]] = []
    for size in range(most + 1):
        sets = [np.array(each, dtype=np.int64) for each in combinations(open_values, size)]
        if len(members) + len(sets) > MOST_SUPPORTS:
            break
        members += sets
    membership = np.zeros((len(members), n_values))
    for row, each in enumerate(members):
        membership[row, each] = 1.0
    return _Supports(tuple(members), membership, membership.sum(axis=1).astype(np.int64))


def _logs(y: Floats, seen: Floats, supports: _Supports, share: float) -> Floats:
    """Return (support,) log P(s) N(y; 0, I + SᵀS) of each support, up to a constant; S = seen_s.

    By the k × k matrix I + S Sᵀ.
    """
    gram, lean = seen @ seen.T, seen @ y  # (value, value), (value,)
    logs = np.zeros(len(supports.members))
    for size in np.unique(supports.sizes):
        rows = np.flatnonzero(supports.sizes == size)
        if size == 0:
            continue
        sets = np.array([supports.members[row] for row in rows])
        inner = np.eye(size) + gram[sets[:, :, None], sets[:, None, :]]
        fit = np.linalg.solve(inner, lean[sets][..., None])[..., 0]
        logs[rows] = 0.5 * ((fit * lean[sets]).sum(axis=1) - np.linalg.slogdet(inner)[1])
    n_values = supports.membership.shape[1]
    return np.asarray(
        logs + supports.sizes * np.log(share) + (n_values - supports.sizes) * np.log1p(-share)
    )


def _drawn(y: Floats, seen: Floats, rng: np.random.Generator) -> Floats:
    """Return a draw of N(0, 1) parts (k,) given y = parts · seen + N(0, 1)."""
    if not len(seen):
        return np.zeros(0)
    precision = np.eye(len(seen)) + seen @ seen.T
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, seen @ y)
    return np.asarray(mean + np.linalg.solve(root.T, rng.standard_normal(len(seen))))


def _drawn_dense(
    left: Floats, noise: Floats, seen: Floats, wide: Floats, rng: np.random.Generator
) -> Floats:
    """Return a draw of the part on every value, given what the support leaves unexplained."""
    if not wide.any():
        return np.zeros(len(wide))
    prior = wide * rng.standard_normal(len(wide))
    error = np.sqrt(noise) * rng.standard_normal(len(noise))
    spread = np.diag(noise) + (seen.T * wide**2) @ seen
    return np.asarray(
        prior + wide**2 * (seen @ np.linalg.solve(spread, left - prior @ seen - error))
    )
