"""Stability: how often resampled tables give each edge, and each direction of it.

    for each draw of clusters (or rows), with replacement:  search again
    support of a pair = share of draws in which it is adjacent, and directed each way
    consensus         = pairs with support ≥ threshold, each with the mark that most draws gave it

The bootstrap of graphs follows Friedman, Goldszmidt and Wyner (1999). A draw in which a column is
constant says nothing and is counted as such (`n_unusable`), not as an empty graph.
"""

from dataclasses import dataclass
from dataclasses import replace as replace_fields
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.discovery.discover import rules_for
from causalvalues.discovery.draws import Draws, Progress, Spread, in_threads
from causalvalues.discovery.evidence import Evidence
from causalvalues.discovery.graph import Check, Support, ValueGraph
from causalvalues.discovery.knowledge import Knowledge, Rules
from causalvalues.discovery.marks import (
    ARROW,
    CIRCLE,
    TAIL,
    Marks,
    adjacent_pairs,
    bidirected_pairs,
    directed_pairs,
    undirected_pairs,
)
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.discovery.resampling import Resamples, Source, Unit, source_of
from causalvalues.discovery.search import search_marks
from causalvalues.errors import ConstantColumn, OptionError
from causalvalues.provenance import Manifest
from causalvalues.survey.scores import ScoreTable

__all__ = ["StabilityResult", "consensus_marks", "stability"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StabilityResult:
    """Support per pair, the consensus graph, and the number of edges of each draw."""

    support: Support
    consensus: ValueGraph
    n_edges: NDArray[np.int64]  # (usable draw,)
    n_unusable: int

    @property
    def orientation_stability(self) -> float:
        """Return how often a directed edge of a draw points the way most draws point it."""
        directed = np.triu(self.support.directed), np.triu(self.support.directed.T)
        total = float(directed[0].sum() + directed[1].sum())
        return float(np.maximum(*directed).sum() / total) if total > 0 else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair that is adjacent in any draw, best supported first."""
        names = self.consensus.names
        support = self.support
        rows = [
            {
                "first": names[i],
                "second": names[j],
                "adjacent": support.adjacent[i, j],
                "first_to_second": support.directed[i, j],
                "second_to_first": support.directed[j, i],
                "undirected": support.undirected[i, j],
                "bidirected": support.bidirected[i, j],
            }
            for i, j in np.argwhere(np.triu(support.adjacent, 1) > 0)
        ]
        columns = ["first", "second", "adjacent", "first_to_second", "second_to_first"]
        frame = pd.DataFrame(rows, columns=[*columns, "undirected", "bidirected"])
        return frame.sort_values("adjacent", ascending=False, kind="stable", ignore_index=True)


def stability(
    table: ScoreTable,
    *,
    search: Search | None = None,
    knowledge: Knowledge | str | Path | None = None,
    contexts: ContextUse = "pool",
    n_resamples: int = 1000,
    by: Unit = "cluster",
    threshold: float = 0.5,
    seed: int = 0,
    spread: Spread = in_threads,
    progress: Progress | None = None,
) -> StabilityResult:
    """Return the support of every pair over resamples, and the consensus at a threshold.

    spread: who searches the resamples; `scale.drawing.Over(Processes(4))`, say, for the same result
    of four processes.

    stability(ScoreTable.from_csv("scores.csv", cluster="role"), n_resamples=200).support
    """
    if n_resamples < 1:
        raise OptionError("`n_resamples` must be 1 or more", found=str(n_resamples))
    if not 0.0 < threshold <= 1.0:
        raise OptionError("`threshold` must be above 0, at most 1", found=str(threshold))
    chosen = Search() if search is None else search
    source = source_of(table, by=by, contexts=contexts)
    rules = rules_for(source.whole, knowledge)
    answer = partial(_marks_or_none, search=chosen, rules=rules)
    draws = Draws(Resamples(source, chosen), answer, n_resamples, seed)
    found = spread(draws, progress=progress)
    usable = np.array([marks for marks in found if marks is not None])
    if not len(usable):
        raise ConstantColumn(
            "A resample must leave every column varying",
            found=f"a constant column in each of {n_resamples} resamples",
            remedy="remove values that hardly vary, or resample by row",
        )
    support = _support(usable, source.unit)
    return StabilityResult(
        support=support,
        consensus=_consensus(source, support, threshold, chosen, seed),
        n_edges=np.count_nonzero(np.triu(usable), axis=(1, 2)),
        n_unusable=n_resamples - len(usable),
    )


def consensus_marks(support: Support, threshold: float) -> Marks:
    """Return the marks of the pairs with enough support, each as most of its draws have it.

    Where no one kind has more than half of the draws that join the pair, the edge is undirected,
    or has circles where most draws say neither directed nor undirected nor bidirected.
    """
    adjacent = support.adjacent >= threshold
    half = support.adjacent / 2
    partly = support.adjacent - support.directed - support.directed.T
    partly = partly - support.undirected - support.bidirected
    marks = np.where(adjacent, np.where(partly > half, CIRCLE, TAIL), 0).astype(np.int8)
    marks[adjacent & (support.bidirected > half)] = ARROW
    forward = adjacent & (support.directed > half)
    marks[forward], marks[forward.T] = TAIL, ARROW
    return marks


def _marks_or_none(evidence: Evidence | None, search: Search, rules: Rules | None) -> Marks | None:
    """Return the marks of one draw."""
    return None if evidence is None else search_marks(evidence, search, rules)


def _support(marks: Marks, unit: Unit) -> Support:
    """Return the shares over draws; marks (draw, node, node)."""
    return Support(
        adjacent=np.mean([adjacent_pairs(draw) for draw in marks], axis=0),
        directed=np.mean([directed_pairs(draw) for draw in marks], axis=0),
        undirected=np.mean([undirected_pairs(draw) for draw in marks], axis=0),
        bidirected=np.mean([bidirected_pairs(draw) for draw in marks], axis=0),
        n_resamples=len(marks),
        unit=unit,
    )


def _consensus(
    source: Source, support: Support, threshold: float, search: Search, seed: int
) -> ValueGraph:
    """Return the consensus graph with its support and where it came from."""
    graph = ValueGraph(
        names=source.whole.names,
        marks=consensus_marks(support, threshold),
        kinds=source.whole.kinds,
        support=support,
        manifest=Manifest.of(
            "stability",
            parameters={**search.to_dict(), "threshold": threshold, "unit": source.unit},
            seeds={"resamples": seed},
            digests={"table": source.table.digest},
        ),
    )
    cycle = graph.cycle  # a majority of acyclic graphs may be cyclic
    return replace_fields(graph, checks=(Check("acyclic", not cycle, " → ".join(cycle)),))
