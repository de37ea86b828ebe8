"""A cost is what was spent between two looks at the clock and the count of tokens."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from causalvalues.evaluation.cost import Cost, cost_of
from causalvalues.models.elicit import Tally
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.intervention import Strength, ValueVector
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import anchored_roles
from causalvalues.values import schwartz10


@dataclass
class Counting:
    """A model that only counts."""

    tally: Tally = field(default_factory=lambda: Tally(asked=100, least=10, computed=50.0))

    def answer(self) -> int:
        """Answer twenty questions."""
        self.tally.asked += 600
        self.tally.computed += 150.0
        return 20


def test_tokens_and_seconds_by_hand() -> None:
    model, ticks = Counting(), iter([3.0, 5.0])
    cost = cost_of(model, model.answer, clock=lambda: next(ticks))
    assert cost == Cost(n_answers=20, asked=600, computed=150.0, seconds=2.0)
    assert cost.asked_per_answer == 30
    assert cost.computed_per_answer == 7.5
    assert cost.seconds_per_thousand == 100
    assert json.loads(json.dumps(cost.to_dict()))["seconds_per_thousand"] == 100


def test_relative_to_unsteered_is_per_answer_not_in_all() -> None:
    unsteered = Cost(n_answers=10, asked=300, computed=100.0, seconds=1.0)
    steered = Cost(n_answers=40, asked=1200, computed=600.0, seconds=5.0)
    found = steered.times(unsteered)
    assert (found.computed, found.seconds) == (1.5, 1.25)
    assert unsteered.times(unsteered).seconds == 1


def test_no_answers_have_no_cost_each() -> None:
    none = Cost(n_answers=0, asked=0, computed=0.0, seconds=0.5)
    assert np.isnan(
        [none.asked_per_answer, none.computed_per_answer, none.seconds_per_thousand]
    ).all()
    assert np.isnan(Cost(1, 1, 1.0, 1.0).times(none).seconds)
    assert json.dumps(none.to_dict(), allow_nan=False)


def test_a_model_counts_what_it_was_asked_and_shares_what_is_alike() -> None:
    model = LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")
    vector = np.ones(model.model.config.hidden_size, dtype=np.float32)
    steered = SteeredModel(model, ValueVector("v", {1: vector}, Strength(0.1)))
    requests = [
        Request((Message("system", role.text), Message("user", f"{place}?")), ("yes", "no"))
        for role in anchored_roles(schwartz10(), 2, seed=0)
        for place in range(6)
    ]
    ticks: Iterator[int] = iter(range(10))
    plain, under = (
        cost_of(model, lambda who=who: len(list(who.log_probabilities(requests))),  # type: ignore[misc]
                clock=lambda: float(next(ticks)))
        for who in (model, steered)
    )  # fmt: skip
    prompts = model.chat.prompts(requests)
    assert plain.n_answers == under.n_answers == 12
    assert plain.asked >= sum(len(prompt.ids) for prompt in prompts)
    assert plain.computed < plain.asked  # a role is computed once for its questions
    assert under.asked == plain.asked
    assert under.times(plain).computed == pytest.approx(1.0)
