"""Dilemmas are decided by meaning, by place or by label, and the numbers tell which."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from causalvalues.contrasts.dilemmas import Dilemma
from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.crossed import crossed_ratio
from causalvalues.evaluation.dilemma_choice import (
    dilemma_choice,
    dilemma_gain,
    dilemma_questions,
)
from causalvalues.evaluation.surveying import survey_under
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.survey.asking import ask_under
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Request
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role, anchored_roles
from causalvalues.survey.scripted import Edit, ScriptedRespondent

DILEMMAS = tuple(
    Dilemma(
        f"{value}/dilemma/{place}", value, f"Should Mira do {value} {place} instead of rest?",
        str(place), place % 2 == 0,
    )
    for value in ("power", "security")
    for place in range(6)
)  # fmt: skip
QUESTIONS = dilemma_questions(DILEMMAS)
BY_TEXT = {question.text: question for question in QUESTIONS}
ROLES = tuple(Role(f"role-{place}", f"You are person {place}.") for place in range(4))
Weigh = Callable[[Question], float]  # the probability of the first option


def answered(folder: Path, first: Weigh, edits: Mapping[str, Edit] | None = None) -> Answered:
    """What a respondent answers who is told the question it is asked."""

    def weigh(request: Request) -> Sequence[float]:
        p = first(BY_TEXT[request.messages[-1].text])
        return (p, 1 - p) if p >= 0 else (0.01, 0.01)

    model, every = ScriptedRespondent(weigh), {"": None, **(edits or {})}
    with AnswerStore.open(folder / "answers.sqlite") as store:
        digests = dict.fromkeys(edits or {}, "1")
        asked = ask_under(model, QUESTIONS, ROLES, store, edits=every, digests=digests)
        responses = Responses.of(store.rows(asked.keys), QUESTIONS)
    return Answered.of(responses, QUESTIONS, ROLES)


def yes(p: float) -> Weigh:
    """Say yes with a probability, wherever it stands."""
    return lambda question: p if question.options[0].meaning == "yes" else 1 - p


def side(question: Question) -> bool:
    """Whether yes speaks for the value."""
    return next(d for d in DILEMMAS if d.id == question.factors["item"]).yes_speaks_for


def test_every_dilemma_is_asked_in_every_way_and_yes_credits_the_side_it_speaks_for() -> None:
    assert len(QUESTIONS) == len({question.id for question in QUESTIONS}) == len(DILEMMAS) * 6
    for question in QUESTIONS:
        (dilemma,) = (each for each in DILEMMAS if each.id == question.factors["item"])
        assert question.text.endswith(dilemma.question)
        credit = {option.meaning: option.credit for option in question.options}
        sign = 1.0 if dilemma.yes_speaks_for else -1.0
        assert credit == {"yes": {dilemma.value: sign}, "no": {dilemma.value: -sign}}
    first = [(q.options[0].label, q.options[0].meaning) for q in QUESTIONS[:6]]
    labels = ("yes", "no"), ("A", "A"), ("1", "1")
    expected = {(way[place], m) for way in labels for place, m in enumerate(("yes", "no"))}
    assert set(first) == expected


def test_who_follows_the_meaning_chooses_the_value_and_no_letter(tmp_path: Path) -> None:
    found = answered(tmp_path, lambda q: yes(0.9 if side(q) else 0.1)(q))
    for value in ("power", "security", ""):
        choice = dilemma_choice(found, value)
        assert choice.credit.value == pytest.approx(0.8)
        assert choice.chosen.value == 1.0
        assert choice.chosen.low < 0.8  # all of six is not certain
        assert choice.letter_following.value == pytest.approx(0.0, abs=1e-12)
        assert choice.credit.n == (12 if value == "" else 6)
        assert choice.unread == 0.0


@pytest.mark.parametrize("place", [0, 1])
def test_who_follows_the_place_chooses_nothing(place: int, tmp_path: Path) -> None:
    choice = dilemma_choice(answered(tmp_path, lambda q: (0.9, 0.2)[place]), "power")
    assert choice.credit.value == pytest.approx(0.0)
    assert choice.chosen.value == 0.5
    assert choice.letter_following.value == pytest.approx(1.0)


def test_who_always_says_yes_gains_nothing_and_follows_no_letter(tmp_path: Path) -> None:
    choice = dilemma_choice(answered(tmp_path, yes(0.7)), "power")
    assert choice.credit.value == pytest.approx(0.0)
    assert choice.chosen.value == pytest.approx(0.5)
    assert choice.letter_following.value == pytest.approx(0.0, abs=1e-12)


def test_who_follows_one_set_of_labels_follows_letters(tmp_path: Path) -> None:
    """By meaning in words and numbers (credit 1), against it in letters: mean 1/3, 1 − 1/9."""

    def first(question: Question) -> float:
        means = 1.0 if side(question) else 0.0
        return yes(1 - means if question.factors["labels"] == "letters" else means)(question)

    choice = dilemma_choice(answered(tmp_path, first), "power")
    assert choice.credit.value == pytest.approx(1 / 3)
    assert choice.chosen.value == 1.0
    assert choice.letter_following.value == pytest.approx(8 / 9)


def test_letter_following_by_hand(tmp_path: Path) -> None:
    """P(yes) is .8 where yes stands first and .6 where it does not: credits .6 and .2 of yes."""
    first = lambda q: 0.8 if q.options[0].meaning == "yes" else 0.4  # noqa: E731
    choice = dilemma_choice(answered(tmp_path, first), "power")
    apart, everything = 0.2**2 + 0.2**2, 0.6**2 + 0.2**2
    assert choice.letter_following.value == pytest.approx(apart / everything)
    assert choice.letter_following.low == pytest.approx(apart / everything)  # all cells are alike


def test_answers_at_random_follow_the_letter_as_far_as_chance_goes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    choice = dilemma_choice(answered(tmp_path, lambda _: float(rng.random())))
    assert choice.letter_following.value == pytest.approx(5 / 6, abs=0.08)


def test_a_gain_that_follows_the_letter_shows(tmp_path: Path) -> None:
    def to_first(request: Request, given: Sequence[float]) -> Sequence[float]:
        return given[0] + 0.1, given[1] - 0.1

    def to_value(request: Request, given: Sequence[float]) -> Sequence[float]:
        question = BY_TEXT[request.messages[-1].text]
        way = 0.1 if (question.options[0].meaning == "yes") == side(question) else -0.1
        return given[0] + way, given[1] - way

    by_meaning = lambda q: yes(0.8 if side(q) else 0.2)(q)  # noqa: E731
    found = answered(tmp_path, by_meaning, {"first": to_first, "value": to_value})
    first, value = (dilemma_gain(found, each, "power") for each in ("first", "value"))
    assert first.letter_following.value == pytest.approx(1.0)
    assert first.credit.value == pytest.approx(0.0)
    assert dilemma_choice(found, "power", "first").letter_following.value < 0.2
    assert value.letter_following.value == pytest.approx(0.0, abs=1e-12)
    assert value.credit.value == pytest.approx(0.2)
    assert value.chosen.value == 0.0  # they were chosen before
    assert value.credit.clear


def test_a_dilemma_that_was_not_read_in_every_way_is_left_out_and_counted(tmp_path: Path) -> None:
    odd = DILEMMAS[0].id

    def first(question: Question) -> float:
        hidden = question.factors["item"] == odd and question.factors["labels"] == "words"
        return -1.0 if hidden else yes(0.9 if side(question) else 0.1)(question)

    choice = dilemma_choice(answered(tmp_path, first), "power")
    assert choice.credit.n == choice.chosen.n == choice.letter_following.n == 5
    assert choice.credit.value == pytest.approx(0.8)
    assert choice.unread == pytest.approx(2 / 36)


def test_nothing_read_is_nothing_scored(tmp_path: Path) -> None:
    choice = dilemma_choice(answered(tmp_path, lambda _: -1.0), "power")
    for estimate in (choice.credit, choice.letter_following):
        assert estimate.unscored == "no dilemma was read in every way"
    assert choice.chosen.unscored
    assert choice.unread == 1.0
    assert choice.to_dict()["credit"]["value"] is None


def test_who_leans_nowhere_follows_no_letter(tmp_path: Path) -> None:
    choice = dilemma_choice(answered(tmp_path, lambda _: 0.5), "power")
    assert choice.letter_following.unscored == "no answer leans to either side"
    assert choice.chosen.value == 0.5


@pytest.mark.fault
def test_what_is_no_dilemma_of_a_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="fun"):
        dilemma_questions([Dilemma("d", "fun", "Should I?", "s", True)])
    with pytest.raises(OptionError, match="no dilemma"):
        dilemma_questions([])
    found = answered(tmp_path, yes(0.5))
    with pytest.raises(OptionError, match="of hedonism must be asked"):
        dilemma_choice(found, "hedonism")
    with pytest.raises(OptionError, match="A condition"):
        dilemma_choice(found, "power", "up")


# --- the interval over roles and questions


@pytest.mark.parametrize("shape", [(15, 20), (4, 20), (40, 6)])
def test_an_interval_over_roles_and_questions_holds_the_truth_as_often_as_it_says(
    shape: tuple[int, int],
) -> None:
    rng, hits = np.random.default_rng(7), 0
    for draw in range(600):
        cells = 0.3 + rng.normal(0, 0.3, shape[:1])[:, None] + rng.normal(0, 0.3, shape[1:])
        cells = cells + rng.normal(0, 0.3, shape)
        found = crossed_ratio(cells, np.ones_like(cells), n_resamples=300, seed=draw)
        hits += found.low <= 0.3 <= found.high
    assert hits / 600 >= 0.93


def test_an_interval_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    top, bottom = rng.random((5, 7)), rng.random((5, 7))
    found = crossed_ratio(top, bottom, n_resamples=4000, seed=1)
    ratios = []
    for _ in range(4000):
        rows, columns = rng.integers(5, size=5), rng.integers(7, size=7)
        drawn = np.ix_(rows, columns)
        ratios.append(top[drawn].sum() / bottom[drawn].sum())
    value = top.sum() / bottom.sum()
    wider = 2.776 / 1.96 * (5 / 4) ** 0.5  # Student's quantile with 4 degrees of freedom
    expected = value + (np.quantile(ratios, (0.025, 0.975)) - value) * wider
    assert (found.low, found.high) == pytest.approx(expected, rel=0.05)
    assert found.value == pytest.approx(value)
    assert found == crossed_ratio(top, bottom, n_resamples=4000, seed=1)


def test_what_counts_for_nothing_changes_nothing_and_too_little_is_unscored() -> None:
    top, ones = np.arange(12.0).reshape(3, 4), np.ones((3, 4))
    empty = np.zeros((3, 2))
    more = crossed_ratio(np.hstack([top, empty]), np.hstack([ones, empty]))
    assert more == crossed_ratio(top, ones)
    assert crossed_ratio(top[:, :1], ones[:, :1], of="dilemma").unscored == (
        "only one dilemma is known"
    )
    nothing = crossed_ratio(empty, empty, without="nothing was said")
    assert nothing.unscored == "nothing was said"
    assert math.isnan(nothing.value)
    one_role = crossed_ratio(top[:1], ones[:1])
    assert one_role.low < one_role.value < one_role.high


# --- the organism


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_an_organism_answers_what_is_asked_and_not_the_letter(name: str, tmp_path: Path) -> None:
    items = inventory("schwartz10")
    roles = anchored_roles(items.system, 6, seed=11)
    protocol = Protocol(scale="yes-no", forms=("ask",), labels=("words", "letters", "numbers"))
    questions = tuple(protocol.questions(items))
    model = LanguageModel.load(folder_of(f"organism/{name}"), dtype="float32", device="cpu")
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        responses = survey_under(model, {}, questions, roles, store)
    choice = dilemma_choice(Answered.of(responses, questions, roles, names=items.system.names))
    assert choice.letter_following.n == 80
    assert 0 < choice.letter_following.low < choice.letter_following.high < 0.01
    assert choice.unread == 0.0
