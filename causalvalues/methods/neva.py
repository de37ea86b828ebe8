"""NeVA-style (formulas ours): the few neurons that are a value's own, moved as little as need be.

After the idea of Yang et al. 2026 (arXiv 2602.07356): sparse neurons of a value, found by probes,
edited while the model runs, so that other values leak less. Its formulas were not to be had; these
are ours, and no number of theirs is claimed:

    probe      σ(w·a + b) of what enters `mlp.down_proj` at the last token, sparse; one for each
               value and layer (`neuron_probes`); layers that tell unseen pairs well enough count
    score      |w_i| · sd(a_i)
    own        neurons ranked higher, over all layers, for the value than for any value of another
               higher-order group
    kept       of those, the k with the largest score: a share of all neurons, at least one in all
    edit       min ‖δ‖ over kept neurons  subject to  w·(a + δ) + b ≥ logit P₀,  low ≤ a + δ ≤ high
    low, high  1 % and 99 % quantiles seen in texts for the value (against it, to lower)

| | original | here |
|---|---|---|
| neurons, probes, context-aware editing | named | the formulas above; gate and scope as ConVA |
| k | not known | .05 % to 3 % of all neurons |
| dose | not known | P₀ |

The probe reads all neurons that it weighs, kept or not; only kept ones move. Where bounds are
reached first, P₀ is not. Guarantee: the same probes give the same edit; no kept neuron is moved
beyond its bounds, no other neuron is moved at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.neuron_probes import NeuronProbe, NeuronProbes, Seen
from causalvalues.methods.neuron_selection import least_kept, rivals_of, selective, strongest
from causalvalues.steering.gate import Gate
from causalvalues.steering.probe_edit import Probe, ProbeEdit, Solve
from causalvalues.steering.where import Scope

__all__ = ["DOSES", "METHOD", "neva"]

METHOD = "NeVA-style (formulas ours)"
DOSES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def neva(
    probes: NeuronProbes,
    *,
    value: str,
    direction: Direction = "raise",
    share: float = 0.01,
    least_accuracy: float = 0.7,
    is_selective: bool = True,
    solve: Solve = "query",
    scope: Scope | None = None,
    gate: Gate | None = None,
) -> Fitted:
    """Return the method fitted to a value.

    share            of all neurons of the model, those that are kept
    least_accuracy   on pairs of unseen scenarios, for a layer to count
    is_selective     whether neurons that say as much of another group's value are dropped
    """
    own = probes.of(value)
    good = {
        layer: each for layer, each in own.items() if each.probe.accuracy.value > least_accuracy
    }
    if not good:
        best = max(each.probe.accuracy.value for each in own.values())
        raise OptionError(
            f"Some layer must tell unseen pairs of {value} in more than {least_accuracy:.0%}",
            found=f"{best:.0%} at best",
            remedy="give more pairs, or a lower `least_accuracy`",
        )
    n_neurons = sum(len(each.spread) for each in own.values())
    scores = {layer: np.abs(each) for layer, each in probes.scores(value).items()}
    among = _own(probes, value) if is_selective else None
    counted = {layer: scores[layer] for layer in good}
    kept = strongest(counted, least_kept(share, n_neurons), among=among)
    if not kept:
        raise OptionError(
            f"Some neuron must be {value}'s own", found="none", remedy="use is_selective=False"
        )
    layers = {layer: good[layer] for layer in kept}
    plan = _Plan(value, direction, layers, kept, solve, scope or Scope("answering"), gate)
    found: dict[str, float | str] = {
        "neurons": float(plan.n_kept),
        "share of neurons": plan.n_kept / n_neurons,
        "layers": ", ".join(map(str, kept)),
        "accuracy": float(np.mean([each.probe.accuracy.value for each in layers.values()])),
        "reach": float(np.median([plan.reach(layer) for layer in kept])),
    }
    return Fitted(METHOD, value, plan.at, DOSES, "P₀", direction, found, "logit")


def _own(probes: NeuronProbes, value: str) -> dict[int, Bools]:
    """Return (neuron,) by layer which neurons say more of a value than of other groups' values."""
    rivals = rivals_of(probes.system, value, probes.values)
    return selective(probes.scores(value), [probes.scores(each) for each in rivals])


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which neurons are kept, and what is known of their layers."""

    value: str
    direction: Direction
    probes: Mapping[int, NeuronProbe]
    kept: Mapping[int, Ints]
    solve: Solve
    scope: Scope
    gate: Gate | None

    def at(self, dose: float) -> ProbeEdit:
        """Return the edit for P₀."""
        reads = {layer: np.flatnonzero(each.probe.weights) for layer, each in self.probes.items()}
        weights = {
            layer: each.probe.weights[reads[layer]].astype(np.float32)
            for layer, each in self.probes.items()
        }
        biases = {layer: each.probe.bias for layer, each in self.probes.items()}
        probe = Probe(self.value, weights, biases, dose)
        return ProbeEdit(
            f"{METHOD} {self.direction}s {self.value}",
            (probe if self.direction == "raise" else probe.negated(),),
            "neurons",
            reads,
            self.kept,
            {layer: self._seen(layer).low[kept] for layer, kept in self.kept.items()},
            {layer: self._seen(layer).high[kept] for layer, kept in self.kept.items()},
            self.solve,
            self.scope,
            gate=self.gate,
        )

    @property
    def n_kept(self) -> int:
        """Return how many neurons are kept."""
        return sum(len(each) for each in self.kept.values())

    def reach(self, layer: int) -> float:
        """Return P of the mean text of the side that is left, kept neurons at their bounds."""
        each, kept = self.probes[layer], self.kept[layer]
        sign = 1.0 if self.direction == "raise" else -1.0
        left = (each.seen_against if sign > 0 else each.seen_for).mean.astype(np.float64)
        weights, seen = sign * each.probe.weights, self._seen(layer)
        room = np.where(
            weights[kept] > 0, seen.high[kept] - left[kept], seen.low[kept] - left[kept]
        )
        gain = np.maximum(weights[kept] * room, 0.0).sum()
        logit = weights @ left + sign * each.probe.bias + gain
        return float(1 / (1 + np.exp(-np.clip(logit, -500, 500))))

    def _seen(self, layer: int) -> Seen:
        """Return what was seen of a layer on the side that is wanted."""
        each = self.probes[layer]
        return each.seen_for if self.direction == "raise" else each.seen_against
