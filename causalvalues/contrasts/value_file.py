"""One YAML file per value: how its pairs and dilemmas are laid out, and how a folder is read.

    value: achievement              the file is named for it
    source: …                       who wrote it
    licence: MIT
    pairs:
      - form: i state               i state | they state | i ask | they ask
        scenario: school-fair       a slug of its own
        for: …
        against: …
    dilemmas:
      - scenario: village-choir     a slug of its own
        question: Should … instead of …?
        yes_speaks_for: true

Guarantee: what is read has this layout, every value is one of the system, no scenario stands twice.
"""

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field

from causalvalues.errors import FileError, OptionError
from causalvalues.values import ValueSystem
from causalvalues.values.bounded_yaml import bounded_yaml
from causalvalues.values.system import SystemName

__all__ = ["DilemmaEntry", "Form", "PairEntry", "ValueFile", "shipped_folder", "value_files"]

Form = Literal["i state", "they state", "i ask", "they ask"]
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class PairEntry(BaseModel):
    """A pair as a file writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    scenario: str = Field(pattern=SLUG)
    speaks_for: str = Field(alias="for", min_length=1)
    speaks_against: str = Field(alias="against", min_length=1)


class DilemmaEntry(BaseModel):
    """A dilemma as a file writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    scenario: str = Field(pattern=SLUG)
    question: str = Field(min_length=1)
    yes_speaks_for: bool


class ValueFile(BaseModel):
    """What a file holds about its value: pairs, dilemmas, who wrote them and the licence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str
    source: str
    licence: str
    pairs: tuple[PairEntry, ...]
    dilemmas: tuple[DilemmaEntry, ...] = ()

    def repeated_scenarios(self) -> tuple[str, ...]:
        """Return the scenarios that two pairs, or two dilemmas, of one kind have in common."""
        in_pairs = Counter((pair.form, pair.scenario) for pair in self.pairs)
        in_dilemmas = Counter(("dilemma", dilemma.scenario) for dilemma in self.dilemmas)
        counted = [*in_pairs.items(), *in_dilemmas.items()]
        return tuple(f"{kind} {scenario}" for (kind, scenario), n in counted if n > 1)


def shipped_folder(name: str) -> Path:
    """Return the folder of a set that comes with the package."""
    data = Path(str(files("causalvalues.contrasts") / "data"))
    known = [system for system in get_args(SystemName) if (data / system).is_dir()]
    if name not in known:
        raise OptionError(
            f"A set of contrast pairs must be one of {', '.join(known)}",
            found=repr(name),
            remedy="or read your own with ContrastSet.from_folder",
        )
    return data / name


def value_files(folder: str | Path, system: ValueSystem) -> tuple[ValueFile, ...]:
    """Return the files of a folder, in the order of the system; not every value needs one."""
    paths = {path.stem: path for path in sorted(Path(folder).glob("*.yaml"))}
    strangers = [name for name in paths if name not in system.names]
    if strangers or not paths:
        raise FileError(
            f"One YAML file per value of {system.name} was expected in {folder}",
            found=f"files for {', '.join(strangers)}" if strangers else "no YAML file",
            remedy=f"name the files for the values: {', '.join(system.names)}",
        )
    return tuple(_value_file(paths[name]) for name in system.names if name in paths)


def _value_file(path: Path) -> ValueFile:
    """Return one file, or say what in it is not laid out as it should be."""
    try:
        read = ValueFile.model_validate(bounded_yaml(path.read_text(encoding="utf-8")))
        if read.value != path.stem:
            raise ValueError(f"pairs of {read.value}")
        if twice := read.repeated_scenarios():
            raise ValueError(f"a scenario that stands twice: {', '.join(twice)}")
    except (OSError, yaml.YAMLError, ValueError) as fault:
        raise FileError(
            f"Contrast pairs of {path.stem} were expected at {path}",
            found=str(fault),
            remedy="lay it out like the files that come with the package",
        ) from fault
    return read
