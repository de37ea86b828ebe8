"""Extremely greedy equivalence search, after Nazaret and Blei (2024): fewer local optima than GES.

    descend(class)   while a deletion gains: the best deletion; else the best insertion that gains
    start            descend from the empty class
    force            for each edge, from the cheapest to lose: delete it, forbid it, descend;
                     keep the result where the score rose, and start over; stop where none rose

Ours has insertions and deletions; the paper's reversals are left to the forced deletions. The
score, the steps and the knowledge are those of `ges`. Guarantee: the score never falls below that
of the first descent.
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.ges import (
    best_step,
    changed_pairs,
    refresh,
    start_class,
    task_of,
    with_known_directions,
)
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

__all__ = ["xges_marks"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDING = 1e-9  # a rise smaller than this is no rise


def xges_marks(
    correlation: Floats,
    n_rows: int,
    *,
    penalty: float = 0.5,
    forbidden: Bools | None = None,
    required: Bools | None = None,
) -> Marks:
    """Return the marks that the search finds; penalty λ = .5 is the usual BIC."""
    task = task_of(correlation, n_rows, penalty, None, forbidden, required)
    marks = _search(task, start_class(required, task))
    return with_known_directions(marks, task)


@compiled
def _search(task: Task, marks: Marks) -> Marks:
    """Return the class after the first descent and every forced deletion that pays.

    A class that comes again has not risen: between nearly equal columns rounding looks like a gain.
    """
    marks, _ = descend(task, marks)
    seen = [marks]
    rose = True
    while rose:
        rose, marks = force(task, marks)
        for earlier in seen:
            if np.array_equal(earlier, marks):
                return marks
        seen.append(marks)
    return marks


@compiled
def descend(task: Task, marks: Marks) -> tuple[Marks, float]:
    """Return the class where no step gains, and how much the score rose on the way."""
    n_nodes = len(marks)
    desk = new_desk(n_nodes)
    extra = np.zeros(n_nodes, dtype=np.bool_)
    bounds = np.full((2, n_nodes, n_nodes), NEVER)  # of deletions, of insertions
    stale = np.ones((2, n_nodes, n_nodes), dtype=np.bool_)
    total = 0.0
    while True:
        for kind in range(2):
            inserting = kind == 1
            refresh(task, marks, desk, inserting, bounds[kind], stale[kind])
            gain, i, j = best_step(task, marks, desk, inserting, bounds[kind], extra)
            if gain > 0.0:
                break
        if gain <= 0.0:
            return marks, total
        after = after_step(marks, i, j, extra, inserting)
        changed_pairs(marks, after, i, j, stale[0])
        changed_pairs(marks, after, i, j, stale[1])
        marks = after
        total += gain


@compiled
def force(task: Task, marks: Marks) -> tuple[bool, Marks]:
    """Return whether deleting an edge by force led to a better class, and that class."""
    n_nodes = len(marks)
    desk = new_desk(n_nodes)
    pairs, gains = deletions(task, marks, desk)
    extra = np.zeros(n_nodes, dtype=np.bool_)
    for place in np.argsort(-gains):
        i, j = pairs[place]
        n_around, n_parents = look_at(marks, j, desk)
        loss = weigh(task, marks, desk, i, j, n_around, n_parents, False, True, extra)
        if loss == NEVER:
            continue
        shorter = after_step(marks, i, j, extra, False)
        without, rise = descend(forbidding(task, i, j), shorter)
        better, more = descend(task, without)
        if loss + rise + more > ROUNDING:
            return True, better
    return False, marks


@compiled
def deletions(task: Task, marks: Marks, desk: Desk) -> tuple[Ints, Floats]:
    """Return the pairs (i, j) whose edge may be deleted, and what each deletion gains."""
    n_nodes = len(marks)
    bounds = np.full((n_nodes, n_nodes), NEVER)
    refresh(task, marks, desk, False, bounds, np.ones((n_nodes, n_nodes), dtype=np.bool_))
    effects, causes = np.nonzero(bounds > NEVER)
    pairs = np.empty((len(causes), 2), dtype=np.int64)
    gains = np.empty(len(causes))
    for place in range(len(causes)):
        pairs[place, 0], pairs[place, 1] = causes[place], effects[place]
        gains[place] = bounds[effects[place], causes[place]]
    return pairs, gains


@compiled
def forbidding(task: Task, i: int, j: int) -> Task:
    """Return the task with one more pair set apart."""
    banned = task.banned.copy()
    banned[i, j] = banned[j, i] = True
    return Task(
        task.corr,
        task.n_rows,
        task.penalty,
        task.max_parents,
        task.allowed,
        banned,
        task.kept,
        task.informed,
    )
