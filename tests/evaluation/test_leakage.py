"""What leaks from a steered value, by hand, and where nothing can be said of it."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from causalvalues.errors import OptionError
from causalvalues.evaluation.leakage import leakage
from causalvalues.evaluation.leakage_distance import leakage_by_distance, steps_between
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.values import schwartz10, value_system

Floats = NDArray[np.float64]
SYSTEM = schwartz10()
NAMES = SYSTEM.names
ANGLES = np.radians([value.angle_in_degrees or 0.0 for value in SYSTEM.values])
#                 SD   ST    HE   AC   PO   SE   CO   TR    BE   UN
CHANGES = np.array([0.4, 0.2, 0.1, 0.0, 0.0, 0.0, -0.1, 0.0, 0.1, 0.0])


def profile(
    changes: Floats, *, n_roles: int = 8, noise: float = 0.0, names: tuple[str, ...] = NAMES
) -> EffectProfile:
    """Roles that change by the same on average."""
    rng = np.random.default_rng(0)
    scatter = rng.normal(0, noise, (n_roles, len(names))) if noise else np.zeros((n_roles, 1))
    differences = changes + (scatter - scatter.mean(axis=0))
    return EffectProfile("p", names, differences, tuple(f"r{i}" for i in range(n_roles)), 1)


def test_the_three_numbers_by_hand() -> None:
    found = leakage(profile(CHANGES), "self-direction", SYSTEM)
    assert found.gain.value == pytest.approx(0.4)
    assert found.leakage_ratio.value == pytest.approx((0.2 + 0.1 + 0.1 + 0.1) / 9 / 0.4)
    assert found.out_of_group_share.value == pytest.approx(0.1 / (0.2 + 0.1 + 0.1))
    assert found.share_if_even == pytest.approx(7 / 9)
    near = np.cos(ANGLES)
    assert found.circumplex_fit.value == pytest.approx(pearsonr(CHANGES[1:], near[1:])[0])
    assert found.circumplex_fit_with_target.value == pytest.approx(pearsonr(CHANGES, near)[0])
    assert found.left_out == ()
    assert found.ratio_by_noise == pytest.approx(0, abs=1e-12)


def test_lowering_a_value_leaks_as_raising_it_does() -> None:
    up, down = (leakage(profile(sign * CHANGES), "self-direction", SYSTEM) for sign in (1, -1))
    assert down.gain.value == pytest.approx(-up.gain.value)
    for name in ("leakage_ratio", "out_of_group_share", "circumplex_fit"):
        assert getattr(up, name).value == pytest.approx(getattr(down, name).value)


def test_a_change_shaped_as_the_circle_fits_it_whatever_the_target() -> None:
    for place, target in enumerate(NAMES):
        found = leakage(profile(0.3 * np.cos(ANGLES - ANGLES[place])), target, SYSTEM)
        assert found.circumplex_fit.value == pytest.approx(1.0)
        turned = 0.3 * (np.arange(10) == place) - 0.1 * np.cos(ANGLES - ANGLES[place])
        away = leakage(profile(turned), target, SYSTEM)
        assert away.circumplex_fit.value == pytest.approx(-1.0)


def test_intervals_hold_the_numbers_and_narrow_with_more_roles() -> None:
    few, many = (
        leakage(profile(CHANGES, n_roles=n, noise=0.15), "self-direction", SYSTEM)
        for n in (10, 400)
    )
    for name in ("gain", "leakage_ratio", "out_of_group_share", "circumplex_fit"):
        one, two = getattr(few, name), getattr(many, name)
        assert one.low < one.value < one.high
        assert two.high - two.low < one.high - one.low
    assert few.ratio_by_noise > many.ratio_by_noise > 0
    assert few == leakage(profile(CHANGES, n_roles=10, noise=0.15), "self-direction", SYSTEM)


def test_noise_alone_gives_the_ratio_that_is_told_beside_it() -> None:
    rng = np.random.default_rng(5)
    ratios, told = [], []
    for _ in range(60):
        differences = rng.normal(0, 0.2, (20, 10))
        differences[:, 0] += 0.5
        roles = tuple(f"r{i}" for i in range(20))
        found = leakage(
            EffectProfile("p", NAMES, differences, roles, 1), NAMES[0], SYSTEM, n_resamples=10
        )
        ratios.append(found.leakage_ratio.value)
        told.append(found.ratio_by_noise)
    assert np.mean(ratios) == pytest.approx(np.mean(told), rel=0.05)


def test_a_value_that_was_not_asked_is_left_out_and_named() -> None:
    holed = CHANGES.copy()
    holed[[1, 9]] = np.nan
    found = leakage(profile(holed), "self-direction", SYSTEM)
    assert found.left_out == ("stimulation", "universalism")
    assert found.leakage_ratio.value == pytest.approx(0.3 / 7 / 0.4)
    assert found.out_of_group_share.value == pytest.approx(0.5)


def test_a_target_that_hardly_moved_leaves_leakage_unscored() -> None:
    still = CHANGES.copy()
    still[0] = 0.0
    for changes, noise in ((still, 0.3), (np.zeros(10), 0.0)):
        found = leakage(profile(changes, noise=noise), "self-direction", SYSTEM)
        for name in ("leakage_ratio", "out_of_group_share", "circumplex_fit"):
            assert "standard errors" in getattr(found, name).unscored
            assert np.isnan(getattr(found, name).value)
        assert np.isnan(found.ratio_by_noise)
        assert found.gain.scored


def test_what_cannot_be_told_says_why() -> None:
    alone = np.where(np.arange(10) == 0, 0.4, 0.0)
    assert "nothing leaked" in leakage(profile(alone), NAMES[0], SYSTEM).out_of_group_share.unscored
    assert leakage(profile(alone), NAMES[0], SYSTEM).leakage_ratio.value == 0
    assert "do not differ" in leakage(profile(alone), NAMES[0], SYSTEM).circumplex_fit.unscored
    one = leakage(profile(CHANGES, n_roles=1), NAMES[0], SYSTEM)
    assert {one.gain.unscored, one.leakage_ratio.unscored} == {"only one role is known"}
    unasked = leakage(profile(np.where(np.arange(10) == 0, np.nan, 0.1)), NAMES[0], SYSTEM)
    assert unasked.leakage_ratio.unscored == "the target was not asked"
    only = leakage(profile(np.where(np.arange(10) == 0, 0.4, np.nan)), NAMES[0], SYSTEM)
    assert only.leakage_ratio.unscored == "no other value was asked"
    apart = leakage(profile(np.array([0.4, 0.1]), names=(NAMES[0], NAMES[4])), NAMES[0], SYSTEM)
    assert "of the target's group" in apart.out_of_group_share.unscored
    assert "fewer than 3" in apart.circumplex_fit.unscored
    kang = value_system("kang17")
    flat = leakage(profile(np.linspace(0.1, 0.5, 17), names=kang.names), kang.names[0], kang)
    assert "no higher-order group" in flat.out_of_group_share.unscored
    assert "no places on a circle" in flat.circumplex_fit.unscored


def test_leakage_goes_to_json() -> None:
    for changes in (CHANGES, np.zeros(10)):
        whole = leakage(profile(changes), "self-direction", SYSTEM)
        again = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
        assert again["target"] == "self-direction"
        assert again["circumplex_fit"] == whole.circumplex_fit.to_dict()
    by_distance = leakage_by_distance(profile(CHANGES), "self-direction", SYSTEM)
    assert json.dumps(by_distance.to_dict(), allow_nan=False)


def test_steps_go_the_shorter_way_round_and_one_wedge_is_one_place() -> None:
    assert steps_between(SYSTEM, list(NAMES), "self-direction").tolist() == [
        0, 1, 2, 3, 4, 4, 3, 3, 2, 1,
    ]  # fmt: skip
    assert steps_between(SYSTEM, ["tradition"], "conformity").tolist() == [0]
    assert np.isnan(steps_between(value_system("kang17"), ["Social"], "Economic")).all()


def test_leakage_by_distance_by_hand() -> None:
    found = leakage_by_distance(profile(CHANGES), "self-direction", SYSTEM)
    expected = {1: 0.1 / 0.4, 2: 0.1 / 0.4, 3: 0.1 / 3 / 0.4, 4: 0.0}
    assert {step: each.value for step, each in found.at_step.items()} == pytest.approx(expected)
    assert found.n_values == {1: 2, 2: 2, 3: 3, 4: 2}
    steps = steps_between(SYSTEM, list(NAMES[1:]), "self-direction")
    assert found.fall.value == pytest.approx(spearmanr(np.abs(CHANGES[1:]), steps)[0])
    signed = leakage_by_distance(profile(CHANGES), "self-direction", SYSTEM, signed=True)
    assert signed.at_step[3].value == pytest.approx(-0.1 / 3 / 0.4)
    assert signed.fall.value == pytest.approx(spearmanr(CHANGES[1:], steps)[0])


def test_leakage_by_distance_says_why_it_is_missing() -> None:
    still = leakage_by_distance(profile(np.zeros(10)), "power", SYSTEM)
    assert "standard errors" in still.fall.unscored
    assert "standard errors" in still.at_step[1].unscored
    kang = value_system("kang17")
    flat = leakage_by_distance(
        profile(np.linspace(0.1, 0.5, 17), names=kang.names), kang.names[0], kang
    )
    assert flat.at_step == {}
    assert "no places" in flat.fall.unscored
    even = leakage_by_distance(profile(np.full(10, 0.2)), "power", SYSTEM)
    assert even.at_step[1].value == pytest.approx(1.0)
    assert "do not differ" in even.fall.unscored


@pytest.mark.fault
def test_values_of_another_system_are_refused() -> None:
    with pytest.raises(OptionError, match="values of schwartz10"):
        leakage(profile(np.ones(2), names=("Social", "Economic")), "Social", SYSTEM)
    with pytest.raises(OptionError, match="values of schwartz10"):
        leakage(profile(np.ones(2), names=NAMES[:2]), "power", SYSTEM)
