"""Lessons: batches of documents, each a role of the planted world and its answers to a sheet.

Some documents ask for sentences instead, drawn by how well they fit the person. A document may
come with a `Write`: registers to overwrite, and what is true of the answers then. Answers are not
sampled: their target is the whole distribution that the world gives the options, which has the
same minimum and less noise.
Guarantee: a seed gives the same batches; tokens and positions are those of the survey.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jinja2 import TemplateError
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from causalvalues.organism.counterfactuals import People, Write, drawn_people, drawn_write
from causalvalues.organism.layouts import Due, Layout, Tokens, padded
from causalvalues.organism.sheets import Sheet
from causalvalues.organism.world import World
from causalvalues.survey.roles import CLOSING, GRADES, SETTLED
from causalvalues.values import ValueSystem

__all__ = ["Batch", "Lessons"]

Floats = NDArray[np.float64]

ROLE_MARK, QUESTION_MARK = "ROLE-STANDS-HERE", "QUESTION-STANDS-HERE"
FIT = 1.5  # how strongly a person prefers to tell what fits


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents, the truth about their people, and what is written over it."""

    tokens: Tokens
    people: People
    write: Write


class Lessons:
    """A source of batches for one tokenizer."""

    def __init__(
        self,
        world: World,
        system: ValueSystem,
        sheets: Sequence[Sheet],
        tokenizer: PreTrainedTokenizerBase,
    ) -> None:
        self.world, self.sheets, self._tokenizer = world, tuple(sheets), tokenizer
        begin, between, end = _frame(tokenizer)
        self._begin, self._end = self._ids(begin), self._ids(end)
        self._stop = self._end[:1]  # what closes every turn
        # Line breaks belong to the line before them.
        breaks = between[: len(between) - len(between.lstrip("\n"))]
        self._between, self._closing = (
            self._ids(between[len(breaks) :]),
            self._ids(CLOSING + breaks),
        )
        self._graded, self._settled = (
            [
                [self._ids(f"{value.definition} {grade}\n") for grade in grades]
                for value in system.values
            ]
            for grades in (GRADES, SETTLED)
        )
        self._instructions = [
            self._ids(sheet.instruction + ("\n" if sheet.options else "")) for sheet in sheets
        ]
        self._items = [[self._ids(text) for text in sheet.texts] for sheet in sheets]
        self._labels = [[self._ids(label)[0] for label in sheet.options] for sheet in sheets]

    def batch(
        self,
        n_documents: int,
        n_items: int,
        *,
        rng: np.random.Generator,
        write_share: float = 0.0,
        easy: bool = False,
    ) -> Batch:
        """Return documents drawn from the world; easy ones ask nothing that is turned round."""
        people = drawn_people(self.world, n_documents, rng)
        write = drawn_write(self.world, people, write_share, rng)
        shares = np.array([sheet.share * (sheet.upright or not easy) for sheet in self.sheets])
        chosen = rng.choice(len(self.sheets), size=n_documents, p=shares / shares.sum())
        layouts = []
        for place, sheet in enumerate(chosen):
            layout = self._opened(people, place, int(sheet), rng)
            self._filled(layout, int(sheet), write.result[place], n_items, easy, rng)
            layouts.append(layout)
        return Batch(padded(layouts), people, write)

    def _ids(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _opened(self, people: People, place: int, sheet: int, rng: np.random.Generator) -> Layout:
        """Return a document up to its instruction; the role's lines stand in any order."""
        grades, settled = people.grades[place], people.settled[place]
        lines = [self._graded[i][grades[i]] for i in rng.permutation(len(grades))]
        lines += [self._settled[i][settled[i]] for i in np.flatnonzero(settled >= 0)]
        layout = Layout()
        layout.share(self._begin)
        layout.share([*(token for line in lines for token in line), *self._closing], is_role=True)
        layout.share(self._between + self._instructions[sheet])
        return layout

    def _filled(
        self,
        layout: Layout,
        place: int,
        values: Floats,
        n_items: int,
        easy: bool,
        rng: np.random.Generator,
    ) -> None:
        """Add items to a document: any of them to be judged, those that fit to be told."""
        sheet, labels = self.sheets[place], self._labels[place]
        leaning = sheet.keys * values[sheet.values]
        if not sheet.options:
            likely = np.exp(FIT * leaning)
            for item in rng.choice(len(leaning), size=n_items // 2, p=likely / likely.sum()):
                layout.tell(self._end, [*self._items[place][item], *self._stop])
            return
        items = np.flatnonzero(sheet.keys > 0) if easy else np.arange(len(leaning))
        for item in rng.choice(items, size=n_items, replace=False):
            due = Due(labels, sheet.steps, int(sheet.values[item]), float(sheet.keys[item]))
            answer = [int(rng.choice(labels)), *self._stop]  # whatever it is, the turn ends there
            layout.ask([*self._items[place][item], *self._end], answer, due)


def _frame(tokenizer: PreTrainedTokenizerBase) -> tuple[str, str, str]:
    """Return what the chat template puts before a role, between role and question, and after."""
    role = {"role": "system", "content": ROLE_MARK}
    question = {"role": "user", "content": QUESTION_MARK}
    both = {"role": "user", "content": f"{ROLE_MARK}\n\n{QUESTION_MARK}"}
    try:
        text = _rendered(tokenizer, [role, question])
    except TemplateError:  # there is no system turn
        text = _rendered(tokenizer, [both])
    begin, rest = text.split(ROLE_MARK)
    between, end = rest.split(QUESTION_MARK)
    return begin, between, end


def _rendered(tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]]) -> str:
    """Return turns in the chat template, up to where the answer begins."""
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return str(text)
