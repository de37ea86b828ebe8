"""An `Inventory` is what may be asked: items, each about one value, keyed for it or against it.

An item has two forms, a question ("Should I …?") and a portrait in the third person, and every form
at least two wordings, so that what a model answers can be told from how it was asked.
Guarantee: items are unique, belong to the inventory's value system, and `lint` names every fault a
careful reader would find; an inventory holds no answers.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml

from causalvalues.errors import FileError, OptionError
from causalvalues.values import ValueSystem, value_system
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = ["Form", "Inventory", "Item", "inventory"]

Form = Literal["ask", "portrait"]
FORMS: tuple[Form, ...] = ("ask", "portrait")
KEY_BY_SIDE = {"for": 1, "against": -1}

NOT_LAID_OUT = (LookupError, TypeError, AttributeError)  # what a file of another layout raises

FEWEST_WORDS, MOST_WORDS = 5, 25
FEWEST_WORDINGS = 2


@dataclass(frozen=True)
class Item:
    """One thing to ask about one value; `key` is +1 where agreeing speaks for it, else −1."""

    id: str
    value: str
    key: int
    wordings: Mapping[Form, tuple[str, ...]]
    also: tuple[tuple[str, int], ...] = ()  # other values it bears on, with their keys


@dataclass(frozen=True)
class Inventory:
    """Items of one value system, with who wrote them and under which licence."""

    name: str
    system: ValueSystem
    items: tuple[Item, ...]
    source: str
    licence: str

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Inventory":
        """Return the inventory in a YAML file laid out like those of the package."""
        try:
            document = bounded_yaml(Path(path).read_text(encoding="utf-8"))
            return cls(
                name=document["name"],
                system=value_system(document["system"]),
                items=tuple(_items(document["items"])),
                source=document["source"],
                licence=document["licence"],
            )
        except (OSError, UnicodeDecodeError, yaml.YAMLError, *NOT_LAID_OUT) as fault:
            raise FileError(
                f"An inventory was expected at {path}",
                found=f"{type(fault).__name__}: {fault}",
                remedy="lay it out like the inventories that come with the package",
            ) from fault

    def of(self, value: str) -> tuple[Item, ...]:
        """Return the items of one value."""
        return tuple(item for item in self.items if item.value == value)

    @property
    def cross_keyed(self) -> tuple[Item, ...]:
        """Return the items that bear on more than one value."""
        return tuple(item for item in self.items if item.also)

    def lint(self) -> tuple[str, ...]:
        """Return every fault of the inventory in words; nothing where there is none."""
        return (
            *self._unknown_values(),
            *self._imbalance(),
            *self._forms(),
            *self._repeats(),
            *self._lengths(),
            *self._leaks(),
        )

    def _unknown_values(self) -> Iterator[str]:
        """Yield values that the system does not have, and values without items."""
        known = set(self.system.names)
        asked = {item.value for item in self.items}
        yield from (f"{name}: not a value of {self.system.name}" for name in sorted(asked - known))
        yield from (f"{name}: no items" for name in sorted(known - asked))
        for item in self.cross_keyed:
            for name, _ in item.also:
                if name not in known or name == item.value:
                    yield f"{item.id}: also bears on {name}, which it cannot"

    def _imbalance(self) -> Iterator[str]:
        """Yield values whose items are not keyed half for and half against."""
        for value in self.system.names:
            keys = [item.key for item in self.of(value)]
            if keys.count(1) != keys.count(-1):
                yield f"{value}: {keys.count(1)} items for it and {keys.count(-1)} against it"

    def _forms(self) -> Iterator[str]:
        """Yield items that lack a form or a second wording, or whose form is not kept."""
        for item in self.items:
            for form in FORMS:
                wordings = item.wordings.get(form, ())
                if len(wordings) < FEWEST_WORDINGS:
                    yield f"{item.id}: {len(wordings)} wordings as {form}"
            for text in item.wordings.get("ask", ()):
                if not (text.startswith("Should I ") and text.endswith("?")):
                    yield f"{item.id}: a question reads 'Should I …?', not {text!r}"
            for text in item.wordings.get("portrait", ()):
                if "?" in text or not text.endswith("."):
                    yield f"{item.id}: a portrait is a statement, not {text!r}"

    def _repeats(self) -> Iterator[str]:
        """Yield texts that stand twice, whatever their case and punctuation."""
        counted = Counter(_plain(text) for _, text in self._texts())
        yield from (f"twice: {text!r}" for text, count in counted.items() if count > 1)

    def _lengths(self) -> Iterator[str]:
        """Yield texts that are too short to mean something or too long to be read."""
        for item, text in self._texts():
            n_words = len(text.split())
            if not FEWEST_WORDS <= n_words <= MOST_WORDS:
                yield f"{item.id}: {n_words} words in {text!r}"

    def _leaks(self) -> Iterator[str]:
        """Yield texts that say the name of the value they ask about."""
        for item, text in self._texts():
            for stem in _stems(item.value):
                if any(word.startswith(stem) for word in _plain(text).split()):
                    yield f"{item.id}: says {stem!r} in {text!r}"

    def _texts(self) -> Iterator[tuple[Item, str]]:
        """Yield every wording of every item."""
        for item in self.items:
            for wordings in item.wordings.values():
                yield from ((item, text) for text in wordings)


@cache
def inventory(name: str) -> Inventory:
    """Return an inventory that comes with the package."""
    folder = Path(str(files("causalvalues.survey") / "inventories"))
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise OptionError(
            f"An inventory must be one of {', '.join(known)}",
            found=repr(name),
            remedy="or read your own with Inventory.from_yaml",
        )
    return Inventory.from_yaml(folder / f"{name}.yaml")


def _items(by_value: Mapping[str, Mapping[str, list[Mapping[str, object]]]]) -> Iterator[Item]:
    """Yield the items of a file, numbered within their value and side."""
    for value, sides in by_value.items():
        for side, entries in sides.items():
            for place, entry in enumerate(entries):
                texts: Mapping[str, list[str]] = entry  # type: ignore[assignment]
                also: Mapping[str, int] = entry.get("also", {})  # type: ignore[assignment]
                yield Item(
                    id=f"{value}/{side}/{place + 1}",
                    value=value,
                    key=KEY_BY_SIDE[side],
                    wordings={form: tuple(texts.get(form, ())) for form in FORMS},
                    also=tuple((name, int(key)) for name, key in also.items()),
                )


def _plain(text: str) -> str:
    """Return a text in lower case without punctuation."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _stems(value: str) -> tuple[str, ...]:
    """Return the beginnings of the words of a value's name, so that inflected forms are caught."""
    words = [word for word in _plain(value).split() if len(word) >= 4]
    return tuple(word[: max(5, len(word) - 4)] for word in words)
