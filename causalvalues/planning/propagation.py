"""A `Propagation` is how changes run through the values: draws of B, each with a graph of its own.

    Δ = d + Δ B  ⇔  Δ = d (I − B)⁻¹      d what an intervention changes itself, Δ what then changes
    do(w)        Δ_w is set, whatever its causes do: column w of B counts no longer

A draw is a resample of the roles, a graph of the equivalence class drawn at random (or the class
that a search finds in that very resample), and least squares along it. So doubt about numbers,
about directions and, with a search, about edges are all in the spread over draws. Guarantee: every
draw is acyclic; a seed gives the same draws.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.classes import acyclic_extension, class_of_edges, with_knowledge
from causalvalues.discovery.correlation import as_correlation
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import (
    Bools,
    Marks,
    adjacent_pairs,
    directed_pairs,
    undirected_pairs,
)
from causalvalues.discovery.options import Search
from causalvalues.discovery.resampling import Progress, Source, source_of
from causalvalues.discovery.search import search_marks
from causalvalues.errors import ConstantColumn, GraphError, OptionError
from causalvalues.survey.scores import ScoreTable

__all__ = [
    "Propagation",
    "no_propagation",
    "propagation",
    "random_member",
    "resampled_covariances",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Propagation:
    """Draws of the linear model along the graph, in units of the scores."""

    names: tuple[str, ...]
    weights: Floats  # B (draw, cause, effect)
    spread: Floats  # (value,) standard deviation of the scores without intervention
    centre: Floats | None = None  # (value,) their mean

    def __post_init__(self) -> None:
        n = len(self.names)
        for name, shape in (("weights", (len(self.weights), n, n)), ("spread", (n,))):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape or not len(array):
                raise GraphError(
                    f"{name} of {n} values must have the shape {shape}", found=str(array.shape)
                )
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if self.centre is not None:
            object.__setattr__(self, "centre", _frozen_row(self.centre, n))
        if not (self.spread > 0).all():
            raise GraphError("Every value needs a spread above 0", found=str(self.spread))

    @property
    def n_draws(self) -> int:
        """Return how many draws there are."""
        return len(self.weights)

    @property
    def totals(self) -> Floats:
        """Return (I − B)⁻¹ (draw, cause, effect): what one unit of direct change does in all."""
        return np.asarray(np.linalg.inv(np.eye(len(self.names)) - self.weights))

    @property
    def mean(self) -> Floats:
        """Return the mean of B (cause, effect) over draws."""
        return np.asarray(self.weights.mean(axis=0))

    def taken(self, draws: NDArray[np.int64]) -> "Propagation":
        """Return some of the draws, each as often as it is named."""
        return replace(self, weights=self.weights[draws])

    def under(self, direct: Floats, held: Bools | None = None) -> Floats:
        """Return Δ (draw, value) of direct changes (draw or 1, value); held ones are set to theirs.

        A held value changes by its own direct part alone.
        """
        weights = self.weights
        if held is not None:
            weights = np.where(held[None, None, :], 0.0, weights)
        given = np.broadcast_to(direct, (self.n_draws, len(self.names)))[..., None]
        against = np.eye(len(self.names)) - weights.transpose(0, 2, 1)
        return np.asarray(np.linalg.solve(against, given)[..., 0])


def no_propagation(names: tuple[str, ...], spread: Floats, *, n_draws: int = 1) -> Propagation:
    """Return the propagation of a graph without edges: nothing follows from anything."""
    return Propagation(names, np.zeros((n_draws, len(names), len(names))), spread)


def propagation(
    table: ScoreTable,
    graph: ValueGraph,
    *,
    n_draws: int = 200,
    search: Search | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Propagation:
    """Return draws of B along the graph, from the rows without intervention.

    With `search` every other resample finds its own class, so that edges are in doubt as well.
    """
    if n_draws < 1:
        raise OptionError("`n_draws` must be 1 or more", found=str(n_draws))
    values = graph.only("value")
    rows = table.select(values.names)
    told_apart = rows.contexts is not None and bool((rows.contexts == "").any())
    source = source_of(rows, contexts="observational" if told_apart else "pool")
    scale = source.scale
    rng = np.random.default_rng([seed, 1])
    draws: list[Floats] = []
    for covariance, n_rows in resampled_covariances(source, n_draws, seed):
        marks = values.marks
        if search is not None and len(draws) % 2:
            correlation = as_correlation(covariance)
            marks = search_marks(source.evidence_of(correlation, n_rows), search)
        fitted = _least_squares(covariance, random_member(marks, rng))
        draws.append(fitted * scale[None, :] / scale[:, None])
        if progress is not None:
            progress(len(draws), n_draws)
    return Propagation(values.names, np.array(draws), scale, _centre(source))


def _centre(source: Source) -> Floats:
    """Return the mean score of every value over all rows."""
    return np.asarray(np.average(source.data, axis=0, weights=source.table.weights))


def _frozen_row(numbers: Floats, n: int) -> Floats:
    """Return a read-only copy of one number per value."""
    row = np.array(numbers, dtype=np.float64)
    if row.shape != (n,):
        raise GraphError(f"centre of {n} values must have the shape ({n},)", found=str(row.shape))
    row.setflags(write=False)
    return row


def random_member(marks: Marks, rng: np.random.Generator) -> Bools:
    """Return the edges of an acyclic graph with these marks, open directions drawn at random.

    Directions that clash, as PC may leave them, count as open: then skeleton and the directions
    that agree are kept, and colliders are whatever the draw makes them.
    """
    edges = acyclic_extension(marks)
    if edges is None:
        return _some_graph(marks, rng)
    whole = class_of_edges(edges)
    allowed = ~directed_pairs(marks).T  # what is directed stays so, as knowledge
    current = with_knowledge(whole, allowed)
    while current is not None:
        edges = acyclic_extension(current)
        open_pairs = np.argwhere(np.triu(undirected_pairs(current)))
        if not len(open_pairs):
            break
        cause, effect = rng.permutation(open_pairs[rng.integers(len(open_pairs))])
        allowed[effect, cause] = False
        current = with_knowledge(whole, allowed)
    return _some_graph(marks, rng) if edges is None else edges


def _some_graph(marks: Marks, rng: np.random.Generator) -> Bools:
    """Return an acyclic graph on the skeleton, directed as marked where that agrees."""
    wanted = directed_pairs(marks)
    pairs = [tuple(rng.permutation(pair)) for pair in np.argwhere(np.triu(adjacent_pairs(marks)))]
    pairs = [(j, i) if wanted[j, i] else (i, j) for i, j in pairs]
    pairs = [pairs[place] for place in rng.permutation(len(pairs))]
    reaches = np.eye(len(marks), dtype=bool)  # [i, j]: a directed path runs from i to j
    edges = np.zeros(marks.shape, dtype=bool)
    for i, j in sorted(pairs, key=lambda pair: not wanted[pair]):  # what is marked comes first
        if reaches[j, i]:
            i, j = j, i
        edges[i, j] = True
        reaches |= np.outer(reaches[:, i], reaches[j])
    return edges


def resampled_covariances(source: Source, n_draws: int, seed: int) -> Iterator[tuple[Floats, int]]:
    """Yield covariances and numbers of rows of resampled roles, no column of them constant."""
    n_given = 0
    for attempt in range(10):
        for counts in source.counts(n_draws, seed + attempt):
            for covariance, n_rows in zip(
                source.covariances(counts), source.n_rows(counts), strict=True
            ):
                if (np.diagonal(covariance) > 0).all() and n_given < n_draws:
                    n_given += 1
                    yield covariance, int(n_rows)
        if n_given == n_draws:
            return
    raise ConstantColumn(
        "Resampled roles must differ in every value",
        found=f"{n_given} of {10 * n_draws} resamples in which they do",
        remedy="ask more roles, or leave the value out",
    )


def _least_squares(covariance: Floats, edges: Bools) -> Floats:
    """Return B (cause, effect), fitted along the edges of one graph."""
    weights = np.zeros_like(covariance)
    for effect in range(len(covariance)):
        causes = np.flatnonzero(edges[:, effect])
        if len(causes):
            among = covariance[np.ix_(causes, causes)]
            weights[causes, effect] = np.linalg.lstsq(among, covariance[causes, effect])[0]
    return weights
