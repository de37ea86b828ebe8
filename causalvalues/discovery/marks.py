"""Mark matrices: a graph as numbers, in causal-learn's convention.

Entry [i, j] is the mark at node i of the edge between i and j: −1 tail, 1 arrow, 2 circle, 0 none.
So i → j reads [i, j] = −1 and [j, i] = 1; i — j has two tails; i ↔ j has two arrows.
"""

import networkx as nx
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARROW",
    "CIRCLE",
    "NONE",
    "TAIL",
    "Bools",
    "Marks",
    "adjacent_pairs",
    "bidirected_pairs",
    "directed_cycle",
    "directed_pairs",
    "reachable",
    "undirected_pairs",
]

Marks = NDArray[np.int8]
Bools = NDArray[np.bool_]

NONE, TAIL, ARROW, CIRCLE = 0, -1, 1, 2


def adjacent_pairs(marks: Marks) -> Bools:
    """Return [i, j] true where an edge joins i and j; symmetric."""
    pairs: Bools = (marks != NONE) | (marks.T != NONE)
    return pairs


def directed_pairs(marks: Marks) -> Bools:
    """Return [i, j] true where i → j: a tail at i and an arrow at j."""
    pairs: Bools = (marks == TAIL) & (marks.T == ARROW)
    return pairs


def undirected_pairs(marks: Marks) -> Bools:
    """Return [i, j] true where i — j: tails at both ends; symmetric."""
    pairs: Bools = (marks == TAIL) & (marks.T == TAIL)
    return pairs


def bidirected_pairs(marks: Marks) -> Bools:
    """Return [i, j] true where i ↔ j: arrows at both ends; symmetric."""
    pairs: Bools = (marks == ARROW) & (marks.T == ARROW)
    return pairs


def reachable(follows: Bools) -> Bools:
    """Return the transitive closure: [i, j] true where a path of one or more steps leads i to j."""
    closure = follows.copy()
    for middle in range(len(follows)):  # Warshall: paths through nodes up to `middle`
        closure |= np.outer(closure[:, middle], closure[middle, :])
    return closure


def directed_cycle(marks: Marks) -> tuple[int, ...]:
    """Return one directed cycle as node indices, or an empty tuple where there is none."""
    left = directed_pairs(marks)
    while len(left):  # take away what has no effects; a cycle, and what leads to it, stays
        keep = left.any(axis=1)
        if keep.all():
            break
        left = left[np.ix_(keep, keep)]
    if not len(left):
        return ()
    graph = nx.from_numpy_array(directed_pairs(marks), create_using=nx.DiGraph)
    try:
        return tuple(int(cause) for cause, _ in nx.find_cycle(graph))
    except nx.NetworkXNoCycle:
        return ()
