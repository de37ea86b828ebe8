"""PC's own parts: the test it asks, the skeleton it keeps, and what may not change its answer."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import norm

from causalvalues import ScoreTable, discover
from causalvalues.discovery import libraries
from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.evidence import rows_with_correlation
from causalvalues.discovery.marks import adjacent_pairs
from causalvalues.discovery.options import Search
from causalvalues.discovery.pc import pc_marks, priority_of
from causalvalues.errors import OptionError
from causalvalues.organism.world import World, planted_world, random_world

RULES = [*product((0, 1), (0, 1, 2, 3, 4)), *product((2,), (2, 3, 4))]


def dense_rows(n_values: int, n_rows: int, seed: int) -> np.ndarray:
    """Rows in which every column shares something with every other."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_rows, n_values)) @ rng.standard_normal((n_values, n_values))


def murky_rows(seed: int, n_values: int = 9) -> np.ndarray:
    """Few rows of a world, so that tests disagree with each other."""
    return random_world(n_values, degree=3.0, seed=seed).latents(150, seed=seed)[:, 0]


def exact_correlation(world: World) -> np.ndarray:
    spread = world.total_effects() + np.eye(len(world.names))
    return spread.T @ np.diag(world.disturbances) @ spread


def p_by_inverse(corr: np.ndarray, n_rows: int, x: int, y: int, given: tuple[int, ...]) -> float:
    """Fisher's p-value by inverting the correlations."""
    inverse = np.linalg.inv(corr[np.ix_([x, y, *given], [x, y, *given])])
    r = -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
    return float(2 * norm.sf(np.sqrt(n_rows - len(given) - 3) * abs(np.arctanh(r))))


def skeleton_by_inverse(corr: np.ndarray, n_rows: int, alpha: float) -> np.ndarray:
    """PC-stable as the paper has it: every set of one size, then the edges that fell."""
    n_values = len(corr)
    adjacent = ~np.eye(n_values, dtype=np.bool_)
    for depth in range(n_values - 1):
        frozen = adjacent.copy()
        for x, y in np.argwhere(frozen):
            pool = [int(n) for n in np.flatnonzero(frozen[x]) if n != y]
            for given in combinations(pool, depth):
                if p_by_inverse(corr, n_rows, int(x), int(y), given) > alpha:
                    adjacent[x, y] = adjacent[y, x] = False
    return adjacent


@pytest.mark.parametrize("seed", range(8))
def test_the_skeleton_is_that_of_fishers_test(seed: int) -> None:
    rows = murky_rows(seed, 7) if seed % 2 else dense_rows(6, 60, seed)
    corr = correlation_matrix(rows)
    expected = skeleton_by_inverse(corr, len(rows), 0.05)
    for rule in (0, 1, 2):
        found = pc_marks(corr, len(rows), alpha=0.05, uc_rule=rule, uc_priority=2)
        assert np.array_equal(adjacent_pairs(found), expected)


def test_too_few_rows_to_test_are_no_dependence() -> None:
    corr = np.array([[1.0, 0.99], [0.99, 1.0]])
    assert not pc_marks(corr, 3).any()
    assert pc_marks(corr, 30).any()


@pytest.mark.parametrize("seed", range(4))
def test_without_conditioning_the_edges_are_the_dependent_pairs(seed: int) -> None:
    rows = murky_rows(seed)
    corr = correlation_matrix(rows)
    found = adjacent_pairs(pc_marks(corr, len(rows), max_condition_size=0))
    for x, y in combinations(range(len(corr)), 2):
        assert found[x, y] == (p_by_inverse(corr, len(rows), x, y, ()) <= 0.01)


@pytest.mark.parametrize(("rule", "priority"), RULES)
def test_exact_correlations_give_the_class_under_every_rule(rule: int, priority: int) -> None:
    for seed in range(8):
        world = random_world(6, degree=2.0, seed=40 + seed)
        found = pc_marks(
            exact_correlation(world), 10_000_000, alpha=1e-9, uc_rule=rule, uc_priority=priority
        )
        assert np.array_equal(found, world.graph_class().marks)


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_the_skeleton_does_not_depend_on_the_column_order(rule: int) -> None:
    n_turned = 0
    for seed in range(15):
        corr = correlation_matrix(murky_rows(seed))
        grid = np.ix_(*[np.random.default_rng(seed).permutation(len(corr))] * 2)
        marks = pc_marks(corr, 150, alpha=0.1, uc_rule=rule, uc_priority=2)
        other = pc_marks(corr[grid], 150, alpha=0.1, uc_rule=rule, uc_priority=2)
        assert np.array_equal(adjacent_pairs(other), adjacent_pairs(marks)[grid])
        n_turned += not np.array_equal(other, marks[grid])
    assert n_turned > 0  # the directions of murky data do depend on it: see column_order


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_rows_made_of_correlations_give_a_library_the_same_marks(rule: int) -> None:
    for seed in range(4):
        rows = murky_rows(seed)
        corr = correlation_matrix(rows, kind="spearman")
        reference = libraries.pc_marks(
            rows_with_correlation(corr, len(rows)),
            alpha=0.01,
            uc_rule=rule,
            uc_priority=2,
            max_condition_size=None,
            rules=None,
        )
        fast = pc_marks(corr, len(rows), alpha=0.01, uc_rule=rule, uc_priority=2)
        assert np.array_equal(fast, reference)


@pytest.mark.parametrize("seed", range(6))
def test_dense_and_ordinal_tables_agree_with_the_library(seed: int) -> None:
    """Where everything depends on everything, and where answers are few and tests near ties."""
    rng = np.random.default_rng(seed)
    dense = dense_rows(int(rng.integers(5, 9)), int(rng.integers(30, 400)), seed)
    ordinal = planted_world().sample(120, n_levels=3, seed=seed).scores
    for rows in (dense, ordinal):
        for rule, priority in ((0, 0), (0, 3), (1, 1), (1, 3), (2, 2), (2, 4)):
            fast = pc_marks(
                correlation_matrix(rows), len(rows), alpha=0.1, uc_rule=rule, uc_priority=priority
            )
            reference = libraries.pc_marks(
                rows,
                alpha=0.1,
                uc_rule=rule,
                uc_priority=priority,
                max_condition_size=None,
                rules=None,
            )
            assert np.array_equal(fast, reference), (rule, priority)


@pytest.mark.parametrize("algorithm", ["pc", "ges", "xges"])
def test_units_signs_and_the_order_of_rows_do_not_matter(algorithm: str) -> None:
    table = planted_world().sample(500, seed=12)
    found = discover(table, algorithm)  # type: ignore[arg-type]
    rng = np.random.default_rng(1)
    units = rng.uniform(0.1, 10.0, 10) * rng.choice([-1.0, 1.0], 10)
    moved = rng.permutation(table.scores) * units + rng.uniform(-5, 5, 10)
    other = discover(ScoreTable(names=table.names, scores=moved), algorithm)  # type: ignore[arg-type]
    assert np.array_equal(other.marks, found.marks)


def test_rules_that_say_nothing_change_nothing() -> None:
    nothing = np.zeros((9, 9), dtype=np.bool_)
    for seed in range(5):
        corr = correlation_matrix(murky_rows(seed))
        assert np.array_equal(
            pc_marks(corr, 150, forbidden=nothing, required=nothing), pc_marks(corr, 150)
        )


def test_a_smaller_alpha_is_recorded_and_heard() -> None:
    table = planted_world().sample(150, seed=3)
    sizes = [discover(table, alpha=alpha).n_edges for alpha in (0.2, 0.01, 1e-6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]
    manifest = discover(table, alpha=1e-6).manifest
    assert manifest is not None
    assert manifest.parameters["alpha"] == 1e-6


@pytest.mark.parametrize("alpha", [1e-300, 1e-17, 1e-12, 0.995, 1 - 1e-15])
def test_levels_beyond_all_custom_agree_with_the_library(alpha: float) -> None:
    table = planted_world().sample(300, seed=1).select(planted_world().names[:6])
    fast, reference = (discover(table, "pc", engine, alpha) for engine in ("fast", "causal-learn"))  # type: ignore[arg-type]
    assert np.array_equal(fast.marks, reference.marks)


@pytest.mark.fault
@pytest.mark.parametrize("priority", [0, 1])
def test_rule_two_refuses_priorities_it_does_not_know(priority: int) -> None:
    with pytest.raises(OptionError, match="2, 3 or 4 with uc_rule=2"):
        pc_marks(np.eye(3), 100, uc_rule=2, uc_priority=priority)
    assert [priority_of(rule, -1) for rule in (0, 1, 2)] == [3, 3, 4]
    assert Search(uc_rule=0, uc_priority=priority).uc_priority == priority
