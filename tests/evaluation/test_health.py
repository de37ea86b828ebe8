"""A broken model is told from a steered one, by the same rules live and on released scores."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from causalvalues.errors import OptionError, TableError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.health import health_of_answers, health_of_scores
from causalvalues.evaluation.health_rules import RULES, faults_of
from causalvalues.evaluation.repetition import repetition, repetition_added
from causalvalues.survey.asking import ask_under
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.released import read_released
from causalvalues.survey.request import Request
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scripted import Edit, ScriptedRespondent

QUESTIONS = tuple(Protocol().questions(inventory("schwartz10")))
QUESTION_BY_TEXT = {question.text: question for question in QUESTIONS}
ROLES = tuple(Role(f"role-{place}", f"You are person {place}.") for place in range(6))
RELEASED = Path(__file__).parents[3] / "shared" / "data" / "kang2025"


def leaning(request: Request) -> Sequence[float]:
    """Probabilities of a person who likes some values more than others."""
    question = QUESTION_BY_TEXT[request.messages[1].text]
    who = int(request.messages[0].text.split()[-1].rstrip("."))
    value = question.factors["item"].split("/")[0]
    likes = np.sin(3.0 * who + len(value))
    credit = np.array([option.credit[value] for option in question.options])
    weights = np.exp(3 * likes * credit)
    return list(0.95 * weights / weights.sum())


def meaning(wanted: str) -> Edit:
    """An edit after which one answer is given, whatever is asked and wherever it stands."""

    def edit(request: Request, given: Sequence[float]) -> Sequence[float]:
        options = QUESTION_BY_TEXT[request.messages[1].text].options
        return [0.96 if option.meaning == wanted else 0.002 for option in options]

    return edit


EDITS: dict[str, Edit | None] = {
    "": None,
    "same": lambda request, given: given,
    "softer": lambda request, given: list(0.9 * np.sqrt(given) / np.sqrt(given).sum()),
    "lost options": lambda request, given: [0.3 * each for each in given],
    "unreadable": lambda request, given: [0.05 * each for each in given],
    "alike": lambda request, given: [0.16] * 6,
    "first place": lambda request, given: [0.95, *[0.005] * 5],
    "yes to all": meaning("agree completely"),
    "unsure": meaning("agree a little"),
}
WANTED = {
    "same": set(),
    "softer": set(),
    "lost options": {"option_mass_kept"},
    "unreadable": {"option_mass_kept", "unread_added"},
    "alike": {"certainty_kept", "size_kept", "spread_kept"},
    "first place": {"constant_added", "size_kept", "spread_kept"},
    "yes to all": {"constant_added", "size_kept", "spread_kept"},
    "unsure": {"constant_added", "size_kept", "spread_kept"},
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Six people, whole and broken in several ways."""
    with AnswerStore.open(tmp_path_factory.mktemp("health") / "answers.sqlite") as store:
        asked = ask_under(
            ScriptedRespondent(leaning), QUESTIONS, ROLES, store,
            edits=EDITS, digests={name: "1" for name in EDITS if name},
        )  # fmt: skip
        responses = Responses.of(store.rows(asked.keys), QUESTIONS)
    return Answered.of(responses, QUESTIONS, ROLES)


def broken_rules(numbers: dict[str, float]) -> set[str]:
    """The numbers whose limits are broken."""
    return {
        rule.number
        for rule in RULES
        if np.isfinite(numbers.get(rule.number, np.nan)) and rule.broken_by(numbers[rule.number])
    }


@pytest.mark.parametrize("condition", WANTED)
def test_every_way_of_breaking_breaks_its_own_rules(answered: Answered, condition: str) -> None:
    numbers = health_of_answers(answered, condition)
    assert broken_rules(numbers) == WANTED[condition]
    assert len(faults_of(numbers)) == len(WANTED[condition])


def test_what_changes_nothing_keeps_everything(answered: Answered) -> None:
    numbers = health_of_answers(answered, "same")
    for name, number in numbers.items():
        if name.endswith("_kept"):
            assert number == pytest.approx(1.0)
        if name.endswith("_added"):
            assert number == pytest.approx(0.0)
    assert numbers["option_mass"] == pytest.approx(0.95)
    with pytest.raises(OptionError, match="lost options"):
        health_of_answers(answered, "other")


def test_values_that_are_settled_need_not_differ_between_roles(answered: Answered) -> None:
    numbers = health_of_answers(answered, "alike", settled=answered.names)
    assert broken_rules(numbers) == {"certainty_kept"}
    half = health_of_answers(answered, "alike", settled=answered.names[:5])
    assert broken_rules(half) == WANTED["alike"]


def test_an_answer_read_once_only_moves_no_difference(answered: Answered) -> None:
    assert np.isnan(answered.differences("unreadable")).all()
    assert np.abs(answered.differences("lost options")).max() < 1e-12
    whole = answered.scores("softer") - answered.scores("")
    assert np.allclose(answered.differences("softer"), whole)


def test_a_sentence_names_the_number_and_its_limit(answered: Answered) -> None:
    (fault,) = faults_of(health_of_answers(answered, "lost options"))
    assert "option_mass_kept 0.3" in fault
    assert "0.5" in fault
    assert faults_of({"size_kept": float("nan")}) == ()
    assert faults_of({"something else": -1.0}) == ()


def test_scores_of_other_people_are_not_compared() -> None:
    with pytest.raises(TableError, match="same roles"):
        health_of_scores(np.zeros((3, 2)), np.zeros((4, 2)))
    numbers = health_of_scores(np.array([[0.0, np.nan]]), np.array([[0.5, 0.5]]))
    assert np.isnan(numbers["spread_kept"])
    assert np.isnan(numbers["size_kept"])


@cache
def released(model: str, part: str) -> dict[str, dict[str, float]]:
    """The health of every feature of a released table."""
    frame = read_released(RELEASED / f"{model}_{part}.csv").to_frame()
    frame = frame.set_index(["context", "cluster"])
    plain = frame.loc[""]
    features = [each for each in frame.index.unique("context") if each]
    found = {}
    for feature in features:
        under = frame.loc[feature]
        roles = under.index.intersection(plain.index)
        found[feature] = health_of_scores(plain.loc[roles].to_numpy(), under.loc[roles].to_numpy())
    return found


PUBLISHED = {
    "gemma": ["14351", "1025", "2965", "10096", "1341", "1975", "10605", "14049", "1312", "4752"],
    "llama": ["49202", "58305", "8546", "12477", "7754", "9332", "1897", "62769", "47207", "54606"],
}


@pytest.mark.skipif(not RELEASED.exists(), reason="the released scores are not beside the checkout")
@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("model", ["gemma", "llama"])
def test_of_the_published_features_only_7754_broke_its_model(model: str, part: str) -> None:
    health = released(model, part)
    broken = [feature for feature in health if faults_of(health[feature])]
    assert broken == (["7754"] if model == "llama" else [])  # of all 24, kept by the study or not
    for feature in set(PUBLISHED[model]) - set(broken):
        assert health[feature]["size_kept"] > 0.9
        assert health[feature]["spread_kept"] > 0.85


def test_a_text_that_repeats_itself_is_counted() -> None:
    looped = "I value this. " * 20
    plain = "A short walk by the sea does many people good when the day was long."
    assert repetition([plain])["repeated"] == 0.0
    assert repetition([looped])["repeated"] > 0.9
    assert repetition(["one two", ""])["repeated"] == 0.0
    assert np.isnan(repetition([])["repeated"])
    assert faults_of(repetition_added([plain], [looped]))
    assert not faults_of(repetition_added([looped], [looped]))
    assert repetition(["a b a b"])["distinct_2"] == pytest.approx(2 / 3)
