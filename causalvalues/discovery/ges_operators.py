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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import is_directed, is_undirected
from causalvalues.discovery.equivalence import class_of_graph, extend_to_graph, impose
from causalvalues.discovery.independence import Walk, extend, new_walk, partial_correlation
from causalvalues.discovery.marks import Bools, Marks

__all__ = ["NEVER", "Desk", "Task", "after_step", "look_at", "new_desk", "weigh"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = -1e300


class Task(NamedTuple):
    """What a search is given: evidence, penalty, and knowledge about directions and pairs."""

    corr: Floats  # (node, node)
    n_rows: int
    penalty: float
    max_parents: int
    allowed: Bools  # [i, j]: knowledge admits i → j
    banned: Bools  # pairs that knowledge sets apart
    kept: Bools  # pairs that knowledge joins
    informed: bool  # whether there is any knowledge


class Desk(NamedTuple):
    """Room to work in, taken once: lists of nodes, and the state of a walk over subsets."""

    around: Ints  # neighbours of j by undirected edges
    parents: Ints  # of j
    base: Ints  # neighbours of j that every clique holds
    free: Ints  # neighbours of j that a clique may hold
    queue: Ints
    seen: Bools
    walk: Walk


@compiled
def new_desk(n_nodes: int) -> Desk:
    """Return an empty desk."""
    return Desk(
        np.zeros(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.int64),
        np.zeros(n_nodes, dtype=np.bool_),
        new_walk(n_nodes),
    )


@compiled
def look_at(marks: Marks, j: int, desk: Desk) -> tuple[int, int]:
    """Return how many neighbours and parents j has; lists them on the desk."""
    n_around, n_parents = 0, 0
    for node in range(len(marks)):
        if is_undirected(marks, j, node):
            desk.around[n_around] = node
            n_around += 1
        elif is_directed(marks, node, j):
            desk.parents[n_parents] = node
            n_parents += 1
    return n_around, n_parents


@compiled
def weigh(
    task: Task, marks: Marks, desk: Desk, i: int, j: int, n_around: int, n_parents: int,
    inserting: bool, strict: bool, extra: Bools,
) -> float:  # fmt: skip
    """Return the best gain of a step on i → j, or NEVER, after `look_at(marks, j, desk)`.

    Without `strict` it is an upper bound: paths and knowledge are not asked. With it, `extra`
    (node,) becomes the T or H of the best step. Walks the cliques `base ∪ subset of free` depth
    first; a set that is no clique ends its branch.
    """
    n_base, n_free = split(marks, desk, i, n_around, inserting)
    if not is_clique(marks, desk.base[:n_base]):
        return NEVER
    size = 0
    for place in range(n_base):
        extend(task.corr, i, j, desk.base[place], size, desk.walk)
        size += 1
    for place in range(n_parents):
        node = desk.parents[place]
        if node != i:
            extend(task.corr, i, j, node, size, desk.walk)
            size += 1
    start, best = size, NEVER
    position = desk.walk.position
    position[0] = 0
    fresh = True
    while True:
        depth = size - start
        if fresh:
            gain = gain_of(task, i, j, size, desk, inserting)
            if gain > best and (
                not strict or admissible(task, marks, desk, i, j, n_base, n_free, start, size,
                                         inserting, extra)
            ):  # fmt: skip
                best = gain
        if position[depth] < n_free:
            node = desk.free[position[depth]]
            fresh = next_to_all(marks, node, desk.base[:n_base]) and next_to_all(
                marks, node, desk.walk.members[start:size]
            )
            if fresh:
                extend(task.corr, i, j, node, size, desk.walk)
                size += 1
                position[depth + 1] = position[depth] + 1
            else:
                position[depth] += 1
        else:
            size -= 1
            if size < start:
                return best
            position[depth - 1] += 1
            fresh = False


@compiled
def split(marks: Marks, desk: Desk, i: int, n_around: int, inserting: bool) -> tuple[int, int]:
    """Return how many neighbours of j a clique must hold and may hold; lists them.

    An insertion must hold those next to i and may hold the others; a deletion may hold the first.
    """
    n_base, n_free = 0, 0
    for place in range(n_around):
        node = desk.around[place]
        if node == i:
            continue
        near = marks[node, i] != 0
        if near and inserting:
            desk.base[n_base] = node
            n_base += 1
        elif near or inserting:
            desk.free[n_free] = node
            n_free += 1
    return n_base, n_free


@compiled
def gain_of(task: Task, i: int, j: int, size: int, desk: Desk, inserting: bool) -> float:
    """Return the gain of a step given the nodes walked so far."""
    r = partial_correlation(task.corr, i, j, size, desk.walk)
    cost = task.penalty * math.log(task.n_rows)
    gain = -0.5 * task.n_rows * math.log(max(1.0 - r * r, 1e-300)) - cost
    return gain if inserting else -gain


@compiled
def admissible(
    task: Task, marks: Marks, desk: Desk, i: int, j: int, n_base: int, n_free: int, start: int,
    size: int, inserting: bool, extra: Bools,
) -> bool:  # fmt: skip
    """Return whether a step is valid, and where there is knowledge, whether its class obeys.

    If so, `extra` becomes its T (the chosen) or H (the free that were not chosen).
    """
    if inserting:
        desk.seen[:] = False
        for place in range(n_base):
            desk.seen[desk.base[place]] = True
        for place in range(start, size):
            desk.seen[desk.walk.members[place]] = True
        if reaches(marks, j, i, desk):
            return False
    chosen = np.zeros(len(marks), dtype=np.bool_)
    if not inserting:
        for place in range(n_free):
            chosen[desk.free[place]] = True
    for place in range(start, size):
        chosen[desk.walk.members[place]] = inserting
    if task.informed:
        fits, _ = impose(after_step(marks, i, j, chosen, inserting), task.allowed)
        if not fits:
            return False
    extra[:] = chosen
    return True


@compiled
def reaches(marks: Marks, source: int, target: int, desk: Desk) -> bool:
    """Return whether a semi-directed path leads from source to target around the nodes seen."""
    desk.seen[source] = True
    desk.queue[0] = source
    n_queued, done = 1, 0
    while done < n_queued:
        row = marks[desk.queue[done]]
        done += 1
        if row[target] == -1:
            return True
        for after in range(len(marks)):
            if row[after] == -1 and not desk.seen[after]:  # node → after or node — after
                desk.seen[after] = True
                desk.queue[n_queued] = after
                n_queued += 1
    return False


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
def after_step(marks: Marks, i: int, j: int, extra: Bools, inserting: bool) -> Marks:
    """Return the class after Insert(i, j, T) or Delete(i, j, H)."""
    changed = marks.copy()
    if inserting:
        changed[i, j], changed[j, i] = -1, 1
    else:
        changed[i, j] = changed[j, i] = 0
    for node in np.flatnonzero(extra):
        if inserting:
            changed[node, j], changed[j, node] = -1, 1
        else:
            changed[j, node], changed[node, j] = -1, 1
            changed[i, node], changed[node, i] = -1, 1
    _, edges = extend_to_graph(changed)
    return class_of_graph(edges)
