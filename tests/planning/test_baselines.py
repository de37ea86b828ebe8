"""Each baseline says what its rule says, in the same form as the graph's prediction."""

import numpy as np
import pytest
from moved_worlds import CHAIN, profile_of, totals_of, true_propagation

from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import GraphError, OptionError
from causalvalues.organism.world import random_world
from causalvalues.planning.baselines import (
    covariances,
    human_propagation,
    no_graph,
    plain_correlations,
    relabelled,
    relabellings,
)
from causalvalues.planning.predict import predict
from causalvalues.planning.propagation import propagation

WORLD = random_world(8, degree=2.5, seed=4)
TABLE = WORLD.sample(400, seed=4)
SEEN = profile_of(CHAIN, [0.5, 0.3, 0.18], n_roles=100).only(("a",))


def test_without_a_graph_what_is_unseen_stays() -> None:
    found = no_graph(SEEN, np.full(3, 0.5), n_draws=400)
    assert found.method == "no graph"
    assert found.middle == pytest.approx([0.5, 0, 0], abs=0.03)
    low, high = found.interval()
    assert (low[1:] < -0.1).all()
    assert (high[1:] > 0.1).all()


def test_correlations_take_an_effect_for_a_cause() -> None:
    table = CHAIN.sample(4000, seed=1)
    between = covariances(table, n_draws=100)
    upstream = profile_of(CHAIN, [0.0, 0.0, 0.5], n_roles=100).only(("c",))
    by_correlation = plain_correlations(upstream, between)
    slopes = between.draws.mean(axis=0)[2] / between.draws.mean(axis=0)[2, 2]
    assert by_correlation.middle == pytest.approx(upstream.change[2] * slopes, abs=0.01)
    assert by_correlation.middle[1] > 0.2
    assert CHAIN.profile_of({"c": 1.0})["b"] == 0.0  # the truth: nothing runs upstream


def test_correlations_are_right_where_changes_are_differences_between_persons() -> None:
    inside, n = 0, 0
    between = covariances(TABLE, n_draws=150)
    persons = WORLD.latents(40, seed=9)[:, 0] * 0.5
    for place, change in enumerate(persons):
        seen = profile_of(WORLD, change, noise=0.1, seed=place).only(("v1", "v4", "v6"))
        found = plain_correlations(seen, between, seed=place)
        low, high = found.interval()
        inside += ((low <= change) & (change <= high))[found.told].sum()
        n += found.told.sum()
        assert found.draws[:, 0].mean() == pytest.approx(seen.change[0], abs=0.1)
    assert 0.88 <= inside / n <= 0.99


def test_another_naming_moves_coefficients_and_keeps_each_spread() -> None:
    drawn = true_propagation(CHAIN, 2)
    swapped = relabelled(drawn, np.array([2, 1, 0]))
    assert swapped.weights[0] == pytest.approx(CHAIN.weights[::-1, ::-1])
    same = relabelled(drawn, np.arange(3))
    assert same.weights == pytest.approx(drawn.weights)
    uneven = propagation(TABLE, WORLD.graph(), n_draws=3)
    order = np.random.default_rng(1).permutation(8)
    back = relabelled(relabelled(uneven, order), np.argsort(order))
    assert back.weights == pytest.approx(uneven.weights)


def test_no_naming_drawn_is_the_observed_one() -> None:
    drawn = list(relabellings(3, 100, seed=1))
    assert len(drawn) == 100
    assert {tuple(each) for each in drawn} == {
        (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0),
    }  # fmt: skip
    assert np.array_equal(drawn, list(relabellings(3, 100, seed=1)))


def test_a_persons_graph_is_fitted_by_least_squares() -> None:
    table = CHAIN.sample(3000, seed=2)
    person = ValueGraph.from_edges(("b", "c"), [("b", "c")])  # a stands apart
    drawn = human_propagation(table, person, n_draws=30)
    slope = np.cov(table.scores.T)[1, 2] / np.cov(table.scores.T)[1, 1]
    expected = np.zeros((3, 3))
    expected[1, 2] = slope
    assert drawn.mean == pytest.approx(expected, abs=0.02)


def test_the_true_graph_beats_every_baseline_in_its_own_world() -> None:
    rng = np.random.default_rng(6)
    drawn = propagation(TABLE, WORLD.graph(), n_draws=100)
    between = covariances(TABLE, n_draws=100)
    order = next(relabellings(8, 1, seed=3))
    missed = dict.fromkeys(("graph", "none", "correlations", "relabelled"), 0.0)
    for place in range(40):
        direct = np.zeros(8)
        direct[rng.choice(8)] = rng.choice([-0.5, 0.5])
        change = direct @ totals_of(WORLD)
        seen = profile_of(WORLD, change, seed=place).only(("v1", "v3", "v5", "v8"))
        found = {
            "graph": predict(seen, drawn),
            "none": no_graph(seen, drawn.spread, n_draws=100),
            "correlations": plain_correlations(seen, between),
            "relabelled": predict(seen, relabelled(drawn, order)),
        }
        for name, each in found.items():
            missed[name] += np.square(each.middle - change)[each.told].sum()
    assert missed["graph"] < 0.9 * min(each for name, each in missed.items() if name != "graph")


@pytest.mark.fault
def test_what_a_baseline_cannot_use_is_said() -> None:
    with pytest.raises(GraphError, match="in the table"):
        human_propagation(TABLE, ValueGraph.from_edges(("x", "v1"), [("x", "v1")]))
    with pytest.raises(GraphError, match="every place once"):
        relabelled(true_propagation(CHAIN, 2), np.array([0, 0, 1]))
    with pytest.raises(OptionError, match="same values"):
        plain_correlations(SEEN, covariances(TABLE, n_draws=5))
