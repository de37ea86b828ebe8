"""The two steps of a greedy equivalence search, with their gains (Chickering 2002).

    Insert(i, j, T)   i, j apart, T ⊆ neighbours of j not next to i, C = NA(j, i) ∪ T a clique that
                      blocks every semi-directed path from j to i:  i → j, and t → j for t in T
    Delete(i, j, H)   i, j adjacent, H ⊆ NA(j, i), C = NA(j, i) \\ H a clique:
                      no edge, and j → h, i → h for h in H

NA(j, i): neighbours of j (by undirected edges) that are next to i. With the BIC of a linear
Gaussian model, −n/2 (1 + log σ²) − λ (|Pa| + 1) log n, the gain of an insertion needs one number,
the partial correlation r of i and j given C ∪ Pa(j):

    gain = −n/2 · log(1 − r²) − λ log n,        and that of a deletion is its negative.
"""

import math

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import is_directed, is_undirected
from causalvalues.discovery.equivalence import class_of_graph, extend_to_graph, impose
from causalvalues.discovery.independence import extend, partial_correlation
from causalvalues.discovery.marks import Bools, Marks

__all__ = ["after_delete", "after_insert", "weigh_delete", "weigh_insert"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = -1e300


@compiled
def shared_neighbours(marks: Marks, i: int, j: int, next_to: bool) -> Ints:
    """Return the neighbours of j that are next to i, or those that are not."""
    n_nodes = len(marks)
    found = np.empty(n_nodes, dtype=np.int64)
    count = 0
    for node in range(n_nodes):
        if node != i and is_undirected(marks, j, node) and (marks[node, i] != 0) == next_to:
            found[count] = node
            count += 1
    return found[:count]


@compiled
def log_gain(corr: Floats, n_rows: int, penalty: float, i: int, j: int, size: int, ui: Floats,
             uj: Floats) -> float:  # fmt: skip
    """Return the gain of i → j given the nodes walked so far."""
    r = partial_correlation(corr, i, j, size, ui, uj)
    return -0.5 * n_rows * math.log(max(1.0 - r * r, 1e-300)) - penalty * math.log(n_rows)


@compiled
def weigh_insert(
    corr: Floats, n_rows: int, penalty: float, marks: Marks, i: int, j: int, strict: bool,
    allowed: Bools, informed: bool,
) -> tuple[float, Bools]:  # fmt: skip
    """Return the best gain of inserting i → j and its T (node,), or NEVER.

    Without `strict` the gain is an upper bound: paths and knowledge are not asked.
    """
    base = shared_neighbours(marks, i, j, True)
    free = shared_neighbours(marks, i, j, False)
    return walk_cliques(
        corr, n_rows, penalty, marks, i, j, base, free, True, strict, allowed, informed
    )


@compiled
def weigh_delete(
    corr: Floats, n_rows: int, penalty: float, marks: Marks, i: int, j: int, strict: bool,
    allowed: Bools, informed: bool,
) -> tuple[float, Bools]:  # fmt: skip
    """Return the best gain of deleting the edge of i and j and its H (node,), or NEVER."""
    free = shared_neighbours(marks, i, j, True)
    return walk_cliques(
        corr, n_rows, penalty, marks, i, j, free[:0], free, False, strict, allowed, informed
    )


@compiled
def walk_cliques(
    corr: Floats, n_rows: int, penalty: float, marks: Marks, i: int, j: int, base: Ints,
    free: Ints, inserting: bool, strict: bool, allowed: Bools, informed: bool,
) -> tuple[float, Bools]:  # fmt: skip
    """Return the best gain over the cliques `base ∪ subset of free`, and T or H.

    Walks the subsets depth first; a set that is no clique ends its branch.
    """
    n_nodes = len(corr)
    best, best_extra = NEVER, np.zeros(n_nodes, dtype=np.bool_)
    if not is_clique(marks, base):
        return best, best_extra
    fixed = fixed_nodes(marks, i, j, base)
    most = len(fixed) + len(free)
    members = np.zeros(most, dtype=np.int64)
    chol = np.zeros((most, most))
    ui, uj = np.zeros(most), np.zeros(most)
    size = 0
    for node in fixed:
        extend(corr, i, j, node, size, members, chol, ui, uj)
        size += 1
    start = size
    position = np.zeros(len(free) + 1, dtype=np.int64)
    fresh = True
    while True:
        depth = size - start
        if fresh:
            gain = log_gain(corr, n_rows, penalty, i, j, size, ui, uj)
            gain = gain if inserting else -gain
            if gain > best:
                extra = extra_nodes(n_nodes, free, members[start:size], inserting)
                if not strict or admissible(marks, i, j, base, extra, inserting, allowed, informed):
                    best, best_extra = gain, extra
        if position[depth] < len(free):
            node = free[position[depth]]
            if next_to_all(marks, node, base) and next_to_all(marks, node, members[start:size]):
                extend(corr, i, j, node, size, members, chol, ui, uj)
                size += 1
                position[depth + 1] = position[depth] + 1
                fresh = True
            else:
                position[depth] += 1
                fresh = False
        else:
            size -= 1
            if size < start:
                return best, best_extra
            position[depth - 1] += 1
            fresh = False


@compiled
def fixed_nodes(marks: Marks, i: int, j: int, base: Ints) -> Ints:
    """Return base ∪ Pa(j) without i."""
    inside = np.zeros(len(marks), dtype=np.bool_)
    for node in base:
        inside[node] = True
    for node in range(len(marks)):
        if is_directed(marks, node, j):
            inside[node] = True
    inside[i] = False
    return np.flatnonzero(inside)


@compiled
def extra_nodes(n_nodes: int, free: Ints, chosen: Ints, inserting: bool) -> Bools:
    """Return T (the chosen) for an insertion, H (the others of the free) for a deletion."""
    extra = np.zeros(n_nodes, dtype=np.bool_)
    if not inserting:
        for node in free:
            extra[node] = True
    for node in chosen:
        extra[node] = inserting
    return extra


@compiled
def next_to_all(marks: Marks, node: int, others: Ints) -> bool:
    """Return whether a node is adjacent to all others."""
    for other in others:
        if marks[node, other] == 0:
            return False
    return True


@compiled
def is_clique(marks: Marks, nodes: Ints) -> bool:
    """Return whether all pairs are adjacent."""
    for place in range(len(nodes)):
        if not next_to_all(marks, nodes[place], nodes[:place]):
            return False
    return True


@compiled
def admissible(
    marks: Marks, i: int, j: int, base: Ints, extra: Bools, inserting: bool, allowed: Bools,
    informed: bool,
) -> bool:  # fmt: skip
    """Return whether a step is valid, and where there is knowledge, whether its class obeys."""
    if inserting:
        blocked = extra.copy()
        for node in base:
            blocked[node] = True
        if reaches(marks, j, i, blocked):
            return False
    if not informed:
        return True
    after = after_insert(marks, i, j, extra) if inserting else after_delete(marks, i, j, extra)
    fits, _ = impose(after, allowed)
    return fits


@compiled
def reaches(marks: Marks, start: int, target: int, blocked: Bools) -> bool:
    """Return whether a semi-directed path leads from start to target around the blocked nodes."""
    n_nodes = len(marks)
    seen = blocked.copy()
    seen[start] = True
    queue = np.empty(n_nodes, dtype=np.int64)
    queue[0] = start
    n_queued, done = 1, 0
    while done < n_queued:
        node = queue[done]
        done += 1
        for after in range(n_nodes):
            if marks[node, after] == -1 and not seen[after]:  # node → after or node — after
                if after == target:
                    return True
                seen[after] = True
                queue[n_queued] = after
                n_queued += 1
    return False


@compiled
def after_insert(marks: Marks, i: int, j: int, extra: Bools) -> Marks:
    """Return the class after Insert(i, j, T)."""
    changed = marks.copy()
    changed[i, j], changed[j, i] = -1, 1
    for node in np.flatnonzero(extra):
        changed[node, j], changed[j, node] = -1, 1
    _, edges = extend_to_graph(changed)
    return class_of_graph(edges)


@compiled
def after_delete(marks: Marks, i: int, j: int, extra: Bools) -> Marks:
    """Return the class after Delete(i, j, H)."""
    changed = marks.copy()
    changed[i, j] = changed[j, i] = 0
    for node in np.flatnonzero(extra):
        changed[j, node], changed[node, j] = -1, 1
        changed[i, node], changed[node, i] = -1, 1
    _, edges = extend_to_graph(changed)
    return class_of_graph(edges)
