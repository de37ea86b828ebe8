"""What if: some values are set, the others follow — the same arithmetic that the page does.

    do(S = s)    Δ_v = s_v                        for v ∈ S: set, whatever its causes do
                 Δ_v = Σ_u Δ_u B_uv               for all others, causes before effects

in every draw of B, each acyclic; what is told is the mean over draws and their quantiles. Holding
a value is setting it to a change of 0. Guarantee: weights are kept in 32 bits and computed with
in 64, here and in the browser, so that both give the same numbers to 1e-9.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import reachable
from causalvalues.errors import GraphError, OptionError
from causalvalues.planning.propagation import Propagation, random_member
from causalvalues.report.viewer.document import InfluenceView

__all__ = ["Influence", "WhatIf", "influence_of_effects"]

Floats = NDArray[np.float64]
RESAMPLES = "resamples of the roles, each with a graph of the class and its own coefficients"
EFFECTS = "the effects that the graph's file holds, along one graph of its class: no intervals"
MOST_WEIGHTS = 80_000  # in one page: draws × pairs


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What every value changes by when some are set."""

    names: tuple[str, ...]
    mean: Floats  # (value,)
    low: Floats
    high: Floats

    def of(self, name: str) -> tuple[float, float, float]:
        """Return the change of one value, with its interval."""
        place = self.names.index(name)
        return float(self.mean[place]), float(self.low[place]), float(self.high[place])


@dataclass(frozen=True, eq=False)
class Influence:
    """Draws of the linear model along a graph, pair by pair."""

    names: tuple[str, ...]
    pairs: NDArray[np.int64]  # (pair, 2) cause, effect
    weights: Floats  # (draw, pair), each a 32-bit number
    basis: str = RESAMPLES

    def __post_init__(self) -> None:
        rounded = np.array(self.weights, dtype=np.float32).astype(np.float64)
        if rounded.ndim != 2 or not len(rounded) or not np.isfinite(rounded).all():
            raise GraphError("Weights are finite, a row per draw", found=str(rounded.shape))
        if rounded.shape[1] != len(self.pairs):
            raise GraphError(
                f"Weights of {len(self.pairs)} pairs have a column per pair",
                found=str(rounded.shape),
            )
        rounded.setflags(write=False)
        object.__setattr__(self, "weights", rounded)

    @classmethod
    def of(cls, propagation: Propagation, *, most_weights: int = MOST_WEIGHTS) -> Self:
        """Return the influence of a propagation; fewer draws where there are many pairs."""
        pairs = np.argwhere((propagation.weights != 0).any(axis=0))
        n_draws = max(1, min(propagation.n_draws, most_weights // max(len(pairs), 1)))
        weights = propagation.weights[:n_draws][:, pairs[:, 0], pairs[:, 1]]
        return cls(propagation.names, pairs, weights)

    @property
    def n_draws(self) -> int:
        """Return how many draws there are."""
        return len(self.weights)

    def matrix(self) -> Floats:
        """Return B (draw, cause, effect)."""
        whole = np.zeros((self.n_draws, len(self.names), len(self.names)))
        whole[:, self.pairs[:, 0], self.pairs[:, 1]] = self.weights
        return whole

    def what_if(self, change_by_value: Mapping[str, float], *, level: float = 0.95) -> WhatIf:
        """Return what follows when values are set to a change of theirs; 0 holds one.

        influence.what_if({"achievement": 0.3, "power": 0.0}).of("hedonism")
        """
        strangers = sorted(set(change_by_value) - set(self.names))
        if strangers:
            raise OptionError(f"Values are {', '.join(self.names)}", found=", ".join(strangers))
        held = np.array([name in change_by_value for name in self.names])
        direct = np.array([float(change_by_value.get(name, 0.0)) for name in self.names])
        spread = np.ones(len(self.names))  # not used by `under`
        drawn = Propagation(self.names, self.matrix(), spread).under(direct[None], held)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return WhatIf(self.names, drawn.mean(axis=0), low, high)

    def view(self, place_by_name: Mapping[str, int]) -> InfluenceView:
        """Return the influence as the page reads it."""
        places = [place_by_name[name] for name in self.names]
        packed = np.ascontiguousarray(self.weights, dtype="<f4").tobytes()
        return InfluenceView(
            basis=self.basis,
            n_draws=self.n_draws,
            pairs=[(places[cause], places[effect]) for cause, effect in self.pairs],
            weights=base64.b64encode(packed).decode("ascii"),
        )


def influence_of_effects(graph: ValueGraph, *, seed: int = 0) -> Influence | None:
    """Return the influence that total effects imply along one graph of the class, if any do.

    With T the total effects from causes to all that follow: T = (I − B)⁻¹, so B = I − T⁻¹.
    """
    values = graph.only("value")
    size = {(e.cause, e.effect): e.middle for e in values.effects}
    if not size:
        return None
    edges = random_member(values.marks, np.random.default_rng(seed))
    totals = np.eye(len(edges))
    for i, j in np.argwhere(reachable(edges)):
        totals[i, j] = size.get((values.names[i], values.names[j]), 0.0)
    weights = np.eye(len(edges)) - np.linalg.inv(totals)
    pairs = np.argwhere(edges)
    found = weights[pairs[:, 0], pairs[:, 1]][None]
    return Influence(values.names, pairs, found, EFFECTS)
