"""`predict`: from the changes of few values to those of all, through the graph, with intervals.

    draw k:  Δ_k = d_k (I − B_k)⁻¹ + misfit        d_k given what was measured, see `direct`

A value that was asked about keeps what its answers say, as far as they say it; one that was not is
told by the graph alone. Intervals are quantiles over draws: sampling, directions left open by the
class, edges in doubt, and how far a linear model may be off. Guarantee: a seed gives the same ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.direct import FLOOR, DirectPart, direct_part
from causalvalues.planning.prior import Prior
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.settled import settled_part

__all__ = ["Prediction", "predict", "predicted"]

Floats = NDArray[np.float64]
MISFIT = 0.05


@dataclass(frozen=True, eq=False)
class Prediction:
    """What an intervention is expected to do to every value."""

    name: str
    names: tuple[str, ...]
    draws: Floats  # (draw, value)
    asked: tuple[str, ...]  # the values whose changes were known
    method: str = "graph"
    centre: Floats | None = None  # (value,) the mean where it is known without chance

    @property
    def middle(self) -> Floats:
        """Return the mean change of every value."""
        return np.asarray(self.draws.mean(axis=0)) if self.centre is None else self.centre

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return (low, high), each (value,)."""
        if not 0.0 < level < 1.0:
            raise OptionError("`level` must be between 0 and 1", found=str(level))
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    @property
    def told(self) -> NDArray[np.bool_]:
        """Return (value,) whether a change was predicted rather than measured."""
        return np.array([name not in self.asked for name in self.names])


def predict(
    profile: EffectProfile,
    propagation: Propagation,
    *,
    settles: Sequence[str] = (),
    prior: Prior | None = None,
    pooled: float | None = None,
    misfit: float = MISFIT,
    method: str = "graph",
    seed: int = 0,
) -> Prediction:
    """Return what an intervention does to every value, given its profile on some of them.

    `settles` are the values that its lines settle, if it has such lines; `prior` says how far
    interventions reach by themselves, and can be fitted to others of the kind (`fit_prior`).

    predict(profile.only(("achievement", "power")), propagation(table, graph)).interval()
    """
    prior = Prior() if prior is None else prior
    part = direct_part(
        profile, propagation, among=settles or None, most=prior.most, share=prior.share,
        width=prior.width, dense=prior.dense, pooled=pooled, misfit=misfit, seed=seed,
    )  # fmt: skip
    part = settled_part(part, profile, propagation, settles, seed=seed)
    asked = tuple(n for n, count in zip(profile.names, profile.n_by_value, strict=True) if count)
    return predicted(
        [part], propagation, settled=settles, name=profile.name, asked=asked, misfit=misfit,
        method=method, seed=seed,
    )  # fmt: skip


def predicted(
    parts: Sequence[DirectPart],
    propagation: Propagation,
    *,
    doses: Sequence[float] | None = None,
    settled: Sequence[str] = (),
    name: str = "",
    asked: tuple[str, ...] = (),
    misfit: float = MISFIT,
    method: str = "graph",
    seed: int = 0,
) -> Prediction:
    """Return what several interventions do together; settled values change by their own part."""
    doses = [1.0] * len(parts) if doses is None else doses
    nothing = np.zeros((propagation.n_draws, len(propagation.names)))
    dosed = list(zip(doses, parts, strict=True))
    held = np.array([each in settled for each in propagation.names])
    drawn = propagation.under(sum((dose * part.draws for dose, part in dosed), nothing), held)
    expected = propagation.under(sum((dose * part.centres for dose, part in dosed), nothing), held)
    largest = np.abs(drawn / propagation.spread).max(axis=1, keepdims=True)
    chance = np.random.default_rng([seed, 5]).standard_normal(drawn.shape)
    noisy = drawn + (misfit * largest + FLOOR) * propagation.spread * chance
    return Prediction(name, propagation.names, noisy, asked, method, expected.mean(axis=0))
