"""The fast engines return causal-learn's marks, mark for mark; the benchmarks ask many more."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from causalvalues.discovery import libraries
from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.ges import ges_marks
from causalvalues.discovery.pc import pc_marks
from causalvalues.organism.world import random_world
from causalvalues.survey.released import read_released

RELEASED = Path(__file__).parents[3] / "shared" / "data" / "kang2025"
RULES = [*product((0, 1), (-1, 0, 1, 2, 3, 4)), *product((2,), (-1, 2, 3, 4))]
SEEDS = range(5)


def rows_of(seed: int) -> np.ndarray:
    """Rows of a random sparse or dense world, few or many."""
    rng = np.random.default_rng(seed)
    n_values, n_rows = int(rng.integers(5, 13)), int(60 * 100 ** rng.random())
    world = random_world(n_values, degree=float(rng.choice([1.5, 2.5, 3.5])), seed=seed)
    return world.latents(n_rows, seed=seed).reshape(-1, n_values)


def assert_pc_agrees(
    rows: np.ndarray, rule: int, priority: int, alpha: float, most: int | None
) -> None:
    fast = pc_marks(
        correlation_matrix(rows),
        len(rows),
        alpha=alpha,
        uc_rule=rule,
        uc_priority=priority,
        max_condition_size=most,
    )
    reference = libraries.pc_marks(
        rows,
        alpha=alpha,
        uc_rule=rule,
        uc_priority=priority,
        max_condition_size=most,
        rules=None,
    )
    assert np.array_equal(fast, reference)


@pytest.mark.parametrize(("rule", "priority"), RULES)
@pytest.mark.parametrize("seed", SEEDS)
def test_pc_agrees_under_every_rule_and_priority(rule: int, priority: int, seed: int) -> None:
    assert_pc_agrees(rows_of(seed), rule, priority, (0.01, 0.05)[seed % 2], None)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_pc_agrees_where_conditioning_sets_are_kept_small(most: int) -> None:
    for rule in (0, 1, 2):
        assert_pc_agrees(rows_of(7), rule, 2, 0.05, most)


@pytest.mark.parametrize("seed", range(25))
def test_ges_agrees(seed: int) -> None:
    rows = rows_of(100 + seed)
    penalty = (0.5, 1.0, 2.0)[seed % 3]
    most = None if seed % 5 else 2
    fast = ges_marks(correlation_matrix(rows), len(rows), penalty=penalty, max_parents=most)
    reference = libraries.ges_marks(rows, penalty=penalty, max_parents=most, rules=None)
    assert np.array_equal(fast, reference)


@pytest.mark.skipif(not RELEASED.exists(), reason="the released scores are not beside the checkout")
@pytest.mark.parametrize("name", ["gemma_train", "llama_train"])
def test_both_agree_on_the_released_study(name: str) -> None:
    rows = read_released(RELEASED / f"{name}.csv").scores
    for rule in (0, 2):
        assert_pc_agrees(rows, rule, 2, 0.05, None)
    fast = ges_marks(correlation_matrix(rows), len(rows))
    reference = libraries.ges_marks(rows, penalty=0.5, max_parents=None, rules=None)
    assert np.array_equal(fast, reference)
