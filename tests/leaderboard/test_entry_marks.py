"""The marks of an entry, by hand: what moved, what leaked, and what was to be expected of it."""

from dataclasses import replace

import numpy as np
import pytest
from hand_made import edit, tuned

from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.estimate import Estimate
from causalvalues.evaluation.measure import profile_of
from causalvalues.leaderboard.marks import Marks, Reference, row_of, survey_marks
from causalvalues.methods.fitted import Direction
from causalvalues.survey.protocol import Option, Question
from causalvalues.values import schwartz10

NAMES = ("power", "achievement", "security", "universalism")
BEFORE = np.array([0.4, 0.5, 0.5, 0.5])  # probability of yes to one question of each value
AFTER = np.array([0.6, 0.55, 0.4, 0.525])  # so power + .4, achievement + .1, and so on
CHANGES = np.array([0.4, 0.1, -0.2, 0.05])
EFFECTS = np.eye(4)
EFFECTS[0] = [1.0, 0.3, -0.4, 0.01]  # the last is too small to count as an effect
REFERENCE = Reference(schwartz10(), names=NAMES, planted=EFFECTS, found=EFFECTS)


def question(value: str) -> Question:
    """A question of two options about a value."""
    options = (Option("A", "yes", {value: 1.0}), Option("B", "no", {value: -1.0}))
    return Question(value, f"Do you hold with {value}?", options)


def answered(before: np.ndarray, after: np.ndarray, asked: tuple[str, ...] = NAMES) -> Answered:
    """A survey of four roles, who say yes with some probabilities."""
    places = [NAMES.index(name) for name in asked]
    yes = np.broadcast_to(np.stack([before, after])[:, None], (2, 4, 4))[..., places]
    shares = np.stack([yes, 1 - yes], axis=-1)
    questions = tuple(question(name) for name in asked)
    return Answered(("", "up"), tuple("pqrs"), questions, NAMES, shares, np.ones(yes.shape))


def marks_of(
    survey: Answered,
    *,
    direction: Direction = "raise",
    value: str = "power",
    reference: Reference = REFERENCE,
) -> Marks:
    """The marks of some method, asked for a gain of .3."""
    fitted = tuned([0.3], direction=direction, value=value).fitted
    return survey_marks(
        fitted, survey, profile_of(survey, "up", edit(1.0)), reference, asked_gain=0.3
    )


def test_gain_and_collateral_by_hand() -> None:
    found = marks_of(answered(BEFORE, AFTER))
    assert found["gain"].value == pytest.approx(0.4)
    assert found["collateral"].value == pytest.approx((0.1 + 0.2 + 0.05) / 3)
    assert found["at_gain"].value == pytest.approx((0.1 + 0.2 + 0.05) / 3 * 0.3 / 0.4)
    assert found["leakage_ratio"].value == pytest.approx((0.1 + 0.2 + 0.05) / 3 / 0.4)


def test_answers_lean_and_are_converted() -> None:
    found = marks_of(answered(BEFORE, AFTER))
    assert found["leaning_before"].value == 0
    assert found["leaning"].value == found["converted"].value == 1


def test_changes_are_held_against_what_was_planted_and_what_was_found() -> None:
    r = np.corrcoef(CHANGES, EFFECTS[0])[0, 1]
    found = marks_of(answered(BEFORE, AFTER))
    assert found["truth_r"].value == pytest.approx(r)
    assert found["graph_r"].value == pytest.approx(r)
    other = replace(REFERENCE, found=EFFECTS[::-1, ::-1])
    found = marks_of(answered(BEFORE, AFTER), reference=other)
    assert found["truth_r"].value == pytest.approx(r)
    assert found["graph_r"].value == pytest.approx(np.corrcoef(CHANGES, [1, 0, 0, 0])[0, 1])


def test_what_lies_downstream_in_the_graph_is_expected_and_the_rest_is_not() -> None:
    found = marks_of(answered(BEFORE, AFTER))
    assert found["expected"].value == pytest.approx((0.1 + 0.2) / 2)
    assert found["unexpected"].value == pytest.approx(0.05)


def test_where_nothing_lies_downstream_nothing_was_expected() -> None:
    found = marks_of(answered(BEFORE, AFTER), reference=replace(REFERENCE, found=np.eye(4)))
    assert not found["expected"].scored
    assert found["unexpected"].value == found["collateral"].value


def test_without_a_truth_or_a_graph_nothing_is_said_of_them() -> None:
    found = marks_of(answered(BEFORE, AFTER), reference=Reference(schwartz10(), names=NAMES))
    assert set(found) == {
        "gain", "leaning", "leaning_before", "converted", "collateral", "at_gain",
        "leakage_ratio", "out_of_group_share", "circumplex_fit",
    }  # fmt: skip


def test_lowering_counts_towards_the_asked_side() -> None:
    up = marks_of(answered(BEFORE, AFTER))
    down = marks_of(answered(1 - BEFORE, 1 - AFTER), direction="lower")
    assert set(up) == set(down)
    for name, mark in up.items():
        assert down[name].value == pytest.approx(mark.value), name


def test_a_target_that_went_the_other_way_has_no_collateral_at_the_gain() -> None:
    found = marks_of(answered(BEFORE, AFTER), direction="lower")
    assert found["gain"].value == pytest.approx(-0.4)
    assert not found["at_gain"].scored
    assert found["collateral"].value == pytest.approx((0.1 + 0.2 + 0.05) / 3)
    assert found["truth_r"].value == pytest.approx(-np.corrcoef(CHANGES, EFFECTS[0])[0, 1])


def test_a_value_that_was_not_asked_counts_nowhere() -> None:
    found = marks_of(answered(BEFORE, AFTER, NAMES[:3]))
    assert found["collateral"].value == pytest.approx((0.1 + 0.2) / 2)
    assert found["at_gain"].value == pytest.approx((0.1 + 0.2) / 2 * 0.3 / 0.4)
    assert found["truth_r"].value == pytest.approx(np.corrcoef(CHANGES[:3], EFFECTS[0, :3])[0, 1])
    assert not found["unexpected"].scored


def test_every_mark_has_its_interval_in_a_row() -> None:
    row = row_of({"gain": Estimate(0.3, 0.2, 0.4, 9), "leak": Estimate.without("no gain")})
    assert {name: row[name] for name in ("gain", "gain_low", "gain_high")} == {
        "gain": 0.3, "gain_low": 0.2, "gain_high": 0.4,
    }  # fmt: skip
    assert np.isnan([row["leak"], row["leak_low"], row["leak_high"]]).all()


def test_values_are_those_of_the_system_where_none_are_named() -> None:
    assert Reference(schwartz10()).names == schwartz10().names


@pytest.mark.fault
def test_effects_of_other_values_are_refused() -> None:
    with pytest.raises(OptionError, match="Effects of 10 values"):
        Reference(schwartz10(), planted=EFFECTS)
    with pytest.raises(OptionError, match="3 × 4"):
        Reference(schwartz10(), names=NAMES, found=EFFECTS[:3])
