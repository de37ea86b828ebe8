"""Responses are one table whatever the order, and come back from Parquet as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalvalues.errors import FileError, OptionError, TableError
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.response_table import Responses

OURS = inventory("schwartz10")
QUESTIONS = (
    *list(Protocol(scale="yes-no").questions(OURS))[:3],
    *list(Protocol().questions(OURS))[:3],
    *list(Protocol.preset("kang2025").questions(OURS))[:2],
)


def some_answers() -> list[Answer]:
    """Answers of two models by three roles, weighed and written."""
    rng = np.random.default_rng(4)
    answers = []
    for model in ("one", "two"):
        for role in ("b", "a", "c"):
            for question in QUESTIONS:
                logs = np.log(rng.dirichlet(np.ones(len(question.options))))
                answer = Answer(b"", model, "", role, question.id, tuple(logs.tolist()))
                if question.generate:
                    answer = replace(answer, log_probabilities=(), text=f"Answer: {role}")
                answers.append(replace(answer, key=rng.bytes(32)))
    return answers


def assert_same(one: Responses, two: Responses) -> None:
    pd.testing.assert_frame_equal(one.frame, two.frame)
    np.testing.assert_array_equal(one.log_probabilities, two.log_probabilities)


def test_the_same_answers_make_the_same_table_in_any_order() -> None:
    answers = some_answers()
    whole = Responses.of(answers, QUESTIONS)
    assert len(whole) == 48
    assert list(whole.frame["role"].unique()) == ["a", "b", "c"]
    shuffled = [answers[place] for place in np.random.default_rng(1).permutation(48)]
    assert_same(Responses.of(shuffled, QUESTIONS[::-1]), whole)


def test_every_row_says_what_it_was_about() -> None:
    responses = Responses.of(some_answers(), QUESTIONS)
    question_by_id = {question.id: question for question in QUESTIONS}
    for _, row in responses.frame.iterrows():
        factors = question_by_id[row["question"]].factors
        assert {name: row[name] for name in factors} == dict(factors)


def test_parquet_gives_the_same_responses_back(tmp_path: Path) -> None:
    answers = some_answers()
    odd = replace(answers[0], log_probabilities=(float("-inf"), 0.0), flags="odd")
    responses = Responses.of([odd, *answers[1:]], QUESTIONS)
    path = responses.to_parquet(tmp_path / "run" / "responses.parquet")
    assert_same(Responses.from_parquet(path), responses)
    again = responses.to_parquet(tmp_path / "again.parquet")
    assert again.read_bytes() == path.read_bytes()


def test_texts_alone_and_one_answer_survive_parquet(tmp_path: Path) -> None:
    for keep in ("written", "weighed", "one"):
        answers = [
            a for a in some_answers() if keep == "one" or (a.text is None) == (keep == "weighed")
        ]
        responses = Responses.of(answers[:1] if keep == "one" else answers, QUESTIONS)
        assert_same(Responses.from_parquet(responses.to_parquet(tmp_path / keep)), responses)


def test_a_mask_keeps_some_answers() -> None:
    responses = Responses.of(some_answers(), QUESTIONS)
    one = responses.where((responses.frame["model"] == "one").to_numpy())
    assert len(one) == 24
    assert list(one.frame["model"].cat.categories) == ["one"]
    assert sorted(place for _, places in one.by_question() for place in places) == list(range(24))


def test_a_table_that_is_given_stays_as_it_is() -> None:
    responses = Responses.of(some_answers(), QUESTIONS)
    with pytest.raises(ValueError, match="read-only"):
        responses.log_probabilities[0, 0] = 0.0


@pytest.mark.fault
def test_two_answers_to_one_thing_are_refused() -> None:
    answers = some_answers()
    reworded = replace(answers[0], key=b"other", log_probabilities=(0.0, -1.0))
    with pytest.raises(OptionError, match="answers of one survey"):
        Responses.of([*answers, reworded], QUESTIONS)


@pytest.mark.fault
def test_what_is_no_table_of_responses_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="all of them"):
        Responses.of(some_answers(), QUESTIONS[1:])
    with pytest.raises(TableError, match="one answer or more"):
        Responses.of([], QUESTIONS)
    absent, garbage, other = (tmp_path / name for name in ("absent", "garbage", "other"))
    garbage.write_bytes(b"PAR1 and then nothing")
    pd.DataFrame({"model": ["a"]}).to_parquet(other)
    for path in (absent, garbage, other, tmp_path):
        with pytest.raises(FileError, match="Responses were expected"):
            Responses.from_parquet(path)


@pytest.mark.fault
def test_a_flipped_byte_in_parquet_never_ends_in_a_stack_trace(tmp_path: Path) -> None:
    responses = Responses.of(some_answers(), QUESTIONS)
    path = responses.to_parquet(tmp_path / "responses.parquet")
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    for place in rng.integers(0, len(whole), 150):
        content = bytearray(whole)
        content[place] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        try:
            found = Responses.from_parquet(path)
        except FileError:
            continue
        assert_same(found, responses)  # the byte held no answer
