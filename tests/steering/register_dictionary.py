"""A dictionary whose features are an organism's registers: high and low sides of every value."""

from dataclasses import dataclass
from functools import cache, cached_property

import torch
from torch import Tensor

from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import REGISTERS, folder_of
from causalvalues.organism.registers import Registers

N_RANDOM = 20


@dataclass(frozen=True, eq=False)
class RegisterDictionary:
    """Feature 2v is value v held high, feature 2v + 1 held low, the rest point anywhere."""

    registers: Registers
    name: str = "registers"
    digest: str = "registers-1"

    @property
    def layer(self) -> int:
        return self.registers.parts_layer

    @property
    def width(self) -> int:
        return self.registers.directions.shape[1]

    @property
    def n_features(self) -> int:
        return len(self.rows)

    @cached_property
    def rows(self) -> Tensor:
        """(feature, width)"""
        own = self.registers.directions
        both = torch.stack([own, -own], dim=1).flatten(0, 1)
        anywhere = torch.randn(N_RANDOM, self.width, generator=torch.Generator().manual_seed(1))
        return torch.cat([both, anywhere / anywhere.norm(dim=1, keepdim=True)])

    def direction(self, feature: int) -> Tensor:
        return self.rows[feature]

    def activation(self, residual: Tensor, feature: int) -> Tensor:
        return self.activations(residual)[..., feature]

    def activations(self, residual: Tensor) -> Tensor:
        return (residual @ self.rows.T).relu()


@cache
def organism(name: str) -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of(f"organism/{name}"), dtype="float32", device="cpu")


@cache
def registers(name: str) -> Registers:
    """Where it keeps its values."""
    return Registers.load(folder_of(f"organism/{name}") / REGISTERS)


def register_of(feature: int, dictionary: RegisterDictionary) -> tuple[str, int]:
    """The value of a feature, and its side; no value for a random one."""
    names = dictionary.registers.names
    return (names[feature // 2], 1 - 2 * (feature % 2)) if feature < 2 * len(names) else ("", 0)
