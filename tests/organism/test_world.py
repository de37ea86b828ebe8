"""The planted world is what it says: its truth equals what simulation shows."""

from dataclasses import replace

import numpy as np
import pytest

from causalvalues import discover
from causalvalues.errors import GraphError, OptionError
from causalvalues.organism.world import World, do_name, planted_world, random_world
from causalvalues.survey.reliability import acquiescence

WORLD = planted_world()


def test_latents_have_variance_one() -> None:
    for world in (WORLD, random_world(12, degree=3.0, seed=1)):
        latents = world.latents(40_000, seed=2).reshape(-1, len(world.names))
        assert latents.var(axis=0) == pytest.approx(np.ones(len(world.names)), abs=0.04)


@pytest.mark.parametrize("value", WORLD.names)
def test_total_effects_are_what_an_intervention_does(value: str) -> None:
    mean = WORLD.latents(20_000, do={value: 1.0}, seed=3).mean(axis=(0, 1))
    profile = WORLD.profile_of({value: 1.0})
    assert mean == pytest.approx([profile[name] for name in WORLD.names], abs=0.03)
    truth = WORLD.total_effects()[WORLD.names.index(value)]
    others = [name != value for name in WORLD.names]
    assert np.array(list(profile.values()))[others] == pytest.approx(truth[others])


def test_the_same_roles_answer_under_every_intervention() -> None:
    table = WORLD.sample(50, n_states=2, interventions=[{"power": 1.0}], seed=4)
    assert table.contexts is not None
    assert table.clusters is not None
    assert set(table.contexts) == {"", "do(power=+1)"}
    steered = table.contexts != ""
    assert np.array_equal(table.clusters[steered], table.clusters[~steered])
    untouched = WORLD.names.index("universalism")
    same = np.corrcoef(table.scores[steered][:, untouched], table.scores[~steered][:, untouched])
    assert same[0, 1] > 0.9


def test_a_seed_gives_the_same_table() -> None:
    assert WORLD.sample(20, seed=5).digest == WORLD.sample(20, seed=5).digest
    assert WORLD.sample(20, seed=5).digest != WORLD.sample(20, seed=6).digest


def test_a_yes_bias_makes_edges_unless_half_the_items_are_reversed() -> None:
    """Ten independent values, everyone with a tendency to agree (see the threats in the docs)."""
    independent = replace(WORLD, weights=np.zeros((10, 10)), acquiescence=0.4)
    balanced = discover(independent.sample(1000, seed=7))
    one_way = discover(replace(independent, reverse_share=0.0).sample(1000, seed=7))
    assert balanced.n_edges <= 3
    assert one_way.n_edges >= 20


def test_acquiescence_is_found_in_the_answers() -> None:
    world = replace(WORLD, acquiescence=0.4)
    style = acquiescence(world.answers(world.latents(2000, seed=1), seed=1))
    assert style.std() == pytest.approx(0.4, abs=0.03)


def test_levels_make_a_likert_scale() -> None:
    answers = WORLD.answers(WORLD.latents(100, seed=1), n_levels=6)
    assert np.unique(answers.raw) == pytest.approx(np.linspace(-1, 1, 6))


def test_the_truth_is_a_graph_a_class_and_effects() -> None:
    truth = WORLD.truth()
    assert truth.n_edges == WORLD.graph().n_edges == 12
    assert not WORLD.graph().cycle
    assert {effect.method for effect in truth.effects} == {"planted"}
    assert do_name({"power": -1.5, "security": 2}) == "do(power=-1.5, security=+2)"


@pytest.mark.fault
def test_a_world_that_cannot_be_is_refused() -> None:
    with pytest.raises(GraphError, match="no cycle"):
        World.from_edges(("a", "b"), [("a", "b", 0.3), ("b", "a", 0.3)])
    with pytest.raises(GraphError, match="variance of its own"):
        World.from_edges(("a", "b"), [("a", "b", 1.2)])
    with pytest.raises(GraphError, match="row and a column"):
        World(("a", "b"), np.zeros((3, 3)))
    with pytest.raises(OptionError, match="persona_share"):
        replace(WORLD, persona_share=2.0)
    with pytest.raises(OptionError, match="do sets a value"):
        WORLD.latents(3, do={"fame": 1.0})
