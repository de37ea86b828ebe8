"""Adjustment distances: in how many pairs would the found graph adjust wrongly for an effect.

Henckel, Würtzen and Weichwald (2024), computed by gadjid: the share of ordered pairs (cause,
effect) for which the adjustment set that the found graph proposes is not valid in the other graph.
Three ways to propose: parents, ancestors, the optimal set. Defined for acyclic directed graphs
and for classes of them (CPDAGs) only: any other graph is unscored, with the reason.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.classes import is_class, is_directed_acyclic
from causalvalues.discovery.distances import Measure, Question
from causalvalues.discovery.marks import (
    CIRCLE,
    Marks,
    bidirected_pairs,
    directed_cycle,
    directed_pairs,
    undirected_pairs,
)

__all__ = ["ADJUSTMENT_NAMES", "adjustment_distances", "why_unscored"]

ADJUSTMENT_NAMES = ("parent_aid", "ancestor_aid", "oset_aid")

Codes = NDArray[np.int8]
Aid = Callable[..., tuple[float, int]]


def adjustment_distances(found: Marks, truth: Marks) -> tuple[Question, ...] | tuple[Measure, ...]:
    """Return the three questions, or three unscored measures where a graph has no such distance."""
    reason = "fewer than two values" if len(found) < 2 else ""
    reason = reason or _because("found", found) or _because("other", truth)
    if reason:
        return tuple(Measure(name, None, "lower", reason=reason) for name in ADJUSTMENT_NAMES)
    import gadjid

    codes = _codes(found), _codes(truth)
    return tuple(
        Question(name, "lower", _asked(getattr(gadjid, name), *codes), "")
        for name in ADJUSTMENT_NAMES
    )


def why_unscored(marks: Marks) -> str:
    """Return why a graph has no adjustment distance; nothing where it has one."""
    if (marks == CIRCLE).any():
        return "has a circle mark"
    if bidirected_pairs(marks).any():
        return "has a bidirected edge"
    if directed_cycle(marks):
        return "has a directed cycle"
    if not is_directed_acyclic(marks) and not is_class(marks):
        return "is not the equivalence class of any acyclic graph"
    return ""


def _because(which: str, marks: Marks) -> str:
    """Return the reason as a sentence about one of the two graphs."""
    reason = why_unscored(marks)
    return f"the {which} graph {reason}" if reason else ""


def _asked(aid: Aid, found: Codes, truth: Codes) -> Callable[[NDArray[np.int64]], float]:
    """Return one distance as a function of the order of the found graph's nodes."""

    def answer(order: NDArray[np.int64]) -> float:
        ordered = np.ascontiguousarray(found[np.ix_(order, order)])
        return float(aid(truth, ordered, edge_direction="from row to column")[0])

    return answer


def _codes(marks: Marks) -> Codes:
    """Return gadjid's matrix: 1 at [cause, effect], 2 at both entries of an undirected pair."""
    return (directed_pairs(marks) + 2 * undirected_pairs(marks)).astype(np.int8)
