"""Success is counted answer by answer, role by role, on the side that was asked for."""

import json
from pathlib import Path

import numpy as np
import pytest
from fakes import QUESTIONS, LinearWorld, Registers, roles_of
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.control_success import control_success
from causalvalues.evaluation.surveying import survey_under
from causalvalues.steering.intervention import SaeFeature, Strength
from causalvalues.survey.protocol import Option, Question
from causalvalues.survey.responses import AnswerStore

Floats = NDArray[np.float64]


def question(place: int, value: str, key: int) -> Question:
    """A question of two options."""
    options = (Option("A", "yes", {value: 1.0 * key}), Option("B", "no", {value: -1.0 * key}))
    return Question(f"q{place}", f"Is it so, in case {place}?", options)


# Two questions for warmth, one against it, one on something else.
ASKED = (
    question(0, "warmth", 1),
    question(1, "warmth", 1),
    question(2, "warmth", -1),
    question(3, "order", 1),
)


def answered(before: object, after: object) -> Answered:
    """A survey whose roles × questions say yes with these probabilities."""
    yes = np.array([before, after], dtype=float)
    shares = np.stack([yes, 1 - yes], axis=-1)
    roles = tuple(f"r{place}" for place in range(yes.shape[1]))
    mass = np.where(np.isnan(yes), 0.0, 1.0)
    return Answered(("", "up"), roles, ASKED, ("warmth", "order"), shares, mass)


BEFORE = [[0.9, 0.2, 0.3, 0.1], [0.2, 0.2, 0.8, 0.9], [0.5, 0.1, 0.2, 0.5]]
AFTER = [[0.9, 0.8, 0.8, 0.9], [0.9, 0.2, 0.1, 0.9], [0.9, 0.9, 0.1, 0.5]]


def test_success_by_hand() -> None:
    found = control_success(answered(BEFORE, AFTER), "up", "warmth")
    # towards warmth before: r0 yes no yes, r1 no no no, r2 neither no yes
    assert found.leaning_before.value == pytest.approx(3 / 9)
    # after: r0 yes yes no, r1 yes no yes, r2 yes yes yes
    assert found.leaning.value == pytest.approx(7 / 9)
    # another side: r0 gains one and loses one, r1 gains two, r2 gains two
    assert found.of_changed.value == pytest.approx(5 / 6)
    # not there before: r0 one of one, r1 two of three, r2 two of two
    assert found.converted.value == pytest.approx(5 / 6)
    gains = np.array([[0, 1.2, -1.0], [1.4, 0, 1.4], [0.8, 1.6, 0.2]]).mean(axis=1)
    assert found.gain.value == pytest.approx(gains.mean())
    assert found.gain.n == found.leaning.n == 3
    assert found.unread == 0
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_lowering_is_raising_the_other_way_round() -> None:
    up = control_success(answered(BEFORE, AFTER), "up", "warmth")
    mirrored = [1 - np.array(each) for each in (BEFORE, AFTER)]
    down = control_success(answered(*mirrored), "up", "warmth", side="lower")
    for name in ("gain", "leaning", "leaning_before", "of_changed", "converted"):
        assert getattr(up, name).value == pytest.approx(getattr(down, name).value)


def test_an_answer_that_was_read_once_does_not_count() -> None:
    holed = np.array(AFTER)
    holed[0, 1] = np.nan
    found = control_success(answered(BEFORE, holed), "up", "warmth")
    assert found.leaning.value == pytest.approx(6 / 8)
    assert found.of_changed.value == pytest.approx(4 / 5)
    assert found.unread == pytest.approx(1 / 9)


def test_what_nobody_could_show_is_unscored() -> None:
    still = control_success(answered(BEFORE, BEFORE), "up", "warmth")
    assert still.gain.value == 0
    assert "another side" in still.of_changed.unscored
    assert still.converted.value == 0
    full = np.array([[0.9, 0.9, 0.1, 0.5]] * 3)
    assert "before" in control_success(answered(full, full), "up", "warmth").converted.unscored
    unread = control_success(answered(np.full((3, 4), np.nan), AFTER), "up", "warmth")
    assert "read both times" in unread.leaning.unscored
    assert unread.unread == 1
    assert "no role" in unread.gain.unscored
    one = control_success(answered(BEFORE[:1], AFTER[:1]), "up", "warmth")
    assert {one.gain.unscored, one.leaning.unscored} == {"only one role is known"}
    assert json.dumps(unread.to_dict(), allow_nan=False)


def test_answers_that_are_merely_stirred_change_to_either_side_alike() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.random((2, 4000, 4))
    found = control_success(answered(before, after), "up", "warmth")
    assert found.of_changed.low < 0.5 < found.of_changed.high
    assert found.of_changed.high - found.of_changed.low < 0.05


def test_a_survey_of_a_steered_world_succeeds_for_what_it_steers(tmp_path: Path) -> None:
    roles = roles_of(12)
    up = SaeFeature("registers", 0, 0, Strength(3.0))
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        responses = survey_under(
            LinearWorld(), {"up": up}, QUESTIONS, roles, store,
            dictionaries={"registers": Registers()},
        )  # fmt: skip
    survey = Answered.of(responses, QUESTIONS, roles)
    target = control_success(survey, "up", "self-direction")
    other = control_success(survey, "up", "achievement")
    assert target.leaning.value == 1.0
    assert target.leaning.low < 1.0  # of twelve roles, not of all there are
    assert target.converted.value == 1.0
    assert other.leaning == other.leaning_before
    assert "another side" in other.of_changed.unscored


@pytest.mark.fault
def test_a_target_or_side_that_is_none_is_refused() -> None:
    with pytest.raises(OptionError, match="side"):
        control_success(answered(BEFORE, AFTER), "up", "warmth", side="up")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="asked of"):
        control_success(answered(BEFORE, AFTER), "up", "power")
    with pytest.raises(OptionError, match="condition"):
        control_success(answered(BEFORE, AFTER), "down", "warmth")
