"""`answers_of` lays responses out as the array that reliability is estimated from.

Guarantee: each cell is the mean over all askings of an item, in whatever form, wording, order or
under whatever labels; what is not balanced or not complete is an error, never filled in.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from causalvalues.errors import OptionError, TableError
from causalvalues.survey.answers import Answers
from causalvalues.survey.columns import Floats
from causalvalues.survey.credits import agreement, by_id, key, main_value
from causalvalues.survey.protocol import Question
from causalvalues.survey.readings import LEAST_MASS, How, Readings, read
from causalvalues.survey.response_table import Responses
from causalvalues.survey.scoring import one_model

__all__ = ["answers_of"]


def answers_of(
    responses: Responses,
    questions: Iterable[Question],
    *,
    how: How = "expected",
    least_mass: float = LEAST_MASS,
) -> Answers:
    """Return (role, state, value, item), for reliability: the mean over an item's askings.

    Every role must have answered every item under every condition, and every value have as many
    items; only an item's own value counts, not what it also bears on.
    """
    questions = tuple(questions)
    one_model(responses)
    readings = read(responses, questions, how=how, least_mass=least_mass)
    frame = responses.frame
    question_by_id = by_id(questions, frame["question"].cat.categories)
    asked = set(frame["question"].cat.categories)
    key_by_item, items_by_value = _items([q for q in questions if q.id in asked])
    agreed = _agreed(responses, readings, question_by_id)
    read_ones = pd.DataFrame(
        {name: frame[name].astype(object) for name in ("role", "condition", "item")}
    ).assign(agreed=agreed)
    mean = read_ones.groupby(["role", "condition", "item"])["agreed"].mean()
    roles, conditions = (sorted(frame[name].unique()) for name in ("role", "condition"))
    wanted = [item for items in items_by_value.values() for item in items]
    whole = mean.reindex(pd.MultiIndex.from_product([roles, conditions, wanted])).to_numpy()
    if np.isnan(whole).any():
        raise TableError(
            "Reliability needs an answer to every item, by every role under every condition",
            found=f"{int(np.isnan(whole).sum())} of {whole.size} missing",
            remedy="ask what is missing, or leave out the roles that did not answer",
        )
    n_items = len(wanted) // len(items_by_value)
    shape = (len(roles), len(conditions), len(items_by_value), n_items)
    keys = np.array([key_by_item[item] for item in wanted], dtype=np.float64)
    return Answers(tuple(items_by_value), whole.reshape(shape), keys.reshape(shape[2:]))


def _items(questions: Iterable[Question]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return the key of each item and the items of each value, as many for every value."""
    key_by_item: dict[str, int] = {}
    items_by_value: dict[str, list[str]] = {}
    for question in questions:
        item = question.factors.get("item", question.id)
        if item not in key_by_item:
            key_by_item[item] = key(question)
            items_by_value.setdefault(main_value(question), []).append(item)
    if 0 in key_by_item.values():
        raise OptionError("Reliability needs items that can be agreed with", found="portraits")
    sizes = {value: len(items) for value, items in items_by_value.items()}
    if len(set(sizes.values())) > 1:
        raise TableError(
            "Reliability needs as many items for every value",
            found=", ".join(f"{value} {size}" for value, size in sizes.items()),
            remedy="leave out the items that are too many",
        )
    return key_by_item, items_by_value


def _agreed(
    responses: Responses, readings: Readings, question_by_id: Mapping[str, Question]
) -> Floats:
    """Return how much each answer agrees with its item, NaN where it was not read."""
    agreed = np.full(len(responses), np.nan)
    for name, places in responses.by_question():
        sizes = agreement(question_by_id[name])
        if sizes is not None:
            agreed[places] = readings.shares[places, : len(sizes)] @ sizes
    return agreed
