"""Scores are mean credits; what was not read is missing, and counted with its reason."""

from pathlib import Path

import numpy as np
import pytest
from asked import ROLES, responses_of

from causalvalues.errors import OptionError, TableError
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.inventory import inventory
from causalvalues.survey.item_answers import answers_of
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.reliability import reliability
from causalvalues.survey.request import Request
from causalvalues.survey.response_table import Responses
from causalvalues.survey.roles import Role
from causalvalues.survey.scoring import score, unread

OURS = inventory("schwartz10")
LIKERT = tuple(Protocol().questions(OURS))
PAIRS = tuple(Protocol(scale="pairwise").questions(OURS))
WRITTEN = tuple(Protocol.preset("kang2025").questions(OURS))


def by_role(request: Request) -> list[float]:
    """Probabilities that depend on everything that is said, a little mass left out."""
    seed = sum(ord(letter) * place for place, letter in enumerate(str(request.messages)))
    shares = np.random.default_rng(seed).dirichlet(np.ones(len(request.options)))
    return list(0.9 * shares)


def a_reply(request: Request) -> str:
    """A text that depends on what is said: an answer, a refusal, or neither."""
    texts = ("Answer: yes", "Answer: no", "As an AI, I have none.", "Who knows?")
    return texts[sum(map(ord, str(request.messages))) % 4]


@pytest.mark.parametrize("questions", [LIKERT, PAIRS], ids=["likert", "pairs"])
def test_a_score_is_the_mean_credit_of_a_values_questions(
    tmp_path: Path, questions: tuple[Question, ...]
) -> None:
    responses = responses_of(tmp_path, questions, by_role)
    table = score(responses, questions)
    assert set(table.names) == set(OURS.system.names)
    assert table.contexts is None
    assert table.clusters is not None
    assert table.clusters.tolist() == [role.id for role in ROLES]
    question_by_id = {question.id: question for question in questions}
    found: dict[str, list[float]] = {name: [] for name in table.names}
    first = (responses.frame["role"] == ROLES[0].id).to_numpy()
    for name, logs in zip(
        responses.frame["question"][first], responses.log_probabilities[first], strict=True
    ):
        question = question_by_id[name]
        for value, credit in question.score(np.exp(logs[: len(question.options)])).items():
            found[value].append(credit)
    expected = [np.mean(found[name]) for name in table.names]
    np.testing.assert_allclose(table.scores[0], expected, atol=1e-12)


def test_a_role_that_values_one_thing_scores_on_it(tmp_path: Path) -> None:
    """A role agrees with what speaks for power, and is even about the rest."""
    question_by_text = {question.text: question for question in LIKERT}

    def weigh(request: Request) -> list[float]:
        question = question_by_text[request.messages[-1].text]
        credit = [option.credit.get("power", 0.0) for option in question.options]
        return [0.9 if each == max(credit) > 0 else 0.1 * (max(credit) == 0) for each in credit]

    table = score(responses_of(tmp_path, LIKERT, weigh), LIKERT, names=OURS.system.names)
    assert table.names == OURS.system.names
    means = dict(zip(table.names, table.scores.mean(axis=0), strict=True))
    assert means.pop("power") == pytest.approx(1.0)
    assert max(map(abs, means.values())) < 1e-12


def test_a_choice_is_all_on_the_most_probable_option(tmp_path: Path) -> None:
    every = Protocol(scale="yes-no", orders=("given",)).questions(OURS)
    questions = tuple(question for question in every if "power/for/" in question.id)
    first = responses_of(tmp_path / "first", questions, lambda request: (0.6, 0.4))
    even = responses_of(tmp_path / "even", questions)
    chosen, expected = (score(first, questions, how=how) for how in ("choice", "expected"))
    np.testing.assert_array_equal(chosen.scores, 1.0)
    np.testing.assert_allclose(expected.scores, 0.2)
    np.testing.assert_array_equal(score(even, questions, how="choice").scores, 0.0)


def test_conditions_are_contexts_and_roles_are_clusters(tmp_path: Path) -> None:
    edits = {"sae": lambda request, given: given[::-1], "": None}
    table = score(responses_of(tmp_path, LIKERT, by_role, edits=edits), LIKERT)
    assert table.contexts is not None
    assert table.contexts.tolist() == [""] * 4 + ["sae"] * 4
    assert table.clusters is not None
    assert table.clusters.tolist() == [role.id for role in ROLES] * 2
    alone = score(responses_of(tmp_path, LIKERT, by_role), LIKERT)
    np.testing.assert_array_equal(table.scores[:4], alone.scores)
    assert not np.allclose(table.scores[4:], alone.scores)


def test_the_order_of_roles_questions_and_answers_changes_no_digit(tmp_path: Path) -> None:
    one = score(responses_of(tmp_path / "one", LIKERT, by_role), LIKERT)
    two = score(
        responses_of(tmp_path / "two", LIKERT[::-1], by_role, roles=ROLES[::-1]),
        LIKERT[::-1],
        names=one.names,
    )
    assert two.digest == one.digest


def test_a_written_answer_is_read_as_it_says(tmp_path: Path) -> None:
    responses = responses_of(tmp_path, WRITTEN, write=lambda request: "Thought: …\nAnswer: yes")
    table = score(responses, WRITTEN, how="text")
    keys = [option.credit for question in WRITTEN for option in question.options[:1]]
    for place, name in enumerate(table.names):
        expected = np.mean([credit[name] for credit in keys if name in credit])
        assert table.scores[0, place] == pytest.approx(expected)


def test_what_is_unclear_is_missing_or_zero_as_published(tmp_path: Path) -> None:
    responses = responses_of(tmp_path, WRITTEN, write=a_reply)
    missing = score(responses, WRITTEN, how="text")
    zero = score(responses, WRITTEN, how="text", unclear="zero", names=missing.names)
    reasons = unread(responses, WRITTEN, how="text")
    assert set(reasons["reason"]) == {"refusal", "unclear"}
    n_read = 80 * 4 - reasons["n"].sum()
    assert 0 < n_read < 80 * 4
    assert (np.abs(zero.scores) <= np.abs(np.nan_to_num(missing.scores, nan=0.0)) + 1e-12).all()
    assert not np.array_equal(zero.scores, missing.scores)
    assert reasons["share"].sum() == pytest.approx(reasons["n"].sum() / 320)


def test_a_broken_model_is_missing_and_says_why(tmp_path: Path) -> None:
    """Hardly any mass on the options, or none that is a number: no answer, not the answer 0."""

    def weigh(request: Request) -> list[float]:
        if "person 0" in request.messages[0].text:
            return [1e-4] * len(request.options)
        if "person 1" in request.messages[0].text:
            return [np.nan] * len(request.options)
        return by_role(request)

    responses = responses_of(tmp_path, LIKERT, weigh)
    table = score(responses, LIKERT)
    assert np.isnan(table.scores[:2]).all()
    assert np.isfinite(table.scores[2:]).all()
    counts = unread(responses, LIKERT).set_index("reason")["n"].to_dict()
    assert counts == {"low mass": 160, "no probability": 160}
    assert np.isfinite(score(responses, LIKERT, least_mass=0.0).scores[0]).all()
    assert set(responses.frame["flags"]) == {"", "not finite"}


def test_what_was_not_asked_is_counted(tmp_path: Path) -> None:
    responses = responses_of(tmp_path, LIKERT[:10], roles=ROLES[:2])
    assert unread(responses, LIKERT[:10]).empty
    counts = unread(responses, LIKERT[:15]).set_index("reason")["n"].to_dict()
    assert counts == {"not asked": 10}


def test_reliability_comes_from_the_same_answers(tmp_path: Path) -> None:
    roles = [Role(f"r{place:02}", f"Person {place}") for place in range(12)]
    question_by_text = {question.text: question for question in LIKERT}

    def weigh(request: Request) -> list[float]:
        question = question_by_text[request.messages[-1].text]
        value = question.factors["item"].split("/")[0]
        level = int(request.messages[0].text.split()[1]) / 6 - 1
        return [
            np.exp(3 * level * option.credit[value]) / 100 + 0.01 for option in question.options
        ]

    edits = {"": None, "same": lambda request, given: given}
    responses = responses_of(tmp_path, LIKERT, weigh, roles=roles, edits=edits)
    answers = answers_of(responses, LIKERT)
    assert answers.raw.shape == (12, 2, 10, 8)
    found = reliability(answers)
    assert found["alpha"].min() > 0.999
    assert found["reversed_share"].tolist() == [0.5] * 10
    table = score(responses, LIKERT, names=answers.names)
    where = [place for place, name in enumerate(answers.names) if name != "self-direction"]
    np.testing.assert_allclose(
        answers.scores()[:, 0][:, where], table.scores[:12][:, where], atol=1e-12
    )


@pytest.mark.fault
def test_what_reliability_cannot_use_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="as many items"):
        answers_of(responses_of(tmp_path, LIKERT[:-2]), LIKERT)
    with pytest.raises(OptionError, match="agreed with"):
        answers_of(responses_of(tmp_path, PAIRS), PAIRS)
    whole = responses_of(tmp_path, LIKERT)
    partly = whole.where((whole.frame["role"] != "role-0") | (whole.frame["item"] != "power/for/1"))
    with pytest.raises(TableError, match="1 of 320 missing"):
        answers_of(partly, LIKERT)


@pytest.mark.fault
def test_what_cannot_be_scored_is_an_error(tmp_path: Path) -> None:
    weighed, written = responses_of(tmp_path, LIKERT), responses_of(tmp_path, WRITTEN)
    with pytest.raises(OptionError, match="how='text'"):
        score(written, WRITTEN)
    with pytest.raises(OptionError, match="how='expected'"):
        score(weighed, LIKERT, how="text")
    with pytest.raises(OptionError, match="all of them"):
        score(weighed, LIKERT[1:])
    for options in ({"how": "mean"}, {"unclear": "half"}, {"least_mass": 1.0}):
        with pytest.raises(OptionError):
            score(weighed, LIKERT, **options)  # type: ignore[arg-type]
    two = [
        Answer(bytes([place]), f"m{place}", "", "r", LIKERT[0].id, (-1.0,) * 6) for place in (0, 1)
    ]
    with pytest.raises(OptionError, match="one model"):
        score(Responses.of(two, LIKERT), LIKERT)
