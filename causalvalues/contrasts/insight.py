"""An `Insight` is what neurons of a value are sought with: people to be, and situations to face.

| name | what it is |
|---|---|
| `Description` | a role-play card: a person whose acts lean towards a dimension, or away from it |
| `Situation` | an open question that the two directions of a dimension would answer differently |
| `Insight` | both, for the dimensions of one value system |
| `insight` | the set that comes with the package |

A file holds one dimension. Each person is told twice, in the same setting, so that what differs
between the directions is the dimension and not the trade or the place:

    system: schwartz4
    dimension: conservation
    source: …                       who wrote it
    licence: MIT
    descriptions:
      tradition:                    a value of the dimension
        - scenario: harvest-feast   a slug of its own
          towards: You …
          away: You …
    situations:
      tradition:
        - scenario: heirloom-ring
          text: … What do you do?

Guarantee: what is read has this layout, a dimension is one of its system and has one file, ids are
unique; what more a careful reader would ask is asked by `lint_insight`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from causalvalues.errors import FileError, OptionError
from causalvalues.values import ValueSystem, value_system
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = [
    "DIRECTIONS",
    "Description",
    "Direction",
    "Insight",
    "InsightName",
    "Situation",
    "insight",
]

Direction = Literal["towards", "away"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
InsightName = Literal["schwartz4"]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
REMEDY = "lay it out like the files that come with the package"


@dataclass(frozen=True)
class Description:
    """A person, told in the second person, who leans towards a dimension or away from it."""

    id: str
    dimension: str
    direction: Direction
    text: str


@dataclass(frozen=True)
class Situation:
    """An open question about what the person would do."""

    id: str
    dimension: str
    text: str


@dataclass(frozen=True)
class Insight:
    """Descriptions and situations of one value system, with who wrote them and the licence."""

    name: str
    system: ValueSystem
    descriptions: tuple[Description, ...]
    situations: tuple[Situation, ...]
    source: str
    licence: str

    @classmethod
    def from_folder(cls, folder: str | Path, *, system: ValueSystem | None = None) -> "Insight":
        """Return the set in a folder with one YAML file per dimension.

        Without a `system` it is the one that the files name.
        """
        paths = sorted(Path(folder).glob("*.yaml"))
        if not paths:
            raise FileError(
                f"One YAML file per dimension was expected in {folder}",
                found="no YAML file" if Path(folder).is_dir() else "no such folder",
                remedy=REMEDY,
            )
        read = {path: _file(path) for path in paths}
        of = _system(read, system)
        _refuse_strangers(read, of)
        in_order = sorted(read.values(), key=lambda file: of.names.index(file.dimension))
        return cls(
            name=of.name,
            system=of,
            descriptions=tuple(each for file in in_order for each in file.told()),
            situations=tuple(each for file in in_order for each in file.asked()),
            source="; ".join(dict.fromkeys(file.source for file in in_order)),
            licence="; ".join(dict.fromkeys(file.licence for file in in_order)),
        )

    def of(self, dimension: str, direction: Direction) -> tuple[Description, ...]:
        """Return the descriptions of one direction of a dimension."""
        wanted = (dimension, direction)
        return tuple(
            each for each in self.descriptions if (each.dimension, each.direction) == wanted
        )

    def situations_of(self, dimension: str) -> tuple[Situation, ...]:
        """Return the situations of a dimension."""
        return tuple(each for each in self.situations if each.dimension == dimension)

    @property
    def texts(self) -> tuple[Description | Situation, ...]:
        """Return the descriptions and then the situations."""
        return self.descriptions + self.situations

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return the dimensions that have texts, in the order of the system."""
        held = {each.dimension for each in self.texts}
        return tuple(name for name in self.system.names if name in held)


@cache
def insight(name: InsightName = "schwartz4") -> Insight:
    """Return the set that comes with the package."""
    if name not in get_args(InsightName):
        raise OptionError(
            f"An insight must be one of {', '.join(get_args(InsightName))}",
            found=repr(name),
            remedy="or read your own with Insight.from_folder or read_insight",
        )
    return Insight.from_folder(Path(str(files("causalvalues.contrasts") / "data" / "insight")))


class DescriptionEntry(BaseModel):
    """A person as a file tells them, in both directions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: Slug
    towards: Words
    away: Words


class SituationEntry(BaseModel):
    """A situation as a file writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: Slug
    text: Words


class InsightFile(BaseModel):
    """What a file holds about its dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    dimension: str
    source: str
    licence: str
    descriptions: dict[str, tuple[DescriptionEntry, ...]]
    situations: dict[str, tuple[SituationEntry, ...]]

    def told(self) -> Iterator[Description]:
        """Yield the descriptions, each with an id that says value, scenario and direction."""
        for value, entries in self.descriptions.items():
            for entry in entries:
                for direction in DIRECTIONS:
                    name = f"{self.dimension}/{value}/{entry.scenario}/{direction}"
                    text: str = getattr(entry, direction)
                    yield Description(name, self.dimension, direction, text)

    def asked(self) -> Iterator[Situation]:
        """Yield the situations, each with an id that says value and scenario."""
        for value, entries in self.situations.items():
            for entry in entries:
                name = f"{self.dimension}/{value}/situation/{entry.scenario}"
                yield Situation(name, self.dimension, entry.text)

    def repeated(self) -> tuple[str, ...]:
        """Return the ids that stand twice."""
        counted = Counter([each.id for each in self.told()] + [each.id for each in self.asked()])
        return tuple(name for name, n_times in counted.items() if n_times > 1)


def _file(path: Path) -> InsightFile:
    """Return one file, or say what in it is not laid out as it should be."""
    try:
        read = InsightFile.model_validate(bounded_yaml(path.read_text(encoding="utf-8")))
        if twice := read.repeated():
            raise ValueError(f"what stands twice: {', '.join(twice)}")
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as fault:
        raise FileError(
            f"Descriptions and situations of one dimension were expected at {path}",
            found=_said(fault),
            remedy=REMEDY,
        ) from fault
    return read


def _said(fault: Exception) -> str:
    """Return what went wrong, in one line."""
    if isinstance(fault, ValidationError):
        first = fault.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
    return " ".join(str(fault).split()) or type(fault).__name__


def _system(read: Mapping[Path, InsightFile], system: ValueSystem | None) -> ValueSystem:
    """Return the one system that the files name."""
    first, named = next((path, file.system) for path, file in read.items())
    try:
        of = system if system is not None else value_system(named)
    except OptionError as fault:
        raise FileError(
            f"{first} must name a value system", found=fault.found, remedy="or pass your own"
        ) from fault
    for path, file in read.items():
        if file.system != of.name:
            raise FileError(f"{path} must be about the system {of.name}", found=repr(file.system))
    return of


def _refuse_strangers(read: Mapping[Path, InsightFile], system: ValueSystem) -> None:
    """Raise where a file is about a dimension that the system lacks or another file has."""
    seen: dict[str, Path] = {}
    for path, file in read.items():
        if file.dimension not in system.names:
            raise FileError(
                f"{path} must be about one of {', '.join(system.names)}", found=repr(file.dimension)
            )
        if file.dimension in seen:
            raise FileError(
                f"A dimension must have one file, and {file.dimension} has two",
                found=f"{seen[file.dimension].name} and {path.name}",
                remedy="put their entries into one",
            )
        seen[file.dimension] = path
