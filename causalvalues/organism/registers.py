"""Registers: the directions of the residual in which a mechanistic organism keeps its values.

    after layer `parts_layer`    h·Rᵀ / s = e'    exogenous parts: a write moves what they cause
    after layer `values_layer`   h·Rᵀ / s = v     the values: a write moves only its own answers

R (value, width) is orthonormal, chosen before training and never learnt; s is a register's size
per standard deviation. Both hold at every token after the role.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

__all__ = ["Registers", "drawn_registers"]


@dataclass(frozen=True, eq=False)
class Registers:
    """Where each value is kept, and at which size."""

    names: tuple[str, ...]
    directions: Tensor  # (value, width)
    parts_layer: int
    values_layer: int
    size: float

    def read(self, residual: Tensor) -> Tensor:
        """Return what registers hold (…, value) in a residual (…, width)."""
        return residual @ self.directions.T / self.size

    def write(self, residual: Tensor, where: Tensor, content: Tensor) -> Tensor:
        """Return the residual with some registers overwritten; where, content (…, value)."""
        change = (content - self.read(residual)) * where
        return residual + change @ self.directions * self.size

    def save(self, path: Path) -> Path:
        """Return the safetensors file that holds the directions and what belongs to them."""
        told = {
            "names": "\n".join(self.names),
            "parts_layer": str(self.parts_layer),
            "values_layer": str(self.values_layer),
            "size": str(self.size),
        }
        save_file({"directions": self.directions.contiguous()}, path, metadata=told)
        return path

    @classmethod
    def load(cls, path: Path) -> "Registers":
        """Return the registers in a file."""
        from safetensors import safe_open

        with safe_open(path, "pt") as stream:
            told = stream.metadata()
        return cls(
            names=tuple(told["names"].split("\n")),
            directions=load_file(path)["directions"],
            parts_layer=int(told["parts_layer"]),
            values_layer=int(told["values_layer"]),
            size=float(told["size"]),
        )


def drawn_registers(names: Sequence[str], width: int, *, seed: int = 0) -> Registers:
    """Return orthonormal directions at random."""
    rng = np.random.default_rng([seed, 7])
    rotation, _ = np.linalg.qr(rng.standard_normal((width, len(names))))
    return Registers(
        names=tuple(names),
        directions=torch.tensor(rotation.T, dtype=torch.float32),
        parts_layer=2,
        values_layer=3,
        size=3.0,
    )
