"""Markov equivalence for Python: the class of an acyclic graph, its graphs, and knowledge about it.

A class (CPDAG) keeps the directions that every graph of the class shares: the colliders and what
Meek's rules derive from them (Meek 1995); all other edges are undirected. The work is done in
`equivalence`; the kernels here are the doors to it (see `compiled`).
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.equivalence import (
    causal_order,
    class_of_graph,
    extend_to_graph,
    impose,
)
from causalvalues.discovery.marks import (
    Bools,
    Marks,
    adjacent_pairs,
    directed_cycle,
    directed_pairs,
    undirected_pairs,
)

__all__ = [
    "acyclic_extension",
    "class_of",
    "class_of_edges",
    "in_causal_order",
    "is_class",
    "is_directed_acyclic",
    "with_knowledge",
]


def is_directed_acyclic(marks: Marks) -> bool:
    """Return whether every edge is directed and no directed path returns."""
    directed = directed_pairs(marks)
    only_directed = np.array_equal(directed | directed.T, adjacent_pairs(marks))
    return only_directed and not directed_cycle(marks)


def class_of(marks: Marks) -> Marks:
    """Return the class of a directed acyclic graph, as marks."""
    return class_of_edges(directed_pairs(marks))


def class_of_edges(edges: Bools) -> Marks:
    """Return the class of an acyclic graph given as [i, j]: i → j."""
    return _class(np.ascontiguousarray(edges))


def is_class(marks: Marks) -> bool:
    """Return whether the marks are the class of some directed acyclic graph."""
    edges = acyclic_extension(marks)
    return edges is not None and np.array_equal(class_of_edges(edges), marks)


def acyclic_extension(marks: Marks) -> Bools | None:
    """Return the edges of an acyclic graph with the same skeleton and colliders, or None.

    Marks with a circle or with two arrows on one edge have none.
    """
    directed, undirected = directed_pairs(marks), undirected_pairs(marks)
    if not np.array_equal(directed | directed.T | undirected, adjacent_pairs(marks)):
        return None
    fits, edges = _extension(np.ascontiguousarray(marks))
    return edges if fits else None


def with_knowledge(marks: Marks, allowed: Bools) -> Marks | None:
    """Return the class with the directions that knowledge leaves open, or None where none fits.

    allowed[i, j]: knowledge admits i → j.
    """
    fits, result = _imposed(np.ascontiguousarray(marks), np.ascontiguousarray(allowed))
    return result if fits else None


def in_causal_order(edges: Bools) -> NDArray[np.int64]:
    """Return the nodes, causes before effects; fewer than all where a cycle stands."""
    return _order(np.ascontiguousarray(edges))


@compiled
def _class(edges: Bools) -> Marks:
    """Return the class of an acyclic graph."""
    return class_of_graph(edges)


@compiled
def _extension(marks: Marks) -> tuple[bool, Bools]:
    """Return whether a graph exists, and one."""
    return extend_to_graph(marks)


@compiled
def _imposed(marks: Marks, allowed: Bools) -> tuple[bool, Marks]:
    """Return whether knowledge fits, and the class with it."""
    return impose(marks, allowed)


@compiled
def _order(edges: Bools) -> NDArray[np.int64]:
    """Return the nodes in causal order."""
    return causal_order(edges)
