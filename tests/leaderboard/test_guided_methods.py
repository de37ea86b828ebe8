"""Plans among one method's interventions: in a chain a → b → c, what follows from a is undone."""

from dataclasses import replace

import numpy as np
import pytest
from hand_made import tuned
from moved_worlds import CHAIN, totals_of, true_propagation

from causalvalues.leaderboard.entries import entries_of
from causalvalues.leaderboard.guided import Guidance, Guided, plans_of
from causalvalues.leaderboard.tuning import Tuned
from causalvalues.methods.fitted import Direction
from causalvalues.steering.intervention import Intervention, ValueVector, parts_of

NAMES, GAIN, PER_DOSE = ("a", "b", "c"), 0.3, 0.015
PROPAGATION = true_propagation(CHAIN)


def method(
    value: str, direction: Direction = "raise", *, gains: tuple[float, ...] = (0.15, 0.3, 0.45)
) -> Tuned:
    """A method that shifts one value itself; the others follow as the chain has it."""
    row = totals_of(CHAIN)[NAMES.index(value)]
    sign = 1 if direction == "raise" else -1
    follows = {name: sign * row[place] for place, name in enumerate(NAMES) if name != value}
    return tuned(gains, value=value, direction=direction, others=follows, names=NAMES)


EVERY = [method(value, side) for value in NAMES for side in ("raise", "lower")]


def changes(intervention: Intervention | None) -> np.ndarray:
    """What an intervention truly does: each vector shifts its own value, and the rest follows."""
    direct = np.zeros(3)
    for part in parts_of(intervention):
        assert isinstance(part, ValueVector)
        side, value = part.name.split()
        amount = PER_DOSE * part.strength.amount * part.share
        direct[NAMES.index(value)] += amount if side == "raise" else -amount
    return direct @ totals_of(CHAIN)


def collateral(intervention: Intervention | None) -> float:
    """Mean |change| of b and c."""
    return float(np.abs(changes(intervention)[1:]).mean())


def of(plans: list[Guided], target: str, guidance: Guidance) -> Guided:
    """One plan among some."""
    (found,) = [each for each in plans if (each.target, each.guidance) == (target, guidance)]
    return found


def test_a_side_effect_that_another_intervention_undoes_is_undone() -> None:
    alone = next(each for each in entries_of(EVERY, gain=GAIN) if each.comparison == "equal gain")
    plans = plans_of(EVERY, PROPAGATION, gain=GAIN, targets=["a"])
    assert changes(alone.intervention) == pytest.approx([0.3, 0.18, 0.108])
    for guidance in ("measured", "guided"):
        found = of(plans, "a", guidance).intervention
        assert changes(found)[0] == pytest.approx(GAIN, abs=0.02)
        assert collateral(found) < 0.1 * collateral(alone.intervention)


def test_there_is_a_plan_for_each_target_with_the_graph_and_without() -> None:
    plans = plans_of(EVERY, PROPAGATION, gain=GAIN, targets=NAMES)
    assert [each.name for each in plans] == [
        f"caa raises {target}, {guidance}"
        for target in NAMES
        for guidance in ("measured", "guided")
    ]
    for each in plans:
        assert not each.missed
        assert changes(each.intervention)[NAMES.index(each.target)] > GAIN - 0.02


def noisy(each: Tuned, rng: np.random.Generator, *, sd: float = 0.1) -> Tuned:
    """The same method as few roles would show it, each with its own error."""
    profiles = tuple(
        replace(one, differences=one.differences + sd * rng.standard_normal(one.differences.shape))
        for one in each.curve.profiles
    )
    return replace(each, curve=replace(each.curve, profiles=profiles))


def test_the_graph_tells_what_noise_hides() -> None:
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {"measured": [], "guided": []}
    for _ in range(6):
        seen = [noisy(each, rng) for each in EVERY]
        for made in plans_of(seen, PROPAGATION, gain=GAIN, targets=["a"]):
            at_gain = GAIN / changes(made.intervention)[0]
            found[made.guidance].append(collateral(made.intervention) * at_gain)
    assert np.mean(found["guided"]) < np.mean(found["measured"])


def test_a_gain_out_of_reach_is_said_for_each_plan() -> None:
    weak = [
        method(value, side, gains=(0.02, 0.05)) for value in NAMES for side in ("raise", "lower")
    ]
    for found in plans_of(weak, PROPAGATION, gain=GAIN, targets=["b"]):
        assert found.intervention is None
        assert "+0.30 of b" in found.missed


def test_what_nothing_moves_is_out_of_reach_though_other_values_are_not() -> None:
    plans = plans_of(
        [method("c"), method("c", "lower")], PROPAGATION, gain=GAIN, targets=["a", "c"]
    )
    assert of(plans, "c", "guided").intervention is not None
    assert of(plans, "a", "guided").intervention is None
    assert "+0.30 of a" in of(plans, "a", "guided").missed


def test_without_a_healthy_dose_there_is_no_plan() -> None:
    broken = [tuned([0.3, 0.4], value="a", names=NAMES, broken=[1])]
    plans = plans_of(broken, PROPAGATION, gain=GAIN, targets=["a"])
    assert [each.intervention for each in plans] == [None, None]
    assert {each.missed for each in plans} == {"no dose of caa leaves the model in good health"}


def test_a_dose_that_breaks_the_model_is_no_candidate() -> None:
    edge = [
        tuned([0.15, 0.3, 0.45], value="a", names=NAMES, broken=[3], others={"b": 0.6, "c": 0.36})
    ]
    (plan, _) = plans_of(edge, PROPAGATION, gain=GAIN, targets=["a"])
    assert [part.strength.amount for part in parts_of(plan.intervention)] == [20.0]


def test_lines_are_told_at_the_rung_nearest_to_the_gain() -> None:
    told = [tuned([0.2, 0.35], value="c", names=NAMES, is_told=True)]
    (plan, _) = plans_of(told, PROPAGATION, gain=GAIN, targets=["c"])
    assert plan.intervention == told[0].fitted.at(20)
