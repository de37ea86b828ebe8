"""A small survey of an organism, in the units of the world: what it holds each value to be.

    score    mean over a value's items of the expected credit of the answer
    v̂        the value at which the world's own respondents have that mean score

Items for and against a value weigh the same, so a liking for one answer cancels out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.organism.respondents import option_probabilities
from causalvalues.organism.world import World
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role

__all__ = ["Sitting", "sitting_of"]

Floats = NDArray[np.float64]
GRID = np.linspace(-4.0, 4.0, 801)


@dataclass(frozen=True, eq=False)
class Sitting:
    """Roles, each asked the same questions, and how answers become values."""

    world: World
    questions: tuple[Question, ...]
    roles: tuple[Role, ...]
    values: NDArray[np.int64]  # (question,)

    def requests(self) -> list[Request]:
        """Return every role × question, role by role."""
        return [
            Request(
                (Message("system", role.text), Message("user", question.text)),
                tuple(option.label for option in question.options),
            )
            for role in self.roles
            for question in self.questions
        ]

    def credits(self, answers: Iterable[tuple[int, Sequence[float]]]) -> Floats:
        """Return the expected credit (role, question) of answers in any order."""
        found = np.full(len(self.roles) * len(self.questions), np.nan)
        for place, chances in answers:
            question = self.questions[place % len(self.questions)]
            value = self.world.names[self.values[place % len(self.questions)]]
            found[place] = question.score([math.exp(chance) for chance in chances])[value]
        return found.reshape(len(self.roles), -1)

    def scores(self, credit: Floats, *, chosen: NDArray[np.bool_] | None = None) -> Floats:
        """Return mean credits (role, value), of all questions or of those chosen."""
        kept = np.ones(len(self.questions), bool) if chosen is None else chosen
        means = [
            credit[:, kept & (self.values == v)].mean(axis=1) for v in range(len(self.world.names))
        ]
        return np.stack(means, axis=1)

    def held(self, scores: Floats) -> Floats:
        """Return v̂ (role, value) for scores."""
        n_options = len(self.questions[0].options)
        credit = np.linspace(1, -1, n_options)
        expected = option_probabilities(self.world, GRID, n_options) @ credit
        held: Floats = np.interp(scores, expected, GRID)
        return held


def sitting_of(
    world: World, inventory: Inventory, protocol: Protocol, roles: Sequence[Role]
) -> Sitting:
    """Return the sitting of roles over all questions of a protocol."""
    questions = tuple(protocol.questions(inventory))
    value_by_item: Mapping[str, int] = {
        item.id: world.names.index(item.value) for item in inventory.items
    }
    values = np.array([value_by_item[question.factors["item"]] for question in questions])
    return Sitting(world, questions, tuple(roles), values)
