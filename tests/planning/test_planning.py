"""A plan reaches its gain with the least collateral, and says why."""

import re
from dataclasses import replace

import numpy as np
import pytest
from small_plans import chain_candidates, vector

from causalvalues.errors import OptionError, OutOfReach
from causalvalues.planning.candidate import Candidate, together
from causalvalues.planning.known import known
from causalvalues.planning.plan import plan, trade_off
from causalvalues.planning.propagation import no_propagation
from causalvalues.planning.shortlist import shortlist
from causalvalues.steering.intervention import Combined, RolePrompt, ValueVector, parts_of

CANDIDATES, PROPAGATION = chain_candidates()
KNOWN = known(CANDIDATES, PROPAGATION)


def doses_of(made: object) -> dict[str, float]:
    return {used.name: used.dose for used in made.used}  # type: ignore[attr-defined]


def test_a_target_alone_needs_one_candidate() -> None:
    made = plan({"a": 0.4}, (), KNOWN, budget=1)
    assert set(doses_of(made)) == {"raises a"}
    assert made.predicted.middle[0] == pytest.approx(0.4, abs=0.02)


def test_what_follows_is_cancelled_at_the_child_and_its_own_children_with_it() -> None:
    made = plan({"a": 0.4}, (), KNOWN, budget=2)
    doses = doses_of(made)
    assert doses["raises a"] == pytest.approx(1.0, abs=0.05)
    other = next(name for name in doses if name != "raises a")
    assert other in {"lowers b", "b stays"}
    assert np.abs(made.predicted.middle[1:]).max() < 0.03  # c too, through b


def test_a_settled_value_is_cut_off_from_its_causes() -> None:
    lines = tuple(c for c in CANDIDATES if c.name in {"raises a", "b stays"})
    made = plan({"a": 0.4}, ("b",), lines, PROPAGATION, budget=2)
    assert set(doses_of(made)) == {"raises a", "b stays"}
    assert abs(made.predicted.middle[1]) < 0.03
    assert abs(made.predicted.middle[2]) < 0.03


def test_without_the_graph_a_line_that_changes_nothing_is_not_worth_telling() -> None:
    lines = tuple(c for c in CANDIDATES if c.name in {"raises a", "b stays"})
    bare = known(lines, PROPAGATION, guided=False)
    made = plan({"a": 0.4}, ("b",), bare, budget=2)
    assert set(doses_of(made)) == {"raises a"}
    assert made.method == "measured profiles"


def test_a_value_is_lowered_by_taking_away_what_raises_it() -> None:
    made = plan({"a": -0.4}, (), KNOWN, budget=1)
    assert doses_of(made)["raises a"] == pytest.approx(-1.0, abs=0.05)


def test_held_values_count_more_than_others() -> None:
    held = plan({"a": 0.4}, ("c",), KNOWN, budget=2, others=0.0)
    assert abs(held.predicted.middle[2]) < 0.02


def test_two_targets_are_both_reached() -> None:
    made = plan({"a": 0.3, "c": -0.1}, (), KNOWN, budget=3)
    assert made.predicted.middle[0] >= 0.28
    assert made.predicted.middle[2] <= -0.08


def test_a_gain_out_of_reach_says_how_much_can_be_had() -> None:
    with pytest.raises(OutOfReach, match=r"at most, each alone, \+0\.6\d of a"):
        plan({"a": 3.0}, (), KNOWN, budget=2)


@pytest.mark.parametrize(
    ("targets", "hold", "budget"),
    [({"x": 0.1}, (), 2), ({"a": 0.1}, ("a",), 2), ({}, (), 2), ({"a": 0.0}, (), 2),
     ({"a": float("nan")}, (), 2), ({"a": 0.1}, (), 0)],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_named(
    targets: dict[str, float], hold: tuple[str, ...], budget: int
) -> None:
    with pytest.raises(OptionError):
        plan(targets, hold, KNOWN, budget=budget)


def test_a_broken_candidate_is_left_out_by_name() -> None:
    broken = [
        replace(c, profile=replace(c.profile, faults=("all answers alike",)))
        if c.name == "lowers b"
        else c
        for c in CANDIDATES
    ]
    made = plan({"a": 0.4}, (), broken, PROPAGATION, budget=3)
    assert made.left_out == {"lowers b": "all answers alike"}
    assert any("lowers b was left out" in sentence for sentence in made.why)
    with pytest.raises(OptionError, match="healthy"):
        plan({"a": 0.1}, (), [b for b in broken if b.name == "lowers b"], PROPAGATION)


def test_it_says_what_drags_what_along_and_what_becomes_of_it() -> None:
    made = plan({"a": 0.4}, (), KNOWN, budget=2)
    told = " ".join(made.why)
    assert re.search(r"Raising a by 0\.\d\d raises b by 0\.2\d through one edge; with ", told)
    assert re.search(r"raises c by 0\.1\d by way of b; what it comes through is held", told)
    assert made.beat
    assert min(made.beat.values()) > made.collateral


def test_more_gain_costs_more() -> None:
    curve = trade_off("a", (0.1, 0.3, 0.5, 9.0), (), KNOWN, budget=1)
    costs = [made.collateral for _, made in curve if made is not None]
    assert curve[-1][1] is None
    assert costs == sorted(costs)


def test_a_seed_gives_the_same_plan() -> None:
    one, two = (plan({"a": 0.4}, (), CANDIDATES, PROPAGATION, seed=3) for _ in range(2))
    assert doses_of(one) == doses_of(two)
    assert (one.predicted.draws == two.predicted.draws).all()


def test_hooks_come_before_lines_and_doses_are_given() -> None:
    made = together(CANDIDATES, {"b stays": 1.0, "raises a": 0.5})
    assert isinstance(made, Combined)
    first, second = parts_of(made)
    assert isinstance(first, ValueVector)
    assert first.share == 0.5
    assert isinstance(second, RolePrompt)


def test_a_shortlist_keeps_what_a_plan_wants() -> None:
    useless = [
        Candidate(vector(f"nothing {i}"), replace(CANDIDATES[0].profile, name=f"nothing {i}",
                  differences=CANDIDATES[0].profile.differences * 0.01), -1.0, 1.0)
        for i in range(40)
    ]  # fmt: skip
    everything = known([*useless, *CANDIDATES], PROPAGATION)
    kept = {c.name for c in shortlist(everything, {"a": 0.3}, 12).candidates}
    assert {"raises a", "lowers b", "b stays"} <= kept
    assert len(kept) < 25


def test_no_propagation_knows_no_consequences() -> None:
    flat = no_propagation(CANDIDATES[0].profile.names, np.ones(3))
    made = plan({"a": 0.4}, (), known(CANDIDATES, flat), budget=1)
    assert made.predicted.middle[0] == pytest.approx(0.4, abs=0.03)
