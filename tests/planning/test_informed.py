"""Measured changes tell directions apart that survey scores leave open."""

import numpy as np
import pytest
from moved_worlds import CHAIN, profile_of, totals_of, true_propagation

from causalvalues.errors import OptionError
from causalvalues.organism.world import random_world
from causalvalues.planning.direct import direct_part
from causalvalues.planning.informed import informed
from causalvalues.planning.propagation import Propagation, propagation


def share_of_true_directions(drawn: Propagation, weights: np.ndarray) -> float:
    """How often a draw directs an edge as it was planted."""
    return float((drawn.weights != 0)[:, weights != 0].mean())


def test_a_change_that_stops_at_its_value_weighs_for_arrows_into_it() -> None:
    drawn = propagation(CHAIN.sample(300, seed=1), CHAIN.graph_class(), n_draws=150)
    before = share_of_true_directions(drawn, CHAIN.weights)
    assert 0.3 < before < 0.8
    moves = [np.array([0.5, 0, 0]), np.array([0, 0.5, 0]), np.array([0, 0, 0.5])]
    parts = [
        direct_part(profile_of(CHAIN, move @ totals_of(CHAIN), n_roles=60, seed=s), drawn)
        for s, move in enumerate(moves)
    ]
    after = informed(drawn, parts)
    assert after.n_draws == drawn.n_draws
    assert share_of_true_directions(after, CHAIN.weights) > max(before + 0.2, 0.9)


@pytest.mark.parametrize("seed", range(3))
def test_true_directions_gain_weight_in_random_worlds(seed: int) -> None:
    world = random_world(6, degree=2.0, seed=20 + seed)
    drawn = propagation(world.sample(300, seed=seed), world.graph_class(), n_draws=200, seed=seed)
    before = share_of_true_directions(drawn, world.weights)
    parts = [
        direct_part(profile_of(world, 0.5 * row, n_roles=60, seed=place), drawn)
        for place, row in enumerate(totals_of(world))
    ]
    after = share_of_true_directions(informed(drawn, parts), world.weights)
    assert after >= before


def test_some_doubt_is_left() -> None:
    drawn = propagation(CHAIN.sample(300, seed=1), CHAIN.graph_class(), n_draws=100)
    parts = [
        direct_part(profile_of(CHAIN, 0.5 * row, n_roles=5000, noise=0.01), drawn)
        for row in totals_of(CHAIN)
    ]
    after = informed(drawn, parts, least=20.0)
    assert len(np.unique(after.weights.reshape(100, -1), axis=0)) >= 15
    assert informed(drawn, parts, n_draws=37).n_draws == 37


def test_nothing_measured_changes_nothing() -> None:
    drawn = true_propagation(CHAIN, 5)
    assert informed(drawn, []) is drawn


@pytest.mark.fault
def test_parts_of_another_propagation_are_refused() -> None:
    part = direct_part(profile_of(CHAIN, [0.1, 0.1, 0.1]), true_propagation(CHAIN, 4))
    with pytest.raises(OptionError, match="this propagation"):
        informed(true_propagation(CHAIN, 5), [part])
