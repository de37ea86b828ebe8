"""Protocols cross their factors, and what is credited does not depend on how it was asked."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from causalvalues.errors import OptionError
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol

OURS = inventory("schwartz10")
FULL = {
    "forms": ("ask", "portrait"),
    "orders": ("given", "reversed"),
    "labels": ("letters", "numbers", "words"),
    "n_wordings": 2,
}


@pytest.mark.parametrize("scale", ["yes-no", "likert6"])
def test_every_combination_is_asked_once(scale: str) -> None:
    questions = list(Protocol(scale=scale, **FULL).questions(OURS))  # type: ignore[arg-type]
    assert len(questions) == 80 * 2 * 2 * 2 * 3
    assert len({question.id for question in questions}) == len(questions)
    assert len({question.text for question in questions}) == len(questions)
    for factor, n_levels in (("form", 2), ("wording", 2), ("order", 2), ("labels", 3)):
        counts = Counter(question.factors[factor] for question in questions)
        assert len(counts) == n_levels
        assert len(set(counts.values())) == 1


@pytest.mark.parametrize("scale", ["yes-no", "likert6"])
def test_what_an_option_credits_does_not_depend_on_order_or_label(scale: str) -> None:
    found_by_option = defaultdict(set)
    for question in Protocol(scale=scale, **FULL).questions(OURS):  # type: ignore[arg-type]
        for option in question.options:
            credit = tuple(sorted(option.credit.items()))
            found_by_option[question.factors["item"], option.meaning].add(credit)
    assert {len(found) for found in found_by_option.values()} == {1}


def test_a_reversed_item_credits_its_value_for_a_no() -> None:
    for question in Protocol(scale="yes-no", forms=("ask",)).questions(OURS):
        value, side, _ = question.factors["item"].split("/")
        said = {option.meaning: option.credit[value] for option in question.options}
        assert said == ({"yes": 1.0, "no": -1.0} if side == "for" else {"yes": -1.0, "no": 1.0})


def test_an_item_that_bears_on_two_values_credits_both() -> None:
    (item,) = OURS.cross_keyed
    questions = [q for q in Protocol().questions(OURS) if q.factors["item"] == item.id]
    assert questions
    for question in questions:
        assert set(question.options[0].credit) == {"conformity", "self-direction"}


def test_each_label_stands_for_each_end_equally_often() -> None:
    first = Counter(q.options[0].meaning for q in Protocol(scale="yes-no").questions(OURS))
    assert first["yes"] == first["no"]


def test_always_answering_the_first_option_scores_nothing() -> None:
    """A model that only knows positions has no values, once orders are crossed."""
    total: dict[str, list[float]] = defaultdict(list)
    for question in Protocol(scale="likert6").questions(OURS):
        first = [1.0] + [0.0] * (len(question.options) - 1)
        for value, credit in question.score(first).items():
            total[value].append(credit)
    assert all(np.mean(found) == pytest.approx(0.0) for found in total.values())


def test_agreeing_with_everything_scores_nothing_where_keys_balance() -> None:
    total: dict[str, float] = defaultdict(float)
    for question in Protocol(scale="yes-no", orders=("given",)).questions(OURS):
        item_value = question.factors["item"].split("/")[0]
        total[item_value] += question.score([1.0, 0.0])[item_value]
    assert set(total.values()) == {0.0}


def test_pairs_bring_every_two_values_together_with_like_keys() -> None:
    protocol = Protocol(scale="pairwise", pairs_per_values=3, seed=4)
    questions = list(protocol.questions(OURS))
    assert len(questions) == 45 * 3 * 2
    assert list(protocol.questions(OURS)) == questions
    met = Counter()
    for question in questions:
        one, two = question.options
        assert set(one.credit) == set(two.credit)
        assert all(one.credit[value] == -two.credit[value] for value in one.credit)
        assert one.meaning in question.text
        sides = {item.split("/")[1] for item in question.factors["item"].split(" | ")}
        assert len(sides) == 1
        met[frozenset(one.credit)] += 1
    assert len(met) == 45
    assert set(met.values()) == {6}


def test_the_score_is_the_expected_credit_of_rescaled_probabilities() -> None:
    question = next(Protocol(scale="yes-no", forms=("ask",)).questions(OURS))
    value = question.factors["item"].split("/")[0]
    assert question.score([0.3, 0.1])[value] == pytest.approx(0.5)


@pytest.mark.fault
def test_a_protocol_that_cannot_be_is_an_error() -> None:
    for options in (
        {"scale": "likert7"},
        {"forms": ()},
        {"orders": ("given", "given")},
        {"labels": ("runes",)},
        {"n_wordings": 0},
        {"scale": "pairwise", "forms": ("ask",)},
    ):
        with pytest.raises(OptionError):
            Protocol(**options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="3 wordings"):
        list(Protocol(n_wordings=3).questions(OURS))
    with pytest.raises(OptionError, match="letters or numbers"):
        list(Protocol(scale="pairwise", labels=("words",)).questions(OURS))
    question = next(Protocol(scale="yes-no").questions(OURS))
    for bad in ([1.0], [0.0, 0.0], [-1.0, 2.0], [np.nan, 1.0]):
        with pytest.raises(OptionError, match="2 options"):
            question.score(bad)


def test_the_published_protocol_asks_for_a_thought_and_an_answer() -> None:
    protocol = Protocol.preset("kang2025")
    assert protocol.role_place == "user"
    questions = list(protocol.questions(OURS))
    assert len(questions) == 80
    for question in questions:
        assert question.generate
        assert question.max_new_tokens == 100
        assert [option.label for option in question.options] == ["yes", "no"]
        assert question.text.count("Question: Should I ") == 3
        assert question.text.endswith("?\nThought:")
        answers = [line for line in question.text.splitlines() if line.startswith("Answer: ")]
        assert sorted(answers) == ["Answer: no", "Answer: yes"]
    assert not any(question.generate for question in Protocol().questions(OURS))


@pytest.mark.fault
def test_the_published_protocol_has_no_variants() -> None:
    with pytest.raises(OptionError, match="preset"):
        Protocol(scale="kang2025")
    with pytest.raises(OptionError, match="kang2025"):
        Protocol.preset("kang2024")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="role_place"):
        Protocol(role_place="nowhere")  # type: ignore[arg-type]
