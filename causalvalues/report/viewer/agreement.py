"""What two searches agree on, and what most resamples say: graphs made of graphs.

both        pairs that both join; an end is marked where both say the same, a circle elsewhere
consensus   pairs that at least half of the resamples join, each with the mark that most gave it
"""

from dataclasses import replace

import numpy as np

from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import CIRCLE, NONE
from causalvalues.discovery.stability import consensus_marks
from causalvalues.errors import GraphError

__all__ = ["both", "consensus"]

HALF = 0.5


def both(first: ValueGraph, second: ValueGraph) -> ValueGraph:
    """Return the pairs that both graphs join; the support is that of the first."""
    if first.names != second.names:
        raise GraphError("Both graphs must have the same values in the same order")
    agreed = np.where(first.marks == second.marks, first.marks, CIRCLE)
    marks = np.where((first.marks == NONE) | (second.marks == NONE), NONE, agreed)
    return replace(first, marks=marks.astype(np.int8), checks=())


def consensus(graph: ValueGraph, threshold: float = HALF) -> ValueGraph | None:
    """Return the pairs that enough resamples join; nothing for a graph without support."""
    if graph.support is None:
        return None
    return replace(graph, marks=consensus_marks(graph.support, threshold), checks=())
