"""Markov equivalence: the class of an acyclic graph, and whether marks are such a class at all.

A class (CPDAG) keeps the directions that every graph of the class shares: the colliders and what
Meek's rules derive from them (Meek 1995); all other edges are undirected.
"""

import numpy as np

from causalvalues.discovery.marks import (
    ARROW,
    TAIL,
    Bools,
    Marks,
    adjacent_pairs,
    directed_cycle,
    directed_pairs,
    undirected_pairs,
)

__all__ = ["acyclic_extension", "class_of", "is_class", "is_directed_acyclic"]


def is_directed_acyclic(marks: Marks) -> bool:
    """Return whether every edge is directed and no directed path returns."""
    directed = directed_pairs(marks)
    only_directed = np.array_equal(directed | directed.T, adjacent_pairs(marks))
    return only_directed and not directed_cycle(marks)


def class_of(marks: Marks) -> Marks:
    """Return the class of a directed acyclic graph, as marks."""
    directed = directed_pairs(marks)
    adjacent = adjacent_pairs(marks)
    kept = _collider_edges(directed, adjacent)
    while True:
        implied = adjacent & ~kept & ~kept.T & _implied(kept, adjacent)
        if not implied.any():
            return _marks_of(kept, adjacent)
        kept |= implied & directed  # the rules are sound: what they imply, the graph agrees with


def is_class(marks: Marks) -> bool:
    """Return whether the marks are the class of some directed acyclic graph."""
    extension = acyclic_extension(marks)
    return extension is not None and np.array_equal(class_of(extension), marks)


def acyclic_extension(marks: Marks) -> Marks | None:
    """Return an acyclic directed graph with the same skeleton and colliders, or None.

    Dor and Tarsi (1992): again and again take a node that can be last, a sink whose undirected
    neighbours are adjacent to all its neighbours, and direct its undirected edges into it.
    """
    directed, undirected = directed_pairs(marks), undirected_pairs(marks)
    if not np.array_equal(directed | directed.T | undirected, adjacent_pairs(marks)):
        return None
    result = directed.copy()
    left = np.ones(len(marks), dtype=np.bool_)
    while left.any():
        last = _possible_sink(directed, undirected, left)
        if last is None:
            return None
        result[:, last] |= undirected[:, last] & left
        left[last] = False
    return _marks_of(result, adjacent_pairs(marks))


def _collider_edges(directed: Bools, adjacent: Bools) -> Bools:
    """Return the directed edges that meet another at a common effect, their causes apart."""
    apart = ~adjacent & ~np.eye(len(adjacent), dtype=np.bool_)
    rivals = apart.astype(np.int64) @ directed.astype(np.int64)  # [i, k]: causes of k not next to i
    edges: Bools = directed & (rivals > 0)
    return edges


def _implied(kept: Bools, adjacent: Bools) -> Bools:
    """Return [i, j] true where one of Meek's first three rules directs i → j."""
    apart = ~adjacent & ~np.eye(len(adjacent), dtype=np.bool_)
    steps, gaps = kept.astype(np.int64), apart.astype(np.int64)
    undirected = adjacent & ~kept & ~kept.T
    no_new_collider = (gaps @ steps).T > 0  # k → i, k and j apart
    no_cycle = steps @ steps > 0  # i → k → j
    by_two_paths = np.zeros_like(adjacent)
    for i in range(len(adjacent)):  # i — k → j and i — l → j, k and l apart
        causes = undirected[i][:, None] & kept
        by_two_paths[i] = ((gaps @ causes.astype(np.int64) > 0) & causes).any(axis=0)
    implied: Bools = no_new_collider | no_cycle | by_two_paths
    return implied


def _possible_sink(directed: Bools, undirected: Bools, left: Bools) -> int | None:
    """Return a remaining node that may be the last in a causal order."""
    for node in np.flatnonzero(left):
        if (directed[node] & left).any():
            continue
        neighbours = (directed[:, node] | undirected[:, node]) & left
        joined = directed | directed.T | undirected | np.eye(len(left), dtype=np.bool_)
        if joined[np.ix_(undirected[:, node] & left, neighbours)].all():
            return int(node)
    return None


def _marks_of(directed: Bools, adjacent: Bools) -> Marks:
    """Return the marks of directed edges, all other adjacent pairs undirected."""
    marks = np.where(adjacent, TAIL, 0).astype(np.int8)
    marks[directed.T] = ARROW  # [j, i] where i → j: the mark at j
    return marks
