"""`Answered` are the answers of one survey as a block, so that a role is compared with itself.

    score of v        mean of the expected credit over the answers to v's questions
    difference of v   mean of (credit under the intervention − credit without it) over the
                      questions that were read both times

Guarantee: an answer that was read under one condition only moves no difference; where every answer
was read, a difference is that of the scores. Roles stand in the order in which they were given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError, TableError
from causalvalues.survey.credits import by_id, credit, values_of
from causalvalues.survey.protocol import Question
from causalvalues.survey.readings import LEAST_MASS, How, read
from causalvalues.survey.response_table import Responses
from causalvalues.survey.roles import Role
from causalvalues.survey.scoring import one_model

__all__ = ["Answered"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answered:
    """What every role answered to every question under every condition."""

    conditions: tuple[str, ...]  # "" is the first
    roles: tuple[str, ...]
    questions: tuple[Question, ...]
    names: tuple[str, ...]
    shares: Floats  # (condition, role, question, option); NaN where unread and beyond the options
    mass: Floats  # (condition, role, question)

    @classmethod
    def of(
        cls,
        responses: Responses,
        questions: Sequence[Question],
        roles: Sequence[Role],
        *,
        names: Sequence[str] | None = None,
        how: How = "expected",
        least_mass: float = LEAST_MASS,
    ) -> "Answered":
        """Return the block of responses that hold every role × question under every condition."""
        one_model(responses)
        readings = read(responses, questions, how=how, least_mass=least_mass)
        conditions, known, asked = (
            tuple(responses.frame[who].cat.categories) for who in ("condition", "role", "question")
        )
        shape = len(conditions), len(known), len(asked)
        if len(responses) != np.prod(shape) or set(known) != {role.id for role in roles}:
            raise TableError(
                "Every role must have answered every question under every condition",
                found=f"{len(responses)} answers for {' × '.join(map(str, shape))}",
            )
        if "" not in conditions:
            raise TableError("Effects need answers without an intervention", found="none")
        order = [known.index(role.id) for role in roles]
        question_by_id = by_id(questions, asked)
        chosen = tuple(question_by_id[name] for name in asked)
        return cls(
            conditions=conditions,
            roles=tuple(role.id for role in roles),
            questions=chosen,
            names=_names(chosen, questions, names),
            shares=readings.shares.reshape(*shape, -1)[:, order],
            mass=readings.mass.reshape(shape)[:, order],
        )

    @cached_property
    def read(self) -> NDArray[np.bool_]:
        """Return (condition, role, question), true where the answer was read."""
        found: NDArray[np.bool_] = np.isfinite(self.shares[..., 0])
        return found

    @cached_property
    def credit(self) -> Floats:
        """Return (question, option, value), what each option credits."""
        found = np.zeros((len(self.questions), self.shares.shape[-1], len(self.names)))
        for place, question in enumerate(self.questions):
            found[place, : len(question.options)] = credit(question, self.names)
        return found

    @cached_property
    def bears(self) -> NDArray[np.bool_]:
        """Return (question, value), true where a question bears on a value."""
        spoken = [values_of(question) for question in self.questions]
        return np.array([[name in values for name in self.names] for values in spoken])

    def place(self, condition: str) -> int:
        """Return the place of a condition."""
        if condition not in self.conditions:
            raise OptionError(
                f"A condition must be one of {', '.join(self.conditions[1:])}",
                found=repr(condition),
            )
        return self.conditions.index(condition)

    def scores(self, condition: str = "") -> Floats:
        """Return (role, value) scores under a condition; NaN where nothing was read."""
        place = self.place(condition)
        return self._means(self._expected(place), self.read[place])

    def differences(self, condition: str) -> Floats:
        """Return (role, value) changes against no intervention; NaN where nothing was read."""
        place, plain = self.place(condition), self.place("")
        both = self.read[place] & self.read[plain]
        return self._means(self._expected(place) - self._expected(plain), both)

    def _expected(self, place: int) -> Floats:
        """Return (role, question, value) expected credits, 0 where unread."""
        shares = np.nan_to_num(self.shares[place])
        found: Floats = np.einsum("rqk,qkv->rqv", shares, self.credit)
        return found

    def _means(self, numbers: Floats, counted: NDArray[np.bool_]) -> Floats:
        """Return (role, value), the means over questions that are counted and bear on a value."""
        kept = counted[:, :, None] & self.bears[None]
        with np.errstate(invalid="ignore"):
            means: Floats = (numbers * kept).sum(axis=1) / kept.sum(axis=1)
        return means


def _names(
    asked: Sequence[Question], questions: Sequence[Question], names: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the values in the order given, or in which questions first speak of them."""
    if names is not None:
        return tuple(names)
    ids = {question.id for question in asked}
    spoken = (values_of(question) for question in questions if question.id in ids)
    return tuple(dict.fromkeys(value for values in spoken for value in values))
