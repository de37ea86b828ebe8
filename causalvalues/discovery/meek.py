"""PC, second half, second step: Meek's rules, in the order and with the caution of causal-learn.

    1  i → j — k, i and k apart                          ⇒  j → k
    2  i → j → k, i — k                                  ⇒  i → k
    3  i — j → l, i — k → l, i — l, j and k apart        ⇒  i → l
    4  i — j → k → l, i — l, i — k, j and l apart        ⇒  i → l    (background knowledge only)

An edge is not directed where its effect is already known to be an ancestor of its cause. Rule 2 of
the colliders uses the rules first over triples that are definitely no colliders (`definite`).
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import direct, is_directed, is_undirected
from causalvalues.discovery.marks import Bools, Marks

__all__ = ["meek", "meek_definite", "meek_fourth"]

Ints = NDArray[np.int64]


@compiled
def arcs(marks: Marks) -> Ints:
    """Return every adjacency (from, to): those with a tail at `to` first, then the others."""
    n_nodes = len(marks)
    listed = np.empty((np.count_nonzero(marks), 2), dtype=np.int64)
    count = 0
    for mark in (-1, 1):
        for end in range(n_nodes):
            for start in range(n_nodes):
                if marks[end, start] == mark:
                    listed[count, 0], listed[count, 1] = start, end
                    count += 1
    return listed


@compiled
def two_step(marks: Marks, closed: bool) -> Ints:
    """Return (i, j, k), i and j adjacent, j and k adjacent, with i and k adjacent or apart."""
    listed = arcs(marks)
    by_start = np.argsort(listed[:, 0], kind="mergesort")  # in the order of the list within a node
    first_of = np.searchsorted(listed[by_start, 0], np.arange(len(marks) + 1))
    count = 0
    for fill in range(2):  # count, then fill
        if fill == 1:
            found = np.empty((count, 3), dtype=np.int64)
            count = 0
        for first in range(len(listed)):
            i, j = listed[first, 0], listed[first, 1]
            for second in by_start[first_of[j] : first_of[j + 1]]:
                k = listed[second, 1]
                if k == i or (marks[i, k] != 0) != closed:
                    continue
                if fill == 1:
                    found[count, 0], found[count, 1], found[count, 2] = i, j, k
                count += 1
    return found


@compiled
def kites(marks: Marks, triangles: Ints) -> Ints:
    """Return (i, j, k, l): triangles i j l and i k l, with j < k apart."""
    n_nodes = len(marks)
    by_rim = np.argsort(triangles[:, 0] * n_nodes + triangles[:, 2], kind="mergesort")
    rim = triangles[by_rim, 0] * n_nodes + triangles[by_rim, 2]
    count = 0
    for fill in range(2):
        if fill == 1:
            found = np.empty((count, 4), dtype=np.int64)
            count = 0
        for first in range(len(triangles)):
            i, j, end = triangles[first]
            place = np.searchsorted(rim, i * n_nodes + end)
            while place < len(rim) and rim[place] == i * n_nodes + end:
                k = triangles[by_rim[place], 1]
                if j < k and marks[j, k] == 0:
                    if fill == 1:
                        found[count, 0], found[count, 1] = i, j
                        found[count, 2], found[count, 3] = k, end
                    count += 1
                place += 1
    return found


@compiled
def try_direct(marks: Marks, paths: Bools, allowed: Bools, i: int, j: int) -> bool:
    """Return whether i — j became i → j: admitted, and j is no known ancestor of i."""
    if not allowed[i, j] or paths[i, j]:
        return False
    direct(marks, paths, i, j)
    return True


@compiled
def second_rule(marks: Marks, paths: Bools, allowed: Bools, triangles: Ints) -> bool:
    """Return whether rule 2 directed an edge."""
    changed = False
    for place in range(len(triangles)):
        i, j, k = triangles[place]
        if is_directed(marks, i, j) and is_directed(marks, j, k) and is_undirected(marks, i, k):
            changed |= try_direct(marks, paths, allowed, i, k)
    return changed


@compiled
def meek(marks: Marks, paths: Bools, allowed: Bools, silent: Bools) -> None:
    """Direct all that rules 1 to 3 direct; silent[i, k]: rule 1 is not to be used over i and k."""
    unshielded, triangles = two_step(marks, False), two_step(marks, True)
    diamonds = kites(marks, triangles)
    changed = True
    while changed:
        changed = False
        for place in range(len(unshielded)):
            i, j, k = unshielded[place]
            if silent[i, k] or not is_directed(marks, i, j) or not is_undirected(marks, j, k):
                continue
            changed |= try_direct(marks, paths, allowed, j, k)
        changed |= second_rule(marks, paths, allowed, triangles)
        for place in range(len(diamonds)):
            i, j, k, end = diamonds[place]
            if (
                is_undirected(marks, i, j)
                and is_undirected(marks, i, k)
                and is_directed(marks, j, end)
                and is_directed(marks, k, end)
                and is_undirected(marks, i, end)
            ):
                changed |= try_direct(marks, paths, allowed, i, end)


@compiled
def meek_definite(
    marks: Marks, paths: Bools, allowed: Bools, colliders: Ints, non_colliders: Ints
) -> None:
    """Direct what the rules direct over definite triples (x, y, z), x < z, alone."""
    n_nodes = len(marks)
    triangles = two_step(marks, True)
    diamonds = kites(marks, triangles)
    known = np.sort(codes(colliders, n_nodes))
    known_not = np.sort(codes(non_colliders, n_nodes))
    changed = True
    while changed:
        changed = False
        for place in range(len(non_colliders)):
            x, y, z = non_colliders[place]
            if is_directed(marks, x, y) and is_undirected(marks, y, z) and allowed[y, z]:
                changed |= try_direct(marks, paths, allowed, y, z)
            elif is_directed(marks, z, y) and is_undirected(marks, y, x) and allowed[y, x]:
                changed |= try_direct(marks, paths, allowed, y, x)
        changed |= second_rule(marks, paths, allowed, triangles)
        for place in range(len(diamonds)):
            i, j, k, end = diamonds[place]
            if (
                is_undirected(marks, i, end)
                and holds(known, (j * n_nodes + end) * n_nodes + k)
                and holds(known_not, (j * n_nodes + i) * n_nodes + k)
            ):
                changed |= try_direct(marks, paths, allowed, i, end)


@compiled
def meek_fourth(marks: Marks, paths: Bools, allowed: Bools) -> bool:
    """Return whether rule 4, which only background knowledge can call for, directed an edge."""
    changed = False
    n_nodes = len(marks)
    for i in range(n_nodes):
        for j in range(n_nodes):
            if not is_undirected(marks, i, j):
                continue
            for k in range(n_nodes):
                if not is_directed(marks, j, k) or marks[i, k] == 0:
                    continue
                for end in range(n_nodes):
                    if (
                        is_directed(marks, k, end)
                        and is_undirected(marks, i, end)
                        and marks[j, end] == 0
                    ):
                        changed |= try_direct(marks, paths, allowed, i, end)
    return changed


@compiled
def codes(found: Ints, n_nodes: int) -> Ints:
    """Return one number per triple."""
    return (found[:, 0] * n_nodes + found[:, 1]) * n_nodes + found[:, 2]


@compiled
def holds(ordered: Ints, code: int) -> bool:
    """Return whether a sorted array holds a number."""
    place = np.searchsorted(ordered, code)
    return bool(place < len(ordered) and ordered[place] == code)
