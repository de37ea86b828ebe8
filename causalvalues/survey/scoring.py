"""`score` turns responses into a `ScoreTable`: rows are role × condition, columns are values.

    score of a value = mean, over the answers to its questions, of the expected credit

An answer that cannot be read (a refusal, no option named, hardly any probability on the options) is
missing and leaves the mean; `unclear="zero"` counts it as 0, as Kang et al. (2025) do. What is
missing is counted, with its reason, by `unread`.

Guarantee: rows are sorted by condition, then role; the order in which answers came changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.survey.credits import by_id, credit, values_of
from causalvalues.survey.protocol import Question
from causalvalues.survey.readings import LEAST_MASS, How, read
from causalvalues.survey.response_table import Responses
from causalvalues.survey.scores import ScoreTable

__all__ = ["Unclear", "one_model", "score", "unread"]

Unclear = Literal["missing", "zero"]


def score(
    responses: Responses,
    questions: Iterable[Question],
    *,
    how: How = "expected",
    unclear: Unclear = "missing",
    least_mass: float = LEAST_MASS,
    names: Sequence[str] | None = None,
) -> ScoreTable:
    """Return one row per role and condition; a value without any answer that was read is NaN.

    Values stand in the order in which questions first speak of them, or as `names` says.
    """
    if unclear not in get_args(Unclear):
        raise OptionError("`unclear` must be missing or zero", found=repr(unclear))
    questions = tuple(questions)
    one_model(responses)
    readings = read(responses, questions, how=how, least_mass=least_mass)
    frame = responses.frame
    question_by_id = by_id(questions, frame["question"].cat.categories)
    values = tuple(names) if names is not None else _values(responses, question_by_id)
    row, first = _rows(frame)
    total = np.zeros((len(first), len(values)))
    count = np.zeros((len(first), len(values)), dtype=np.int64)
    counted = readings.read if unclear == "missing" else np.ones(len(frame), dtype=bool)
    for name, places in responses.by_question():
        question = question_by_id[name]
        columns = [values.index(value) for value in values_of(question) if value in values]
        places = places[counted[places]]
        shares = np.nan_to_num(readings.shares[places, : len(question.options)])
        cells = np.ix_(row[places], columns)  # a role answers a question once: no row twice
        total[cells] += shares @ credit(question, [values[column] for column in columns])
        count[cells] += 1
    with np.errstate(invalid="ignore"):
        scores = np.where(count > 0, total / count, np.nan)
    contexts = frame["condition"].astype(object).to_numpy()[first]
    return ScoreTable(
        names=values,
        scores=scores,
        clusters=frame["role"].astype(object).to_numpy()[first],
        contexts=contexts if any(contexts) else None,
    )


def unread(
    responses: Responses,
    questions: Iterable[Question],
    *,
    how: How = "expected",
    least_mass: float = LEAST_MASS,
) -> pd.DataFrame:
    """Return how many answers were not read: model, condition, reason, n, share of those expected.

    "not asked" counts what is missing from the crossing of all roles with all questions.
    """
    questions = tuple(questions)
    readings = read(responses, questions, how=how, least_mass=least_mass)
    frame = responses.frame[["model", "condition"]].astype(object).assign(reason=readings.reason)
    n_whole = responses.frame["role"].nunique() * len({question.id for question in questions})
    found = []
    for (model, condition), group in frame.groupby(["model", "condition"], sort=True):
        counts = group["reason"].value_counts().to_dict()
        counts.pop("", None)
        counts["not asked"] = n_whole - len(group)
        found += [
            (model, condition, reason, n, n / n_whole) for reason, n in sorted(counts.items()) if n
        ]
    return pd.DataFrame(found, columns=["model", "condition", "reason", "n", "share"])


def _values(responses: Responses, question_by_id: Mapping[str, Question]) -> tuple[str, ...]:
    """Return the values that were asked about, in the order in which questions speak of them."""
    asked = set(responses.frame["question"].cat.categories)
    spoken = (values_of(question) for name, question in question_by_id.items() if name in asked)
    return tuple(dict.fromkeys(value for values in spoken for value in values))


def _rows(frame: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the row of the table that each answer belongs to, and the first answer of each row."""
    roles = frame["role"].cat
    codes = frame["condition"].cat.codes.to_numpy(dtype=np.int64) * len(roles.categories)
    _, first, row = np.unique(codes + roles.codes, return_index=True, return_inverse=True)
    return row, first


def one_model(responses: Responses) -> None:
    """Raise where responses hold the answers of several models."""
    models = list(responses.frame["model"].cat.categories)
    if len(models) > 1:
        raise OptionError(
            "Scores are those of one model",
            found=", ".join(models),
            remedy="keep one with responses.where(responses.frame['model'] == …)",
        )
