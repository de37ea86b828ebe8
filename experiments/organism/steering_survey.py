"""What is asked for the steering study: one half of items and roles to plan on, one to judge on.

Answers are held in memory as expected credits (condition, role, question); any smaller survey is a
part of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues import ScoreTable
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.splits import split
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.world import planted_world
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.telling import told
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role, anchored_roles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORLD, ITEMS = planted_world(), inventory("schwartz10")
NAMES = WORLD.names
N_ROLES, N_CALIBRATION, N_HELD_OUT = 300, 24, 24
N_HELD_OUT_ITEMS = 2  # per value: one for it, one against it
FIRST_SEED = 9000  # those of seed 1 were seen in a trial with other features; see README


@dataclass(frozen=True, eq=False)
class Sheet:
    """Roles, questions, and which value each question is about."""

    roles: tuple[Role, ...]
    questions: tuple[Question, ...]

    @property
    def values(self) -> Ints:
        """Return (question,) the place of its value."""
        value_by_item = {item.id: NAMES.index(item.value) for item in ITEMS.items}
        return np.array([value_by_item[each.factors["item"]] for each in self.questions])


@dataclass(frozen=True, eq=False)
class Halves:
    """Roles that the graph is learnt from, a sheet to plan on, and a sheet to judge on."""

    graph: Sheet
    calibration: Sheet
    held_out: Sheet


def halves_of(seed: int) -> Halves:
    """Return the halves of one seed; no role and no item of a plan is in its judgement.

    Roles of each sheet are a Latin design of their own, so that no sheet leans to one side.
    """
    first, second, third = (
        anchored_roles(ITEMS.system, n, seed=FIRST_SEED + 10 * seed + place)
        for place, n in enumerate((N_ROLES, N_CALIBRATION, N_HELD_OUT))
    )
    items = split(ITEMS, first, seed=seed)
    calibration = items.calibration.questions(Protocol(orders=("given",)))
    held_out = items.held_out.questions(Protocol(orders=("reversed",)))  # options turned round
    return Halves(
        graph=Sheet(first, calibration),
        calibration=Sheet(second, calibration),
        held_out=Sheet(third, _few(held_out)),
    )


def _few(questions: Sequence[Question]) -> tuple[Question, ...]:
    """Return as many questions for each value and key."""
    key_by_item = {item.id: (item.value, item.key) for item in ITEMS.items}
    left: dict[tuple[str, int], int] = {}
    found = []
    for question in questions:
        kind = key_by_item[question.factors["item"]]
        left[kind] = left.get(kind, N_HELD_OUT_ITEMS // 2) - 1
        if left[kind] >= 0:
            found.append(question)
    return tuple(found)


def credits_under(
    model: LanguageModel,
    sheet: Sheet,
    interventions: Mapping[str, Intervention],
    dictionaries: Mapping[str, Dictionary],
) -> dict[str, Floats]:
    """Return (role, question) the expected credit without ("") and under each intervention."""
    groups: dict[tuple[str, ...], dict[str, object]] = {}
    plain = tuple(role.text for role in sheet.roles)
    groups[plain] = {"": None}
    for name, intervention in interventions.items():
        texts = tuple(told(role, intervention).text for role in sheet.roles)
        groups.setdefault(texts, {})[name] = edits_of(intervention, dictionaries) or None
    found: dict[str, Floats] = {}
    shape = len(sheet.roles), len(sheet.questions)
    for texts, edits in groups.items():
        credit = {name: np.full(shape[0] * shape[1], np.nan) for name in edits}
        for name, place, logs in model.sweep(requests_of(texts, sheet.questions), edits):
            question = sheet.questions[place % shape[1]]
            value = NAMES[sheet.values[place % shape[1]]]
            credit[name][place] = question.score(np.exp(logs))[value]
        found |= {name: each.reshape(shape) for name, each in credit.items()}
    return found


def scores_of(sheet: Sheet, credit: Floats) -> Floats:
    """Return (role, value) mean credits."""
    return np.stack([credit[:, sheet.values == v].mean(axis=1) for v in range(len(NAMES))], axis=1)


def table_of(sheet: Sheet, credit: Floats) -> ScoreTable:
    """Return scores as a table that a graph is learnt from."""
    return ScoreTable(
        names=NAMES,
        scores=scores_of(sheet, credit),
        clusters=np.array([role.id for role in sheet.roles]),
    )


def profile_of(
    name: str,
    sheet: Sheet,
    credit: Mapping[str, Floats],
    *,
    asked: Mapping[int, Ints] | None = None,
    roles: Ints | None = None,
) -> EffectProfile:
    """Return the profile from some roles and some questions of each value; by default all."""
    roles = np.arange(len(sheet.roles)) if roles is None else roles
    differences = np.full((len(roles), len(NAMES)), np.nan)
    before = differences.copy()
    change = credit[name][roles] - credit[""][roles]
    n_answers = 0
    for v in range(len(NAMES)):
        places = np.flatnonzero(sheet.values == v) if asked is None else asked.get(v)
        if places is not None and len(places):
            differences[:, v] = change[:, places].mean(axis=1)
            before[:, v] = credit[""][roles][:, places].mean(axis=1)
            n_answers += len(roles) * len(places)
    names = tuple(sheet.roles[role].id for role in roles)
    return EffectProfile(name, NAMES, differences, names, n_answers, before=before)


def requests_of(texts: Sequence[str], questions: Sequence[Question]) -> list[Request]:
    """Return every role × question, role by role."""
    return [
        Request(
            (Message("system", text), Message("user", question.text)),
            tuple(option.label for option in question.options),
        )
        for text in texts
        for question in questions
    ]
