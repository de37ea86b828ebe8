"""What is computed together shows in the last digits: being stopped does not change even these."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest

from causalvalues.errors import Interrupted
from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.request import Request
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.survey.scripted import ScriptedRespondent

QUESTIONS = tuple(Protocol(scale="yes-no").questions(inventory("schwartz10")))[:30]
ROLES = tuple(Role(f"role-{place}", f"You are person {place}.") for place in range(10))
AT_ONCE = 4


class InCompany(ScriptedRespondent):
    """Answers that tell how many questions were asked with them; fails after some of them."""

    computes_together: ClassVar[bool] = True
    n_given = 0

    def __init__(self, fails_after: int | None = None) -> None:
        super().__init__()
        self.fails_after = fails_after

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        for place in range(len(requests)):
            if self.n_given == self.fails_after:
                raise KeyboardInterrupt
            self.n_given += 1
            yield place, (-0.5 - len(requests) / 1000, -1.0)


class Alone(InCompany):
    """The same, and it says that company does not matter."""

    computes_together = False


def kept(
    path: Path, *respondents: InCompany, questions: Sequence[Question] = QUESTIONS
) -> dict[bytes, tuple[float, ...]]:
    """Return the answers after the respondents were asked one after the other."""
    with AnswerStore.open(path) as store:
        for respondent in respondents:
            with suppress(Interrupted):
                asked = ask(respondent, questions, ROLES, store, roles_at_once=AT_ONCE)
        return {row.key: row.log_probabilities for row in store.rows(frozenset(asked.keys))}


@pytest.mark.parametrize("n_given", [1, 29, 30, 119, 120, 121, 200, 241, 270, 299])
def test_a_survey_that_was_stopped_ends_with_the_answers_of_one_that_was_not(
    n_given: int, tmp_path: Path
) -> None:
    last = InCompany()
    found = kept(tmp_path / "stopped.sqlite", InCompany(n_given), last)
    assert found == kept(tmp_path / "whole.sqlite", InCompany())
    assert last.n_given <= len(QUESTIONS) * (len(ROLES) - n_given // (30 * AT_ONCE) * AT_ONCE)


def test_stopped_more_than_once_all_the_same(tmp_path: Path) -> None:
    stops = [InCompany(n) for n in (50, 70, 1, 130, 119)]
    found = kept(tmp_path / "stopped.sqlite", *stops, InCompany())
    assert found == kept(tmp_path / "whole.sqlite", InCompany())


def test_who_answers_alone_is_asked_nothing_twice(tmp_path: Path) -> None:
    last = Alone()
    kept(tmp_path / "stopped.sqlite", Alone(130), last)
    assert last.n_given == len(QUESTIONS) * len(ROLES) - 130


def test_a_new_question_is_asked_without_the_old_ones(tmp_path: Path) -> None:
    last = InCompany()
    kept(tmp_path / "first.sqlite", InCompany(), questions=QUESTIONS[:-1])
    kept(tmp_path / "first.sqlite", last)
    assert last.n_given == len(ROLES)
