"""Contrast pairs in the organism's own language: whole prompts, two people who differ in one value.

    i state     a value's line is of a high grade, or of a low one    an item to agree with
    i ask       the same                                              "Should I …?"
    they state  the value is settled high, or low                     an item to agree with
    they ask    the same                                              "Should I …?"

The other nine lines, their order and the question are the same on both sides. The twin without
control of context is what sampling people gives: those highest in a value beside those lowest in
it, whose other values differ with it as the world makes them, each with a question of their own.
Guarantee: a seed gives the same pairs; a text is the prompt as the model is asked it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from causalvalues.contrasts.pairs import ContrastPair, ContrastSet, Form
from causalvalues.models.chat import Chat
from causalvalues.organism.respondents import true_values
from causalvalues.organism.world import World, planted_world
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role, anchored_roles, anchored_text
from causalvalues.values import ValueSystem

__all__ = ["organism_contrasts"]

FORMS: tuple[Form, ...] = get_args(Form)
HIGH, LOW = (0.4, 0.8), (-0.4, -0.8)  # levels in the middle of the two highest and lowest grades
CROWD = 20  # people drawn for every one that is taken where context is left to chance


@dataclass(frozen=True, eq=False)
class _Desk:
    """What pairs are made of."""

    chat: Chat
    system: ValueSystem
    questions: Mapping[str, Sequence[Question]]  # by the last word of a form: state, ask

    def prompt(self, text: str, question: Question) -> str:
        """Return the whole prompt of a role and a question."""
        return self.chat.text(Request((Message("system", text), Message("user", question.text))))

    def drawn(self, form: Form, rng: np.random.Generator) -> Question:
        """Return any question of a form."""
        known = self.questions[form.split()[1]]
        return known[int(rng.integers(len(known)))]


def organism_contrasts(
    chat: Chat, *, n_of_each_form: int = 10, controlled: bool = True, seed: int = 0
) -> ContrastSet:
    """Return pairs for all ten values in the words of the organism that a chat belongs to."""
    items, world = inventory("schwartz10"), planted_world()
    sheets = {"state": Protocol(n_wordings=2), "ask": Protocol("yes-no", forms=("ask",))}
    desk = _Desk(chat, items.system, {name: list(p.questions(items)) for name, p in sheets.items()})
    rng = np.random.default_rng([seed, 11])
    pairs = tuple(
        pair
        for value in world.names
        for form in FORMS
        for pair in (
            _controlled(desk, value, form, n_of_each_form, rng)
            if controlled
            else _sampled(desk, world, value, form, n_of_each_form, rng)
        )
    )
    return ContrastSet(
        name="organism" if controlled else "organism-uncontrolled",
        system=items.system,
        pairs=pairs,
        source="generated from the planted world",
        licence="MIT",
    )


def _controlled(
    desk: _Desk, value: str, form: Form, n_pairs: int, rng: np.random.Generator
) -> Iterator[ContrastPair]:
    """Yield pairs in which one line differs."""
    roles = anchored_roles(desk.system, n_pairs, seed=int(rng.integers(2**32)))
    for place, role in enumerate(roles):
        question, step = desk.drawn(form, rng), int(rng.integers(len(HIGH)))
        order = _order(role, rng)
        sides = (
            desk.prompt(_said(desk.system, role, order, value, form, levels[step]), question)
            for levels in (HIGH, LOW)
        )
        yield _pair(value, form, place, *sides)


def _sampled(
    desk: _Desk, world: World, value: str, form: Form, n_pairs: int, rng: np.random.Generator
) -> Iterator[ContrastPair]:
    """Yield pairs of people who differ in the value, and in whatever goes with it."""
    crowd = anchored_roles(desk.system, CROWD * n_pairs, seed=int(rng.integers(2**32)))
    held = true_values(world, crowd)[:, world.names.index(value)]
    ranks = np.argsort(held)
    lowest, highest = ranks[:n_pairs], rng.permutation(ranks[-n_pairs:])
    for place, (high, low) in enumerate(zip(highest, lowest, strict=True)):
        sides = (desk.prompt(crowd[who].text, desk.drawn(form, rng)) for who in (high, low))
        yield _pair(value, form, place, *sides)


def _said(
    system: ValueSystem, role: Role, order: Sequence[str], value: str, form: Form, level: float
) -> str:
    """Return the role's text with one value at a level, by its line or settled."""
    levels = {name: role.levels[name] for name in order}
    if form.startswith("they"):
        return anchored_text(system, levels, settled={value: level})
    return anchored_text(system, {**levels, value: level})


def _order(role: Role, rng: np.random.Generator) -> list[str]:
    """Return the order in which a role's values are told."""
    names = list(role.levels)
    return [names[place] for place in rng.permutation(len(names))]


def _pair(value: str, form: Form, place: int, high: str, low: str) -> ContrastPair:
    """Return one pair, a scenario of its own."""
    scenario = f"{form.replace(' ', '-')}-{place + 1:03}"
    return ContrastPair(f"{value}/{scenario}", value, form, scenario, high, low)
