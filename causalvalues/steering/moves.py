"""The edits themselves: one move of the residual, or of neurons, at one layer.

    AddVector     h += amount · vector, or amount · ‖h‖ · vector / ‖vector‖
    MoveFeature   h += share · (target − activation) · direction, the rest of h kept
    MoveNeurons   a += share · amount, or towards an amount by that share
    (probe_moves has a fourth, whose change depends on what probes read)

Guarantee: see `edits`. What a move holds follows the activation to its device, once per device.
"""

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from causalvalues.errors import InputError, OptionError, WrongWidth
from causalvalues.models.edit import Site, Tokens
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.gate import Gate
from causalvalues.steering.intervention import NeuronMode, Scope
from causalvalues.steering.scope import where_reached

__all__ = ["AddVector", "MoveFeature", "MoveNeurons", "Row", "Scoped"]

Copies = dict[tuple[torch.device, torch.dtype], Tensor]


@dataclass(frozen=True, eq=False)
class Row:
    """Numbers (width,) that are wanted on some devices; each copy is made once."""

    numbers: Tensor
    copies: Copies = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, numbers: Tensor, dtype: torch.dtype = torch.float32) -> "Row":
        """Return a copy of the numbers that belongs to no computation."""
        with torch.inference_mode(False), torch.no_grad():
            return cls(numbers.detach().to(dtype, copy=True))

    def on(self, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
        """Return the numbers on a device, in a type."""
        key = device, dtype or self.numbers.dtype
        if key not in self.copies:
            with torch.inference_mode(False), torch.no_grad():
                self.copies[key] = self.numbers.to(*key)
        return self.copies[key]

    def times(self, amount: float) -> "Row":
        """Return the numbers, each times an amount."""
        return Row(self.numbers * amount)

    @cached_property
    def length(self) -> float:
        """Return the Euclidean length."""
        return float(self.numbers.norm())


class Scoped:
    """Acts within a scope, and so asks for the tokens of a phrase or for none."""

    scope: Scope
    gate: Gate | None

    @property
    def alone(self) -> bool:
        """Return whether what it does to a token depends on what its prompt says later."""
        return False

    @property
    def phrase(self) -> str:
        """Return the phrase whose tokens are asked for."""
        return self.scope.phrase


@dataclass(frozen=True, eq=False)
class AddVector(Scoped):
    """Adds one vector to the residual."""

    layer: int
    name: str
    vector: Row
    amount: float
    in_norms: bool
    scope: Scope
    of_sae: bool = False
    gate: Gate | None = None

    @property
    def site(self) -> Site:
        """Return what of the layer is changed."""
        return "residual"

    @cached_property
    def step(self) -> Row:
        """Return (width,) what is added, for a residual of length 1 if it is added in norms."""
        with torch.inference_mode(False), torch.no_grad():
            return self.vector.times(self.amount / (self.vector.length if self.in_norms else 1))

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the residual (batch, token, width), moved."""
        error = WrongWidth if self.of_sae else OptionError
        _check_width(self.name, len(self.vector.numbers), activation, error)
        if self.amount == 0:
            return activation
        if self.in_norms:
            norms = activation.float().norm(dim=-1, keepdim=True)
            step = (norms * self.step.on(activation.device)).to(activation.dtype)
        else:
            step = self.step.on(activation.device, activation.dtype)
        return where_reached(self.scope, tokens, activation + step, activation)


@dataclass(frozen=True, eq=False)
class MoveFeature(Scoped):
    """Moves the activation of one feature towards a target; what else the residual says is kept."""

    layer: int
    name: str
    dictionary: Dictionary
    feature: int
    direction: Row
    home: torch.device  # where the dictionary computes
    target: float
    share: float
    scope: Scope
    of_sae: bool = True
    gate: Gate | None = None

    @property
    def site(self) -> Site:
        """Return what of the layer is changed."""
        return "residual"

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the residual (batch, token, width), moved."""
        width = len(self.direction.numbers)
        _check_width(self.name, width, activation, WrongWidth)
        if self.share == 0:
            return activation
        there = activation.to(self.home, torch.float32)
        active = self.dictionary.activation(there, self.feature)  # (batch, token)
        away = self.share * (self.target - active.to(activation.device, torch.float32))
        step = away[..., None] * self.direction.on(activation.device)
        moved = activation + step.to(activation.dtype)
        return where_reached(self.scope, tokens, moved, activation)


@dataclass(frozen=True, eq=False)
class MoveNeurons(Scoped):
    """Moves some neurons of one layer's MLP."""

    layer: int
    name: str
    neurons: Row  # int64
    amounts: Row
    mode: NeuronMode
    share: float
    scope: Scope
    site: Site = "neurons"
    spared: float = 0.0
    of_sae: bool = False
    gate: Gate | None = None

    @cached_property
    def last(self) -> int:
        """Return the last neuron that is moved."""
        return int(self.neurons.numbers.max())

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the neurons (batch, token, neuron), some moved."""
        if self.last >= activation.shape[-1]:
            raise OptionError(
                f"Layer {self.layer} has neurons from 0 to {activation.shape[-1] - 1}",
                found=f"{self.last} in {self.name}",
            )
        idle = self.mode == "add" and not self.amounts.length > 0
        if self.share == 0 or idle:
            return activation
        places = self.neurons.on(activation.device)
        own = activation[..., places]
        moved = self._moved(own.float()).to(activation.dtype)
        moved = where_reached(self.scope, tokens, moved, own)
        return activation.index_copy(activation.dim() - 1, places, moved)

    def _moved(self, own: Tensor) -> Tensor:
        """Return (batch, token, moved neuron) the neurons after the move, in float32."""
        amounts = self.amounts.on(own.device)
        if self.mode == "add":
            there = (own > 0).float().mean(dim=-1, keepdim=True)
            return own + (1 - self.spared * there) * self.share * amounts
        wanted = amounts.expand_as(own) if self.mode == "set" else torch.minimum(own, amounts)
        return wanted if self.share == 1 else own + self.share * (wanted - own)


def _check_width(name: str, width: int, activation: Tensor, error: type[InputError]) -> None:
    """Raise unless what is added is as wide as what it is added to."""
    if activation.shape[-1] != width:
        raise error(
            f"{name} must be as wide as the residual, {activation.shape[-1]}",
            found=f"{width} wide",
            remedy="use one that was made for this model",
        )
