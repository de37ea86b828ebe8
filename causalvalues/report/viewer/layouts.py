"""Where nodes stand: on the theory's circle, or causes above their effects. The same every time.

    circle   clockwise from the top, in the order of the angles, in equal steps
    layers   a value stands below all its causes; an edge without a direction joins two layers too,
             in the way that needs fewer of them; within a layer a value takes the place at which
             fewest edges cross or run through others, and edges are short

Places are x, y in −1 … 1 with y downwards, as screens count. No chance is in them.
"""

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer.tidying import tidied

__all__ = ["circle_places", "layer_places"]

Places = list[tuple[float, float]]
N_SWEEPS = 12
WIDEST = 8  # nodes side by side in a layer of a small graph; more stand in two rows
STRETCH = 1.4  # of a large one: rows are about this much longer than there are rows


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
    joined = graph.marks != 0
    order = _ordered(_layers(graph), joined)
    rows = tidied([row for layer in order for row in _split(layer, len(graph.names))], joined)
    left = min((across for row in rows for across in row.values()), default=0.0)
    right = max((across for row in rows for across in row.values()), default=0.0)
    places: Places = [(0.0, 0.0)] * len(graph.names)
    for depth, row in enumerate(rows):
        for node, across in row.items():
            places[node] = (_between(left, across, right), _between(0, depth, len(rows) - 1))
    return places


def _between(least: float, number: float, most: float) -> float:
    """Return a number as −1 … 1 between its least and its most; 0 where these are one."""
    return round(2 * (number - least) / (most - least) - 1, 6) if most > least else 0.0


def _layers(graph: ValueGraph) -> list[list[int]]:
    """Return nodes by layer: below all causes, and not far above the effects."""
    whole = _one_way(graph)
    order = list(nx.topological_sort(whole))
    depth = _depths(whole, order)
    for part in reversed(order):  # what has no cause goes down to what it acts on
        effects = list(whole.successors(part))
        if effects and not whole.pred[part]:
            depth[part] = min(depth[effect] for effect in effects) - 1
    layers: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for part, layer in depth.items():
        layers[layer] += whole.nodes[part]["members"]
    return [sorted(layer) for layer in layers if layer]


def _one_way(graph: ValueGraph) -> "nx.DiGraph[int]":
    """Return the graph of causes, a circle as one part; open edges run as makes shorter chains."""
    whole = nx.condensation(nx.from_numpy_array(graph.directed, create_using=nx.DiGraph))
    part = whole.graph["mapping"]
    order = list(nx.topological_sort(whole))
    above, below = _depths(whole, order), _depths(whole.reverse(copy=False), order[::-1])
    open_pairs = np.triu((graph.marks != 0) & ~graph.directed & ~graph.directed.T)
    for i, j in np.argwhere(open_pairs).tolist():
        cause, effect = part[i], part[j]
        if above[cause] + below[effect] > above[effect] + below[cause]:
            cause, effect = effect, cause
        if above[effect] < above[cause] and nx.has_path(whole, effect, cause):
            cause, effect = effect, cause
        if cause != effect:
            whole.add_edge(cause, effect)
            _lengthen(above, whole.succ, cause, effect)
            _lengthen(below, whole.pred, effect, cause)
    return whole


def _depths(network: "nx.DiGraph[int]", order: list[int]) -> dict[int, int]:
    """Return how many edges the longest chain to every node has."""
    depth: dict[int, int] = {}
    for node in order:
        depth[node] = max((depth[cause] + 1 for cause in network.predecessors(node)), default=0)
    return depth


def _lengthen(
    depth: dict[int, int], after: Mapping[int, Iterable[int]], cause: int, effect: int
) -> None:
    """Bring depths up to date after an edge."""
    waiting = [(cause, effect)]
    while waiting:
        cause, effect = waiting.pop()
        if depth[effect] < depth[cause] + 1:
            depth[effect] = depth[cause] + 1
            waiting += [(effect, further) for further in after[effect]]


def _ordered(layers: list[list[int]], joined: NDArray[np.bool_]) -> list[list[int]]:
    """Return layers whose nodes stand near those that they are joined to."""
    across = {n: (step + 0.5) / len(row) for row in layers for step, n in enumerate(row)}
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


def _split(layer: list[int], n_nodes: int) -> list[list[int]]:
    """Return one layer as as many rows as it needs."""
    widest = max(WIDEST, int(STRETCH * n_nodes**0.5))
    n_rows = -(-len(layer) // widest)
    return [layer[row::n_rows] for row in range(n_rows)]
