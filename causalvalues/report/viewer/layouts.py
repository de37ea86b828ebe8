"""Where nodes stand: on the theory's circle, or causes above their effects. The same every time.

    circle   clockwise from the top, in the order of the angles, in equal steps
    layers   a value stands one layer below the lowest of its causes; edges without a direction are
             taken one way that closes no circle; within a layer a value stands near what it is
             joined to (barycentres, swept down and up)

Places are x, y in −1 … 1 with y downwards, as screens count. No chance is in them.
"""

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.graph import ValueGraph

__all__ = ["circle_places", "layer_places"]

Places = list[tuple[float, float]]
N_SWEEPS = 12
WIDEST = 12  # nodes side by side in one layer; more stand in two rows


def circle_places(angles: Sequence[float | None]) -> Places:
    """Return a place on the circle for every node; those without an angle come last."""
    known = [(angle is None, angle or 0.0, place) for place, angle in enumerate(angles)]
    step = 2 * np.pi / max(len(known), 1)
    places: Places = [(0.0, 0.0)] * len(known)
    for turn, (_, _, node) in enumerate(sorted(known)):
        places[node] = (round(float(np.sin(turn * step)), 6), round(float(-np.cos(turn * step)), 6))
    return places


def layer_places(graph: ValueGraph) -> Places:
    """Return a place for every node, causes above effects."""
    layers = _layers(graph)
    order = _ordered(layers, graph.marks != 0)
    rows = [row for layer in order for row in _split(layer)]
    places: Places = [(0.0, 0.0)] * len(graph.names)
    for depth, row in enumerate(rows):
        height = -1 + 2 * (depth + 0.5) / len(rows)
        for step, node in enumerate(row):
            across = -1 + 2 * (step + 0.5) / len(row)
            shift = 0.25 / len(row) * (1 if depth % 2 else -1)  # so that no arrow runs through one
            places[node] = (round(across + shift, 6), round(height, 6))
    return places


def _layers(graph: ValueGraph) -> list[list[int]]:
    """Return nodes by layer: one below the lowest cause; a circle is one layer."""
    whole = nx.condensation(_one_way(graph))
    members = {part: min(whole.nodes[part]["members"]) for part in whole}
    depth: dict[int, int] = {}
    for part in nx.lexicographical_topological_sort(whole, key=members.__getitem__):
        depth[part] = max((depth[cause] + 1 for cause in whole.predecessors(part)), default=0)
    layers: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for part, layer in depth.items():
        layers[layer] += sorted(whole.nodes[part]["members"])
    return [sorted(layer) for layer in layers]


def _one_way(graph: ValueGraph) -> "nx.DiGraph[int]":
    """Return the directed edges, and all others in a direction that closes no circle."""
    network = nx.from_numpy_array(graph.directed, create_using=nx.DiGraph)
    open_pairs = np.triu((graph.marks != 0) & ~graph.directed & ~graph.directed.T)
    for i, j in np.argwhere(open_pairs):
        cause, effect = (j, i) if nx.has_path(network, j, i) else (i, j)
        network.add_edge(int(cause), int(effect))
    return network


def _ordered(layers: list[list[int]], joined: NDArray[np.bool_]) -> list[list[int]]:
    """Return layers whose nodes stand near those that they are joined to."""
    across = {n: step / max(len(row), 1) for row in layers for step, n in enumerate(row)}
    for sweep in range(N_SWEEPS):
        for row in layers if sweep % 2 == 0 else layers[::-1]:
            middle = {node: _middle(node, row, across, joined) for node in row}
            row.sort(key=lambda n: (round(middle[n], 9), n))
            across |= {n: (step + 0.5) / len(row) for step, n in enumerate(row)}
    return layers


def _middle(
    node: int, row: list[int], across: dict[int, float], joined: NDArray[np.bool_]
) -> float:
    """Return where the neighbours of a node in other layers stand on average."""
    near = [across[int(each)] for each in np.flatnonzero(joined[node]) if each not in row]
    return float(np.mean(near)) if near else across[node]


def _split(layer: list[int]) -> list[list[int]]:
    """Return one layer as as many rows as it needs."""
    n_rows = -(-len(layer) // WIDEST)
    return [layer[row::n_rows] for row in range(n_rows)]
