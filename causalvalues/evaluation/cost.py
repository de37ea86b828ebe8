"""What answers cost: tokens and time, beside those of the model unsteered in the same run.

    cost = cost_of(model, lambda: len(list(steered.log_probabilities(requests))))
    cost.seconds_per_thousand, cost.computed_per_answer, cost.times(unsteered).seconds

    asked       tokens of every prompt as if it were computed alone
    computed    tokens that went through the model, by the share of layers that ran: less than
                asked where prompts share a beginning, or conditions share the layers below an edit

In one sweep over several conditions a prompt is asked once for all of them. Tokens are counted
where options are weighed; written texts take time but leave the count as it is.
Guarantee: what has no answers has no cost per answer (NaN); a ratio to nothing is NaN, never 0.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from causalvalues.models.elicit import Tally

__all__ = ["Cost", "Counted", "RelativeCost", "cost_of"]

THOUSAND = 1000


class Counted(Protocol):
    """Whatever counts its tokens."""

    @property
    def tally(self) -> Tally:
        """Return how many tokens were asked for, and how many computed, so far."""


@dataclass(frozen=True)
class Cost:
    """Tokens and time of some answers."""

    n_answers: int
    asked: int  # tokens
    computed: float  # tokens
    seconds: float

    @property
    def asked_per_answer(self) -> float:
        """Return the tokens of a prompt and its options."""
        return _ratio(self.asked, self.n_answers)

    @property
    def computed_per_answer(self) -> float:
        """Return the tokens that were computed for an answer."""
        return _ratio(self.computed, self.n_answers)

    @property
    def seconds_per_thousand(self) -> float:
        """Return the time that a thousand answers take."""
        return THOUSAND * _ratio(self.seconds, self.n_answers)

    def times(self, unsteered: "Cost") -> "RelativeCost":
        """Return how many times as much an answer costs as one of the model unsteered."""
        return RelativeCost(
            _ratio(self.computed_per_answer, unsteered.computed_per_answer),
            _ratio(self.seconds_per_thousand, unsteered.seconds_per_thousand),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the cost as JSON would hold it; what is missing is null."""
        per = {
            "asked_per_answer": self.asked_per_answer,
            "computed_per_answer": self.computed_per_answer,
            "seconds_per_thousand": self.seconds_per_thousand,
        }
        known = {name: number if math.isfinite(number) else None for name, number in per.items()}
        return {**vars(self), **known}


@dataclass(frozen=True)
class RelativeCost:
    """How many times as much an answer costs; NaN where one of the two is not known."""

    computed: float
    seconds: float


def cost_of(
    model: Counted,
    answer: Callable[[], int],
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Cost:
    """Return what it costs a model to answer; `answer` returns how many answers it got.

    Take the cost of the model unsteered in the same run, after a first round that warms it up.
    """
    asked, computed, start = model.tally.asked, model.tally.computed, clock()
    n_answers = answer()
    seconds = clock() - start
    return Cost(n_answers, model.tally.asked - asked, model.tally.computed - computed, seconds)


def _ratio(part: float, whole: float) -> float:
    """Return how much of a whole, NaN where there is no whole."""
    return part / whole if whole > 0 else math.nan
