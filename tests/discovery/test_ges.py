"""Greedy searches against a score computed from scratch, and against every neighbouring graph."""

from itertools import product

import numpy as np
import pytest
from every_graph import all_graphs

from causalvalues import discover
from causalvalues.discovery import libraries
from causalvalues.discovery.classes import (
    acyclic_extension,
    class_of_edges,
    in_causal_order,
    is_class,
)
from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.ges import ges_marks
from causalvalues.discovery.marks import adjacent_pairs, directed_pairs
from causalvalues.discovery.xges import xges_marks
from causalvalues.errors import KnowledgeError
from causalvalues.organism.world import World, planted_world, random_world


def exact_correlation(world: World) -> np.ndarray:
    spread = world.total_effects() + np.eye(len(world.names))
    return spread.T @ np.diag(world.disturbances) @ spread


GRAPHS_OF_FOUR = all_graphs(4)


def score_of_edges(corr: np.ndarray, n_rows: int, edges: np.ndarray, penalty: float) -> float:
    """The BIC of a linear Gaussian model, from the variance that causes leave each effect."""
    score = 0.0
    for effect in range(len(corr)):
        causes = np.flatnonzero(edges[:, effect])
        among, across = corr[np.ix_(causes, causes)], corr[causes, effect]
        left = 1.0 - across @ np.linalg.solve(among, across) if len(causes) else 1.0
        score -= n_rows / 2 * np.log(left) + penalty * len(causes) * np.log(n_rows)
    return float(score)


def score_of_marks(corr: np.ndarray, n_rows: int, marks: np.ndarray, penalty: float) -> float:
    edges = acyclic_extension(marks)
    assert edges is not None
    return score_of_edges(corr, n_rows, edges, penalty)


def noisy_correlation(seed: int, n_values: int, n_rows: int) -> np.ndarray:
    world = random_world(n_values, degree=2.5, seed=seed)
    return correlation_matrix(world.latents(n_rows, seed=seed)[:, 0])


def members(marks: np.ndarray) -> list[np.ndarray]:
    """Every graph of four nodes in a class."""
    return [edges for edges in GRAPHS_OF_FOUR if np.array_equal(class_of_edges(edges), marks)]


def gains_of_one_edge(
    corr: np.ndarray, n_rows: int, marks: np.ndarray, penalty: float
) -> tuple[list[float], list[float]]:
    """What one edge more, and one edge less, gains in any graph of the class."""
    more, less = [], []
    for edges in members(marks):
        own = score_of_edges(corr, n_rows, edges, penalty)
        for i, j in product(range(4), repeat=2):
            if i == j or edges[j, i]:
                continue
            other = edges.copy()
            other[i, j] = not edges[i, j]
            if len(in_causal_order(other)) == 4:
                gain = score_of_edges(corr, n_rows, other, penalty) - own
                (less if edges[i, j] else more).append(gain)
    return more, less


@pytest.mark.parametrize("seed", range(12))
def test_no_neighbour_of_the_answer_scores_more(seed: int) -> None:
    n_rows, penalty = (60, 300)[seed % 2], (0.5, 1.0)[seed // 2 % 2]
    corr = noisy_correlation(seed, 4, n_rows)
    _, less = gains_of_one_edge(corr, n_rows, ges_marks(corr, n_rows, penalty=penalty), penalty)
    assert max(less, default=0.0) <= 1e-9
    both = gains_of_one_edge(corr, n_rows, xges_marks(corr, n_rows, penalty=penalty), penalty)
    assert max((*both[0], *both[1]), default=0.0) <= 1e-9


def test_the_best_of_all_graphs_is_mostly_found() -> None:
    n_best = {"ges": 0, "xges": 0}
    for seed in range(15):
        corr = noisy_correlation(200 + seed, 4, 300)
        best = max(score_of_edges(corr, 300, edges, 0.5) for edges in GRAPHS_OF_FOUR)
        for name, find in (("ges", ges_marks), ("xges", xges_marks)):
            score = score_of_marks(corr, 300, find(corr, 300), 0.5)
            assert score <= best + 1e-9
            n_best[name] += score >= best - 1e-9
    assert min(n_best.values()) >= 13


@pytest.mark.parametrize("seed", range(10))
def test_ges_finds_the_class_from_exact_correlations(seed: int) -> None:
    world = random_world(7, degree=1.8, seed=300 + seed)
    exact, truth = exact_correlation(world), world.graph_class().marks
    assert np.array_equal(ges_marks(exact, 1_000_000), truth)
    assert np.array_equal(xges_marks(exact, 1_000_000), truth)


def test_forced_deletions_pay_on_the_whole() -> None:
    gained = []
    for seed in range(20):
        corr = noisy_correlation(seed, 12, 150)
        ges, xges = (score_of_marks(corr, 150, f(corr, 150), 0.5) for f in (ges_marks, xges_marks))
        assert min(ges, xges) >= 0.0  # the empty graph, from which both begin, scores 0
        gained.append(xges - ges)
    assert np.mean(gained) > 0


@pytest.mark.parametrize("seed", range(8))
def test_every_answer_is_a_class(seed: int) -> None:
    corr = noisy_correlation(seed, 10, 80)
    assert is_class(ges_marks(corr, 80))
    assert is_class(xges_marks(corr, 80))


def test_a_larger_penalty_gives_no_more_edges_here() -> None:
    corr = noisy_correlation(5, 10, 200)
    for find in (ges_marks, xges_marks):
        sizes = [int(adjacent_pairs(find(corr, 200, penalty=p)).sum()) for p in (0.2, 0.5, 2, 50)]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] > sizes[-1] == 0


def test_few_parents_allowed_are_few_parents_found() -> None:
    corr = noisy_correlation(3, 12, 3000)
    free = ges_marks(corr, 3000)
    assert np.array_equal(ges_marks(corr, 3000, max_parents=12), free)
    one = ges_marks(corr, 3000, max_parents=1)
    assert directed_pairs(one).sum(axis=0).max() < directed_pairs(free).sum(axis=0).max()
    table = planted_world().sample(400, seed=2)
    assert discover(table, "ges", max_parents=1).manifest is not None


@pytest.mark.parametrize("seed", range(6))
def test_dense_and_ordinal_tables_agree_with_the_library(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_values, n_rows = int(rng.integers(4, 8)), int(rng.integers(30, 500))
    dense = rng.standard_normal((n_rows, n_values)) @ rng.standard_normal((n_values, n_values))
    ordinal = planted_world().sample(120, n_levels=3, seed=seed).scores
    for rows in (dense, ordinal):
        reference = libraries.ges_marks(rows, penalty=0.5, max_parents=None, rules=None)
        assert np.array_equal(ges_marks(correlation_matrix(rows), len(rows)), reference)


def test_a_search_begins_with_what_is_required() -> None:
    required = np.zeros((4, 4), dtype=np.bool_)
    required[0, 1] = True
    for find in (ges_marks, xges_marks):
        found = find(np.eye(4), 100, required=required)
        assert (found[0, 1], found[1, 0]) == (-1, 1)
        assert adjacent_pairs(found).sum() == 2


@pytest.mark.fault
def test_rules_that_leave_no_graph_are_an_error() -> None:
    required = np.zeros((3, 3), dtype=np.bool_)
    required[0, 1] = True
    for find in (ges_marks, xges_marks):
        with pytest.raises(KnowledgeError, match="required edge"):
            find(np.eye(3), 100, required=required, forbidden=required)
