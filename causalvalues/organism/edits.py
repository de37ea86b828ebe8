"""Edits of an organism's residual: overwrite a register, or add a vector to the stream."""

from dataclasses import dataclass

import torch
from torch import Tensor

from causalvalues.models.edit import Site, Tokens
from causalvalues.organism.registers import Registers

__all__ = ["AddVector", "WriteRegister"]


@dataclass(frozen=True, eq=False)
class WriteRegister:
    """Overwrites one register after the role, in standard deviations of its value."""

    registers: Registers
    value: int
    level: float
    layer: int
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the residual with the register set wherever the role is already read."""
        there = activation.to(self.registers.directions)
        where = torch.zeros_like(self.registers.read(there))
        where[..., self.value] = tokens.after_role
        return self.registers.write(there, where, torch.full_like(where, self.level))


@dataclass(frozen=True, eq=False)
class AddVector:
    """Adds one vector after the role."""

    vector: Tensor  # (width,)
    layer: int
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the residual, moved wherever the role is already read."""
        return activation + tokens.after_role[..., None] * self.vector.to(activation)
