"""Greedy equivalence search (Chickering 2002), identical to causal-learn, mark for mark.

    start     the empty class (or the class of the required edges)
    forward   insert the edge that gains most, while one gains
    backward  delete the edge that gains most, while one gains

An edge's gain depends on the graph only near its effect, so gains are kept and weighed anew only
where the last step changed something; whether a kept gain is valid (paths, knowledge) is asked
when it comes out on top. Guarantee: the same greedy path as weighing everything every time.
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.classes import class_of_edges, with_knowledge
from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import is_undirected
from causalvalues.discovery.ges_operators import (
    NEVER,
    Desk,
    Task,
    after_step,
    look_at,
    new_desk,
    weigh,
)
from causalvalues.discovery.marks import Bools, Marks
from causalvalues.errors import KnowledgeError

__all__ = [
    "best_step",
    "changed_pairs",
    "ges_marks",
    "greedy",
    "refresh",
    "start_class",
    "task_of",
    "with_known_directions",
]

Floats = NDArray[np.float64]


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
    task = task_of(correlation, n_rows, penalty, max_parents, forbidden, required)
    marks = greedy(task, start_class(required, task), True)
    marks = greedy(task, marks, False)
    return with_known_directions(marks, task)


def task_of(
    correlation: Floats,
    n_rows: int,
    penalty: float,
    max_parents: int | None,
    forbidden: Bools | None,
    required: Bools | None,
) -> Task:
    """Return evidence and knowledge as the search asks for them."""
    n_nodes = len(correlation)
    none = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    no = none if forbidden is None else forbidden
    yes = none if required is None else required
    return Task(
        corr=np.ascontiguousarray(correlation),
        n_rows=n_rows,
        penalty=float(penalty),  # an int would have every kernel compiled once more
        max_parents=n_nodes if max_parents is None else max_parents,
        allowed=np.ascontiguousarray(~(no | yes.T)),
        banned=np.ascontiguousarray(no & no.T),
        kept=np.ascontiguousarray(yes | yes.T),
        informed=bool(no.any() or yes.any()),
    )


def with_known_directions(marks: Marks, task: Task) -> Marks:
    """Return the class, directed where knowledge directs it."""
    directed = with_knowledge(marks, task.allowed) if task.informed else None
    return marks if directed is None else directed


def start_class(required: Bools | None, task: Task) -> Marks:
    """Return the class of the required edges, or raise where knowledge rules out every graph."""
    if required is None or not required.any():
        return np.zeros(task.corr.shape, dtype=np.int8)
    marks = class_of_edges(required)
    if with_knowledge(marks, task.allowed) is None:
        raise KnowledgeError("Some graph must hold every required edge and no forbidden one")
    return marks


@compiled
def greedy(task: Task, marks: Marks, inserting: bool) -> Marks:
    """Return the class after all steps of one kind that gain."""
    n_nodes = len(marks)
    desk = new_desk(n_nodes)
    bounds = np.full((n_nodes, n_nodes), NEVER)  # [j, i]: at most the gain of a step on i → j
    stale = np.ones((n_nodes, n_nodes), dtype=np.bool_)
    extra = np.zeros(n_nodes, dtype=np.bool_)
    while True:
        refresh(task, marks, desk, inserting, bounds, stale)
        gain, i, j = best_step(task, marks, desk, inserting, bounds, extra)
        if gain <= 0.0:
            return marks
        after = after_step(marks, i, j, extra, inserting)
        changed_pairs(marks, after, i, j, stale)
        marks = after


@compiled
def refresh(
    task: Task, marks: Marks, desk: Desk, inserting: bool, bounds: Floats, stale: Bools
) -> None:
    """Weigh the stale pairs anew; none is stale afterwards."""
    unused = desk.seen
    for j in range(len(marks)):
        if not stale[j].any():
            continue
        n_around, n_parents = look_at(marks, j, desk)
        for i in range(len(marks)):
            if not stale[j, i] or i == j:
                continue
            if inserting:
                possible = marks[i, j] == 0 and not task.banned[i, j]
                possible = possible and n_parents <= task.max_parents
            else:
                possible = marks[i, j] == -1 and not task.kept[i, j]
            bounds[j, i] = NEVER
            if possible:
                bounds[j, i] = weigh(
                    task, marks, desk, i, j, n_around, n_parents, inserting, False, unused
                )
        stale[j] = False


@compiled
def best_step(
    task: Task, marks: Marks, desk: Desk, inserting: bool, bounds: Floats, extra: Bools
) -> tuple[float, int, int]:
    """Return the valid step that gains most: its gain, i and j; `extra` becomes its T or H."""
    n_nodes = len(marks)
    gains = bounds.copy()
    asked = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    best_cause = np.empty(n_nodes, dtype=np.int64)
    top = np.empty(n_nodes)
    for j in range(n_nodes):
        best_cause[j] = np.argmax(gains[j])
        top[j] = gains[j, best_cause[j]]
    while True:
        j = int(np.argmax(top))
        i = int(best_cause[j])
        if top[j] <= 0.0:
            return 0.0, i, j
        n_around, n_parents = look_at(marks, j, desk)
        gain = weigh(task, marks, desk, i, j, n_around, n_parents, inserting, True, extra)
        if asked[j, i] or gain == gains[j, i]:
            return gain, i, j
        gains[j, i] = gain
        asked[j, i] = True
        best_cause[j] = np.argmax(gains[j])
        top[j] = gains[j, best_cause[j]]


@compiled
def changed_pairs(before: Marks, after: Marks, one: int, two: int, stale: Bools) -> None:
    """Mark the pairs whose gain a step on the edge of `one` and `two` may have changed.

    A gain of i → j looks at the edges at j, at which neighbours of j are next to i, and at which
    neighbours of j are adjacent to each other.
    """
    for j in range(len(after)):
        with_one, with_two = is_undirected(after, j, one), is_undirected(after, j, two)
        touched = with_one and with_two
        for node in range(len(after)):
            if before[j, node] != after[j, node] or before[node, j] != after[node, j]:
                touched = True
                break
        if touched:
            stale[j] = True
        stale[j, one] |= with_two
        stale[j, two] |= with_one
