"""Which place in its row every node takes: few crossings, no edge through a node, short edges.

    cost = 6 · edges through a node or its label + 2 · crossings + length of all edges

One node after the other takes the place in its row that costs least, swapping with whoever stands
there, until none gains. Guarantee: nodes stay in their rows; the same graph, the same places.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["cost_of_places", "tidied"]

Floats = NDArray[np.float64]
Pairs = NDArray[np.int64]
THROUGH, CROSSING = 6.0, 2.0
WIDE = 1.3  # how much wider than high a drawing is
NEAR = 0.085  # nearer than this an edge runs through a node
MOST_PAIRS = 120  # a graph of more edges stays as the rows have it
N_ROUNDS = 8


def tidied(rows: Sequence[Sequence[int]], joined: NDArray[np.bool_]) -> list[dict[int, float]]:
    """Return where every node of every row stands, in −1 … 1 from left to right."""
    n_slots = max((len(row) for row in rows), default=0)
    n_slots += n_slots > 1 and len(rows) > 1  # one is free, for edges to pass
    slots = [_spread(row, n_slots) for row in rows]
    pairs = np.argwhere(np.triu(joined))
    if 0 < len(pairs) <= MOST_PAIRS:
        _improve(slots, pairs, len(joined))
    return [_across(row, depth) for depth, row in enumerate(slots)]


def cost_of_places(places: Floats, pairs: Pairs) -> float:
    """Return what is unpleasant about places (node, 2)."""
    start, end = places[pairs[:, 0]], places[pairs[:, 1]]
    length = float(np.hypot(*(end - start).T).sum())
    return THROUGH * _n_through(places, pairs) + CROSSING * _n_crossings(start, end) + length


def _improve(slots: list[list[int]], pairs: Pairs, n_nodes: int) -> None:
    """Let every node take the best place in its row, again and again, until none gains."""
    best = cost_of_places(_places(slots, n_nodes), pairs)
    for _ in range(N_ROUNDS):
        before = best
        for row in slots:
            for first in range(len(row)):
                for second in range(first + 1, len(row)):
                    if row[first] == row[second]:  # both free
                        continue
                    row[first], row[second] = row[second], row[first]
                    cost = cost_of_places(_places(slots, n_nodes), pairs)
                    if cost < best - 1e-9:
                        best = cost
                    else:
                        row[first], row[second] = row[second], row[first]
        if best == before:
            return


def _spread(row: Sequence[int], n_slots: int) -> list[int]:
    """Return a row over all places of it; −1 is a free one."""
    slots = [-1] * n_slots
    for step, node in enumerate(row):
        slots[int((step + 0.5) * n_slots / len(row))] = node
    return slots


def _across(slots: Sequence[int], depth: int) -> dict[int, float]:
    """Return where the nodes of a row stand; every other row is half a place aside."""
    aside = 0.25 if depth % 2 else -0.25
    return {
        node: -1 + 2 * (step + 0.5 + aside) / len(slots)
        for step, node in enumerate(slots)
        if node >= 0
    }


def _places(slots: list[list[int]], n_nodes: int) -> Floats:
    """Return the places of all nodes."""
    places = np.zeros((n_nodes, 2))
    for depth, row in enumerate(slots):
        for node, across in _across(row, depth).items():
            places[node] = WIDE * across, -1 + 2 * (depth + 0.5) / len(slots)
    return places


def _n_through(places: Floats, pairs: Pairs) -> float:
    """Return how many edges run through a node that is not theirs."""
    start, along = places[pairs[:, 0]], places[pairs[:, 1]] - places[pairs[:, 0]]
    from_start = places[:, None] - start
    share = (from_start * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12)
    away = from_start - np.clip(share, 0, 1)[..., None] * along
    near = np.hypot(away[..., 0], away[..., 1]) < NEAR
    own = (np.arange(len(places))[:, None, None] == pairs).any(-1)
    return float((near & ~own).sum())


def _n_crossings(start: Floats, end: Floats) -> float:
    """Return how many pairs of edges cross between their ends."""

    def side(a: Floats, b: Floats, c: Floats) -> Floats:
        turned: Floats = np.sign(
            (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
            - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        )
        return turned

    s, e, t, f = start[:, None], end[:, None], start[None], end[None]
    across = (side(s, e, t) * side(s, e, f) < 0) & (side(t, f, s) * side(t, f, e) < 0)
    return float(across.sum()) / 2
