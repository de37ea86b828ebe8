"""Changes run along the graph as they do in a planted world, under every draw of it."""

import itertools

import numpy as np
import pytest
from moved_worlds import CHAIN, true_propagation

from causalvalues import ScoreTable, discover
from causalvalues.discovery.classes import class_of_edges, in_causal_order, with_knowledge
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import directed_pairs
from causalvalues.discovery.options import Search
from causalvalues.errors import ConstantColumn, GraphError, OptionError, TableError
from causalvalues.organism.world import random_world
from causalvalues.planning.propagation import (
    Propagation,
    no_propagation,
    propagation,
    random_member,
)

WORLD = random_world(8, degree=2.5, seed=4)
TABLE = WORLD.sample(150, seed=4)


def members(marks: np.ndarray, n: int, seed: int = 0) -> set[bytes]:
    rng = np.random.default_rng(seed)
    return {random_member(marks, rng).tobytes() for _ in range(n)}


def is_acyclic(edges: np.ndarray) -> bool:
    return len(in_causal_order(edges)) == len(edges)


@pytest.mark.parametrize("search", [None, Search(), Search("ges")])
def test_every_draw_is_acyclic(search: Search | None) -> None:
    drawn = propagation(TABLE, discover(TABLE), n_draws=30, search=search)
    assert drawn.n_draws == 30
    assert all(is_acyclic(weights != 0) for weights in drawn.weights)


def test_the_same_seed_gives_the_same_draws_and_another_others() -> None:
    graph = WORLD.graph_class()
    one, two, other = (propagation(TABLE, graph, n_draws=12, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.weights, two.weights)
    assert not np.array_equal(one.weights, other.weights)


def test_many_rows_along_the_true_graph_give_the_planted_weights() -> None:
    scores = WORLD.latents(40_000, seed=1).reshape(-1, 8)
    drawn = propagation(ScoreTable(names=WORLD.names, scores=scores), WORLD.graph(), n_draws=20)
    assert drawn.mean == pytest.approx(WORLD.weights, abs=0.03)
    assert drawn.totals.mean(axis=0) - np.eye(8) == pytest.approx(WORLD.total_effects(), abs=0.04)


def test_intervals_of_weights_cover_the_planted_ones() -> None:
    covered, n_edges = 0, 0
    for seed in range(12):
        world = random_world(6, degree=2.0, seed=seed)
        table = ScoreTable(names=world.names, scores=world.latents(150, seed=seed).reshape(-1, 6))
        drawn = propagation(table, world.graph(), n_draws=200, seed=seed).weights
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        edges = world.weights != 0
        covered += ((low <= world.weights) & (world.weights <= high))[edges].sum()
        n_edges += edges.sum()
    assert 0.87 <= covered / n_edges <= 0.99


@pytest.mark.parametrize("do", [{"v3": 1.0}, {"v1": -1.0, "v5": 2.0}, {"v2": 1.0, "v8": 1.0}])
def test_a_held_value_changes_as_a_do_intervention_says(do: dict[str, float]) -> None:
    direct = np.array([[do.get(name, 0.0) for name in WORLD.names]])
    changes = true_propagation(WORLD, 3).under(direct, direct[0] != 0)
    truth = WORLD.profile_of(do)
    assert changes == pytest.approx(np.tile([truth[name] for name in WORLD.names], (3, 1)))


def test_a_shift_runs_on_through_what_is_not_held() -> None:
    direct = np.array([[1.0, 0.0, 0.5]])
    changes = true_propagation(CHAIN, 1).under(direct)[0]
    assert changes == pytest.approx([1.0, 0.6, 0.36 + 0.5])
    held = true_propagation(CHAIN, 1).under(direct, np.array([False, True, False]))[0]
    assert held == pytest.approx([1.0, 0.0, 0.5])


def test_each_draw_takes_its_own_direct_part() -> None:
    direct = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    changes = true_propagation(CHAIN, 2).under(direct)
    assert changes == pytest.approx(np.array([[1.0, 0.6, 0.36], [0.0, 1.0, 0.6]]))


def test_a_column_times_three_has_weights_in_its_own_unit() -> None:
    scale = np.ones(8)
    scale[2] = 3.0
    wider = TABLE.replace(scores=TABLE.scores * scale)
    one, two = (propagation(t, WORLD.graph_class(), n_draws=10) for t in (TABLE, wider))
    assert two.weights == pytest.approx(one.weights * scale[None, :] / scale[:, None])
    assert two.spread == pytest.approx(one.spread * scale)


def test_rows_under_interventions_are_left_out() -> None:
    steered = WORLD.sample(150, interventions=[{"v1": 2.0}], seed=4)
    one, two = (propagation(t, WORLD.graph_class(), n_draws=5) for t in (TABLE, steered))
    assert one.weights == pytest.approx(two.weights)


def test_nothing_follows_without_edges() -> None:
    flat = no_propagation(("a", "b"), np.ones(2), n_draws=4)
    direct = np.array([[0.3, 0.0]])
    assert flat.under(direct) == pytest.approx(np.tile(direct, (4, 1)))


def test_every_graph_of_a_small_class_is_reached() -> None:
    chain = CHAIN.graph_class().marks
    edges = np.zeros((3, 3), dtype=bool)
    forward, backward, fork = edges.copy(), edges.copy(), edges.copy()
    forward[[0, 1], [1, 2]] = backward[[2, 1], [1, 0]] = fork[[1, 1], [0, 2]] = True
    assert members(chain, 60) == {each.tobytes() for each in (forward, backward, fork)}
    triangle = class_of_edges(np.triu(np.ones((3, 3), dtype=bool), 1))
    assert len(members(triangle, 200)) == 6


@pytest.mark.parametrize("seed", range(6))
def test_a_member_is_of_the_class_and_never_of_another(seed: int) -> None:
    marks = random_world(7, degree=2.5, seed=seed).graph_class().marks
    rng = np.random.default_rng(seed)
    for _ in range(10):
        assert np.array_equal(class_of_edges(random_member(marks, rng)), marks)


def test_what_knowledge_directed_stays_directed() -> None:
    chain = CHAIN.graph_class().marks
    allowed = np.ones((3, 3), dtype=bool)
    allowed[2, 1] = False  # b → c is known
    known = with_knowledge(chain, allowed)
    assert known is not None
    drawn = [np.frombuffer(each, dtype=bool).reshape(3, 3) for each in members(known, 60)]
    assert len(drawn) == 2
    assert all(edges[1, 2] for edges in drawn)


def test_marks_that_clash_give_acyclic_draws_on_the_same_skeleton() -> None:
    marks = np.zeros((4, 4), dtype=np.int8)
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):  # a cycle of arrows
        marks[i, j], marks[j, i] = -1, 1
    two_headed = np.array([[0, 1, 0], [1, 0, 1], [0, -1, 0]], dtype=np.int8)
    for clashing in (marks, two_headed):
        drawn = {e for seed in range(5) for e in members(clashing, 20, seed)}
        assert len(drawn) > 1
        for each in drawn:
            edges = np.frombuffer(each, dtype=bool).reshape(clashing.shape)
            assert is_acyclic(edges)
            assert np.array_equal(edges | edges.T, clashing != 0)
            against = edges.T & directed_pairs(clashing)
            assert against.sum() <= 1  # only what the cycle forces


def test_four_nodes_of_any_marks_give_a_graph() -> None:
    rng = np.random.default_rng(0)
    pairs = list(itertools.combinations(range(4), 2))
    for _ in range(100):
        marks = np.zeros((4, 4), dtype=np.int8)
        for i, j in pairs:
            if rng.random() < 0.7:
                marks[i, j], marks[j, i] = rng.choice([-1, 1, 2], size=2)
        edges = random_member(marks, rng)
        assert is_acyclic(edges)
        assert np.array_equal(edges | edges.T, marks != 0)


def test_progress_is_told_for_every_draw() -> None:
    seen: list[tuple[int, int]] = []
    propagation(TABLE, WORLD.graph_class(), n_draws=4, progress=lambda *at: seen.append(at))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.fault
def test_what_cannot_propagate_is_said() -> None:
    with pytest.raises(OptionError, match="n_draws"):
        propagation(TABLE, WORLD.graph_class(), n_draws=0)
    with pytest.raises(TableError):
        propagation(TABLE.select(TABLE.names[:5]), WORLD.graph_class())
    with pytest.raises(GraphError, match="spread above 0"):
        no_propagation(("a", "b"), np.array([1.0, 0.0]))
    with pytest.raises(GraphError, match="shape"):
        Propagation(("a", "b"), np.zeros((1, 3, 3)), np.ones(2))


@pytest.mark.fault
def test_a_value_that_hardly_any_resample_varies_is_said() -> None:
    scores = np.random.default_rng(1).standard_normal((40, 2))
    scores[:, 0] = np.repeat([0.0, 1.0], 20)
    table = ScoreTable(names=("a", "b"), scores=scores, clusters=np.repeat(["x", "y"], 20))
    graph = ValueGraph.from_edges(("a", "b"), [("a", "b")])
    found = propagation(table, graph, n_draws=20)  # draws without both roles are drawn again
    assert found.n_draws == 20
    one_sided = next(
        seed
        for seed in range(50_000)
        if all(
            2 in np.random.default_rng(seed + more).multinomial(2, [0.5, 0.5], size=1)
            for more in range(10)
        )
    )
    with pytest.raises(ConstantColumn, match="Resampled roles"):
        propagation(table, graph, n_draws=1, seed=one_sided)
