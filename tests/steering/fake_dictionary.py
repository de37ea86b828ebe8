"""A dictionary of seeded random directions, for tests of whatever needs one."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class FakeDictionary:
    """Features that are active by how much the residual points their way, never below zero."""

    layer: int
    width: int = 32
    n_features: int = 24
    seed: int = 0
    name: str = "fake"

    @cached_property
    def directions(self) -> Tensor:
        """(feature, width), each of length 1."""
        made = torch.Generator().manual_seed(self.seed)
        drawn = torch.randn(self.n_features, self.width, generator=made)
        return drawn / drawn.norm(dim=1, keepdim=True)

    @property
    def digest(self) -> str:
        return f"fake-{self.seed}-{self.n_features}-{self.width}"

    def direction(self, feature: int) -> Tensor:
        return self.directions[feature]

    def activation(self, residual: Tensor, feature: int) -> Tensor:
        return self.activations(residual)[..., feature]

    def activations(self, residual: Tensor) -> Tensor:
        return (residual.float() @ self.directions.to(residual.device).T).relu()
