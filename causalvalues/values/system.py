"""A `ValueSystem` is a named list of values with their place in a theory; read from YAML.

Guarantee: names are unique, groups and opposites speak of values and groups that exist.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from causalvalues.errors import FileError

__all__ = ["Value", "ValueSystem", "schwartz10"]


class Value(BaseModel):
    """One value: its name, what it means, and where it lies on the circle if there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    definition: str
    angle_in_degrees: float | None = None


class ValueSystem(BaseModel):
    """Values, the groups they form, and which groups are opposed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    values: tuple[Value, ...]
    groups: dict[str, tuple[str, ...]] = {}
    opposites: tuple[tuple[str, str], ...] = ()
    source: str = ""
    licence: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.names)) != len(self.values):
            raise ValueError("every value needs its own name")
        strangers = {v for group in self.groups.values() for v in group} - set(self.names)
        if strangers:
            raise ValueError(f"groups name unknown values: {', '.join(sorted(strangers))}")
        unknown = {group for pair in self.opposites for group in pair} - set(self.groups)
        if unknown:
            raise ValueError(f"opposites name unknown groups: {', '.join(sorted(unknown))}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the values, in the order of the system."""
        return tuple(value.name for value in self.values)

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Return the system in a YAML file."""
        try:
            return cls.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as fault:
            raise FileError(
                f"A value system was expected at {path}",
                found=str(fault),
                remedy="compare it with schwartz10.yaml in causalvalues/values",
            ) from fault

    def group_of(self, name: str) -> str | None:
        """Return the higher-order group of a value, or None where it has none."""
        return next((group for group, members in self.groups.items() if name in members), None)


@cache
def schwartz10() -> ValueSystem:
    """Return Schwartz's ten values."""
    return ValueSystem.from_yaml(Path(str(files("causalvalues.values") / "schwartz10.yaml")))
