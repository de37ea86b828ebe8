"""Effects: every graph of a class asked by hand, units, contexts, coverage, what was measured."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues import ScoreTable, discover, effects
from causalvalues.discovery.classes import class_of_edges, in_causal_order
from causalvalues.discovery.effects import total_effects
from causalvalues.discovery.graph import Effect, ValueGraph
from causalvalues.discovery.measured import measured_effects
from causalvalues.discovery.options import Search
from causalvalues.discovery.parent_sets import possible_parents
from causalvalues.errors import CyclicGraph, DependentRows, OptionError
from causalvalues.organism.world import planted_world, random_world

WORLD = planted_world()
STEERED = WORLD.sample(300, interventions=[{"security": 1.0}], seed=4)


def random_edges(n_nodes: int, density: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_nodes)
    return np.triu(rng.random((n_nodes, n_nodes)) < density, 1)[np.ix_(order, order)]


def members(marks: np.ndarray) -> list[np.ndarray]:
    """Every graph of a class, by turning each undirected edge both ways."""
    open_ = [(i, j) for i, j in np.argwhere(np.triu((marks == -1) & (marks.T == -1)))]
    found = []
    for ways in range(2 ** len(open_)):
        edges = (marks == -1) & (marks.T == 1)
        for place, (i, j) in enumerate(open_):
            one, two = (i, j) if ways >> place & 1 else (j, i)
            edges[one, two] = True
        acyclic = len(in_causal_order(edges)) == len(marks)
        if acyclic and np.array_equal(class_of_edges(edges), marks):
            found.append(edges)
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 6), st.floats(0.2, 0.9), st.integers(0, 2**32))
def test_parents_are_those_of_some_graph_of_the_class(n: int, density: float, seed: int) -> None:
    marks = class_of_edges(random_edges(n, density, seed))
    graphs = members(marks)
    for node in range(n):
        truth = {tuple(np.flatnonzero(edges[:, node]).tolist()) for edges in graphs}
        sets = possible_parents(marks, node, exact=True)
        assert set(sets) == truth
        assert len(sets) == len(truth)


@pytest.mark.parametrize("seed", range(10))
def test_the_range_is_what_the_graphs_of_the_class_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((200, 5)) @ rng.standard_normal((5, 5))
    covariance = np.cov(data.T)
    marks = class_of_edges(random_edges(5, 0.5, seed))
    totals = [implied_effects(covariance, edges) for edges in members(marks)]
    sets = tuple(possible_parents(marks, node, exact=True) for node in range(5))
    low, high = total_effects(covariance[None], sets)
    off = ~np.eye(5, dtype=np.bool_)
    assert np.allclose(low[0][off], np.min(totals, axis=0)[off])
    assert np.allclose(high[0][off], np.max(totals, axis=0)[off])


def implied_effects(covariance: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Back-door adjustment for the parents of each cause in one graph."""
    n_nodes = len(edges)
    found = np.zeros((n_nodes, n_nodes))
    for cause in range(n_nodes):
        parents = np.flatnonzero(edges[:, cause])
        for effect in range(n_nodes):
            if effect == cause or effect in parents:
                continue
            given = [cause, *parents]
            slopes = np.linalg.lstsq(
                covariance[np.ix_(given, given)], covariance[given, effect], rcond=None
            )[0]
            found[cause, effect] = slopes[0]
    return found


def as_matrix(found: tuple[Effect, ...], names: tuple[str, ...], field: str) -> np.ndarray:
    matrix = np.zeros((len(names), len(names)))
    for effect in found:
        matrix[names.index(effect.cause), names.index(effect.effect)] = getattr(effect, field)
    return matrix


def test_effects_are_per_unit_of_the_cause_in_units_of_the_effect() -> None:
    table = WORLD.sample(400, seed=2)
    units = np.linspace(0.2, 5.0, 10)
    graph = WORLD.graph_class()
    plain = effects(table, graph, n_resamples=20).effects
    scaled = effects(table.replace(scores=table.scores * units), graph, n_resamples=20).effects
    ratio = units[None, :] / units[:, None]
    for field in ("low", "high", "interval_low", "interval_high"):
        expected = as_matrix(plain, WORLD.names, field) * ratio
        assert np.allclose(as_matrix(scaled, WORLD.names, field), expected, atol=1e-10)


def test_nothing_acts_on_its_causes_where_the_graph_is_known() -> None:
    found = effects(WORLD.sample(400, seed=2), WORLD.graph(), n_resamples=20).effects
    reached = np.linalg.inv(np.eye(10) - (WORLD.weights != 0)) > 0.5
    size = as_matrix(found, WORLD.names, "low")
    assert np.array_equal(as_matrix(found, WORLD.names, "high"), size)
    direct = WORLD.weights != 0
    assert (size[direct.T] == 0).all()
    assert np.abs(size[reached & ~np.eye(10, dtype=np.bool_)]).min() > 0
    assert all(effect.method == "IDA" for effect in found)


def test_a_graph_that_stands_for_nothing_is_said_to() -> None:
    marks = np.zeros((3, 3), dtype=np.int8)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        marks[i, j], marks[j, i] = -1, 1
    names = ("a", "b", "c")
    scores = np.random.default_rng(1).standard_normal((60, 3))
    result = effects(
        ScoreTable(names=names, scores=scores), ValueGraph(names=names, marks=marks), n_resamples=5
    )
    assert {effect.method for effect in result.effects} == {
        "IDA, on marks that no acyclic graph has"
    }
    assert all(np.isfinite(effect.middle) for effect in result.effects)


def test_an_interventions_node_has_the_effect_that_is_measured() -> None:
    with pytest.warns(DependentRows):
        graph = discover(STEERED, "ges", contexts="joint")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DependentRows)
        result = effects(STEERED, graph, n_resamples=30)
    context = "do(security=+1)"
    under = STEERED.contexts == context
    change = STEERED.scores[under].mean(axis=0) - STEERED.scores[~under].mean(axis=0)
    for effect in result.effects:
        if effect.cause == context:
            assert effect.low == pytest.approx(change[WORLD.names.index(effect.effect)], abs=1e-9)
        if effect.effect == context:
            assert abs(effect.middle) < 0.05


def test_the_names_of_graph_and_table_may_stand_in_another_order() -> None:
    table, graph = WORLD.sample(300, seed=2), WORLD.graph_class()
    order = np.random.default_rng(1).permutation(10)
    turned = ValueGraph(
        names=tuple(WORLD.names[i] for i in order), marks=graph.marks[np.ix_(order, order)]
    )
    one, two = (effects(table, g, n_resamples=10).effects for g in (graph, turned))
    size = [as_matrix(found, WORLD.names, "low") for found in (one, two)]
    assert np.allclose(size[0], size[1])


def test_a_seed_fixes_every_interval_and_progress_reaches_the_end() -> None:
    table, graph = WORLD.sample(200, seed=2), WORLD.graph_class()
    seen: list[tuple[int, int]] = []
    one = effects(
        table, graph, n_resamples=70, seed=1, progress=lambda done, all_: seen.append((done, all_))
    )
    assert seen[-1] == (70, 70)
    assert one.effects == effects(table, graph, n_resamples=70, seed=1).effects
    assert one.effects != effects(table, graph, n_resamples=70, seed=2).effects
    frame = one.to_frame()
    assert len(frame) == 90
    assert (frame["low"] + frame["high"]).abs().is_monotonic_decreasing


def test_intervals_hold_the_truth_and_searched_graphs_are_wider() -> None:
    covered = {"search": 0, "graph": 0}
    width = {"search": 0.0, "graph": 0.0}
    n_pairs = 0
    for seed in range(8):
        world = random_world(6, degree=1.8, seed=500 + seed)
        table = ScoreTable(names=world.names, scores=world.latents(500, seed=seed)[:, 0])
        truth = world.total_effects()
        n_pairs += 30
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CyclicGraph)
            graph = discover(table)
        for name, search in (("search", Search()), ("graph", None)):
            found = effects(table, graph, n_resamples=150, search=search, seed=seed).effects
            low, high = (
                as_matrix(found, world.names, f) for f in ("interval_low", "interval_high")
            )
            inside = (low - 1e-9 <= truth) & (truth <= high + 1e-9)
            covered[name] += int(inside.sum() - 6)
            width[name] += float((high - low).sum())
    assert covered["search"] / n_pairs >= 0.9
    assert width["search"] > width["graph"]


def test_intervals_by_role_are_honest_where_states_repeat_it() -> None:
    table = replace(WORLD, persona_share=0.95).sample(60, n_states=8, seed=3)
    graph = WORLD.graph_class()
    by_role = effects(table, graph, n_resamples=100).effects
    with pytest.warns(DependentRows):
        by_row = effects(table, graph, n_resamples=100, by="row").effects
    width = [sum(e.interval_high - e.interval_low for e in found) for found in (by_role, by_row)]
    assert width[0] > 1.5 * width[1]


def test_the_level_is_the_width_of_the_interval() -> None:
    table, graph = WORLD.sample(200, seed=2), WORLD.graph_class()
    narrow, wide = (effects(table, graph, level=level, seed=3).effects for level in (0.5, 0.99))
    for small, large in zip(narrow, wide, strict=True):
        assert large.interval_low <= small.interval_low <= small.interval_high + 1e-12
        assert small.interval_high <= large.interval_high


def test_a_role_that_never_stood_without_the_intervention_is_not_compared() -> None:
    clusters, contexts = STEERED.clusters, STEERED.contexts
    assert clusters is not None
    assert contexts is not None
    lonely = clusters == clusters[0]
    kept = np.flatnonzero(~(lonely & (contexts == "")))
    changes = measured_effects(STEERED.rows(kept), n_resamples=10)
    assert {change.n_clusters for change in changes} == {299}
    others = measured_effects(STEERED.rows(np.flatnonzero(~lonely)), n_resamples=10)
    assert [c.change for c in changes] == [c.change for c in others]


def test_measured_changes_are_the_planted_profile() -> None:
    truth = WORLD.profile_of({"security": 1.0})
    large = WORLD.sample(4000, interventions=[{"security": 1.0}], seed=9)
    inside = [
        c.interval_low <= truth[c.effect] / 2 <= c.interval_high
        for c in measured_effects(large, n_resamples=200)
    ]
    assert np.mean(inside) >= 0.8
    assert np.allclose(
        [c.change * 2 for c in measured_effects(large, n_resamples=2)],
        [truth[name] for name in large.names],
        atol=0.06,
    )


@pytest.mark.fault
def test_measured_effects_need_both_kinds_of_rows() -> None:
    with pytest.raises(OptionError, match="no context column"):
        measured_effects(WORLD.sample(20, seed=1))
    only = STEERED.rows(np.flatnonzero(STEERED.contexts != ""))
    with pytest.raises(OptionError, match="no row without one"):
        measured_effects(only)


def test_weights_of_two_are_rows_twice() -> None:
    table = WORLD.sample(200, seed=2)
    weights = np.where(np.arange(200) < 100, 2.0, 1.0)
    repeated = table.scores[np.repeat(np.arange(200), weights.astype(int))]
    heavy = ScoreTable(names=table.names, scores=table.scores, weights=weights)
    twice = ScoreTable(names=table.names, scores=repeated)
    one = effects(heavy, WORLD.graph(), n_resamples=5).effects
    two = effects(twice, WORLD.graph(), n_resamples=5).effects
    assert np.allclose([e.low for e in one], [e.low for e in two])
