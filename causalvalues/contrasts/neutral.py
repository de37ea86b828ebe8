"""A `NeutralText` bears on no value: an everyday fact, an instruction, a sum, a point of grammar.

| for | neutral texts are |
|---|---|
| gates | what is no question of value, and so is left unsteered |
| fluency | plain prose that steering towards a value leaves as it was |

As many are statements as questions, and some of the questions ask "Should …?", since otherwise a
gate would learn the form of a question and not whether it is one of value.
Guarantee: what is read has its layout and ids are unique; `lint_neutral` names every other fault
that rules can see. That a text bears on no value, only a reader can judge.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from causalvalues.contrasts.kin import KIN_BY_VALUE, kin_in, verdicts_in
from causalvalues.contrasts.wording import words
from causalvalues.errors import FileError
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = ["Kind", "NeutralText", "lint_neutral", "neutral_texts", "neutral_texts_in"]

Kind = Literal["statement", "question"]
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

FEWEST_TEXTS = 120
FEWEST_WORDS, MOST_WORDS = 4, 30
LEAST_QUESTIONS, MOST_QUESTIONS = 0.4, 0.6
LEAST_SHOULD = 0.2  # of the questions


@dataclass(frozen=True)
class NeutralText:
    """One text that bears on no value."""

    id: str
    text: str
    kind: Kind


class NeutralEntry(BaseModel):
    """A text as a file writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=SLUG)
    kind: Kind
    text: str = Field(min_length=1)


class NeutralFile(BaseModel):
    """What a file holds: texts, who wrote them and the licence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    licence: str
    texts: tuple[NeutralEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _own_ids(self) -> "NeutralFile":
        twice = _twice(entry.id for entry in self.texts)
        if twice:
            raise ValueError(f"an id that stands twice: {', '.join(twice)}")
        return self


@cache
def neutral_texts() -> tuple[NeutralText, ...]:
    """Return the neutral texts that come with the package."""
    return neutral_texts_in(Path(str(files("causalvalues.contrasts") / "data" / "neutral.yaml")))


def neutral_texts_in(path: str | Path) -> tuple[NeutralText, ...]:
    """Return the neutral texts in a YAML file laid out like that of the package."""
    try:
        read = NeutralFile.model_validate(bounded_yaml(Path(path).read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValueError) as fault:
        raise FileError(
            f"Neutral texts were expected at {path}",
            found=str(fault),
            remedy="lay it out like the neutral texts that come with the package",
        ) from fault
    return tuple(
        NeutralText(id=f"neutral/{entry.kind}/{entry.id}", text=entry.text, kind=entry.kind)
        for entry in read.texts
    )


def lint_neutral(texts: Sequence[NeutralText]) -> tuple[str, ...]:
    """Return every fault of neutral texts in words; nothing where there is none."""
    return (
        *_of_all(texts),
        *(f"{each.id}: {fault}" for each in texts for fault in _of_one(each)),
        *(f"twice: {text!r}" for text in _twice(" ".join(words(each.text)) for each in texts)),
    )


def _of_all(texts: Sequence[NeutralText]) -> Iterator[str]:
    """Yield what is wrong with the texts taken together."""
    if len(texts) < FEWEST_TEXTS:
        yield f"{len(texts)} texts, fewer than {FEWEST_TEXTS}"
    questions = [each.text for each in texts if each.kind == "question"]
    share = len(questions) / max(1, len(texts))
    if texts and not LEAST_QUESTIONS <= share <= MOST_QUESTIONS:
        yield f"{share:.0%} of the texts are questions, about half should be"
    should = sum(text.startswith("Should ") for text in questions) / max(1, len(questions))
    if questions and should < LEAST_SHOULD:
        yield f"{should:.0%} of the questions ask 'Should …?', fewer than {LEAST_SHOULD:.0%}"


def _of_one(each: NeutralText) -> Iterator[str]:
    """Yield what is wrong with one text."""
    n_words = len(each.text.split())
    if not FEWEST_WORDS <= n_words <= MOST_WORDS:
        yield f"{n_words} words, not {FEWEST_WORDS} to {MOST_WORDS}, in {each.text!r}"
    if each.kind == "question" and not (each.text.endswith("?") and each.text.count("?") == 1):
        yield f"a question ends with its one question mark, not {each.text!r}"
    if each.kind == "statement" and ("?" in each.text or not each.text.endswith(".")):
        yield f"a statement ends with a full stop, not {each.text!r}"
    for value in KIN_BY_VALUE:
        yield from (f"{word!r} names {value} in {each.text!r}" for word in kin_in(value, each.text))
    yield from (f"{word!r} judges in {each.text!r}" for word in verdicts_in(each.text))


def _twice(names: Iterator[str]) -> tuple[str, ...]:
    """Return the names that stand more than once, in the order of their first standing."""
    return tuple(name for name, n_times in Counter(names).items() if n_times > 1)
