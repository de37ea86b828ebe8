"""PC, first half: which pairs are adjacent (Colombo and Maathuis 2014, PC-stable).

    for depth = 0, 1, 2, … while some node has more than `depth` neighbours:
        freeze the graph
        for every adjacent x, y and every S ⊆ N(x) \\ y of that size:
            x ⫫ y | S  ⇒  remove x — y after this depth; remember S

Guarantee: the result does not depend on the order of the nodes. The remembered sets are those of
causal-learn: the union of every separating set of the depth, from both sides, so that its collider
rule 0 can be followed to the letter. Other rules do not look at them, and one set is enough.
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.independence import (
    Walk,
    extend,
    is_independent,
    new_walk,
    partial_correlation,
)
from causalvalues.discovery.marks import Bools

__all__ = ["neighbours_of", "separate", "skeleton"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def neighbours_of(adjacent: Bools, node: int) -> Ints:
    """Return the neighbours of a node, ascending."""
    return np.flatnonzero(adjacent[node])


@compiled
def separate(
    corr: Floats, n_rows: int, alpha: float, limit: float, x: int, y: int, pool: Ints, depth: int,
    every: bool, separators: Bools, walk: Walk,
) -> bool:  # fmt: skip
    """Return whether a set of `depth` nodes of the pool separates x and y; mark its members.

    Walks the sets in lexicographic order; `every` goes on after the first one.
    """
    n_pool = len(pool)
    if depth == 0:
        return is_independent(corr[x, y], n_rows, 0, alpha, limit)
    if n_pool < depth:
        return False
    position, members = walk.position, walk.members
    position[0] = 0
    found = False
    size = 0
    while True:
        if size == depth:
            r = partial_correlation(corr, x, y, size, walk)
            if is_independent(r, n_rows, size, alpha, limit):
                found = True
                for k in range(size):
                    separators[members[k]] = True
                if not every:
                    return True
            size -= 1
            if size < 0:
                return found
            position[size] += 1
        elif position[size] > n_pool - (depth - size):  # too few left to complete the set
            size -= 1
            if size < 0:
                return found
            position[size] += 1
        else:
            extend(corr, x, y, pool[position[size]], size, walk)
            size += 1
            position[size] = position[size - 1] + 1


@compiled
def skeleton(
    corr: Floats, n_rows: int, alpha: float, limit: float, max_size: int, every: bool,
    banned: Bools, kept: Bools,
) -> tuple[Bools, Bools]:  # fmt: skip
    """Return the adjacency matrix, and [x, y, s]: s is in a remembered separating set of x and y.

    banned: pairs that background knowledge sets apart; kept: pairs that it joins; both symmetric.
    `every`: remember all separating sets (else the second matrix is empty).
    """
    n_nodes = len(corr)
    adjacent = ~banned
    for node in range(n_nodes):
        adjacent[node, node] = False
    separators = np.zeros((n_nodes, n_nodes, n_nodes) if every else (1, 1, n_nodes), dtype=np.bool_)
    walk = new_walk(n_nodes)
    depth = 0
    while adjacent.sum(axis=1).max() > depth and depth <= max_size:
        frozen = adjacent.copy()
        for x in range(n_nodes):
            neighbours = neighbours_of(frozen, x)
            if len(neighbours) <= depth:
                continue
            if not every:  # any one set will do: try the strongest relations first
                neighbours = neighbours[np.argsort(-np.abs(corr[x, neighbours]))]
            for y in neighbours:
                if kept[x, y] or not (every or adjacent[x, y]) or (depth == 0 and y < x):
                    continue
                pool = neighbours[neighbours != y]
                low, high = (x, y) if x < y else (y, x)
                note = separators[low, high] if every else separators[0, 0]
                if separate(corr, n_rows, alpha, limit, low, high, pool, depth, every, note, walk):
                    adjacent[x, y] = adjacent[y, x] = False
        depth += 1
    return adjacent, separators
