"""A `ProbeEdit` brings what probes read of a model to a probability, by the least change that does.

    probe     P(a) = σ(w·a + b), a the residual that leaves a layer, or neurons of its MLP
    gap       g = max(0, logit P₀ − w·a − b)
    change    δ = share · g · w / ‖w‖²              the shortest δ with w·δ = g

With several probes δ is the shortest with W δ ≥ g. Of neurons only those that `moves_by_layer`
names are moved, and none beyond what was seen of it (low, high). Layers act in their order, each
on what the earlier ones left. `solve` says for what δ is found: once for a query, at the last
token of its prompt, or at every token that the scope reaches. To lower a reading, negate the probe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.steering.checking import among, finite, frozen
from causalvalues.steering.gate import Gate
from causalvalues.steering.where import Scope

__all__ = ["Probe", "ProbeEdit", "ProbeSite", "Solve"]

Solve = Literal["query", "token"]
ProbeSite = Literal["residual", "neurons"]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Probe:
    """What tells one value from a model's activations, layer by layer, and where it is to be."""

    value: str
    weights_by_layer: Mapping[int, Floats]  # (width,) or (neuron that is read,)
    bias_by_layer: Mapping[int, float]
    probability: float  # P₀

    def __post_init__(self) -> None:
        finite("probability", self.probability)
        if not 0 < self.probability < 1:
            raise OptionError("A probe is brought to a probability", found=str(self.probability))
        if not self.weights_by_layer or set(self.weights_by_layer) != set(self.bias_by_layer):
            raise OptionError(
                "A probe has weights and a bias for every layer",
                found=f"{sorted(self.weights_by_layer)} and {sorted(self.bias_by_layer)}",
            )
        object.__setattr__(self, "weights_by_layer", frozen(self.weights_by_layer))
        for layer, bias in self.bias_by_layer.items():
            finite("bias", bias)
            if not self.weights_by_layer[layer].any():
                raise OptionError("A probe must read something", found=f"zeros at layer {layer}")
        object.__setattr__(self, "bias_by_layer", dict(sorted(self.bias_by_layer.items())))

    def at(self, probability: float) -> "Probe":
        """Return the probe with another probability to be brought to."""
        return replace(self, probability=probability)

    def negated(self) -> "Probe":
        """Return the probe of the opposite: P(a) becomes 1 − P(a)."""
        weights = {layer: -row for layer, row in self.weights_by_layer.items()}
        biases = {layer: -bias for layer, bias in self.bias_by_layer.items()}
        return replace(self, weights_by_layer=weights, bias_by_layer=biases)


@dataclass(frozen=True, eq=False)
class ProbeEdit:
    """Probes whose readings are brought to their probabilities."""

    name: str
    probes: tuple[Probe, ...]
    site: ProbeSite = "residual"
    reads_by_layer: Mapping[int, Ints] = field(default_factory=dict)  # neurons that probes read
    moves_by_layer: Mapping[int, Ints] = field(default_factory=dict)  # of those, what may change
    low_by_layer: Mapping[int, Floats] = field(default_factory=dict)  # of what may change
    high_by_layer: Mapping[int, Floats] = field(default_factory=dict)
    solve: Solve = "query"
    scope: Scope = field(default_factory=lambda: Scope("answering"))
    share: float = 1.0
    gate: Gate | None = None

    def __post_init__(self) -> None:
        among("solve", self.solve, Solve)
        among("site", self.site, ProbeSite)
        finite("share", self.share)
        if not self.probes:
            raise OptionError("An edit by probes needs a probe", found="none")
        for side in ("reads_by_layer", "moves_by_layer", "low_by_layer", "high_by_layer"):
            object.__setattr__(self, side, frozen(getattr(self, side)))
        for layer in self.layers:
            self._check_widths(layer)
        if self.site == "neurons":
            self._check_neurons()
        elif self.reads_by_layer or self.moves_by_layer or self.low_by_layer or self.high_by_layer:
            raise OptionError("Of a residual all is read and moved", found="places")

    @property
    def layers(self) -> tuple[int, ...]:
        """Return the layers that are edited, in order."""
        return tuple(sorted({layer for probe in self.probes for layer in probe.weights_by_layer}))

    @property
    def is_bounded(self) -> bool:
        """Return whether neurons are kept within what was seen of them."""
        return bool(self.low_by_layer)

    def _check_widths(self, layer: int) -> None:
        """Raise unless the probes of a layer weigh the same: all of a residual, or neurons."""
        there = [probe for probe in self.probes if layer in probe.weights_by_layer]
        widths = {len(probe.weights_by_layer[layer]) for probe in there}
        if layer in self.reads_by_layer:
            widths.add(len(self.reads_by_layer[layer]))
        if len(widths) > 1:
            raise OptionError(
                "A probe weighs all that is read of its layer",
                found=f"{sorted(widths)} weights and places at layer {layer} of {self.name}",
            )

    def _check_neurons(self) -> None:
        """Raise unless every layer says which neurons are read and which of them move."""
        layers = set(self.layers)
        if set(self.reads_by_layer) != layers or set(self.moves_by_layer) != layers:
            raise OptionError(
                "Every layer needs the neurons that are read and those that move",
                found=f"{sorted(self.reads_by_layer)}, {sorted(self.moves_by_layer)}",
            )
        if len(self.probes) > 1 and self.is_bounded:
            raise OptionError(
                "Neurons within bounds are moved by one probe",
                found=f"{len(self.probes)} probes",
                remedy="combine one edit for each value",
            )
        bounded = layers if self.is_bounded else set()
        if set(self.low_by_layer) != bounded or set(self.high_by_layer) != bounded:
            raise OptionError(
                "Every neuron that moves needs both bounds",
                found=f"{sorted(self.low_by_layer)}, {sorted(self.high_by_layer)}",
            )
        for layer in layers:
            self._check_places(layer)

    def _check_places(self, layer: int) -> None:
        """Raise unless the neurons of a layer are told once each, and lie between their bounds."""
        reads, moves = self.reads_by_layer[layer], self.moves_by_layer[layer]
        once = all(len(np.unique(each)) == len(each) for each in (reads, moves))
        if not once or not np.isin(moves, reads).all() or reads.min() < 0:
            raise OptionError(
                "Neurons that move are among those that are read, each once, counted from 0",
                found=f"layer {layer} of {self.name}",
            )
        low, high = (side.get(layer) for side in (self.low_by_layer, self.high_by_layer))
        if low is None or high is None:
            return
        if not len(low) == len(high) == len(moves) or (low > high).any():
            raise OptionError(
                "Every neuron that moves needs both bounds, the lower one first",
                found=f"layer {layer} of {self.name}",
            )
