"""Resampled evidence: the same table, drawn again with replacement, by cluster or by row.

Rows of one role are near-copies, so the unit that is drawn is the role where the table names roles.
A draw is a count per unit; correlations of a draw come from the sums and cross-products of its
units, so that a thousand draws need one pass over the rows. Ranks, polychoric correlations and
libraries that insist on rows get the rows of each draw instead.

Guarantee: a seed gives the same draws whatever the number of threads.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from os import cpu_count
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.correlation import (
    Moments,
    as_correlation,
    correlation_matrix,
    covariances_of,
    moments_by_cluster,
    without_rounding,
)
from causalvalues.discovery.evidence import Evidence, joint_table, nodes_of, usable_rows
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.errors import OptionError, TooFewRows
from causalvalues.survey.dependence import covariance_matrix
from causalvalues.survey.guards import ensure_usable
from causalvalues.survey.scores import ScoreTable

__all__ = ["Progress", "Source", "Unit", "in_parallel", "source_of", "unit_codes"]

Floats = NDArray[np.float64]
Unit = Literal["cluster", "row"]
Progress = Callable[[int, int], None]
Given = TypeVar("Given")
Answer = TypeVar("Answer")

BATCH = 64  # draws whose covariances are computed at once
REPORT_EVERY = 16  # draws
ROOM = 32_000_000  # floats that the cross-products of all units may take


@dataclass(frozen=True, eq=False)
class Source:
    """What is drawn from: the rows, the unit of each row, and where possible their moments."""

    table: ScoreTable
    whole: Evidence  # nodes, kinds and options; its correlations are those of all rows
    data: Floats  # (row, node)
    codes: NDArray[np.intp]  # (row,): its unit
    unit: Unit
    moments: Moments | None

    @property
    def n_units(self) -> int:
        """Return the number of units."""
        return int(self.codes.max()) + 1

    @property
    def scale(self) -> Floats:
        """Return the standard deviation of each column over all rows."""
        return np.sqrt(np.diagonal(covariance_matrix(self.data, weights=self.table.weights)))

    def counts(self, n_draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
        """Yield, in batches, how often each draw takes each unit: (draw, unit)."""
        rng = np.random.default_rng(seed)
        n_units = self.n_units
        size = BATCH if n_units * BATCH < ROOM else 1
        for start in range(0, n_draws, size):
            n_now = min(size, n_draws - start)
            yield rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=n_now)

    def covariances(self, counts: NDArray[np.int64]) -> Floats:
        """Return the covariances of each draw, columns in their standard deviations."""
        if self.moments is not None:
            return covariances_of(self.moments, counts.astype(np.float64))
        weights = np.ones(len(self.data)) if self.table.weights is None else self.table.weights
        outer = np.outer(self.scale, self.scale)
        drawn = [covariance_matrix(self.data, weights=weights * row[self.codes]) for row in counts]
        return without_rounding(np.array(drawn) / outer)

    def n_rows(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many rows each draw holds, scaled where rows are weighted."""
        drawn: NDArray[np.int64] = counts @ np.bincount(self.codes)
        return np.maximum(drawn * self.whole.n_rows // len(self.data), 1)

    def evidence(self, search: Search, n_draws: int, seed: int) -> Iterator[Evidence | None]:
        """Yield the evidence of each draw, or None where a column is constant in it."""
        from_moments = search.engine == "fast" and search.correlation == "pearson"
        for counts in self.counts(n_draws, seed):
            n_rows = self.n_rows(counts)
            if from_moments:
                correlations = as_correlation(self.covariances(counts))
                for correlation, n in zip(correlations, n_rows, strict=True):
                    usable = bool(np.isfinite(correlation).all())
                    yield self.evidence_of(correlation, int(n)) if usable else None
            else:
                for row, n in zip(counts, n_rows, strict=True):
                    yield self._from_rows(search, row, int(n))

    def _from_rows(self, search: Search, counts: NDArray[np.int64], n_rows: int) -> Evidence | None:
        """Return the evidence of one draw from its rows."""
        taken = np.repeat(np.arange(len(self.data)), counts[self.codes])
        data = self.data[taken]
        if (data.min(axis=0) == data.max(axis=0)).any():
            return None
        weights = None if self.table.weights is None else self.table.weights[taken]
        correlation = correlation_matrix(data, kind=search.correlation, weights=weights)
        plain = search.correlation == "pearson" and weights is None
        return self.evidence_of(correlation, n_rows, data if plain else None)

    def evidence_of(self, correlation: Floats, n_rows: int, data: Floats | None = None) -> Evidence:
        """Return the evidence of one draw."""
        return replace_fields(self.whole, correlation=correlation, n_rows=n_rows, data=data)


def source_of(table: ScoreTable, *, by: Unit = "cluster", contexts: ContextUse = "pool") -> Source:
    """Return what resamples are drawn from, after every guard has passed.

    by="cluster" falls to rows where the table names no clusters.
    """
    if by not in get_args(Unit):
        raise OptionError("`by` must be cluster or row", found=repr(by))
    table = usable_rows(table, contexts)
    by_cluster = by == "cluster" and table.clusters is not None
    joint = joint_table(table, contexts)
    ensure_usable(joint, for_resampling=by_cluster)
    codes = unit_codes(table) if by_cluster else np.arange(table.n_rows)
    data = joint.scores
    small = (int(codes.max()) + 1) * data.shape[1] ** 2 <= ROOM
    return Source(
        table=table,
        whole=nodes_of(table, contexts),
        data=data,
        codes=codes,
        unit="cluster" if by_cluster else "row",
        moments=moments_by_cluster(data, codes, weights=table.weights) if small else None,
    )


def unit_codes(table: ScoreTable) -> NDArray[np.intp]:
    """Return the cluster of each row as a number from 0; every row its own where none is named."""
    if table.clusters is None:
        return np.arange(table.n_rows)
    return np.unique(table.clusters, return_inverse=True)[1]


def in_parallel(
    answer: Callable[[Given], Answer],
    given: Iterator[Given],
    *,
    total: int,
    progress: Progress | None = None,
) -> Sequence[Answer]:
    """Return the answers in order; compiled kernels let threads run side by side."""
    answers: list[Answer] = []
    n_workers = cpu_count() or 1
    waiting: deque[Future[Answer]] = deque()  # short, so that few draws are held at a time

    def take() -> None:
        answers.append(waiting.popleft().result())
        if progress is not None and (len(answers) % REPORT_EVERY == 0 or len(answers) == total):
            progress(len(answers), total)

    with ThreadPoolExecutor(max_workers=n_workers) as pool:
        for one in given:
            waiting.append(pool.submit(answer, one))
            if len(waiting) > n_workers:
                take()
        while waiting:
            take()
    if not answers:
        raise TooFewRows("Resampling needs at least one draw", found="none")
    return answers
