"""Nulls: what chance alone gives, so that a number of edges or a difference can be believed.

`nulls` breaks the dependence between values and keeps everything else: in each column the blocks
of rows that belong to one cluster change places, each column by its own permutation. Rows that are
near-copies within a role stay so, which is what makes an ordinary test find edges in noise.

    global dependence   mean squared correlation over pairs of values
    p                   (1 + #{null ≥ observed}) / (1 + n)

`relabelled_null` keeps the data and permutes the names of a graph's nodes: a statistic that
compares "inside" with "outside" a graph must beat what the same shape gives under other names.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from functools import cached_property, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.draws import Draws, Progress, Spread, in_threads
from causalvalues.discovery.evidence import Evidence, gather, usable_rows
from causalvalues.discovery.graph import Check, ValueGraph
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.discovery.resampling import unit_codes
from causalvalues.discovery.search import search_marks
from causalvalues.errors import OptionError
from causalvalues.survey.scores import ScoreTable

__all__ = [
    "NullResult",
    "Permutations",
    "RelabelledNull",
    "block_permutations",
    "nulls",
    "relabelled_null",
]

Floats = NDArray[np.float64]
Orders = list[NDArray[np.int64]]  # per column, the clusters in their new order
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class NullResult:
    """The observed number of edges and dependence, beside those of permuted tables."""

    observed_edges: int
    edges: NDArray[np.int64]  # (permutation,)
    observed_dependence: float
    dependence: Floats  # (permutation,)
    unit: Literal["cluster", "row"]

    @property
    def p_value(self) -> float:
        """Return how often chance gives as many edges."""
        return _p_value(self.observed_edges, self.edges)

    @property
    def p_value_of_dependence(self) -> float:
        """Return how often chance gives as much dependence."""
        return _p_value(self.observed_dependence, self.dependence)

    def sentence(self) -> str:
        """Return the result in one sentence."""
        low, high = np.quantile(self.edges, [0.025, 0.975])
        return (
            f"{self.observed_edges} edges found; with the dependence between values destroyed "
            f"(blocks of one {self.unit} permuted) {self.edges.mean():.1f} "
            f"[{low:.0f}, {high:.0f}], p = {self.p_value:.3g}; "
            f"global dependence p = {self.p_value_of_dependence:.3g}."
        )

    def check(self) -> Check:
        """Return whether the graph has more edges than chance gives, as a check of an artefact."""
        return Check("more edges than chance gives", self.p_value <= LEVEL, self.sentence())

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the result as JSON values."""
        return {
            "observed_edges": self.observed_edges,
            "null_mean": float(self.edges.mean()),
            "null_interval": [float(q) for q in np.quantile(self.edges, [0.025, 0.975])],
            "p_value": self.p_value,
            "observed_dependence": self.observed_dependence,
            "p_value_of_dependence": self.p_value_of_dependence,
            "n_permutations": len(self.edges),
            "unit": self.unit,
        }


def nulls(
    table: ScoreTable,
    *,
    search: Search | None = None,
    contexts: ContextUse = "pool",
    n_permutations: int = 1000,
    seed: int = 0,
    spread: Spread = in_threads,
    progress: Progress | None = None,
) -> NullResult:
    """Return the number of edges and the dependence that block permutations leave.

    spread: who searches the permuted tables, as of `stability`.

    nulls(ScoreTable.from_csv("scores.csv", cluster="role"), n_permutations=200).sentence()
    """
    if n_permutations < 1:
        raise OptionError("`n_permutations` must be 1 or more", found=str(n_permutations))
    if contexts == "joint":
        raise OptionError(
            "A null of the values' dependence has no context nodes",
            found="contexts='joint'",
            remedy="use contexts='pool' or 'observational'",
        )
    chosen = Search() if search is None else search
    table = usable_rows(table, contexts)
    evidence = gather(table, correlation=chosen.correlation)
    observed = search_marks(evidence, chosen)
    answer = partial(_edges_and_dependence, table=table, evidence=evidence, search=chosen)
    lot = Permutations(table.scores, unit_codes(table))
    found = spread(Draws(lot, answer, n_permutations, seed), progress=progress)
    return NullResult(
        observed_edges=int(np.count_nonzero(np.triu(observed))),
        edges=np.array([n_edges for n_edges, _ in found]),
        observed_dependence=_dependence(evidence.correlation),
        dependence=np.array([dependence for _, dependence in found]),
        unit="row" if table.clusters is None else "cluster",
    )


def block_permutations(
    scores: Floats, codes: NDArray[np.intp], n_permutations: int, seed: int
) -> Iterator[Floats]:
    """Yield tables in which each column's blocks changed places; rows keep their order in a block.

    Clusters of different sizes are laid end to end in their new order, so that a block may reach
    over the border of another; with equal sizes it never does.
    """
    lot = Permutations(scores, codes)
    rng = np.random.default_rng(seed)
    for _ in range(n_permutations):
        yield from lot.given(lot.draw(rng, 1), slice(None))


@dataclass(frozen=True, eq=False)
class Permutations:
    """Tables in which blocks of rows change places, each column by a permutation of its own."""

    scores: Floats  # (row, value)
    codes: NDArray[np.intp]  # (row,): its cluster
    n_together: int = 1

    def draw(self, rng: np.random.Generator, n_draws: int) -> list[Orders]:
        """Return the new order of the clusters in each column."""
        n_clusters = int(self.codes.max()) + 1
        columns = range(self.scores.shape[1])
        return [[rng.permutation(n_clusters) for _ in columns] for _ in range(n_draws)]

    def given(self, drawn: list[Orders], wanted: slice) -> Iterator[Floats]:
        """Yield the permuted tables."""
        scores, blocks, places = self.scores, self._blocks, self._places
        for orders in drawn[wanted]:
            permuted = np.empty_like(scores)
            for column, order in enumerate(orders):
                taken = np.concatenate([blocks[cluster] for cluster in order])
                permuted[places, column] = scores[taken, column]
            yield permuted

    @cached_property
    def _blocks(self) -> list[NDArray[np.intp]]:
        """Return the rows of each cluster."""
        starts = np.cumsum(np.bincount(self.codes))[:-1]
        return np.split(np.argsort(self.codes, kind="stable"), starts)

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        """Return the rows, cluster by cluster."""
        return np.concatenate(self._blocks)


@dataclass(frozen=True, eq=False)
class RelabelledNull:
    """Observed statistics beside those of the same graph under other names; NaN = unscored."""

    observed: Floats  # (statistic,)
    draws: Floats  # (relabelling, statistic)

    @property
    def p_values(self) -> Floats:
        """Return, per statistic, how often other names give as much; NaN where it is unscored.

        Relabellings under which a statistic is unscored do not count.
        """
        scored = np.isfinite(self.draws)
        more = (scored & (np.nan_to_num(self.draws) >= self.observed - 1e-12)).sum(axis=0)
        p = (1 + more) / (1 + scored.sum(axis=0))
        return np.where(np.isfinite(self.observed), p, np.nan)


def relabelled_null(
    graph: ValueGraph,
    statistic: Callable[[ValueGraph], Floats | float],
    *,
    n_relabellings: int = 1000,
    seed: int = 0,
) -> RelabelledNull:
    """Return a statistic of a graph beside its values when the graph's names are permuted."""
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(n_relabellings):
        order = rng.permutation(len(graph.names))
        marks = graph.marks[np.ix_(order, order)]
        draws.append(statistic(replace_fields(graph, marks=marks, support=None, effects=())))
    observed = np.atleast_1d(np.asarray(statistic(graph), dtype=np.float64))
    return RelabelledNull(observed, np.array(draws, dtype=np.float64).reshape(-1, len(observed)))


def _edges_and_dependence(
    scores: Floats, table: ScoreTable, evidence: Evidence, search: Search
) -> tuple[int, float]:
    """Return the number of edges and the dependence in one permuted table."""
    correlation = correlation_matrix(scores, kind=search.correlation, weights=table.weights)
    plain = evidence.data is not None
    permuted = replace_fields(evidence, correlation=correlation, data=scores if plain else None)
    marks = search_marks(permuted, search)
    return int(np.count_nonzero(np.triu(marks))), _dependence(correlation)


def _dependence(correlation: Floats) -> float:
    """Return the mean squared correlation over pairs."""
    pairs = np.triu_indices(len(correlation), 1)
    return float(np.mean(np.square(correlation[pairs])))


def _p_value(observed: float, null: NDArray[np.int64] | Floats) -> float:
    """Return the share of draws, the observed one among them, that reach the observed value."""
    return float((1 + np.count_nonzero(null >= observed)) / (1 + len(null)))
