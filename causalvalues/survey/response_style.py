"""`response_style`: how a model answers, whatever it is asked — what a score must not be made of.

One row per model and condition; only answers that were read count, unless said otherwise.

    n_answers, n_roles   all answers, read or not
    option_mass          mean probability of all options together; `option_mass_p5` its 5th
                         percentile (of all answers whose options were weighed)
    entropy              mean entropy of the shares, 0 = certain, 1 = all options alike
    unread               share of all answers that were not read; `refused` those that decline
    position_bias        ½ (mean share of the first place − of the last), over cells asked in every
                         order, so that what stands first in one stands last in the other; with two
                         options, the probability of the first place − ½
    order_effect         mean over those cells of the largest − smallest score among the orders
    label_bias           largest − smallest ½ (first place − last) among sets of labels, over cells
                         asked with every set, so that only the labels differ
    label_effect         as order_effect, among sets of labels
    wording_spread       as order_effect, among wordings
    acquiescence         mean agreement, −1 to 1, items for and against a value weighing the same,
                         mean over the values that have both
    constant_roles       share of roles that chose the same place in all their answers
    constant_questions   share of questions on which all roles chose the same option

A score here is what an answer credits its question's own value; a cell is one role, item and
asking, all factors but the one in question. Guarantee: NaN where a factor was not crossed, where
keys are not balanced, or where there is only one answer to compare.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.survey.columns import Floats
from causalvalues.survey.credits import agreement, by_id, credit, key, main_value
from causalvalues.survey.protocol import Question
from causalvalues.survey.readings import LEAST_MASS, How, Readings, read
from causalvalues.survey.response_table import FACTORS, Responses

__all__ = ["response_style"]

NAN = float("nan")


def response_style(
    responses: Responses,
    questions: Iterable[Question],
    *,
    how: How = "expected",
    least_mass: float = LEAST_MASS,
) -> pd.DataFrame:
    """Return one row per model and condition; the columns are defined above."""
    questions = tuple(questions)
    readings = read(responses, questions, how=how, least_mass=least_mass)
    question_by_id = by_id(questions, responses.frame["question"].cat.categories)
    table = _measured(responses, readings, question_by_id)
    groups = table.groupby(["model", "condition"], observed=True, sort=True)
    return pd.DataFrame(
        {"model": model, "condition": condition, **_style(group)}
        for (model, condition), group in groups
    )


def _measured(
    responses: Responses, readings: Readings, question_by_id: Mapping[str, Question]
) -> pd.DataFrame:
    """Return one row per answer: names and factors, and what is measured of each."""
    n_answers = len(responses)
    columns = {
        name: np.full(n_answers, np.nan)
        for name in ("score", "agreed", "first", "entropy", "place", "size", "key")
    }
    value = np.full(n_answers, "", dtype=object)
    for name, places in responses.by_question():
        question = question_by_id[name]
        shares = readings.shares[places, : len(question.options)]
        value[places] = main_value(question)
        columns["score"][places] = shares @ credit(question, [main_value(question)])[:, 0]
        columns["size"][places] = shares.shape[1]
        columns["first"][places] = (shares[:, 0] - shares[:, -1]) / 2
        columns["entropy"][places] = _entropy(shares)
        columns["place"][places] = _chosen_place(shares)
        sizes = agreement(question)
        if sizes is not None:
            columns["agreed"][places] = shares @ sizes
            columns["key"][places] = key(question)
    names = responses.frame[["model", "condition", "role", "question", *FACTORS]]
    table = names.assign(**columns, value=value, mass=readings.mass, reason=readings.reason)
    return table.astype({"size": "category"})


def _style(table: pd.DataFrame) -> dict[str, float]:
    """Return the row of one model and condition."""
    mass = table["mass"].dropna()
    seen = table[table["reason"] == ""]
    by_order, by_label = _crossed(seen, "order"), _crossed(seen, "labels")
    by_wording = _crossed(seen, "wording")
    return {
        "n_answers": len(table),
        "n_roles": table["role"].nunique(),
        "option_mass": float(mass.mean()) if len(mass) else NAN,
        "option_mass_p5": float(np.percentile(mass, 5)) if len(mass) else NAN,
        "entropy": float(seen["entropy"].mean()),
        "unread": float((table["reason"] != "").mean()),
        "refused": float((table["reason"] == "refusal").mean()),
        "position_bias": float(by_order["first"].mean()),
        "order_effect": _spread(by_order),
        "label_bias": _label_bias(by_label),
        "label_effect": _spread(by_label),
        "wording_spread": _spread(by_wording),
        "acquiescence": _acquiescence(seen),
        "constant_roles": _constant(seen, "role", "place"),
        "constant_questions": _constant(seen, "question", "place"),
    }


def _entropy(shares: Floats) -> Floats:
    """Return the entropy of each row of shares, 1 where all are alike."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, shares * np.log(shares), 0.0)
    entropy: Floats = np.abs(terms.sum(axis=1)) / np.log(max(shares.shape[1], 2))
    entropy[np.isnan(shares).any(axis=1)] = np.nan
    return entropy


def _chosen_place(shares: Floats) -> Floats:
    """Return the place with the largest share, NaN where none was read or several are equal."""
    best = shares == shares.max(axis=1, keepdims=True)
    return np.where(best.sum(axis=1) == 1, best.argmax(axis=1), np.nan)


def _crossed(seen: pd.DataFrame, factor: str) -> pd.DataFrame:
    """Return the answers in cells that were asked at every level of a factor, with their cell."""
    n_levels = seen[factor].nunique()
    if n_levels < 2:
        return seen.iloc[:0].assign(cell=np.empty(0, dtype=np.int64), level="")
    cell = _codes(seen, ["role", "size", *(name for name in FACTORS if name != factor)])
    whole = np.bincount(cell)[cell] == n_levels
    crossed: pd.DataFrame = seen[whole]
    return crossed.assign(cell=cell[whole], level=crossed[factor].astype(object))


def _codes(seen: pd.DataFrame, names: Sequence[str]) -> NDArray[np.int64]:
    """Return one number per combination of columns, from 0."""
    codes = np.zeros(len(seen), dtype=np.int64)
    for name in names:
        column = seen[name].cat
        codes = codes * len(column.categories) + column.codes.to_numpy()
        codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)  # small again
    return codes


def _spread(crossed: pd.DataFrame) -> float:
    """Return the mean over cells of the largest minus the smallest score."""
    if crossed.empty:
        return NAN
    scores = crossed.groupby("cell")["score"]
    return float((scores.max() - scores.min()).mean())


def _label_bias(crossed: pd.DataFrame) -> float:
    """Return how much the bias to the first place differs among sets of labels."""
    if crossed.empty:
        return NAN
    first = crossed.groupby("level")["first"].mean()
    return float(first.max() - first.min())


def _acquiescence(seen: pd.DataFrame) -> float:
    """Return the mean agreement with items for and against a value, over values that have both."""
    keyed = seen[seen["key"].isin((-1, 1))]
    mean = keyed.groupby(["value", "key"], as_index=False)["agreed"].mean()
    by_value = mean.groupby("value")["agreed"].agg(["mean", "count"])
    return float(by_value["mean"][by_value["count"] == 2].mean())


def _constant(seen: pd.DataFrame, by: str, what: str) -> float:
    """Return the share of roles or questions with several answers, all of them the same."""
    chosen = seen.groupby(by, observed=True)[what]
    several = chosen.count() > 1
    return float((chosen.min() == chosen.max())[several].mean()) if several.any() else NAN
