"""causal-learn's PC under background knowledge, without the false colliders of its issue 224.

`pc` gives a pair that knowledge sets apart an empty separating set, and so reads X → Y ← Z into a
chain X → Y → Z of which X — Z is forbidden. Here the same steps of causal-learn run one by one,
and between the first and the second such a pair gets the separating sets that tests find for it.
"""

from itertools import chain, combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.knowledge import Rules
from causalvalues.discovery.marks import ARROW, TAIL, Marks
from causalvalues.discovery.pc import priority_of

__all__ = ["as_background", "pc_with_knowledge"]

Floats = NDArray[np.float64]


def pc_with_knowledge(
    rows: Floats,
    *,
    alpha: float,
    uc_rule: int,
    uc_priority: int,
    max_condition_size: int | None,
    rules: Rules,
) -> Marks:
    """Return the marks of causal-learn's PC steps under rules."""
    from causallearn.utils.cit import CIT
    from causallearn.utils.PCUtils import Meek, SkeletonDiscovery, UCSepset
    from causallearn.utils.PCUtils.BackgroundKnowledgeOrientUtils import (
        orient_by_background_knowledge,
    )

    known = as_background(rules)
    graph = SkeletonDiscovery.skeleton_discovery(
        rows,
        alpha,
        CIT(rows, "fisherz"),
        stable=True,
        background_knowledge=known,
        show_progress=False,
        max_k=max_condition_size,
    )
    _keep_required(graph, rules)
    _find_separators(graph, alpha, rules)
    orient_by_background_knowledge(graph, known)
    priority = priority_of(uc_rule, uc_priority)
    if uc_rule == 0:
        graph = UCSepset.uc_sepset(graph, priority, background_knowledge=known)
    elif uc_rule == 1:
        graph = UCSepset.maxp(graph, priority, background_knowledge=known)
    else:
        graph = UCSepset.definite_maxp(graph, alpha, priority, background_knowledge=known)
        graph = Meek.definite_meek(graph, background_knowledge=known)
    graph = Meek.meek(graph, background_knowledge=known)
    return _with_known_directions(np.asarray(graph.G.graph).astype(np.int8), rules)


def as_background(rules: Rules) -> Any:
    """Return rules as causal-learn's background knowledge; nodes are called X1, X2, …"""
    from causallearn.graph.GraphNode import GraphNode
    from causallearn.utils.PCUtils.BackgroundKnowledge import BackgroundKnowledge

    nodes = [GraphNode(f"X{place + 1}") for place in range(len(rules.forbidden))]
    known = BackgroundKnowledge()
    for i, j in np.argwhere(rules.forbidden | rules.required.T):
        known.add_forbidden_by_node(nodes[i], nodes[j])
    for i, j in np.argwhere(rules.required):
        known.add_required_by_node(nodes[i], nodes[j])
    return known


def _keep_required(graph: Any, rules: Rules) -> None:
    """Put back required edges that the tests removed."""
    from causallearn.graph.Edge import Edge
    from causallearn.graph.Endpoint import Endpoint

    nodes = graph.G.nodes
    for i, j in np.argwhere(rules.required):
        if graph.G.graph[i, j] == 0:
            graph.G.add_edge(Edge(nodes[i], nodes[j], Endpoint.TAIL, Endpoint.TAIL))


def _find_separators(graph: Any, alpha: float, rules: Rules) -> None:
    """Give forbidden pairs the separating sets that tests find, or every node where none is."""
    n_nodes = len(rules.forbidden)
    for x, z in np.argwhere(np.triu(rules.forbidden & rules.forbidden.T, 1)):
        pools = [[int(n) for n in graph.neighbors(side)] for side in (x, z)]
        subsets = chain.from_iterable(
            combinations(pool, size) for pool in pools for size in range(len(pool) + 1)
        )
        found = [subset for subset in subsets if graph.ci_test(x, z, subset) > alpha]
        smallest = min(map(len, found), default=0)
        sets = [s for s in found if len(s) == smallest] or [tuple(range(n_nodes))]
        graph.sepset[x, z] = graph.sepset[z, x] = sets


def _with_known_directions(marks: Marks, rules: Rules) -> Marks:
    """Return marks with undirected edges directed where rules leave one direction."""
    one_way = (marks == TAIL) & (marks.T == TAIL) & (rules.forbidden.T | rules.required)
    marks[one_way], marks[one_way.T] = TAIL, ARROW
    return marks
