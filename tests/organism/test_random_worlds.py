"""Any random world is a world: variance 1, effects along paths, the same on every run."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.discovery.classes import in_causal_order, is_class
from causalvalues.organism.world import World, random_world


def effects_along_paths(world: World) -> np.ndarray:
    """The sum over directed paths of the products of their weights."""
    total = np.zeros_like(world.weights)
    power = world.weights.copy()
    for _ in world.names:
        total += power
        power = power @ world.weights
    return total


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 25), st.floats(0.0, 12.0), st.integers(0, 2**32))
def test_every_draw_is_a_world(n_values: int, degree: float, seed: int) -> None:
    world = random_world(n_values, degree=degree, seed=seed)
    assert (world.disturbances > 0).all()
    spread = world.total_effects() + np.eye(n_values)
    variance = np.diagonal(spread.T @ np.diag(world.disturbances) @ spread)
    assert variance == pytest.approx(np.ones(n_values))
    assert world.total_effects() == pytest.approx(effects_along_paths(world))
    assert len(in_causal_order(world.weights != 0)) == n_values
    assert is_class(world.graph_class().marks)
    again = random_world(n_values, degree=degree, seed=seed)
    assert np.array_equal(world.weights, again.weights)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 8), st.floats(0.5, 4.0), st.integers(0, 2**32))
def test_setting_a_value_moves_its_effects_by_the_total_effect(
    n_values: int, degree: float, seed: int
) -> None:
    """Role by role: two levels of the same intervention, everything else the same."""
    world = random_world(n_values, degree=degree, seed=seed)
    truth = world.total_effects() + np.eye(n_values)
    for place, name in enumerate(world.names):
        low, high = (world.latents(3, do={name: level}, seed=1) for level in (-0.5, 1.5))
        assert (high - low) / 2 == pytest.approx(np.broadcast_to(truth[place], low.shape))


def test_two_interventions_at_once_act_past_each_other() -> None:
    world = World.from_edges(("a", "b", "c"), [("a", "b", 0.5), ("b", "c", 0.6), ("a", "c", 0.3)])
    profile = world.profile_of({"a": 2.0, "b": -1.0})
    assert profile == pytest.approx({"a": 2.0, "b": -1.0, "c": 2.0 * 0.3 - 1.0 * 0.6})


def test_scores_are_the_mean_of_keyed_answers() -> None:
    world = random_world(3, seed=1)
    latents = world.latents(50, seed=2)
    answers = world.answers(latents, seed=2)
    by_hand = (answers.raw * answers.keys).mean(axis=-1)
    assert np.allclose(answers.scores(), by_hand)
    assert np.allclose(world.sample(50, seed=2).scores.shape, (50, 3))


@pytest.mark.parametrize(("share", "n_items"), [*product((0.0, 0.5, 1.0), (1, 2, 8))])
def test_agreeing_with_everything_cancels_only_in_balanced_keys(share: float, n_items: int) -> None:
    quiet = World(
        ("a", "b"), np.zeros((2, 2)), item_noise=0.0, reverse_share=share, n_items=n_items
    )
    style = quiet.answers(np.zeros((400, 1, 2)), seed=3).scores()
    balanced = 2 * round(n_items * share) == n_items
    assert style.std() == pytest.approx(0.0 if balanced else 0.15, abs=0.02)
