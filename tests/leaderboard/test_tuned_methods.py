"""The rung for a gain, or for a norm, is read off between rungs that were tried in good health."""

from pathlib import Path

import numpy as np
import pytest
from fakes import NAMES, QUESTIONS, LinearWorld, Registers, roles_of, true_scores
from hand_made import tuned

from causalvalues.errors import OptionError
from causalvalues.leaderboard.sheets import Sheet
from causalvalues.leaderboard.tuning import tune
from causalvalues.methods.fitted import Fitted
from causalvalues.steering.intervention import Intervention, SaeFeature
from causalvalues.steering.where import Strength
from causalvalues.survey.responses import AnswerStore


def test_a_gain_is_had_between_the_rungs_that_enclose_it() -> None:
    found = tuned([0.1, 0.2, 0.6])
    assert found.for_gain(0.2).dose == pytest.approx(2.0)
    assert found.for_gain(0.3).dose == pytest.approx(2.25)
    assert found.for_gain(0.05).dose == pytest.approx(0.5)  # rung 0 does nothing


def test_a_step_back_is_smoothed_before_a_gain_is_read_off() -> None:
    found = tuned([0.1, 0.4, 0.2, 0.6])
    assert found.for_gain(0.3).dose == pytest.approx(2.0)  # 0.4 and 0.2 are as good as 0.3 twice
    assert found.for_gain(0.2).dose == pytest.approx(1.5)


def test_a_gain_out_of_reach_says_how_much_there_is() -> None:
    reach = tuned([0.1, 0.2]).for_gain(0.3)
    assert reach.dose is None
    assert "a change of power by +0.30 was asked" in reach.reason
    assert "+0.20, at 2" in reach.reason


def test_a_gain_of_what_breaks_the_model_is_none() -> None:
    found = tuned([0.1, 0.2, 0.6], broken=[3])
    assert found.for_gain(0.2).dose == pytest.approx(2.0)
    assert not found.for_gain(0.3)
    assert "healthy" in found.for_gain(0.3).reason


def test_who_lowers_is_asked_for_a_fall() -> None:
    found = tuned([0.1, 0.5], direction="lower")
    assert found.for_gain(0.3).dose == pytest.approx(1.5)
    back = tuned([-0.1, -0.5], direction="lower").for_gain(0.3)  # its value rises instead
    assert "a change of power by -0.30 was asked" in back.reason


def test_a_norm_is_had_between_the_rungs_that_enclose_it() -> None:
    found = tuned([0.1, 0.2, 0.3], norms=[0.5, 1.0, 3.0])
    assert found.for_norm(0.5).dose == pytest.approx(1.0)
    assert found.for_norm(2.0).dose == pytest.approx(2.5)
    assert found.for_norm(0.1).dose == pytest.approx(0.2)


def test_an_edit_that_shrinks_on_the_way_has_its_norm_at_the_first_rung_that_reaches_it() -> None:
    found = tuned([0.1, 0.2, 0.3], norms=[1.0, 0.5, 2.0])
    assert found.for_norm(0.75).dose == pytest.approx(0.75)
    assert found.for_norm(1.5).dose == pytest.approx(2.5)


def test_a_norm_out_of_reach_says_how_large_the_edit_gets() -> None:
    reach = tuned([0.1, 0.2], norms=[0.5, 1.0]).for_norm(1.2)
    assert reach.dose is None
    assert "1.00 at most" in reach.reason


def test_a_norm_of_what_breaks_the_model_is_none() -> None:
    found = tuned([0.1, 0.2, 0.3], norms=[0.5, 1.0, 3.0], broken=[3])
    assert found.for_norm(1.0).dose == pytest.approx(2.0)
    assert not found.for_norm(2.0)
    assert "1.00 at most, in good health" in found.for_norm(2.0).reason


def test_a_line_has_no_norm() -> None:
    reach = tuned([0.1, 0.5], is_told=True).for_norm(1.0)
    assert reach.dose is None
    assert reach.reason == "caa raises power has no edit norm"


def test_the_strongest_rung_is_the_last_before_the_model_breaks() -> None:
    assert tuned([0.1, 0.2, 0.6]).strongest.dose == 3.0
    assert tuned([0.1, 0.2, 0.6], broken=[3]).strongest.dose == 2.0
    assert tuned([0.1, 0.2, 0.6], broken=[2]).strongest.dose == 1.0  # what lies beyond is not used
    none = tuned([0.1, 0.2], broken=[1]).strongest
    assert none.dose is None
    assert "good health" in none.reason


ROLES = roles_of(6)
SHEET = Sheet(ROLES, QUESTIONS)
DOSES = (0.1, 0.3, 0.6)


def pushed(value: str) -> Fitted:
    """A method of the linear world that adds its dose to a value's own part."""
    place = NAMES.index(value)

    def at(dose: float) -> SaeFeature:
        return SaeFeature("registers", place, 0, Strength(dose, "raw"))

    return Fitted("push", value, at, DOSES, "units")


def amounts(interventions: object) -> list[float]:
    """What stands for norms: how much is added."""
    return [each.strength.amount for each in interventions]


def test_tuning_measures_every_dose_on_the_sheet_and_asks_nothing_twice(tmp_path: Path) -> None:
    world, told = LinearWorld(), list[tuple[int, int]]()
    fitted = [pushed("stimulation"), pushed("achievement")]
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        for _ in range(2):
            found = tune(
                world, fitted, SHEET, store, names=NAMES, norms=amounts,
                dictionaries={"registers": Registers()},
                progress=lambda *at: told.append(at),
            )  # fmt: skip
            assert world.n_asked == len(store) == (2 * len(DOSES) + 1) * SHEET.n_answers
    due = len(DOSES) * SHEET.n_answers
    assert told == [(due, 2 * due), (2 * due, 2 * due)] * 2
    for each in found:
        assert each.n_answers == due
        assert each.norms == DOSES
        place = NAMES.index(each.fitted.value)
        for rung, dose in enumerate(DOSES, start=1):
            shift = dose * np.eye(len(NAMES))[place]
            moved = true_scores(ROLES, shift) - true_scores(ROLES)
            assert each.curve.at(rung).change == pytest.approx(moved.mean(axis=0), abs=1e-6)


@pytest.mark.fault
def test_a_method_that_stands_twice_is_refused(tmp_path: Path) -> None:
    def none(_: object) -> list[Intervention]:
        return []

    with (
        AnswerStore.open(tmp_path / "answers.sqlite") as store,
        pytest.raises(OptionError, match="tuned once for each value"),
    ):
        tune(
            LinearWorld(), [pushed("hedonism")] * 2, SHEET, store,
            names=NAMES, norms=none,
        )  # fmt: skip
