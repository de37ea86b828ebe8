"""A place of the ladder is a dose: whole rungs, between two of them, and below the first."""

import math
from dataclasses import replace

import numpy as np
import pytest

from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Fitted
from causalvalues.steering.intervention import Combined, RolePrompt, ValueVector
from causalvalues.steering.where import Strength

ONES = {0: np.ones(4, dtype=np.float32)}


def vector_of(dose: float) -> ValueVector:
    """A vector whose strength is the dose."""
    return ValueVector("v", ONES, Strength(dose))


def line_of(dose: float) -> RolePrompt:
    """A line that says the dose."""
    return RolePrompt(f"This matters to you by {dose:g}.")


LINEAR = Fitted("caa", "power", vector_of, (0.5, 1.0, 4.0), "α")
LOGIT = Fitted("conva", "power", vector_of, (0.6, 0.9, 0.99), "P₀", scale="logit")
STEPS = Fitted("prompt", "power", line_of, (0.4, 0.8), "level", scale="steps")


def logit(probability: float) -> float:
    """log p / (1 − p)."""
    return math.log(probability / (1 - probability))


@pytest.mark.parametrize("fitted", [LINEAR, LOGIT, STEPS])
def test_a_whole_rung_is_a_dose(fitted: Fitted) -> None:
    for place, dose in enumerate(fitted.doses, start=1):
        assert fitted.dose_on(place) == dose
        assert fitted.on_rung(place) == fitted.at(dose) or (
            fitted.on_rung(place).strength.amount == dose
        )


def test_between_two_rungs_doses_go_in_a_straight_line() -> None:
    assert LINEAR.dose_on(1.5) == pytest.approx(0.75)
    assert LINEAR.dose_on(2.25) == pytest.approx(1.75)
    assert LINEAR.on_rung(2.25).strength.amount == pytest.approx(1.75)


def test_between_two_probabilities_it_is_their_logits_that_go_in_a_straight_line() -> None:
    assert logit(LOGIT.dose_on(1.5)) == pytest.approx((logit(0.6) + logit(0.9)) / 2)
    assert logit(LOGIT.dose_on(2.9)) == pytest.approx(0.1 * logit(0.9) + 0.9 * logit(0.99))


@pytest.mark.parametrize("fitted", [LINEAR, LOGIT])
def test_a_higher_place_is_a_higher_dose(fitted: Fitted) -> None:
    doses = [fitted.dose_on(rung) for rung in np.linspace(1, 3, 41)]
    assert doses == sorted(set(doses))


@pytest.mark.parametrize("fitted", [LINEAR, LOGIT])
def test_below_the_first_rung_it_is_given_in_part(fitted: Fitted) -> None:
    found = fitted.on_rung(0.25)
    assert found.strength.amount == fitted.doses[0]
    assert found.share == 0.25


def test_all_parts_of_a_combination_are_given_in_part() -> None:
    both = replace(LINEAR, at=lambda dose: Combined((vector_of(dose), vector_of(2 * dose))))
    assert [part.share for part in both.on_rung(0.5).parts] == [0.5, 0.5]


def test_between_two_lines_the_nearest_is_told() -> None:
    told = [STEPS.on_rung(rung) for rung in (0.2, 0.9, 1.4, 1.6, 2.0)]
    assert told == [line_of(dose) for dose in (0.4, 0.4, 0.4, 0.8, 0.8)]
    assert [STEPS.dose_on(rung) for rung in (0.2, 1.4, 1.6)] == [0.4, 0.4, 0.8]


@pytest.mark.parametrize("fitted", [LINEAR, LOGIT, STEPS])
def test_at_rung_nothing_nothing_is_done(fitted: Fitted) -> None:
    assert fitted.on_rung(0).share == 0


def test_a_ladder_of_one_dose_has_one_rung() -> None:
    one = replace(LINEAR, doses=(2.0,))
    assert one.on_rung(1).strength.amount == 2.0
    with pytest.raises(OptionError, match="from 0 to 1"):
        one.on_rung(1.01)


@pytest.mark.fault
@pytest.mark.parametrize("rung", [-0.1, 3.01, math.nan, math.inf])
def test_a_place_off_the_ladder_is_named(rung: float) -> None:
    with pytest.raises(OptionError, match="caa raises power has rungs from 0 to 3"):
        LINEAR.on_rung(rung)


@pytest.mark.fault
def test_below_the_first_rung_there_is_no_dose() -> None:
    for rung in (0.5, 3.5, math.nan):
        with pytest.raises(OptionError, match="from 0 to 3, doses from 1 on"):
            LINEAR.dose_on(rung)


@pytest.mark.fault
@pytest.mark.parametrize("doses", [(), (2.0, 1.0), (1.0, 1.0)])
def test_doses_that_do_not_rise_are_refused(doses: tuple[float, ...]) -> None:
    with pytest.raises(OptionError, match="weak to strong"):
        replace(LINEAR, doses=doses)


def test_its_name_says_what_it_does_and_lines_are_told() -> None:
    assert replace(LINEAR, direction="lower").name == "caa lowers power"
    assert (STEPS.is_told, LINEAR.is_told) == (True, False)
