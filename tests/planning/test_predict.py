"""From few measured values to all: right on average, and as sure as it is right."""

import numpy as np
import pytest
from moved_worlds import CHAIN, profile_of, totals_of, true_propagation

from causalvalues import discover
from causalvalues.discovery.options import Search
from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.organism.world import World, random_world
from causalvalues.planning.direct import direct_part
from causalvalues.planning.predict import Prediction, predict, predicted
from causalvalues.planning.propagation import Propagation, no_propagation, propagation

WORLD = random_world(8, degree=2.5, seed=4)


def interventions(world: World, n: int, seed: int) -> list[np.ndarray]:
    """True changes of interventions that move one or two values directly."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        direct = np.zeros(len(world.names))
        size = rng.integers(1, 3)
        direct[rng.choice(len(direct), size, replace=False)] = 0.5 * rng.standard_normal(size)
        found.append(direct @ totals_of(world))
    return found


def test_an_unseen_value_is_told_through_the_graph() -> None:
    profile = profile_of(CHAIN, [0.5, 0.3, 0.18], n_roles=100).only(("a",))
    found = predict(profile, true_propagation(CHAIN, 300))
    assert found.middle == pytest.approx([0.5, 0.3, 0.18], abs=0.05)
    assert found.told.tolist() == [False, True, True]
    assert found.asked == ("a",)
    low, high = found.interval()
    assert (low <= found.middle).all()
    assert (found.middle <= high).all()


@pytest.mark.parametrize("search", [None, Search()])
@pytest.mark.parametrize("seen", [("v1",), ("v2", "v5", "v7")])
def test_intervals_cover_what_is_unseen(seen: tuple[str, ...], search: Search | None) -> None:
    inside, n_told = 0, 0
    for seed in range(8):
        world = random_world(8, degree=2.0, seed=100 + seed)
        table = world.sample(300, seed=seed)
        graph = world.graph_class() if search is None else discover(table)
        drawn = propagation(table, graph, n_draws=150, search=search, seed=seed)
        for place, change in enumerate(interventions(world, 12, seed)):
            profile = profile_of(world, change, noise=0.2, seed=place)
            found = predict(profile.only(seen), drawn, seed=place)
            low, high = found.interval()
            inside += ((low <= change) & (change <= high))[found.told].sum()
            n_told += found.told.sum()
    assert 0.90 <= inside / n_told <= 0.99


def test_what_is_measured_precisely_is_predicted_as_measured() -> None:
    profile = profile_of(WORLD, np.linspace(-0.4, 0.5, 8), n_roles=500, noise=0.001)
    found = predict(profile, true_propagation(WORLD), misfit=0.0)
    assert found.middle == pytest.approx(profile.change, abs=0.01)
    low, high = found.interval()
    assert (high - low).max() < 0.02
    assert not found.told.any()


def test_the_graph_predicts_better_than_no_graph() -> None:
    drawn = true_propagation(WORLD, 100)
    flat = no_propagation(WORLD.names, drawn.spread, n_draws=100)
    error = {"graph": 0.0, "none": 0.0}
    for place, change in enumerate(interventions(WORLD, 30, 5)):
        seen = profile_of(WORLD, change, seed=place).only(WORLD.names[:4])
        for name, each in (("graph", drawn), ("none", flat)):
            found = predict(seen, each)
            error[name] += np.square(found.middle - change)[found.told].sum()
    assert error["graph"] < 0.8 * error["none"]


@pytest.mark.parametrize("column", [0, 3, 7])
def test_a_column_times_three_is_predicted_times_three(column: int) -> None:
    scale = np.ones(8)
    scale[column] = 3.0
    table = WORLD.sample(200, seed=1)
    wider = table.replace(scores=table.scores * scale)
    profile = profile_of(WORLD, interventions(WORLD, 1, 8)[0], noise=0.2)
    larger = EffectProfile("moved", WORLD.names, profile.differences * scale, profile.roles, 1)
    for seen in (("v1",), ("v1", "v4", "v8"), WORLD.names):
        one = predict(profile.only(seen), propagation(table, WORLD.graph_class(), n_draws=40))
        two = predict(larger.only(seen), propagation(wider, WORLD.graph_class(), n_draws=40))
        assert two.draws == pytest.approx(one.draws * scale, abs=1e-9)
        assert two.middle == pytest.approx(one.middle * scale, abs=1e-9)


def test_nothing_follows_without_a_graph() -> None:
    flat = no_propagation(CHAIN.names, np.full(3, 0.5), n_draws=100)
    found = predict(profile_of(CHAIN, [0.5, 0.3, 0.18]).only(("a",)), flat)
    assert found.middle[1:] == pytest.approx([0.0, 0.0], abs=1e-12)
    low, high = found.interval()
    assert (low[1:] < 0).all()
    assert (high[1:] > 0).all()


def test_two_doses_add_up_and_a_settled_value_takes_its_own_part_alone() -> None:
    drawn = true_propagation(CHAIN, 80)
    up = direct_part(profile_of(CHAIN, [0.5, 0.3, 0.18], n_roles=200), drawn)
    settle = direct_part(
        profile_of(CHAIN, [0.0, -0.2, -0.12], n_roles=200), drawn, among=("b",)
    )  # fmt: skip
    both = predicted([up, settle], drawn, doses=[0.5, 1.0])
    assert both.middle == pytest.approx([0.25, -0.05, -0.03], abs=0.04)
    held = predicted([up, settle], drawn, settled=("b",))
    assert held.middle == pytest.approx([0.5, -0.2, -0.12], abs=0.04)
    assert held.draws.mean(axis=0) == pytest.approx(held.middle, abs=0.04)


def test_open_directions_widen_the_interval() -> None:
    table = CHAIN.sample(2000, seed=3)
    seen = profile_of(CHAIN, [0.5, 0.3, 0.18], n_roles=100).only(("a",))
    width = []
    for graph in (CHAIN.graph(), CHAIN.graph_class()):
        low, high = predict(seen, propagation(table, graph, n_draws=400)).interval()
        width.append((high - low)[1])
    assert width[1] > width[0]


@pytest.mark.fault
def test_a_level_outside_its_range_is_said() -> None:
    found = Prediction("x", ("a",), np.zeros((3, 1)), ())
    with pytest.raises(OptionError, match="level"):
        found.interval(1.0)


@pytest.mark.fault
def test_a_profile_of_other_values_is_refused() -> None:
    other = Propagation(("x", "y", "z"), np.zeros((1, 3, 3)), np.ones(3))
    with pytest.raises(OptionError, match="same values"):
        predict(profile_of(CHAIN, [0.1, 0.1, 0.1]), other)
