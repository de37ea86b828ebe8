"""An `Intervention` says what is done to a model, as data: no tensor, no hook, no model.

    RolePrompt    lines that a role is told besides; they may settle values
    SaeFeature    one feature of a sparse autoencoder: added, clamped or ablated
    ValueVector   one vector for each of some layers, added to the residual
    NeuronEdit    some neurons of a layer's MLP: added to, set, or kept from rising
    Combined      several of them at once

Guarantee: an intervention never changes, and `digest_of` is the same for the same content: it is
part of the key of every answer given under it. `scaled(0)` of any kind does nothing at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError

__all__ = [
    "Combined",
    "Intervention",
    "Mode",
    "NeuronEdit",
    "NeuronMode",
    "RolePrompt",
    "SaeFeature",
    "Scope",
    "Strength",
    "Unit",
    "ValueVector",
    "Where",
    "parts_of",
    "scaled",
]

Unit = Literal["raw", "residual norm", "feature maximum"]
Where = Literal["all", "prompt", "generated", "last", "phrase", "after role"]
Mode = Literal["add", "clamp", "ablate"]
NeuronMode = Literal["add", "set", "at most"]
Place = Literal["end", "start", "instead"]


@dataclass(frozen=True)
class Strength:
    """How much: raw, in norms of the residual it is added to, or in maxima of the feature."""

    amount: float
    unit: Unit = "raw"

    def __post_init__(self) -> None:
        _among("unit", self.unit, Unit)
        _finite("amount", self.amount)


@dataclass(frozen=True)
class Scope:
    """At which tokens: all, the prompt's, those written, the last before the answer, a phrase's."""

    where: Where = "all"
    phrase: str = ""

    def __post_init__(self) -> None:
        _among("where", self.where, Where)
        if (self.where == "phrase") != bool(self.phrase.strip()):
            raise OptionError(
                "A scope names a phrase exactly when it is that of a phrase",
                found=f"where={self.where!r}, phrase={self.phrase!r}",
            )


@dataclass(frozen=True)
class RolePrompt:
    """Lines that every role is told besides its own; `settles` says what they set, if they do."""

    text: str
    settles: Mapping[str, float] = field(default_factory=dict)  # value by name, from −1 to 1
    place: Place = "end"
    share: float = 1.0  # lines are told or not: 1 or 0

    def __post_init__(self) -> None:
        _among("place", self.place, Place)
        if self.share not in (0.0, 1.0):
            raise OptionError("A line is told or not: its share is 1 or 0", found=str(self.share))
        if not self.text.strip():
            raise OptionError("A role prompt needs a text", found=repr(self.text))
        for name, level in self.settles.items():
            _finite(name, level)
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

    def __post_init__(self) -> None:
        _among("mode", self.mode, Mode)
        _whole("feature", self.feature)
        _whole("layer", self.layer)
        _finite("share", self.share)
        if self.observed_maximum is not None:
            _finite("observed_maximum", self.observed_maximum)
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

    def __post_init__(self) -> None:
        if not self.vector_by_layer:
            raise OptionError("A value vector needs a layer", found="none")
        if self.strength.unit == "feature maximum":
            raise OptionError("A vector has no feature maximum", found=self.strength.unit)
        _finite("share", self.share)
        object.__setattr__(self, "vector_by_layer", _frozen(self.vector_by_layer))


@dataclass(frozen=True, eq=False)
class NeuronEdit:
    """Some neurons of each of some layers, at what enters the MLP's last projection.

    add       a += share · amount          set   a += share · (amount − a)
    at most   a += share · (min(a, amount) − a)
    """

    name: str
    neurons_by_layer: Mapping[int, NDArray[np.int64]]
    amounts_by_layer: Mapping[int, NDArray[np.float32]]
    mode: NeuronMode = "add"
    scope: Scope = field(default_factory=Scope)
    share: float = 1.0

    def __post_init__(self) -> None:
        _among("mode", self.mode, NeuronMode)
        _finite("share", self.share)
        shapes = {
            side: {layer: np.shape(each) for layer, each in by_layer.items()}
            for side, by_layer in (("n", self.neurons_by_layer), ("a", self.amounts_by_layer))
        }
        if not shapes["n"] or shapes["n"] != shapes["a"]:
            raise OptionError("Every neuron needs an amount", found=f"{shapes['n']}, {shapes['a']}")
        for layer, neurons in self.neurons_by_layer.items():
            if len(np.unique(neurons)) < len(neurons):
                raise OptionError("A neuron is edited once", found=f"twice at layer {layer}")
        object.__setattr__(self, "neurons_by_layer", _frozen(self.neurons_by_layer))
        object.__setattr__(self, "amounts_by_layer", _frozen(self.amounts_by_layer))


@dataclass(frozen=True, eq=False)
class Combined:
    """Several interventions at once: lines are told in order, edits are made in order."""

    parts: tuple["Intervention", ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise OptionError("A combination needs a part", found="none")


Intervention: TypeAlias = RolePrompt | SaeFeature | ValueVector | NeuronEdit | Combined
Simple: TypeAlias = RolePrompt | SaeFeature | ValueVector | NeuronEdit


def parts_of(intervention: Intervention) -> Iterator[Simple]:
    """Yield the interventions that a combination is made of, in order, however deep."""
    if isinstance(intervention, Combined):
        for part in intervention.parts:
            yield from parts_of(part)
    else:
        yield intervention


def scaled(intervention: Intervention, times: float) -> Intervention:
    """Return the intervention so many times as strong; 0 does nothing, 1 is the same.

    What is added grows without bound; what is clamped, set or ablated is done by that share.
    """
    if isinstance(intervention, Combined):
        return Combined(tuple(scaled(part, times) for part in intervention.parts))
    return replace(intervention, share=intervention.share * times)


def _among(name: str, given: str, choices: object) -> None:
    """Raise unless a choice is one of those there are."""
    known = get_args(choices)
    if given not in known:
        raise OptionError(f"`{name}` must be one of {', '.join(known)}", found=repr(given))


def _finite(name: str, number: float) -> None:
    """Raise unless a number is one."""
    if not np.isfinite(number):
        raise OptionError(f"`{name}` must be a finite number", found=str(number))


def _whole(name: str, number: int) -> None:
    """Raise unless a number counts from 0."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise OptionError(f"`{name}` must be a whole number from 0", found=repr(number))


def _frozen(by_layer: Mapping[int, NDArray[np.generic]]) -> dict[int, NDArray[np.generic]]:
    """Return read-only copies of arrays (n,), one per layer, in order of layers."""
    found: dict[int, NDArray[np.generic]] = {}
    for layer in sorted(by_layer):
        _whole("layer", layer)
        array = np.array(by_layer[layer])
        if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
            raise OptionError(
                "An array of an intervention is a row of finite numbers",
                found=f"shape {array.shape} at layer {layer}",
            )
        array.setflags(write=False)
        found[layer] = array
    return found
