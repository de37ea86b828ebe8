"""An `Intervention` says what is done to a model, as data: no tensor, no hook, no model.

    RolePrompt    lines that a role is told besides; they may settle values
    SaeFeature    one feature of a sparse autoencoder: added, clamped or ablated
    ValueVector   one vector for each of some layers, added to the residual
    ProbeEdit     what probes read is brought to a probability by the least change that does
    NeuronEdit    some neurons of a layer's MLP: added to, set, or kept from rising
    Combined      several of them at once

Guarantee: an intervention never changes, and `digest_of` is the same for the same content: it is
part of the key of every answer given under it. `scaled(0)` of any kind does nothing at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.steering.checking import among, finite, frozen, whole
from causalvalues.steering.gate import Gate
from causalvalues.steering.probe_edit import Probe, ProbeEdit
from causalvalues.steering.where import Scope, Strength, Unit, Where

__all__ = [
    "Combined",
    "Gate",
    "Intervention",
    "Mode",
    "NeuronEdit",
    "NeuronMode",
    "NeuronSite",
    "Probe",
    "ProbeEdit",
    "RolePrompt",
    "SaeFeature",
    "Scope",
    "Strength",
    "Unit",
    "ValueVector",
    "Where",
    "gated",
    "gates_of",
    "parts_of",
    "scaled",
]

Mode = Literal["add", "clamp", "ablate"]
NeuronMode = Literal["add", "set", "at most"]
NeuronSite = Literal["neurons", "gates"]
Place = Literal["end", "start", "instead"]


@dataclass(frozen=True)
class RolePrompt:
    """Lines that every role is told besides its own; `settles` says what they set, if they do."""

    text: str
    settles: Mapping[str, float] = field(default_factory=dict)  # value by name, from −1 to 1
    place: Place = "end"
    share: float = 1.0  # lines are told or not: 1 or 0

    def __post_init__(self) -> None:
        among("place", self.place, Place)
        if self.share not in (0.0, 1.0):
            raise OptionError("A line is told or not: its share is 1 or 0", found=str(self.share))
        if not self.text.strip():
            raise OptionError("A role prompt needs a text", found=repr(self.text))
        for name, level in self.settles.items():
            finite(name, level)
        object.__setattr__(self, "settles", dict(self.settles))


@dataclass(frozen=True)
class SaeFeature:
    """One feature of a sparse autoencoder; its error term is kept, whatever is done to it.

    add      residual += share · strength · direction
    clamp    residual += share · (strength − activation) · direction
    ablate   residual −= share · activation · direction
    """

    sae: str  # a card's name, release/id, or a folder
    feature: int
    layer: int
    strength: Strength = field(default_factory=lambda: Strength(1.0, "feature maximum"))
    mode: Mode = "add"
    scope: Scope = field(default_factory=Scope)
    share: float = 1.0
    observed_maximum: float | None = None  # what "feature maximum" means
    sae_digest: str = ""  # of the weights, where they were read
    gate: Gate | None = None

    def __post_init__(self) -> None:
        among("mode", self.mode, Mode)
        whole("feature", self.feature)
        whole("layer", self.layer)
        finite("share", self.share)
        if self.observed_maximum is not None:
            finite("observed_maximum", self.observed_maximum)
        in_maxima = self.strength.unit == "feature maximum" and self.mode != "ablate"
        if in_maxima and (self.observed_maximum is None or not self.observed_maximum > 0):
            raise OptionError(
                "A strength in feature maxima needs the feature's observed maximum",
                found=f"{self.observed_maximum} for feature {self.feature}",
                remedy="take it from a table of candidates, or give the strength raw",
            )
        if self.strength.unit == "residual norm" and self.mode != "add":
            raise OptionError("Only what is added is measured in norms", found=self.mode)


@dataclass(frozen=True, eq=False)
class ValueVector:
    """One vector (width,) for each of some layers: residual += share · strength · vector."""

    name: str
    vector_by_layer: Mapping[int, NDArray[np.float32]]
    strength: Strength = field(default_factory=lambda: Strength(1.0))
    scope: Scope = field(default_factory=Scope)
    share: float = 1.0
    gate: Gate | None = None

    def __post_init__(self) -> None:
        if not self.vector_by_layer:
            raise OptionError("A value vector needs a layer", found="none")
        if self.strength.unit == "feature maximum":
            raise OptionError("A vector has no feature maximum", found=self.strength.unit)
        finite("share", self.share)
        object.__setattr__(self, "vector_by_layer", frozen(self.vector_by_layer))


@dataclass(frozen=True, eq=False)
class NeuronEdit:
    """Some neurons of each of some layers: what enters `mlp.down_proj`, or what its gates let by.

    add       a += share · amount          set   a += share · (amount − a)
    at most   a += share · (min(a, amount) − a)

    `spared` makes what is added fall where it is there already: a += (1 − spared · p) · share ·
    amount, with p the share of the layer's added-to neurons that are above 0 at the token.
    """

    name: str
    neurons_by_layer: Mapping[int, NDArray[np.int64]]
    amounts_by_layer: Mapping[int, NDArray[np.float32]]
    mode: NeuronMode = "add"
    scope: Scope = field(default_factory=Scope)
    share: float = 1.0
    site: NeuronSite = "neurons"
    spared: float = 0.0
    gate: Gate | None = None

    def __post_init__(self) -> None:
        among("mode", self.mode, NeuronMode)
        among("site", self.site, NeuronSite)
        finite("share", self.share)
        if not 0 <= self.spared <= 1 or (self.spared and self.mode != "add"):
            raise OptionError(
                "What is added may be spared by a share from 0 to 1",
                found=f"{self.spared} of what is to {self.mode}",
            )
        shapes = {
            side: {layer: np.shape(each) for layer, each in by_layer.items()}
            for side, by_layer in (("n", self.neurons_by_layer), ("a", self.amounts_by_layer))
        }
        if not shapes["n"] or shapes["n"] != shapes["a"]:
            raise OptionError("Every neuron needs an amount", found=f"{shapes['n']}, {shapes['a']}")
        for layer, neurons in self.neurons_by_layer.items():
            if len(np.unique(neurons)) < len(neurons):
                raise OptionError("A neuron is edited once", found=f"twice at layer {layer}")
        object.__setattr__(self, "neurons_by_layer", frozen(self.neurons_by_layer))
        object.__setattr__(self, "amounts_by_layer", frozen(self.amounts_by_layer))


@dataclass(frozen=True, eq=False)
class Combined:
    """Several interventions at once: lines are told in order, edits are made in order."""

    parts: tuple["Intervention", ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise OptionError("A combination needs a part", found="none")


Simple: TypeAlias = RolePrompt | SaeFeature | ValueVector | ProbeEdit | NeuronEdit
Intervention: TypeAlias = Simple | Combined


def parts_of(intervention: Intervention) -> Iterator[Simple]:
    """Yield the interventions that a combination is made of, in order, however deep."""
    if isinstance(intervention, Combined):
        for part in intervention.parts:
            yield from parts_of(part)
    else:
        yield intervention


def gated(intervention: Intervention, gate: Gate | None) -> Intervention:
    """Return the intervention behind a gate; lines that a role is told have none."""
    if isinstance(intervention, Combined):
        return Combined(tuple(gated(part, gate) for part in intervention.parts))
    return (
        intervention if isinstance(intervention, RolePrompt) else replace(intervention, gate=gate)
    )


def gates_of(intervention: Intervention) -> tuple[Gate, ...]:
    """Return the gates of an intervention's parts."""
    parts = [part for part in parts_of(intervention) if not isinstance(part, RolePrompt)]
    return tuple(part.gate for part in parts if part.gate is not None)


def scaled(intervention: Intervention, times: float) -> Intervention:
    """Return the intervention so many times as strong; 0 does nothing, 1 is the same.

    What is added grows without bound; what is clamped, set or ablated is done by that share.
    """
    if isinstance(intervention, Combined):
        return Combined(tuple(scaled(part, times) for part in intervention.parts))
    return replace(intervention, share=intervention.share * times)
