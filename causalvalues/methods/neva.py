"""NeVA-style (formulas ours): the few neurons that are a value's own, moved as little as need be.

After the idea of Yang et al. 2026 (arXiv 2602.07356): sparse neurons of a value, found by probes,
edited while the model runs, so that other values leak less. Its formulas were not to be had; these
are ours, and no number of theirs is claimed:

    probe      σ(w·a + b) of what enters `mlp.down_proj` at the last token, sparse; one for each
               value and layer (`neuron_probes`); layers that tell unseen pairs well enough count
    score      |w_i| · sd(a_i)
    own        neurons ranked higher, over all layers, for the value than for any value of another
               higher-order group
    way        +1 or −1 for each layer: the sign of what its own neurons write if they are moved as
               the probe tells, Σ w_i d·W_i; neurons that write the other way are left out
    kept       of the rest, the k with the largest score: a share of all neurons, one at least
    edit       min ‖δ‖ over kept neurons  subject to  way (w·(a + δ) + b) ≥ logit P₀ and, neuron by
               neuron, low ≤ a + δ ≤ high
    low, high  1 % and 99 % quantiles seen in the fitted texts of the side that is moved to

| | original | here |
|---|---|---|
| neurons, probes, context-aware editing | named | the formulas above; gate and scope as ConVA |
| k | not known | .05 % to 3 % of all neurons |
| dose | not known | P₀ |

What tells a value need not write it: an MLP that takes away what attention brought tells it just as
well. `way="told"` trusts the probe (way = +1, nothing left out), and moves all ten values of the
Gemma organism the wrong way; "written", the default, looks at what is written, and moves them the
right way, each by a few hundredths. The probe reads all neurons that it weighs; only kept ones
move, and where bounds are reached first, P₀ is not. Guarantee: the same probes give the same edit;
no kept neuron is moved beyond its bounds, no other neuron is moved at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.neuron_probes import NeuronProbe, NeuronProbes, Seen
from causalvalues.methods.neuron_selection import least_kept, rivals_of, selective, strongest
from causalvalues.steering.checking import among
from causalvalues.steering.gate import Gate
from causalvalues.steering.probe_edit import Probe, ProbeEdit, Solve
from causalvalues.steering.where import Scope

__all__ = ["DOSES", "METHOD", "Way", "neva"]

METHOD = "NeVA-style (formulas ours)"
DOSES = (0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.999, 0.9999)
Way = Literal["written", "told"]

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
    way: Way = "written",
    solve: Solve = "query",
    scope: Scope | None = None,
    gate: Gate | None = None,
) -> Fitted:
    """Return the method fitted to a value.

    share            of all neurons of the model, those that are kept
    least_accuracy   on pairs of unseen scenarios: layers that tell them better count
    is_selective     whether neurons that say as much of another group's value are dropped
    """
    among("direction", direction, Direction)
    among("way", way, Way)
    good = _good(probes, value, least_accuracy)
    may = _own(probes, value) if is_selective else _every(probes, value)
    ways = dict.fromkeys(good, 1)
    if way == "written":
        ways = {layer: _way(each, may[layer]) for layer, each in good.items()}
        may = {layer: may[layer] & _writes(each, ways[layer]) for layer, each in good.items()}
    n_neurons = sum(len(each.spread) for each in probes.of(value).values())
    scores = {layer: np.abs(each.scores) for layer, each in good.items()}
    kept = strongest(scores, least_kept(share, n_neurons), among=may)
    if not kept:
        raise OptionError(
            f"Some neuron must be {value}'s own", found="none", remedy="use is_selective=False"
        )
    plan = _Plan(
        value,
        direction,
        {layer: good[layer] for layer in kept},
        kept,
        ways,
        solve,
        scope or Scope("answering"),
        gate,
    )
    return Fitted(
        METHOD,
        value,
        plan.at,
        DOSES,
        "P₀",
        direction=direction,
        found=plan.found(n_neurons),
        scale="logit",
    )


def _good(probes: NeuronProbes, value: str, least_accuracy: float) -> dict[int, NeuronProbe]:
    """Return the layers that tell a value well enough."""
    own = probes.of(value)
    found = {at: each for at, each in own.items() if each.probe.accuracy.value > least_accuracy}
    if not found:
        best = max((each.probe.accuracy for each in own.values()), key=lambda each: each.value)
        raise OptionError(
            f"Neurons of a layer must tell new pairs with an accuracy above {least_accuracy:g}",
            found=f"at best {best} for {value}",
            remedy="give more pairs, or a lower `least_accuracy`",
        )
    return found


def _own(probes: NeuronProbes, value: str) -> dict[int, Bools]:
    """Return (neuron,) by layer which neurons say more of a value than of other groups' values."""
    rivals = rivals_of(probes.system, value, probes.values)
    return selective(probes.scores(value), [probes.scores(each) for each in rivals])


def _every(probes: NeuronProbes, value: str) -> dict[int, Bools]:
    """Return (neuron,) by layer all neurons."""
    return {layer: np.ones(len(each.spread), bool) for layer, each in probes.of(value).items()}


def _way(probe: NeuronProbe, may: Bools) -> int:
    """Return +1 where a layer's neurons write what they tell, −1 where they write against it."""
    return 1 if probe.agreement[may].sum() >= 0 else -1


def _writes(probe: NeuronProbe, way: int) -> Bools:
    """Return (neuron,) which neurons write as their layer does."""
    return np.asarray(np.sign(probe.agreement) == way)


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which neurons are kept, and what is known of their layers."""

    value: str
    direction: Direction
    probes: Mapping[int, NeuronProbe]
    kept: Mapping[int, Ints]
    ways: Mapping[int, int]
    solve: Solve
    scope: Scope
    gate: Gate | None

    def at(self, dose: float) -> ProbeEdit:
        """Return the edit for P₀."""
        reads = {layer: np.flatnonzero(each.probe.weights) for layer, each in self.probes.items()}
        weights = {
            layer: (self._sign(layer) * each.probe.weights[reads[layer]]).astype(np.float32)
            for layer, each in self.probes.items()
        }
        biases = {layer: self._sign(layer) * p.probe.bias for layer, p in self.probes.items()}
        return ProbeEdit(
            f"{METHOD} {self.direction}s {self.value}",
            (Probe(self.value, weights, biases, dose),),
            "neurons",
            reads,
            self.kept,
            {layer: self._side(layer).low[kept] for layer, kept in self.kept.items()},
            {layer: self._side(layer).high[kept] for layer, kept in self.kept.items()},
            self.solve,
            self.scope,
            gate=self.gate,
        )

    def found(self, n_neurons: int) -> dict[str, float | str]:
        """Return what is said of the fit."""
        n_kept = sum(len(each) for each in self.kept.values())
        accuracies = [each.probe.accuracy.value for each in self.probes.values()]
        return {
            "layers": " ".join(map(str, self.kept)),
            "layers that write against it": " ".join(
                str(layer) for layer in self.kept if self.ways[layer] < 0
            ),
            "neurons": float(n_kept),
            "share of neurons": n_kept / n_neurons,
            "accuracy": float(np.mean(accuracies)),
            "reach": float(np.median([self._reach(layer) for layer in self.kept])),
        }

    def _sign(self, layer: int) -> float:
        """Return by what a layer's probe is multiplied, so that more of it is what is asked."""
        return self.ways[layer] * (1.0 if self.direction == "raise" else -1.0)

    def _side(self, layer: int) -> Seen:
        """Return what was seen of a layer on the side that it is moved to."""
        each = self.probes[layer]
        return each.seen_for if self._sign(layer) > 0 else each.seen_against

    def _reach(self, layer: int) -> float:
        """Return P of the mean text of the side that is left, once kept neurons are at a bound."""
        each, kept, sign = self.probes[layer], self.kept[layer], self._sign(layer)
        left = (each.seen_against if sign > 0 else each.seen_for).mean.astype(np.float64)
        weights, side = sign * each.probe.weights, self._side(layer)
        bound = np.where(weights[kept] > 0, side.high[kept], side.low[kept])
        gain = np.maximum(weights[kept] * (bound - left[kept]), 0.0).sum()
        logit = weights @ left + sign * each.probe.bias + gain
        return float(1 / (1 + np.exp(-np.clip(logit, -500, 500))))
