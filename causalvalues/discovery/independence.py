"""Fisher's test of a partial correlation, on a correlation matrix, without a matrix inverse.

For two nodes x, y and a set S the partial correlation is

    r = (c_xy − u·v) / √((1 − u·u)(1 − v·v)),    u = L⁻¹ c_Sx,  v = L⁻¹ c_Sy,  L Lᵀ = C_SS

and p = 2 (1 − Φ(√(n − |S| − 3) · |atanh r|)) (Fisher 1924). Subsets are walked depth first, so
that a set one node larger costs one more row of L. A `Walk` holds that state, taken once:

    members (size,)  the nodes chosen so far        chol (size, size)  rows of L
    ux, uy (size,)   u and v                        position (size,)   places in the pool

Guarantee: the same set gives the same p to the last bit, from whichever side it is reached.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled

__all__ = [
    "Walk",
    "extend",
    "fisher_p",
    "fisher_z",
    "is_independent",
    "new_walk",
    "partial_correlation",
    "two_sided",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EPSILON = float(np.finfo(np.float64).eps)
ROOT_HALF = math.sqrt(0.5)
MARGIN = 1e-9  # closer than this to the limit, the p-value itself decides


@compiled
def fisher_p(r: float, n_rows: int, size: int) -> float:
    """Return the p-value of a partial correlation given `size` other nodes."""
    return two_sided(fisher_z(r, n_rows, size))


@compiled
def fisher_z(r: float, n_rows: int, size: int) -> float:
    """Return the statistic √(n − |S| − 3) · |atanh r|; 0 where no row is left to count."""
    if abs(r) >= 1.0:
        r = math.copysign(1.0 - EPSILON, r)
    freedom = n_rows - size - 3
    if freedom <= 0:
        return 0.0
    return math.sqrt(freedom) * abs(0.5 * math.log((1.0 + r) / (1.0 - r)))


@compiled
def two_sided(z: float) -> float:
    """Return the p-value of a standard normal statistic."""
    below = 1.0 - 0.5 * math.erfc(z * ROOT_HALF)  # Φ(z), rounded as a distribution function is
    return 2.0 * (1.0 - below)


@compiled
def is_independent(r: float, n_rows: int, size: int, alpha: float, limit: float) -> bool:
    """Return whether p > alpha; `limit` is the normal statistic at which p = alpha, NaN for none.

    Bounds, |r| ≤ |atanh r| ≤ |r| / (1 − r²), answer most questions without a logarithm.
    """
    z = math.sqrt(max(n_rows - size - 3, 0)) * abs(r)
    if z > limit * (1.0 + MARGIN):
        return False
    if z < limit * (1.0 - MARGIN) * (1.0 - r * r):
        return True
    return fisher_p(r, n_rows, size) > alpha


class Walk(NamedTuple):
    """Room for a walk over subsets."""

    members: Ints
    position: Ints
    chol: Floats
    ux: Floats
    uy: Floats


@compiled
def new_walk(most: int) -> Walk:
    """Return room for sets of at most this many nodes."""
    return Walk(
        np.zeros(most, dtype=np.int64),
        np.zeros(most + 1, dtype=np.int64),
        np.zeros((most, most)),
        np.zeros(most),
        np.zeros(most),
    )


@compiled
def extend(corr: Floats, x: int, y: int, node: int, size: int, walk: Walk) -> None:
    """Add a node to a set that holds `size` nodes: one more row of L, one more entry of u and v."""
    members, chol, ux, uy = walk.members, walk.chol, walk.ux, walk.uy
    for row in range(size):
        dot = corr[node, members[row]]
        for k in range(row):
            dot -= chol[size, k] * chol[row, k]
        chol[size, row] = dot / chol[row, row]
    square, in_x, in_y = corr[node, node], corr[node, x], corr[node, y]
    for k in range(size):
        square -= chol[size, k] * chol[size, k]
        in_x -= chol[size, k] * ux[k]
        in_y -= chol[size, k] * uy[k]
    pivot = math.sqrt(max(square, 1e-300))
    chol[size, size] = pivot
    ux[size] = in_x / pivot
    uy[size] = in_y / pivot
    members[size] = node


@compiled
def partial_correlation(corr: Floats, x: int, y: int, size: int, walk: Walk) -> float:
    """Return the correlation of x and y given the `size` nodes walked so far."""
    ux, uy = walk.ux, walk.uy
    shared, left_x, left_y = corr[x, y], corr[x, x], corr[y, y]
    for k in range(size):
        shared -= ux[k] * uy[k]
        left_x -= ux[k] * ux[k]
        left_y -= uy[k] * uy[k]
    return float(shared / math.sqrt(max(left_x * left_y, 1e-300)))
