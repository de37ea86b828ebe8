"""A `Dilemma` asks whether someone should do one thing instead of another, and turns on one value.

Dilemmas test what the pairs have taught, so their scenarios are others, and as many of them speak
for the value when answered yes as when answered no: a model that says yes to all gains nothing.
Guarantee: ids are unique; `lint_dilemmas` names every fault a careful reader would find.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from causalvalues.contrasts.value_file import ValueFile, shipped_folder, value_files
from causalvalues.values import ValueSystem, value_system

__all__ = ["Dilemma", "dilemmas", "dilemmas_in"]


@dataclass(frozen=True)
class Dilemma:
    """One question about one value; `yes_speaks_for` where answering yes speaks for it."""

    id: str
    value: str
    question: str
    scenario: str
    yes_speaks_for: bool


@cache
def dilemmas(name: str = "schwartz10") -> tuple[Dilemma, ...]:
    """Return the dilemmas that come with the package."""
    return dilemmas_in(shipped_folder(name))


def dilemmas_in(folder: str | Path, *, system: ValueSystem | None = None) -> tuple[Dilemma, ...]:
    """Return the dilemmas in a folder with one YAML file per value.

    Without a `system` the folder is named for one: `schwartz10`.
    """
    of = system if system is not None else value_system(Path(folder).name)
    return tuple(dilemma for file in value_files(folder, of) for dilemma in _dilemmas_of(file))


def _dilemmas_of(file: ValueFile) -> tuple[Dilemma, ...]:
    """Return the dilemmas of one file, each with an id that says value and scenario."""
    return tuple(
        Dilemma(
            id=f"{file.value}/dilemma/{entry.scenario}",
            value=file.value,
            question=entry.question,
            scenario=entry.scenario,
            yes_speaks_for=entry.yes_speaks_for,
        )
        for entry in file.dilemmas
    )
