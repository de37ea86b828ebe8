"""Resampled evidence: the same table, drawn again with replacement, by cluster or by row.

Rows of one role are near-copies, so the unit that is drawn is the role where the table names roles.
A draw is a count per unit; correlations of a draw come from the sums and cross-products of its
units, so that a thousand draws need one pass over the rows. Ranks, polychoric correlations and
libraries that insist on rows get the rows of each draw instead.

Guarantee: a seed gives the same draws whatever the number of threads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from functools import cached_property
from typing import Any, Literal, get_args

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
from causalvalues.discovery.draws import Progress
from causalvalues.discovery.evidence import Evidence, joint_table, nodes_of, usable_rows
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.errors import OptionError
from causalvalues.survey.dependence import covariance_matrix
from causalvalues.survey.guards import ensure_usable
from causalvalues.survey.scores import ScoreTable

__all__ = ["Progress", "Resamples", "Source", "Unit", "source_of", "unit_codes"]

Floats = NDArray[np.float64]
Unit = Literal["cluster", "row"]
Counts = NDArray[np.int64]  # (draw, unit): how often each draw takes each unit

BATCH = 64  # draws whose covariances are computed at once
ROOM = 32_000_000  # floats that the cross-products of all units may take


@dataclass(frozen=True, eq=False)
class Source:
    """What is drawn from: the rows, the unit of each row, and where possible their moments."""

    table: ScoreTable
    whole: Evidence  # nodes, kinds and options; its correlations are those of all rows
    data: Floats  # (row, node)
    codes: NDArray[np.intp]  # (row,): its unit
    unit: Unit

    def __getstate__(self) -> dict[str, Any]:
        """Return all but the moments, which may be far larger than what they are made from."""
        return {name: held for name, held in vars(self).items() if name != "moments"}

    @cached_property
    def moments(self) -> Moments | None:
        """Return the moments of each unit; None where they would take too much room."""
        if self.n_units * self.data.shape[1] ** 2 > ROOM:
            return None
        return moments_by_cluster(self.data, self.codes, weights=self.table.weights)

    @property
    def n_units(self) -> int:
        """Return the number of units."""
        return int(self.codes.max()) + 1

    @property
    def scale(self) -> Floats:
        """Return the standard deviation of each column over all rows."""
        return np.sqrt(np.diagonal(covariance_matrix(self.data, weights=self.table.weights)))

    @property
    def n_together(self) -> int:
        """Return how many draws are made together."""
        return BATCH if self.n_units * BATCH < ROOM else 1

    def draw(self, rng: np.random.Generator, n_draws: int) -> Counts:
        """Return how often each of the next draws takes each unit."""
        n_units = self.n_units
        return rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=n_draws)

    def counts(self, n_draws: int, seed: int) -> Iterator[Counts]:
        """Yield, in batches, how often each draw takes each unit."""
        rng = np.random.default_rng(seed)
        for start in range(0, n_draws, self.n_together):
            yield self.draw(rng, min(self.n_together, n_draws - start))

    def covariances(self, counts: Counts, wanted: slice = slice(None)) -> Floats:
        """Return the covariances of the wanted draws, columns in their standard deviations.

        They are computed together, as the last digits depend on how many are.
        """
        if self.moments is not None:
            return covariances_of(self.moments, counts.astype(np.float64))[wanted]
        weights = np.ones(len(self.data)) if self.table.weights is None else self.table.weights
        outer = np.outer(self.scale, self.scale)
        drawn = [
            covariance_matrix(self.data, weights=weights * row[self.codes])
            for row in counts[wanted]
        ]
        return without_rounding(np.array(drawn) / outer)

    def n_rows(self, counts: Counts) -> NDArray[np.int64]:
        """Return how many rows each draw holds, scaled where rows are weighted."""
        drawn: NDArray[np.int64] = counts @ np.bincount(self.codes)
        return np.maximum(drawn * self.whole.n_rows // len(self.data), 1)

    def evidence(
        self, search: Search, counts: Counts, wanted: slice = slice(None)
    ) -> Iterator[Evidence | None]:
        """Yield the evidence of each wanted draw, or None where a column is constant in it."""
        n_rows = self.n_rows(counts)[wanted]
        if search.engine == "fast" and search.correlation == "pearson":
            correlations = as_correlation(self.covariances(counts, wanted))
            for correlation, n in zip(correlations, n_rows, strict=True):
                usable = bool(np.isfinite(correlation).all())
                yield self.evidence_of(correlation, int(n)) if usable else None
        else:
            for row, n in zip(counts[wanted], n_rows, strict=True):
                yield self._from_rows(search, row, int(n))

    def _from_rows(self, search: Search, counts: Counts, n_rows: int) -> Evidence | None:
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


@dataclass(frozen=True, eq=False)
class Resamples:
    """Resamples of a source, each as a search sees it."""

    source: Source
    search: Search

    @property
    def n_together(self) -> int:
        """Return how many draws are made together."""
        return self.source.n_together

    def draw(self, rng: np.random.Generator, n_draws: int) -> Counts:
        """Return how often each of the next draws takes each unit."""
        return self.source.draw(rng, n_draws)

    def given(self, drawn: Counts, wanted: slice) -> Iterator[Evidence | None]:
        """Yield the evidence of each wanted draw."""
        return self.source.evidence(self.search, drawn, wanted)


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
    return Source(
        table=table,
        whole=nodes_of(table, contexts),
        data=joint.scores,
        codes=codes,
        unit="cluster" if by_cluster else "row",
    )


def unit_codes(table: ScoreTable) -> NDArray[np.intp]:
    """Return the cluster of each row as a number from 0; every row its own where none is named."""
    if table.clusters is None:
        return np.arange(table.n_rows)
    return np.unique(table.clusters, return_inverse=True)[1]
