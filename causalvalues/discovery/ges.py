"""Greedy equivalence search (Chickering 2002), identical to causal-learn, mark for mark.

    start     the empty class (or the class of the required edges)
    forward   insert the edge that gains most, while one gains
    backward  delete the edge that gains most, while one gains

An edge's gain depends on the graph only near its effect, so gains are kept and weighed anew only
where the last step changed something (`Gains`); whether a kept gain is valid (paths, knowledge) is
asked when it comes out on top. Guarantee: the same greedy path as weighing everything every time.
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import is_undirected
from causalvalues.discovery.equivalence import class_of_graph, impose
from causalvalues.discovery.ges_operators import (
    after_delete,
    after_insert,
    weigh_delete,
    weigh_insert,
)
from causalvalues.discovery.marks import Bools, Marks
from causalvalues.errors import KnowledgeError

__all__ = ["Limits", "ges_marks", "greedy", "limits_of", "start_class"]

Floats = NDArray[np.float64]
Limits = tuple[
    Bools, Bools, Bools, bool
]  # allowed, banned, kept (node, node); any knowledge at all

NEVER = -1e300


def ges_marks(
    correlation: Floats,
    n_rows: int,
    *,
    penalty: float = 0.5,
    max_parents: int | None = None,
    forbidden: Bools | None = None,
    required: Bools | None = None,
) -> Marks:
    """Return the marks that GES finds; penalty λ = .5 is the usual BIC."""
    corr = np.ascontiguousarray(correlation)
    most = len(corr) if max_parents is None else max_parents
    limits = limits_of(len(corr), forbidden, required)
    marks = start_class(required, limits)
    marks = greedy(corr, n_rows, penalty, most, marks, True, limits)
    marks = greedy(corr, n_rows, penalty, most, marks, False, limits)
    return impose(marks, limits[0])[1] if limits[3] else marks


def limits_of(n_nodes: int, forbidden: Bools | None, required: Bools | None) -> Limits:
    """Return knowledge as the search asks for it: directions allowed, pairs banned, pairs kept."""
    none = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    no = none if forbidden is None else np.ascontiguousarray(forbidden)
    yes = none if required is None else np.ascontiguousarray(required)
    informed = bool(no.any() or yes.any())
    return ~(no | yes.T), no & no.T, yes | yes.T, informed


def start_class(required: Bools | None, limits: Limits) -> Marks:
    """Return the class of the required edges, or raise where knowledge rules out every graph."""
    allowed, _, _, informed = limits
    if required is None or not required.any():
        return np.zeros(allowed.shape, dtype=np.int8)
    marks = class_of_graph(np.ascontiguousarray(required))
    fits, _ = impose(marks, allowed)
    if informed and not fits:
        raise KnowledgeError("Some graph must hold every required edge and no forbidden one")
    return marks


@compiled
def greedy(
    corr: Floats, n_rows: int, penalty: float, max_parents: int, marks: Marks, inserting: bool,
    limits: Limits,
) -> Marks:  # fmt: skip
    """Return the class after all steps of one kind that gain."""
    n_nodes = len(corr)
    bounds = np.full((n_nodes, n_nodes), NEVER)
    stale = np.ones((n_nodes, n_nodes), dtype=np.bool_)
    while True:
        refresh(corr, n_rows, penalty, max_parents, marks, inserting, limits, bounds, stale)
        gain, i, j, extra = best_step(corr, n_rows, penalty, marks, inserting, limits, bounds)
        if gain <= 0.0:
            return marks
        after = after_insert(marks, i, j, extra) if inserting else after_delete(marks, i, j, extra)
        stale = changed_pairs(marks, after, i, j)
        marks = after


@compiled
def refresh(
    corr: Floats, n_rows: int, penalty: float, max_parents: int, marks: Marks, inserting: bool,
    limits: Limits, bounds: Floats, stale: Bools,
) -> None:  # fmt: skip
    """Weigh the stale pairs anew: bounds[i, j] of the step on i → j."""
    allowed, banned, kept, informed = limits
    n_nodes = len(corr)
    for j in range(n_nodes):
        n_parents = np.sum(marks[j] == 1)
        for i in range(n_nodes):
            if i == j or not stale[i, j]:
                continue
            bounds[i, j] = NEVER
            if inserting:
                if marks[i, j] == 0 and not banned[i, j] and n_parents <= max_parents:
                    bounds[i, j] = weigh_insert(
                        corr, n_rows, penalty, marks, i, j, False, allowed, informed
                    )[0]
            elif marks[i, j] == -1 and not kept[i, j]:
                bounds[i, j] = weigh_delete(
                    corr, n_rows, penalty, marks, i, j, False, allowed, informed
                )[0]


@compiled
def best_step(
    corr: Floats, n_rows: int, penalty: float, marks: Marks, inserting: bool, limits: Limits,
    bounds: Floats,
) -> tuple[float, int, int, Bools]:  # fmt: skip
    """Return the valid step that gains most: its gain, i, j, and T or H."""
    allowed, _, _, informed = limits
    n_nodes = len(corr)
    gains = bounds.copy()
    asked = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    while True:
        place = np.argmax(gains)
        i, j = place // n_nodes, place % n_nodes
        gain = gains[i, j]
        if gain <= 0.0:
            return 0.0, i, j, asked[0]
        if inserting:
            true_gain, extra = weigh_insert(
                corr, n_rows, penalty, marks, i, j, True, allowed, informed
            )
        else:
            true_gain, extra = weigh_delete(
                corr, n_rows, penalty, marks, i, j, True, allowed, informed
            )
        if asked[i, j] or true_gain == gain:
            return true_gain, i, j, extra
        gains[i, j] = true_gain
        asked[i, j] = True


@compiled
def changed_pairs(before: Marks, after: Marks, one: int, two: int) -> Bools:
    """Return the pairs whose gain a step on the edge of `one` and `two` may have changed.

    A gain of i → j looks at the edges at j, at which neighbours of j are next to i, and at which
    neighbours of j are adjacent to each other.
    """
    n_nodes = len(after)
    stale = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    for j in range(n_nodes):
        touched = (before[j] != after[j]).any() or (before[:, j] != after[:, j]).any()
        if touched or (is_undirected(after, j, one) and is_undirected(after, j, two)):
            stale[:, j] = True
    stale[one] = True
    stale[two] = True
    return stale
