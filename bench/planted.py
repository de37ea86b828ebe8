"""Rows from a sparse linear model with a random graph, for timing only."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["sparse_rows"]

BLOCK = 50_000


def sparse_rows(n_values: int, n_rows: int, *, degree: float, seed: int) -> NDArray[np.float64]:
    """Return rows of a linear Gaussian model whose graph has the given mean degree."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_values)
    share = min(1.0, degree / (n_values - 1))
    upper = np.triu(rng.random((n_values, n_values)) < share, 1)
    sizes = rng.uniform(0.3, 0.8, (n_values, n_values)) * rng.choice([-1, 1], (n_values, n_values))
    weights = np.zeros((n_values, n_values))
    weights[np.ix_(order, order)] = upper * sizes  # [cause, effect]
    spread = np.linalg.inv(np.eye(n_values) - weights)
    rows = np.empty((n_rows, n_values))
    for start in range(0, n_rows, BLOCK):
        stop = min(start + BLOCK, n_rows)
        rows[start:stop] = rng.standard_normal((stop - start, n_values)) @ spread
    return rows
