"""Every acyclic graph of a few nodes, for tests that ask them all."""

from itertools import combinations, product

import numpy as np

from causalvalues.discovery.classes import in_causal_order


def all_graphs(n_nodes: int) -> list[np.ndarray]:
    """Every acyclic graph of a few nodes."""
    pairs = list(combinations(range(n_nodes), 2))
    found = []
    for kinds in product((0, 1, 2), repeat=len(pairs)):
        edges = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
        for (i, j), kind in zip(pairs, kinds, strict=True):
            edges[i, j], edges[j, i] = kind == 1, kind == 2
        if len(in_causal_order(edges)) == n_nodes:
            found.append(edges)
    return found
