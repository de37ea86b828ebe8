"""PC on a correlation matrix (Spirtes and Glymour 1991), identical to causal-learn, mark for mark.

    1. skeleton    remove x — y where some set of neighbours separates them        (pc_skeleton)
    2. colliders   direct x → y ← z where y explains nothing of x and z            (pc_colliders)
    3. Meek        direct what would otherwise make a new collider or a cycle      (meek)

Guarantee: without background knowledge the marks equal `causallearn` PC (stable, Fisher-z) with the
same rule and priority. With knowledge, no step ever directs an edge against it; a pair that
knowledge sets apart is not taken as evidence of a collider.
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.compiled import compiled
from causalvalues.discovery.directing import direct, is_undirected, no_paths
from causalvalues.discovery.marks import Bools, Marks
from causalvalues.discovery.meek import meek, meek_definite, meek_fourth
from causalvalues.discovery.pc_colliders import judge, orient_colliders, triples
from causalvalues.discovery.pc_skeleton import skeleton
from causalvalues.errors import OptionError

__all__ = ["pc_marks", "priority_of"]

Floats = NDArray[np.float64]

MOST_NEIGHBOURS = 20  # a million subsets a pair
DEFAULT_PRIORITY = {0: 3, 1: 3, 2: 4}


def pc_marks(
    correlation: Floats,
    n_rows: int,
    *,
    alpha: float = 0.01,
    uc_rule: int = 2,
    uc_priority: int = -1,
    max_condition_size: int | None = None,
    forbidden: Bools | None = None,
    required: Bools | None = None,
) -> Marks:
    """Return the marks that PC finds.

    uc_priority −1 is the rule's own default. forbidden, required: [i, j] speaks of i → j.
    """
    n_nodes = len(correlation)
    none = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    marks = _search(
        np.ascontiguousarray(correlation),
        n_rows,
        alpha,
        _limit_of(alpha),
        uc_rule,
        priority_of(uc_rule, uc_priority),
        n_nodes if max_condition_size is None else max_condition_size,
        none if forbidden is None else np.ascontiguousarray(forbidden),
        none if required is None else np.ascontiguousarray(required),
    )
    if len(marks) < n_nodes:
        raise OptionError(
            f"Judging colliders needs values with at most {MOST_NEIGHBOURS} neighbours: every "
            "subset of them is tested",
            found="a value with more after the skeleton",
            remedy="lower alpha, allow larger condition sets, or use uc_rule=0 with uc_priority=2",
        )
    return marks


def priority_of(uc_rule: int, uc_priority: int) -> int:
    """Return the priority, the rule's default for −1; rule 2 knows only 2, 3 and 4."""
    if uc_priority == -1:
        return DEFAULT_PRIORITY[uc_rule]
    if uc_rule == 2 and uc_priority < 2:
        raise OptionError(
            "`uc_priority` must be 2, 3 or 4 with uc_rule=2",
            found=str(uc_priority),
            remedy="leave it out, or use uc_rule 0 or 1",
        )
    return uc_priority


def _limit_of(alpha: float) -> float:
    """Return the normal statistic at which p = alpha; NaN where the rounding of p decides."""
    return NormalDist().inv_cdf(1 - alpha / 2) if 1e-6 <= alpha <= 0.99 else float("nan")


@compiled
def _search(
    corr: Floats, n_rows: int, alpha: float, limit: float, rule: int, priority: int,
    max_size: int, forbidden: Bools, required: Bools,
) -> Marks:  # fmt: skip
    """Return the marks; the three steps in order."""
    allowed = ~(forbidden | required.T)
    banned = forbidden & forbidden.T
    informed = forbidden.any() or required.any()
    adjacent, separators = skeleton(
        corr, n_rows, alpha, limit, max_size, rule == 0, banned, required | required.T
    )
    judging = rule > 0 or priority > 2 or banned.any()
    if judging and adjacent.sum(axis=1).max() > MOST_NEIGHBOURS:
        return np.zeros((0, 0), dtype=np.int8)
    marks = np.where(adjacent, -1, 0).astype(np.int8)
    paths = no_paths(len(corr))
    _direct_known(marks, paths, allowed)
    found = triples(adjacent)
    verdict, p_with, p_without = judge(
        corr, n_rows, alpha, rule, adjacent, found, separators, banned
    )
    order = np.flatnonzero(verdict == 1)
    if priority == 3:
        order = order[np.argsort(p_with[order], kind="mergesort")]
    elif priority == 4:
        order = order[np.argsort(-p_without[order], kind="mergesort")]
    done = orient_colliders(marks, paths, found, order, priority, allowed)
    if rule == 2:
        # both lists in causal-learn's order: colliders as they were directed, the others by node
        meek_definite(marks, paths, allowed, found[done], found[verdict == 0])
    silent = np.zeros_like(banned)
    for place in np.flatnonzero(verdict == -1):
        x, z = found[place, 0], found[place, 2]
        silent[x, z] = silent[z, x] = banned[x, z]
    meek(marks, paths, allowed, silent)
    while informed and meek_fourth(marks, paths, allowed):
        meek(marks, paths, allowed, silent)
    return marks


@compiled
def _direct_known(marks: Marks, paths: Bools, allowed: Bools) -> None:
    """Direct every edge of which knowledge admits one direction only."""
    for i in range(len(marks)):
        for j in range(len(marks)):
            if is_undirected(marks, i, j) and allowed[i, j] and not allowed[j, i]:
                direct(marks, paths, i, j)
