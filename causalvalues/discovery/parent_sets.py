"""The parents a value may have in the graphs of a class: what IDA adjusts for.

A set S of undirected neighbours of x may point into x (and the others away from it) where a graph
of the class agrees: after directing them so, Meek's rules close without a new collider or a cycle
(Maathuis, Kalisch and Bühlmann 2009; with background knowledge, Perković et al. 2017).

Marks that are no class at all (a cycle, a bidirected edge, clashing colliders) have no such graphs:
there S is admitted where its members are adjacent to each other, and the result says so.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.classes import acyclic_extension, class_of_edges
from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import direct, no_paths
from causalvalues.discovery.marks import (
    Marks,
    adjacent_pairs,
    directed_pairs,
    undirected_pairs,
)
from causalvalues.discovery.meek import meek, meek_fourth

__all__ = ["describes_graphs", "possible_parents"]

MOST_NEIGHBOURS = 12  # 4096 sets; beyond that only the smallest sets are asked


def describes_graphs(marks: Marks) -> bool:
    """Return whether acyclic graphs with these directed edges and these colliders exist."""
    edges = acyclic_extension(marks)
    return edges is not None and _same_colliders(marks, class_of_edges(edges))


def possible_parents(marks: Marks, node: int, *, exact: bool) -> tuple[tuple[int, ...], ...]:
    """Return every set of parents that a node may have; `exact` where the marks describe graphs."""
    parents = tuple(int(i) for i in np.flatnonzero(directed_pairs(marks)[:, node]))
    around = [int(i) for i in np.flatnonzero(undirected_pairs(marks)[node])]
    largest = len(around) if len(around) <= MOST_NEIGHBOURS else 2
    adjacent = adjacent_pairs(marks)
    found = []
    for size in range(largest + 1):
        for chosen in combinations(around, size):
            if not all(adjacent[a, b] for a, b in combinations(chosen, 2)):
                continue
            if not exact or _agrees(marks, node, chosen, around):
                found.append(tuple(sorted((*parents, *chosen))))
    return tuple(found) or (parents,)


def _agrees(marks: Marks, node: int, into: tuple[int, ...], around: list[int]) -> bool:
    """Return whether a graph of the class has exactly these neighbours as parents of the node."""
    sides = np.zeros(len(marks), dtype=np.int64)  # −1: an effect of the node, +1: a cause
    sides[around] = -1
    sides[list(into)] = 1
    tried = _closed(marks, node, sides)
    edges = acyclic_extension(tried)
    if edges is None:
        return False
    directed = directed_pairs(tried)
    kept = all(directed[o, node] if o in into else directed[node, o] for o in around)
    return kept and _same_colliders(marks, class_of_edges(edges))


@compiled
def _closed(marks: Marks, node: int, sides: NDArray[np.int64]) -> Marks:
    """Return the marks with the node's undirected edges directed, closed under Meek's rules."""
    tried = marks.copy()
    paths = no_paths(len(marks))
    for other in range(len(marks)):
        if sides[other] > 0:
            direct(tried, paths, other, node)
        elif sides[other] < 0:
            direct(tried, paths, node, other)
    everything = np.ones(marks.shape, dtype=np.bool_)
    nothing = np.zeros(marks.shape, dtype=np.bool_)
    meek(tried, paths, everything, nothing)
    while meek_fourth(tried, paths, everything):
        meek(tried, paths, everything, nothing)
    return tried


def _same_colliders(marks: Marks, other: Marks) -> bool:
    """Return whether two mark matrices have the same skeleton and unshielded colliders."""
    if not np.array_equal(adjacent_pairs(marks), adjacent_pairs(other)):
        return False
    return _colliders(marks) == _colliders(other)


def _colliders(marks: Marks) -> set[tuple[int, int, int]]:
    """Return every a → b ← c with a < c apart."""
    directed, adjacent = directed_pairs(marks), adjacent_pairs(marks)
    return {
        (int(a), b, int(c))
        for b in range(len(marks))
        for a, c in combinations(np.flatnonzero(directed[:, b]), 2)
        if not adjacent[a, c]
    }
