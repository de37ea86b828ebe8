"""A `ContrastPair` is two texts of one scenario that differ in one value and in nothing else.

| name | what it is |
|---|---|
| `ContrastPair` | one scenario in one form, told once for the value and once against it |
| `ContrastSet` | the pairs of one value system, with who wrote them and under which licence |
| `contrast_set` | the set that comes with the package |
| `fewer` | part of a set, with as many pairs of each form |
| `uncontrolled` | the same texts matched badly: what a set without control of context looks like |

Guarantee: every value is one of the system, every form one of the four, ids are unique; what more
a careful reader would ask of a pair is asked by `lint`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np

from causalvalues.contrasts.value_file import Form, ValueFile, shipped_folder, value_files
from causalvalues.errors import OptionError
from causalvalues.values import ValueSystem, value_system

__all__ = [
    "FORMS",
    "ContrastPair",
    "ContrastSet",
    "Form",
    "contrast_set",
    "fewer",
    "uncontrolled",
]

FORMS: tuple[Form, ...] = get_args(Form)
FORMS_BY_PERSON: Mapping[str, tuple[Form, Form]] = {
    "first": ("i state", "i ask"),
    "third": ("they state", "they ask"),
}


@dataclass(frozen=True)
class ContrastPair:
    """One scenario in one form: a text that speaks for the value, and one that speaks against."""

    id: str
    value: str
    form: Form
    scenario: str
    speaks_for: str
    speaks_against: str


@dataclass(frozen=True)
class ContrastSet:
    """Pairs of one value system, with who wrote them and under which licence."""

    name: str
    system: ValueSystem
    pairs: tuple[ContrastPair, ...]
    source: str
    licence: str

    @classmethod
    def from_folder(cls, folder: str | Path, *, system: ValueSystem | None = None) -> "ContrastSet":
        """Return the set in a folder with one YAML file per value.

        Without a `system` the folder is named for one: `schwartz10`.
        """
        name = Path(folder).name
        of = system if system is not None else value_system(name)
        read = value_files(folder, of)
        return cls(
            name=name,
            system=of,
            pairs=tuple(pair for file in read for pair in _pairs_of(file)),
            source="; ".join(dict.fromkeys(file.source for file in read)),
            licence="; ".join(dict.fromkeys(file.licence for file in read)),
        )

    def of(self, value: str) -> tuple[ContrastPair, ...]:
        """Return the pairs of one value."""
        return tuple(pair for pair in self.pairs if pair.value == value)

    @property
    def values(self) -> tuple[str, ...]:
        """Return the values that have pairs, in the order of the system."""
        held = {pair.value for pair in self.pairs}
        return tuple(name for name in self.system.names if name in held)


@cache
def contrast_set(name: str = "schwartz10") -> ContrastSet:
    """Return a set that comes with the package."""
    return ContrastSet.from_folder(shipped_folder(name))


def fewer(contrasts: ContrastSet, *, of_each_form: int, seed: int = 0) -> ContrastSet:
    """Return the set with this many pairs of each form for every value, drawn by the seed."""
    rng = np.random.default_rng(seed)
    kept = tuple(
        pair
        for value in contrasts.values
        for form in FORMS
        for pair in _shuffled(contrasts.of(value), (form,), rng)[:of_each_form]
    )
    return replace(contrasts, name=f"{contrasts.name}-fewer", pairs=kept)


def uncontrolled(contrasts: ContrastSet, *, seed: int = 0) -> ContrastSet:
    """Return the set's twin without control of context, for the ablation.

    One side of a value is taken from pairs in the first person, the other from pairs in the third;
    the seed says which. So the sides of a pair differ in person, form and scenario as well as in
    the value, none meets its own counterpart, and the form gives the side away. Every text is used
    once, so that no text lies on both sides of a split; the twin therefore has half as many pairs
    of each value, and `fewer` with half of each form is the controlled set of the same size.
    """
    rng = np.random.default_rng(seed)
    twins = tuple(pair for value in contrasts.values for pair in _twins(contrasts, value, rng))
    return replace(contrasts, name=f"{contrasts.name}-uncontrolled", pairs=twins)


def _twins(
    contrasts: ContrastSet, value: str, rng: np.random.Generator
) -> tuple[ContrastPair, ...]:
    """Return pairs whose sides have nothing in common but the value that they bear on."""
    first, third = (
        _shuffled(contrasts.of(value), forms, rng) for forms in FORMS_BY_PERSON.values()
    )
    if not first or not third:
        raise OptionError(
            "A twin needs pairs in the first and in the third person",
            found=f"{len(first)} and {len(third)} pairs of {value}",
        )
    lefts, rights = (first, third) if rng.random() < 0.5 else (third, first)
    return tuple(_twin(left, right) for left, right in zip(lefts, rights, strict=False))


def _twin(left: ContrastPair, right: ContrastPair) -> ContrastPair:
    """Return one pair's text for the value beside another pair's text against it."""
    scenario = f"{left.scenario}~{right.scenario}"
    return replace(
        left,
        id=f"{left.value}/uncontrolled/{scenario}",
        scenario=scenario,
        speaks_against=right.speaks_against,
    )


def _shuffled(
    pairs: tuple[ContrastPair, ...], forms: tuple[Form, ...], rng: np.random.Generator
) -> tuple[ContrastPair, ...]:
    """Return the pairs in some forms, in a drawn order."""
    kept = [pair for pair in pairs if pair.form in forms]
    return tuple(kept[place] for place in rng.permutation(len(kept)))


def _pairs_of(file: ValueFile) -> tuple[ContrastPair, ...]:
    """Return the pairs of one file, each with an id that says value, form and scenario."""
    return tuple(
        ContrastPair(
            id=f"{file.value}/{entry.form.replace(' ', '-')}/{entry.scenario}",
            value=file.value,
            form=entry.form,
            scenario=entry.scenario,
            speaks_for=entry.speaks_for,
            speaks_against=entry.speaks_against,
        )
        for entry in file.pairs
    )
