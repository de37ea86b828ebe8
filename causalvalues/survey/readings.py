"""`Readings` say what each answer is worth: a share for every option, or the reason why none.

    expected   probabilities, rescaled to 1           choice   all on the most probable option
    text       all on the option that the text names

Guarantee: shares add up to 1 or the answer has a reason; an unread answer is never a zero here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.survey.columns import Floats
from causalvalues.survey.credits import by_id
from causalvalues.survey.parsing import parse
from causalvalues.survey.protocol import Question
from causalvalues.survey.response_table import Responses

__all__ = ["LEAST_MASS", "How", "Readings", "Reason", "read"]

How = Literal["expected", "choice", "text"]
Reason = Literal["", "refusal", "unclear", "low mass", "no probability", "not weighed", "no text"]

LEAST_MASS = 0.1  # below it the options are not what the model would say
MOST_MASS = 1.01  # rounding in half precision leaves a little above 1


@dataclass(frozen=True, eq=False)
class Readings:
    """What each answer of `Responses` says, row by row."""

    shares: Floats  # (answer, option), NaN where unread and beyond an answer's options
    mass: Floats  # (answer,): probability of all options together, NaN where none were weighed
    reason: NDArray[np.str_]  # (answer,): "" where read

    @property
    def read(self) -> NDArray[np.bool_]:
        """Return which answers were read."""
        found: NDArray[np.bool_] = self.reason == ""
        return found


def read(
    responses: Responses,
    questions: Iterable[Question],
    *,
    how: How = "expected",
    least_mass: float = LEAST_MASS,
) -> Readings:
    """Return what each answer says."""
    if how not in get_args(How):
        raise OptionError(f"`how` must be one of {', '.join(get_args(How))}", found=repr(how))
    if not 0 <= least_mass < 1:
        raise OptionError("`least_mass` must be from 0 to below 1", found=str(least_mass))
    asked = responses.frame["question"].cat
    question_by_id = by_id(questions, asked.categories)
    n_options = np.array([len(question_by_id[name].options) for name in asked.categories])
    own = n_options[asked.codes]
    _, mass, reason = weighed = _weighed(responses, own, least_mass)
    if how == "text":
        shares, reason = _written(responses, question_by_id, int(n_options.max()))
    else:
        shares = _chosen(weighed[0]) if how == "choice" else weighed[0]
    absent = "no text" if how == "text" else "not weighed"
    if (reason == absent).all():
        raise OptionError(
            f"Answers were to be read by how={how!r}",
            found="no text at all" if how == "text" else "texts only, no option was weighed",
            remedy="use how='expected'" if how == "text" else "use how='text'",
        )
    return Readings(shares, mass, reason)


def _weighed(
    responses: Responses, own: NDArray[np.int64], least_mass: float
) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Return shares, mass and reasons from the log-probabilities of each answer's own options."""
    width = int(own.max())
    logs = responses.log_probabilities[:, :width]
    logs = np.pad(logs, ((0, 0), (0, width - logs.shape[1])), constant_values=np.nan)
    within = np.arange(width) < own[:, None]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        probabilities = np.exp(logs)
        mass = np.where(within, probabilities, 0.0).sum(axis=1)
        shares = np.where(within, probabilities, np.nan) / mass[:, None]
    written = np.isnan(logs).all(axis=1) & responses.frame["text"].notna().to_numpy()
    odd = ~np.isfinite(mass) | (mass > MOST_MASS)
    kinds = ["not weighed", "no probability", "low mass"]
    reason = np.select([written, odd, mass < max(least_mass, 1e-300)], kinds, "")
    shares[reason != ""] = np.nan
    mass[reason == "not weighed"] = np.nan
    return shares, mass, reason


def _chosen(shares: Floats) -> Floats:
    """Return all on the largest share; equal ones share."""
    best = np.fmax.reduce(shares, axis=1)[:, None]
    first = np.where(np.isnan(shares), np.nan, shares == best)
    chosen: Floats = first / np.nansum(first, axis=1, keepdims=True).clip(min=1.0)
    return chosen


def _written(
    responses: Responses, question_by_id: Mapping[str, Question], width: int
) -> tuple[Floats, NDArray[np.str_]]:
    """Return shares and reasons from texts, each text to a question parsed once."""
    frame = responses.frame
    shares = np.full((len(frame), width), np.nan)
    reasons: list[str] = []
    known: dict[tuple[str, str], tuple[int | None, str]] = {}
    for row, (name, text) in enumerate(zip(frame["question"], frame["text"], strict=True)):
        if not isinstance(text, str):
            reasons.append("no text")
            continue
        options = question_by_id[name].options
        if (name, text) not in known:
            found = parse(text, options)
            known[name, text] = found.option, "" if found.outcome == "answer" else found.outcome
        option, reason = known[name, text]
        reasons.append(reason)
        if option is not None:
            shares[row, : len(options)] = np.arange(len(options)) == option
    return shares, np.array(reasons)
