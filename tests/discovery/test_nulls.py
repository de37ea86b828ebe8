"""Chance: what permuted blocks and other names give, and how often it looks like a finding."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from causalvalues import ScoreTable, ValueGraph, discover, nulls
from causalvalues.discovery.nulls import (
    NullResult,
    RelabelledNull,
    block_permutations,
    relabelled_null,
)
from causalvalues.discovery.options import Search
from causalvalues.errors import DependentRows, OptionError
from causalvalues.organism.world import planted_world

WORLD = planted_world()
TABLE = WORLD.sample(300, seed=1)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32))
def test_columns_keep_their_values_and_blocks_their_rows(
    n_clusters: int, size: int, n_values: int, seed: int
) -> None:
    codes = np.random.default_rng(seed).permutation(np.repeat(np.arange(n_clusters), size))
    scores = np.arange(codes.size * n_values, dtype=float).reshape(-1, n_values)
    for permuted in block_permutations(scores, codes, 2, seed):
        assert np.array_equal(np.sort(permuted, axis=0), scores)
        for column in range(n_values):
            ours = {tuple(scores[codes == c, column]) for c in range(n_clusters)}
            assert {tuple(permuted[codes == c, column]) for c in range(n_clusters)} == ours


def test_a_planted_world_is_no_chance_for_any_search() -> None:
    for search in (Search(), Search("ges"), Search("xges"), Search(correlation="spearman")):
        result = nulls(TABLE, search=search, n_permutations=39, seed=2)
        assert result.p_value == pytest.approx(1 / 40)
        assert result.p_value_of_dependence == pytest.approx(1 / 40)
        assert result.observed_edges == discover_edges(search)
        assert result.edges.mean() < 5
        assert result.unit == "cluster"
        assert result.check().passed


def discover_edges(search: Search) -> int:
    return discover(TABLE, search.algorithm, correlation=search.correlation).n_edges


def test_p_values_of_independent_values_are_uniform() -> None:
    p_values = []
    for seed in range(60):
        scores = np.random.default_rng(seed).standard_normal((60, 5))
        table = ScoreTable(names=tuple("abcde"), scores=scores)
        p_values.append(nulls(table, n_permutations=39, seed=seed).p_value_of_dependence)
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert nulls(table, n_permutations=5).unit == "row"


def test_near_copies_within_roles_are_no_finding_when_blocks_are_permuted() -> None:
    world = replace(WORLD, weights=np.zeros((10, 10)), persona_share=0.97)
    by_role, by_row = [], []
    for seed in range(15):
        table = world.sample(25, n_states=8, seed=seed)
        rows = ScoreTable(names=table.names, scores=table.scores)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DependentRows)
            by_role.append(nulls(table, n_permutations=39, seed=seed).p_value)
            by_row.append(nulls(rows, n_permutations=39, seed=seed).p_value)
    assert np.mean(np.array(by_role) <= 0.05) <= 0.2
    assert np.mean(np.array(by_row) <= 0.05) >= 0.9  # rows taken for people: every time a finding


def test_independent_clusters_lie_within_their_null() -> None:
    table = replace(WORLD, weights=np.zeros((10, 10))).sample(200, n_states=2, seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DependentRows)
        result = nulls(table, n_permutations=99, seed=1)
    low, high = np.quantile(result.edges, [0.025, 0.975])
    assert low <= result.observed_edges <= high
    assert result.p_value > 0.05
    assert result.check().passed is False
    assert str(result.observed_edges) in result.sentence()


def test_a_seed_fixes_the_null_and_progress_reaches_its_end() -> None:
    seen: list[tuple[int, int]] = []
    one = nulls(
        TABLE, n_permutations=70, seed=3, progress=lambda done, total: seen.append((done, total))
    )
    two, other = (nulls(TABLE, n_permutations=70, seed=seed) for seed in (3, 4))
    assert seen[-1] == (70, 70)
    assert np.array_equal(one.dependence, two.dependence)
    assert not np.array_equal(one.dependence, other.dependence)
    assert one.to_dict()["n_permutations"] == 70


def test_the_observed_number_counts_among_the_draws() -> None:
    null = NullResult(5, np.array([5, 4, 9]), 0.1, np.array([0.2, 0.3, 0.4]), "row")
    assert null.p_value == 3 / 4
    assert null.p_value_of_dependence == 1.0


@pytest.mark.fault
def test_a_null_has_no_context_nodes() -> None:
    steered = WORLD.sample(120, interventions=[{"power": 1.0}], seed=1)
    with pytest.raises(OptionError, match="context nodes"):
        nulls(steered, contexts="joint", n_permutations=3)
    assert nulls(steered, contexts="observational", n_permutations=3).observed_edges > 0


def test_other_names_of_a_complete_graph_change_nothing() -> None:
    names = tuple("abcd")
    complete = ValueGraph.from_matrix(-(1 - np.eye(4, dtype=np.int8)), names)
    null = relabelled_null(complete, lambda graph: float(graph.n_edges), n_relabellings=19)
    assert null.p_values.tolist() == [1.0]


def test_a_statistic_of_the_graphs_own_edges_is_rare_under_other_names() -> None:
    strength = np.abs(np.corrcoef(TABLE.scores.T))

    def inside_less_outside(graph: ValueGraph) -> float:
        edges = graph.marks != 0
        outside = ~edges & ~np.eye(10, dtype=np.bool_)
        return float(strength[edges].mean() - strength[outside].mean())

    null = relabelled_null(WORLD.graph(), inside_less_outside, n_relabellings=99, seed=1)
    assert null.p_values[0] == pytest.approx(0.01)
    again = relabelled_null(WORLD.graph(), inside_less_outside, n_relabellings=99, seed=1)
    assert np.array_equal(null.draws, again.draws)


def test_a_statistic_of_nothing_is_uniform_under_other_names() -> None:
    p_values = []
    for seed in range(60):
        weights = np.random.default_rng(seed).standard_normal((10, 10))
        null = relabelled_null(
            WORLD.graph(),
            lambda graph, w=weights: float(w[graph.directed].sum()),
            n_relabellings=39,
            seed=seed,
        )
        p_values.append(null.p_values[0])
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_what_is_unscored_stays_unscored_and_counts_nowhere() -> None:
    null = RelabelledNull(
        np.array([1.0, np.nan]), np.array([[2.0, 1.0], [np.nan, 1.0], [0.5, np.nan]])
    )
    assert null.p_values[0] == 2 / 3
    assert np.isnan(null.p_values[1])
