"""PC, second half, first step: which unshielded triples x — y — z are colliders x → y ← z.

The three collider rules and their priorities are causal-learn's:

    rule 0  y is in no separating set of x and z                                 (PC)
    rule 1  p(x, z | sets without y) is larger than p(x, z | sets with y)        (MaxP, Ramsey 2016)
    rule 2  as rule 1, and every test with y says dependent; otherwise the triple is ambiguous or
            a definite non-collider                                               (definite MaxP)

    priority 0 overwrite · 1 bidirect · 2 first come · 3 smallest p with y · 4 largest p without y

where p ranges over all subsets of N(x) and of N(z) and its maximum counts.
"""

import math

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import direct, is_directed, remove_edge
from causalvalues.discovery.independence import (
    Walk,
    extend,
    fisher_z,
    new_walk,
    partial_correlation,
    two_sided,
)
from causalvalues.discovery.marks import Bools, Marks
from causalvalues.discovery.pc_skeleton import neighbours_of

__all__ = ["judge", "orient_colliders", "triples"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLLIDER, NON_COLLIDER, AMBIGUOUS = 1, 0, -1


@compiled
def triples(adjacent: Bools) -> Ints:
    """Return the unshielded triples (x, y, z), x < z, ordered by y, then x, then z."""
    n_nodes = len(adjacent)
    count = 0
    found = np.empty((16, 3), dtype=np.int64)
    for y in range(n_nodes):
        around = neighbours_of(adjacent, y)
        for a in range(len(around)):
            for b in range(a + 1, len(around)):
                if adjacent[around[a], around[b]]:
                    continue
                if count == len(found):
                    wider = np.empty((2 * count, 3), dtype=np.int64)
                    wider[:count] = found
                    found = wider
                found[count, 0], found[count, 1], found[count, 2] = around[a], y, around[b]
                count += 1
    return found[:count]


@compiled
def weigh(
    corr: Floats, n_rows: int, x: int, z: int, pool: Ints, middles: Ints, least_with: Floats,
    least_without: Floats, walk: Walk, inside: Bools,
) -> None:  # fmt: skip
    """Lower, for each middle y, the least |z| of x and z over subsets with y and without y.

    least_with, least_without (node,): the minima, changed in place; the least statistic is the
    largest p. inside (node,): all false.
    """
    n_pool = len(pool)
    position, members = walk.position, walk.members
    position[0] = 0
    size = 0
    ceiling = np.inf  # what a statistic must be below to matter
    fresh = True  # the set at hand has not been tested yet
    while True:
        if fresh:
            r = partial_correlation(corr, x, z, size, walk)
            if (
                math.sqrt(max(n_rows - size - 3, 0)) * abs(r) < ceiling
            ):  # |atanh r| is larger than |r|
                strength = fisher_z(r, n_rows, size)
                ceiling = 0.0
                for y in middles:
                    if inside[y]:
                        least_with[y] = min(least_with[y], strength)
                    else:
                        least_without[y] = min(least_without[y], strength)
                    ceiling = max(ceiling, least_with[y], least_without[y])
        if position[size] < n_pool:  # one node more
            extend(corr, x, z, pool[position[size]], size, walk)
            inside[members[size]] = True
            size += 1
            position[size] = position[size - 1] + 1
            fresh = True
        else:  # back to the set without its last node, and on to the next
            size -= 1
            if size < 0:
                return
            inside[members[size]] = False
            position[size] += 1
            fresh = False


@compiled
def judge(
    corr: Floats, n_rows: int, alpha: float, rule: int, adjacent: Bools, found: Ints,
    separators: Bools, banned: Bools,
) -> tuple[Ints, Floats, Floats]:  # fmt: skip
    """Return per triple a verdict, and its largest p with y and without y.

    Pairs that background knowledge sets apart have no separating set: their verdict is a collider
    or not only where the tests agree (causal-learn issue 224).
    """
    n_nodes, n_triples = len(corr), len(found)
    verdict = np.zeros(n_triples, dtype=np.int64)
    p_with, p_without = np.zeros(n_triples), np.zeros(n_triples)
    order = np.argsort(found[:, 0] * n_nodes + found[:, 2], kind="mergesort")
    least_with, least_without = np.zeros(n_nodes), np.zeros(n_nodes)
    walk, inside = new_walk(n_nodes), np.zeros(n_nodes, dtype=np.bool_)
    last = -1
    for place in order:
        x, y, z = found[place, 0], found[place, 1], found[place, 2]
        if rule == 0 and not banned[x, z]:
            verdict[place] = NON_COLLIDER if separators[x, z, y] else COLLIDER
            if verdict[place] == NON_COLLIDER:
                continue
        if x * n_nodes + z != last:
            last = x * n_nodes + z
            least_with[:] = np.inf
            least_without[:] = np.inf
            middles = np.flatnonzero(adjacent[x] & adjacent[z])
            for side in (x, z):
                pool = neighbours_of(adjacent, side)
                weigh(corr, n_rows, x, z, pool, middles, least_with, least_without, walk, inside)
        with_y, without_y = two_sided(least_with[y]), two_sided(least_without[y])
        p_with[place], p_without[place] = with_y, without_y
        if banned[x, z]:
            verdict[place] = agreed(with_y, without_y, alpha)
        elif rule == 1:
            verdict[place] = COLLIDER if without_y > with_y else NON_COLLIDER
        elif rule == 2:
            verdict[place] = definite(with_y, without_y, alpha)
    return verdict, p_with, p_without


@compiled
def agreed(with_y: float, without_y: float, alpha: float) -> int:
    """Return a verdict only where exactly one kind of set separates."""
    if (with_y > alpha) == (without_y > alpha):
        return AMBIGUOUS
    return NON_COLLIDER if with_y > alpha else COLLIDER


@compiled
def definite(with_y: float, without_y: float, alpha: float) -> int:
    """Return rule 2's verdict: both kinds of sets separating is ambiguous, none goes by size."""
    if with_y > alpha:
        return AMBIGUOUS if without_y > alpha else NON_COLLIDER
    if without_y > alpha or without_y > with_y:
        return COLLIDER
    return NON_COLLIDER


@compiled
def orient_colliders(
    marks: Marks, paths: Bools, found: Ints, order: Ints, priority: int, allowed: Bools
) -> Bools:
    """Return which triples were directed; directs them in the given order.

    allowed[i, j]: background knowledge admits i → j.
    """
    done = np.zeros(len(found), dtype=np.bool_)
    for place in order:
        x, y, z = found[place, 0], found[place, 1], found[place, 2]
        if not (allowed[x, y] and allowed[z, y]):
            continue
        if priority == 0:
            direct(marks, paths, x, y)
            direct(marks, paths, z, y)
        elif priority == 1:
            meet(marks, paths, x, y)
            meet(marks, paths, z, y)
        elif not is_directed(marks, y, x) and not is_directed(marks, y, z):
            direct(marks, paths, x, y)
            direct(marks, paths, z, y)
            done[place] = True
    return done


@compiled
def meet(marks: Marks, paths: Bools, i: int, j: int) -> None:
    """Put an arrow at j: i — j becomes i → j, and i ← j becomes i ↔ j."""
    if marks[i, j] == -1 and marks[j, i] == -1:
        direct(marks, paths, i, j)
    elif is_directed(marks, j, i):
        remove_edge(marks, paths, i, j)
        marks[i, j] = marks[j, i] = 1
