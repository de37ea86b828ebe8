"""Markov equivalence as machine code: a class from an acyclic graph, and a graph from a class.

    class of a graph      label each edge compelled or reversible, in causal order (Chickering 1995)
    graph of a class      take away possible sinks, again and again (Dor and Tarsi 1992)
    class with knowledge  direct what knowledge directs, close under Meek's rules 1–4, and see
                          whether a graph of the class still fits (Meek 1995)

Guarantee: the class is the same whichever of its graphs one starts from.
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import direct, is_directed, is_undirected, no_paths
from causalvalues.discovery.marks import Bools, Marks
from causalvalues.discovery.meek import meek, meek_fourth

__all__ = ["causal_order", "class_of_graph", "extend_to_graph", "impose"]

Ints = NDArray[np.int64]

UNKNOWN, COMPELLED, REVERSIBLE = 0, 1, 2


@compiled
def causal_order(edges: Bools) -> Ints:
    """Return the nodes, causes before effects; fewer than all where a cycle stands."""
    n_nodes = len(edges)
    waiting = np.zeros(n_nodes, dtype=np.int64)  # causes not yet listed
    for i in range(n_nodes):
        for j in range(n_nodes):
            if edges[i, j]:
                waiting[j] += 1
    order = np.empty(n_nodes, dtype=np.int64)
    n_listed = 0
    for node in range(n_nodes):
        if waiting[node] == 0:
            order[n_listed] = node
            n_listed += 1
    done = 0
    while done < n_listed:
        node = order[done]
        done += 1
        for effect in range(n_nodes):
            if edges[node, effect]:
                waiting[effect] -= 1
                if waiting[effect] == 0:
                    order[n_listed] = effect
                    n_listed += 1
    return order[:n_listed]


@compiled
def class_of_graph(edges: Bools) -> Marks:
    """Return the marks of the class of an acyclic graph; edges[i, j] means i → j."""
    n_nodes = len(edges)
    order = causal_order(edges)
    label = np.zeros((n_nodes, n_nodes), dtype=np.int8)
    for effect in order:
        for step in range(n_nodes - 1, -1, -1):
            cause = order[step]
            if edges[cause, effect] and label[cause, effect] == UNKNOWN:
                label_edge(edges, label, cause, effect)
    marks = np.zeros((n_nodes, n_nodes), dtype=np.int8)
    for i in range(n_nodes):
        for j in range(n_nodes):
            if edges[i, j]:
                marks[i, j] = -1
                marks[j, i] = 1 if label[i, j] == COMPELLED else -1
    return marks


@compiled
def label_edge(edges: Bools, label: NDArray[np.int8], cause: int, effect: int) -> None:
    """Label cause → effect, and what follows from it about other edges into the effect."""
    n_nodes = len(edges)
    for before in range(n_nodes):
        if edges[before, cause] and label[before, cause] == COMPELLED:
            if not edges[before, effect]:
                for other in range(n_nodes):
                    if edges[other, effect]:
                        label[other, effect] = COMPELLED
                return
            label[before, effect] = COMPELLED
    verdict = REVERSIBLE
    for other in range(n_nodes):
        if other != cause and edges[other, effect] and not edges[other, cause]:
            verdict = COMPELLED
            break
    for other in range(n_nodes):
        if edges[other, effect] and label[other, effect] == UNKNOWN:
            label[other, effect] = verdict


@compiled
def extend_to_graph(marks: Marks) -> tuple[bool, Bools]:
    """Return whether an acyclic graph with the same colliders exists, and one such graph."""
    n_nodes = len(marks)
    edges = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    n_effects = np.zeros(n_nodes, dtype=np.int64)  # directed effects still there
    left = np.ones(n_nodes, dtype=np.bool_)
    for i in range(n_nodes):
        for j in range(n_nodes):
            if is_directed(marks, i, j):
                edges[i, j] = True
                n_effects[i] += 1
    for _ in range(n_nodes):
        sink = -1
        for node in range(n_nodes):
            if left[node] and n_effects[node] == 0 and may_be_last(marks, left, node):
                sink = node
                break
        if sink < 0:
            return False, edges
        left[sink] = False
        for other in range(n_nodes):
            if left[other] and is_undirected(marks, other, sink):
                edges[other, sink] = True
            elif left[other] and is_directed(marks, other, sink):
                n_effects[other] -= 1
    return True, edges


@compiled
def may_be_last(marks: Marks, left: Bools, node: int) -> bool:
    """Return whether all undirected neighbours are adjacent to all other neighbours."""
    around = np.flatnonzero(left & (marks[node] != 0))
    for place in range(len(around)):
        one = int(around[place])
        if not is_undirected(marks, one, node):
            continue
        for other in around:
            if other != one and marks[one, other] == 0:
                return False
    return True


@compiled
def impose(marks: Marks, allowed: Bools) -> tuple[bool, Marks]:
    """Return whether a graph of the class obeys knowledge, and the class with its directions.

    allowed[i, j]: knowledge admits i → j.
    """
    n_nodes = len(marks)
    result = marks.copy()
    paths = no_paths(n_nodes)
    for i in range(n_nodes):
        for j in range(n_nodes):
            if is_directed(marks, i, j) and not allowed[i, j]:
                return False, result
            if is_undirected(result, i, j) and not allowed[j, i]:
                direct(result, paths, i, j)
    everything = np.ones((n_nodes, n_nodes), dtype=np.bool_)
    nothing = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    meek(result, paths, everything, nothing)
    while meek_fourth(result, paths, everything):
        meek(result, paths, everything, nothing)
    fits, edges = extend_to_graph(result)
    if not fits or (class_of_graph(edges) != marks).any():
        return False, result
    for i in range(n_nodes):
        for j in range(n_nodes):
            if edges[i, j] and not allowed[i, j]:
                return False, result
    return True, result
