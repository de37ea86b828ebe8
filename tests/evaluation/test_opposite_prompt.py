"""Steering is robust as far as it gives back what an opposite prompt takes."""

import json
from pathlib import Path

import numpy as np
import pytest
from fakes import (
    NAMES,
    QUESTIONS,
    LinearWorld,
    Registers,
    expected_credit,
    roles_of,
    system_of,
    true_scores,
)

from causalvalues.errors import OptionError, TableError
from causalvalues.evaluation.control_success import Side
from causalvalues.evaluation.opposite_prompt import (
    OppositePrompt,
    measure_opposite,
    opposite_of,
    opposite_prompt,
)
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.steering.intervention import RolePrompt, SaeFeature, Strength
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import SETTLED
from causalvalues.survey.scripted import ScriptedRespondent

WITHOUT = np.array([0.5, 0.3, 0.4, 0.6])
PROMPTED = np.array([-0.1, -0.3, 0.0, -0.2])
BOTH = np.array([0.3, 0.1, 0.1, 0.5])


def test_robustness_by_hand() -> None:
    found = opposite_prompt(WITHOUT, PROMPTED, BOTH)
    assert found.drop.value == pytest.approx((0.6 + 0.6 + 0.4 + 0.8) / 4)
    assert found.regained.value == pytest.approx((0.4 + 0.4 + 0.1 + 0.7) / 4)
    assert found.left.value == pytest.approx((-0.2 - 0.2 - 0.3 - 0.1) / 4)
    assert found.robustness.value == pytest.approx(1.6 / 2.4)
    assert found.robustness.low < 1.6 / 2.4 < found.robustness.high
    assert found.robustness.n == 4
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_lowering_is_raising_with_every_sign_turned() -> None:
    up = opposite_prompt(WITHOUT, PROMPTED, BOTH)
    assert up == opposite_prompt(-WITHOUT, -PROMPTED, -BOTH, side="lower")


def test_steering_that_does_nothing_undoes_nothing_and_that_which_restores_undoes_all() -> None:
    assert opposite_prompt(WITHOUT, PROMPTED, PROMPTED).robustness.value == 0
    restored = opposite_prompt(WITHOUT, PROMPTED, WITHOUT)
    assert (restored.robustness.value, restored.left.value) == (1, 0)
    assert opposite_prompt(WITHOUT, PROMPTED, WITHOUT + 0.3).robustness.value > 1


def test_a_prompt_that_takes_nothing_leaves_nothing_to_undo() -> None:
    for told in (WITHOUT, WITHOUT + np.array([0.2, -0.2, 0.1, -0.1]), WITHOUT + 0.3):
        found = opposite_prompt(WITHOUT, told, BOTH)
        assert "opposite prompt takes no more" in found.robustness.unscored
        assert found.drop.scored


def test_roles_that_lack_a_score_are_left_out_and_one_role_is_too_few() -> None:
    holed = opposite_prompt([*WITHOUT, np.nan, 0.9], [*PROMPTED, 0.1, np.nan], [*BOTH, 0.2, 0.3])
    assert holed == opposite_prompt(WITHOUT, PROMPTED, BOTH)
    one = opposite_prompt(WITHOUT[:1], PROMPTED[:1], BOTH[:1])
    none = opposite_prompt([np.nan], [np.nan], [np.nan])
    assert one.robustness.unscored == one.drop.unscored == "only one role is known"
    assert none.robustness.unscored == "no role is known"
    assert json.dumps(none.to_dict(), allow_nan=False)


def told(changes: object, name: str, faults: tuple[str, ...] = ()) -> EffectProfile:
    """A profile of one value."""
    found = np.array(changes, dtype=float)[:, None]
    return EffectProfile(name, ("power",), found, tuple("abcd"), 1, faults=faults)


def test_profiles_give_what_their_scores_give_and_name_what_is_broken() -> None:
    found = opposite_of(
        told(PROMPTED - WITHOUT, "prompted"), told(BOTH - WITHOUT, "both", ("broken",)), "power"
    )
    expected = opposite_prompt(WITHOUT, PROMPTED, BOTH)
    assert found.robustness.value == pytest.approx(expected.robustness.value)
    assert found.left.value == pytest.approx(expected.left.value)
    assert found.faults == ("broken",)
    with pytest.raises(OptionError, match="hold the target"):
        opposite_of(told(PROMPTED, "one"), told(BOTH, "two"), "security")


ROLES = roles_of(12)
UP = SaeFeature("registers", 0, 0, Strength(0.5))  # what self-direction is besides its causes


def asked(folder: Path, opposite: RolePrompt, target: str) -> OppositePrompt:
    """Robustness in the linear world."""
    with AnswerStore.open(folder / "answers.sqlite") as store:
        return measure_opposite(
            LinearWorld(), UP, target, system_of(), QUESTIONS, ROLES, store,
            opposite=opposite, dictionaries={"registers": Registers()}, names=NAMES,
        )  # fmt: skip


def test_what_is_settled_is_not_undone_by_steering_what_it_depends_on(tmp_path: Path) -> None:
    low = RolePrompt("settled self-direction -0.80", {"self-direction": -0.8})
    found = asked(tmp_path, low, "self-direction")
    assert found.drop.value > 0.5
    assert found.robustness.value == pytest.approx(0, abs=1e-6)


def test_what_a_prompt_takes_is_given_back_as_far_as_the_world_says(tmp_path: Path) -> None:
    found = asked(tmp_path, RolePrompt("self-direction -0.80"), "self-direction")
    place = NAMES.index("self-direction")
    plain = true_scores(ROLES)[:, place].mean()
    low, raised = (expected_credit(np.array(part)) for part in (-0.8, -0.8 + 0.5))
    assert found.drop.value == pytest.approx(plain - low)
    assert found.robustness.value == pytest.approx((raised - low) / (plain - low))
    assert 0 < found.robustness.low < found.robustness.high < 1


@pytest.mark.parametrize(("side", "grade"), [("raise", SETTLED[0]), ("lower", SETTLED[-1])])
def test_without_a_prompt_of_its_own_the_value_is_settled_far_away(
    tmp_path: Path, side: Side, grade: str
) -> None:
    scripted, also = ScriptedRespondent(), RolePrompt("Be brief.")
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = measure_opposite(
            scripted, also, "power", system_of(), QUESTIONS[:2], ROLES[:3], store, side=side,
            names=(*NAMES, "power"),
        )  # fmt: skip
    assert found.robustness.unscored == "no role is known"  # nothing was asked of power
    told = [request.messages[0].text for request in scripted.asked]
    assert sum(grade in text for text in told) == 12
    assert sum(grade in text and "Be brief." in text for text in told) == 6
    assert len(told) == 18


@pytest.mark.fault
def test_scores_of_other_roles_are_refused() -> None:
    with pytest.raises(TableError, match="same roles"):
        opposite_prompt(WITHOUT, PROMPTED[:2], BOTH)
