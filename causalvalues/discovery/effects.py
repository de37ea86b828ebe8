"""Total effects: how much every other value moves when one value is set, and how sure that is.

IDA (Maathuis, Kalisch and Bühlmann 2009): for every set P that may be the parents of x in a graph
of the equivalence class, the effect of x on y is

    the coefficient of x in the regression of y on x and P;  0 where y ∈ P

`low` and `high` are its extremes over P. The interval adds sampling error: the same sets in
resampled tables, from the quantile of the lows to the quantile of the highs. With `search` every
resample also finds its own graph, so that the interval holds the doubt about the graph itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.discovery.correlation import as_correlation
from causalvalues.discovery.draws import Draws, Progress, Spread, in_threads
from causalvalues.discovery.evidence import usable_rows
from causalvalues.discovery.graph import Effect, ValueGraph
from causalvalues.discovery.marks import Marks
from causalvalues.discovery.measured import (
    MeasuredEffect,
    direct_changes,
    linear_model,
    measured_effects,
)
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.discovery.parent_sets import describes_graphs, possible_parents
from causalvalues.discovery.resampling import Counts, Source, Unit, source_of
from causalvalues.discovery.search import search_marks
from causalvalues.errors import GraphError, OptionError
from causalvalues.survey.dependence import covariance_matrix
from causalvalues.survey.scores import ScoreTable

__all__ = ["EffectsResult", "effects", "total_effects"]

Floats = NDArray[np.float64]
ParentSets = tuple[tuple[tuple[int, ...], ...], ...]  # per node, every set of parents


@dataclass(frozen=True, eq=False)
class EffectsResult:
    """Effects estimated from the graph, beside those that interventions measured."""

    effects: tuple[Effect, ...]
    measured: tuple[MeasuredEffect, ...]
    direct: tuple[MeasuredEffect, ...]  # the direct part of what was measured

    def to_frame(self) -> pd.DataFrame:
        """Return the estimated effects, one row per cause and effect, largest first."""
        frame = pd.DataFrame([asdict(effect) for effect in self.effects])
        order = (frame["low"] + frame["high"]).abs().sort_values(ascending=False).index
        return frame.loc[order].reset_index(drop=True)

    def measured_frame(self) -> pd.DataFrame:
        """Return the measured changes, one row per intervention and value."""
        return pd.DataFrame([asdict(effect) for effect in self.measured])


def effects(
    table: ScoreTable,
    graph: ValueGraph,
    *,
    n_resamples: int = 200,
    by: Unit = "cluster",
    level: float = 0.95,
    search: Search | None = None,
    seed: int = 0,
    spread: Spread = in_threads,
    progress: Progress | None = None,
) -> EffectsResult:
    """Return the total effect of every value on every other, with intervals.

    A graph without context nodes is estimated from the rows without intervention, where the table
    tells them apart, so that what interventions measured stays a test of what the graph predicts.
    spread: who estimates the resamples, as of `stability`.

    effects(table, discover(table)).to_frame().head()
    """
    if not 0.0 < level < 1.0:
        raise OptionError("`level` must be between 0 and 1", found=str(level))
    values = graph.only("value").names
    table = table.select(values)
    source = source_of(table, by=by, contexts=_rows_for(graph, table))
    if set(source.whole.names) != set(graph.names):
        raise GraphError(
            "The graph and the table must have the same nodes",
            found=f"{', '.join(graph.names)} and {', '.join(source.whole.names)}",
        )
    order = [graph.names.index(name) for name in source.whole.names]
    marks = graph.marks[np.ix_(order, order)]
    low, high = total_effects(
        covariance_matrix(source.data, weights=source.table.weights)[None], _parent_sets(marks)
    )
    fixed = None if search is not None else _parent_sets(marks)
    answer = partial(_one_resample, source=source, sets=fixed, search=search)
    draws = Draws(Covariances(source), answer, n_resamples, seed)
    lows, highs = _resampled(source, spread(draws, progress=progress))
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        bottom = np.nanquantile(lows, tail, axis=0)
        top = np.nanquantile(highs, 1 - tail, axis=0)
    measured, direct = _measured(table, graph, n_resamples, seed)
    method = "IDA" if describes_graphs(marks) else "IDA, on marks that no acyclic graph has"
    names = source.whole.names
    return EffectsResult(
        effects=tuple(
            Effect(
                cause=names[i],
                effect=names[j],
                low=float(low[0, i, j]),
                high=float(high[0, i, j]),
                interval_low=float(bottom[i, j]),
                interval_high=float(top[i, j]),
                method=method if search is None else f"{method}, graphs searched anew",
            )
            for i in range(len(names))
            for j in range(len(names))
            if i != j and source.whole.kinds[j] == "value"  # nothing moves an intervention
        ),
        measured=measured,
        direct=direct,
    )


def _rows_for(graph: ValueGraph, table: ScoreTable) -> ContextUse:
    """Return which rows a graph is estimated from."""
    if "context" in graph.kinds:
        return "joint"
    told_apart = table.contexts is not None and bool((table.contexts == "").any())
    return "observational" if told_apart else "pool"


def total_effects(covariances: Floats, sets: ParentSets) -> tuple[Floats, Floats]:
    """Return the smallest and largest effect of i on j, [draw, i, j], over i's parent sets.

    covariances: (draw, node, node).
    """
    n_draws, n_nodes, _ = covariances.shape
    low = np.full((n_draws, n_nodes, n_nodes), np.inf)
    high = np.full_like(low, -np.inf)
    for cause in range(n_nodes):
        for parents in sets[cause]:
            given = [cause, *parents]
            among = covariances[:, given][:, :, given]
            slopes = np.linalg.solve(among, covariances[:, given])[:, 0]  # (draw, node)
            slopes[:, list(parents)] = 0.0
            low[:, cause] = np.minimum(low[:, cause], slopes)
            high[:, cause] = np.maximum(high[:, cause], slopes)
    return low, high


@dataclass(frozen=True, eq=False)
class Covariances:
    """Resamples of a source, each as its covariances and its number of rows."""

    source: Source

    @property
    def n_together(self) -> int:
        """Return how many draws are made together."""
        return self.source.n_together

    def draw(self, rng: np.random.Generator, n_draws: int) -> Counts:
        """Return how often each of the next draws takes each unit."""
        return self.source.draw(rng, n_draws)

    def given(self, drawn: Counts, wanted: slice) -> Iterator[tuple[Floats, int]]:
        """Yield the covariances and the number of rows of each wanted draw."""
        covariances, n_rows = self.source.covariances(drawn, wanted), self.source.n_rows(drawn)
        for covariance, n in zip(covariances, n_rows[wanted], strict=True):
            yield covariance, int(n)


def _resampled(source: Source, found: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Return the lows and highs of each resample, in the units of the scores."""
    scale = source.scale
    units = scale[None, :] / scale[:, None]  # [i, j]: sd of j per sd of i
    lows, highs = (np.array([pair[side] for pair in found]) * units for side in (0, 1))
    return lows, highs


def _one_resample(
    draw: tuple[Floats, int], source: Source, sets: ParentSets | None, search: Search | None
) -> tuple[Floats, Floats]:
    """Return the lows and highs of one resample; NaN where a column is constant in it."""
    covariance, n_rows = draw
    if (np.diagonal(covariance) <= 0).any():
        return np.full_like(covariance, np.nan), np.full_like(covariance, np.nan)
    if sets is None:
        evidence = source.evidence_of(as_correlation(covariance), n_rows)
        sets = _parent_sets(search_marks(evidence, search or Search()))
    low, high = total_effects(covariance[None], sets)
    return low[0], high[0]


def _parent_sets(marks: Marks) -> ParentSets:
    """Return, per node, every set of parents it may have."""
    exact = describes_graphs(marks)
    return tuple(possible_parents(marks, node, exact=exact) for node in range(len(marks)))


def _measured(
    table: ScoreTable, graph: ValueGraph, n_resamples: int, seed: int
) -> tuple[tuple[MeasuredEffect, ...], tuple[MeasuredEffect, ...]]:
    """Return what interventions did, and the direct part of it; nothing where there are none."""
    if table.contexts is None or not (table.contexts == "").any():
        return (), ()
    total = measured_effects(table, n_resamples=n_resamples, seed=seed)
    try:
        model = linear_model(usable_rows(table, "observational"), graph)
    except GraphError:
        return total, ()
    return total, measured_effects(
        table.replace(scores=direct_changes(table.scores, model)),
        n_resamples=n_resamples,
        seed=seed,
    )
