"""A `ValueSystem` is a named list of values with their place in a theory; read from YAML.

Guarantee: names are unique, groups, opposites and orders speak of values and groups that exist.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from causalvalues.errors import FileError, OptionError
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = ["SystemName", "Value", "ValueSystem", "schwartz10", "system_of", "value_system"]

SystemName = Literal["schwartz10", "schwartz19", "schwartz4", "kang17"]


class Value(BaseModel):
    """One value: its name, what it means, and where it lies on the circle if there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    definition: str
    angle_in_degrees: float | None = None


class ValueSystem(BaseModel):
    """Values, the groups they form, and which groups are opposed.

    `orders` names the ways in which theory has laid the values around the circle, where there is
    more than one; `in_order` takes one of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    values: tuple[Value, ...]
    groups: dict[str, tuple[str, ...]] = {}
    opposites: tuple[tuple[str, str], ...] = ()
    orders: dict[str, tuple[str, ...]] = {}
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
        for label, order in self.orders.items():
            if sorted(order) != sorted(self.names):
                raise ValueError(f"order {label} must name every value once")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the values, in the order of the system."""
        return tuple(value.name for value in self.values)

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Return the system in a YAML file."""
        try:
            return cls.model_validate(bounded_yaml(Path(path).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as fault:
            raise FileError(
                f"A value system was expected at {path}",
                found=str(fault),
                remedy="see the systems that come with the package",
            ) from fault

    def in_order(self, label: str) -> "ValueSystem":
        """Return the system with its values in a named order, in equal steps around the circle."""
        if label not in self.orders:
            raise OptionError(
                f"{self.name} has the orders {', '.join(self.orders) or 'none'}", found=repr(label)
            )
        by_name = {value.name: value for value in self.values}
        step = 360 / len(self.values)
        laid = tuple(
            by_name[name].model_copy(update={"angle_in_degrees": place * step})
            for place, name in enumerate(self.orders[label])
        )
        return self.model_copy(update={"values": laid, "name": f"{self.name}:{label}"})

    def group_of(self, name: str) -> str | None:
        """Return the higher-order group of a value, or None where it has none."""
        return next((group for group, members in self.groups.items() if name in members), None)


@cache
def value_system(name: str) -> ValueSystem:
    """Return a system that comes with the package; `schwartz19:pvq-rr` names one of its orders."""
    plain, _, order = name.partition(":")
    if plain not in get_args(SystemName):
        raise OptionError(
            f"A value system must be one of {', '.join(get_args(SystemName))}",
            found=repr(name),
            remedy="or read your own with ValueSystem.from_yaml",
        )
    system = ValueSystem.from_yaml(Path(str(files("causalvalues.values") / f"{plain}.yaml")))
    if order:
        return system.in_order(order)
    return system.in_order(next(iter(system.orders))) if system.orders else system


def system_of(names: Iterable[str]) -> ValueSystem | None:
    """Return the smallest system of the package that has all of some values, if one has."""
    asked = set(names)
    known = [value_system(name) for name in get_args(SystemName)]
    fits = [system for system in known if asked <= set(system.names)]
    return min(fits, key=lambda system: len(system.values), default=None)


def schwartz10() -> ValueSystem:
    """Return Schwartz's ten values."""
    return value_system("schwartz10")
