"""Directing one edge at a time, with the ancestors that are known so far.

`paths[j, i]` says that i is known to be an ancestor of j. Adding i → j joins the ancestors of i to
j and the descendants of j to i, one step each way: the bookkeeping of causal-learn (after Tetrad),
followed here to the letter because its Meek rules ask it before they direct an edge.
"""

import numpy as np

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.marks import Bools, Marks

__all__ = ["direct", "is_directed", "is_undirected", "no_paths", "remove_edge"]


@compiled
def no_paths(n_nodes: int) -> Bools:
    """Return the ancestors in a graph without directed edges: every node of itself."""
    paths = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    for node in range(n_nodes):
        paths[node, node] = True
    return paths


@compiled
def is_directed(marks: Marks, i: int, j: int) -> bool:
    """Return whether i → j."""
    return bool(marks[i, j] == -1 and marks[j, i] == 1)


@compiled
def is_undirected(marks: Marks, i: int, j: int) -> bool:
    """Return whether i — j."""
    return bool(marks[i, j] == -1 and marks[j, i] == -1)


@compiled
def direct(marks: Marks, paths: Bools, i: int, j: int) -> None:
    """Put i → j in place of whatever joins i and j."""
    remove_edge(marks, paths, i, j)
    marks[i, j], marks[j, i] = -1, 1
    join(paths, i, j)


@compiled
def remove_edge(marks: Marks, paths: Bools, i: int, j: int) -> None:
    """Remove the edge of i and j; where it was directed, the ancestors are found anew."""
    was_directed = is_directed(marks, i, j) or is_directed(marks, j, i)
    marks[i, j] = marks[j, i] = 0
    if was_directed:
        rebuild(marks, paths)


@compiled
def join(paths: Bools, i: int, j: int) -> None:
    """Note the ancestors that i → j adds."""
    paths[j, i] = True
    for k in range(len(paths)):
        if paths[i, k]:
            paths[j, k] = True
        if paths[k, j]:
            paths[k, i] = True


@compiled
def rebuild(marks: Marks, paths: Bools) -> None:
    """Find the ancestors anew, from the last edge to the first in the order of the nodes."""
    n_nodes = len(marks)
    paths[:] = False
    for node in range(n_nodes):
        paths[node, node] = True
    for i in range(n_nodes - 1, -1, -1):
        for j in range(n_nodes - 1, i, -1):
            if is_directed(marks, i, j):
                join(paths, i, j)
            elif is_directed(marks, j, i):
                join(paths, j, i)
