"""What a graph must beat: other ways from the changes of few values to those of all.

    no graph            what was not asked about stays; how far it may move is the prior's
    plain correlations  Δ_U = y Σ_MM⁻¹ Σ_MU: whoever cares more about M also cares more about U
    relabelled          the graph itself under other names: what its shape alone gives
    human graph         least squares along a graph that a person drew

Σ are the covariances of the rows without intervention, M the values that were asked about, U the
others. The word of a model about itself is in `own_word`. Guarantee: each gives a `Prediction`,
from the same profile, with intervals of its own; a seed gives the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.resampling import Progress, source_of
from causalvalues.errors import GraphError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.direct import FLOOR, asked_values, noise_of
from causalvalues.planning.predict import Prediction, predict
from causalvalues.planning.prior import Prior
from causalvalues.planning.propagation import (
    Propagation,
    no_propagation,
    propagation,
    resampled_covariances,
)
from causalvalues.survey.scores import ScoreTable

__all__ = [
    "Covariances",
    "covariances",
    "human_propagation",
    "no_graph",
    "plain_correlations",
    "relabelled",
    "relabellings",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Covariances:
    """Draws of how values go together between roles, in units of the scores."""

    names: tuple[str, ...]
    draws: Floats  # Σ (draw, value, value)


def no_graph(
    profile: EffectProfile,
    spread: Floats,
    *,
    n_draws: int = 200,
    prior: Prior | None = None,
    pooled: float | None = None,
    seed: int = 0,
) -> Prediction:
    """Return what is expected where nothing follows from anything: unseen values stay.

    Their intervals are those of the prior of a direct change, as everywhere.
    """
    flat = no_propagation(profile.names, spread, n_draws=n_draws)
    return predict(profile, flat, prior=prior, pooled=pooled, method="no graph", seed=seed)


def covariances(table: ScoreTable, *, n_draws: int = 200, seed: int = 0) -> Covariances:
    """Return covariances of resampled roles, from the rows without intervention."""
    told_apart = table.contexts is not None and bool((table.contexts == "").any())
    source = source_of(table, contexts="observational" if told_apart else "pool")
    outer = np.outer(source.scale, source.scale)
    drawn = [each * outer for each, _ in resampled_covariances(source, n_draws, seed)]
    return Covariances(table.names, np.array(drawn))


def plain_correlations(
    profile: EffectProfile,
    between: Covariances,
    *,
    pooled: float | None = None,
    seed: int = 0,
) -> Prediction:
    """Return what regression of the unseen on the seen values says, as if cause were correlation.

    An interval holds the noise of what was measured, the resampled roles, and what is left of a
    person's values given the seen ones, as much larger or smaller as the seen changes are.
    """
    asked = asked_values(profile, between.names)
    spread = np.sqrt(np.diagonal(between.draws.mean(axis=0)))
    noise = noise_of(profile, pooled=pooled, spread=spread)[asked] + (FLOOR * spread[asked]) ** 2
    y = profile.change[asked]
    rng = np.random.default_rng([seed, 6])
    drawn, centre = np.zeros((2, len(between.draws), len(spread)))
    for place, matrix in enumerate(between.draws):
        among = matrix[np.ix_(asked, asked)]
        slopes = np.linalg.lstsq(among, matrix[asked])[0]  # (asked, value)
        size = (1 + y @ np.linalg.lstsq(among, y)[0]) / (1 + len(asked))
        left = size * (matrix - matrix[:, asked] @ slopes)
        seen = y + np.sqrt(noise) * rng.standard_normal(len(asked))
        centre[place] = y @ slopes
        drawn[place] = seen @ slopes + _normal(left, rng)
    names = tuple(profile.names[v] for v in asked)
    method = "plain correlations"
    return Prediction(profile.name, profile.names, drawn, names, method, centre.mean(axis=0))


def relabelled(propagation: Propagation, order: NDArray[np.int64]) -> Propagation:
    """Return the propagation under other names: value v takes the place of value order[v].

    Coefficients move in standard deviations, so that each value keeps its own spread.
    """
    if sorted(order) != list(range(len(propagation.names))):
        raise GraphError("An order names every place once", found=str(list(order)))
    spread = propagation.spread
    plain = propagation.weights * spread[:, None] / spread  # sd of the effect per sd of the cause
    moved = plain[:, order][:, :, order]
    return Propagation(propagation.names, moved * spread / spread[:, None], spread)


def relabellings(n_values: int, n: int, *, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Yield orders at random, none of which leaves every name in its place."""
    rng = np.random.default_rng([seed, 7])
    given = 0
    while given < n and n_values > 1:
        order = rng.permutation(n_values)
        if (order != np.arange(n_values)).any():
            given += 1
            yield order


def human_propagation(
    table: ScoreTable,
    graph: ValueGraph,
    *,
    n_draws: int = 200,
    seed: int = 0,
    progress: Progress | None = None,
) -> Propagation:
    """Return the propagation along a graph that a person drew, fitted by least squares.

    Values that the person left out stand apart; a value that the table lacks is an error.
    """
    strangers = [name for name in graph.names if name not in table.names]
    if strangers:
        raise GraphError("A graph's values must be in the table", found=", ".join(strangers))
    places = [table.names.index(name) for name in graph.names]
    marks = np.zeros((table.n_values, table.n_values), dtype=np.int8)
    marks[np.ix_(places, places)] = graph.marks
    whole = ValueGraph(table.names, marks)
    return propagation(table, whole, n_draws=n_draws, seed=seed, progress=progress)


def _normal(covariance: Floats, rng: np.random.Generator) -> Floats:
    """Return a draw of N(0, covariance), which may lack full rank."""
    roots, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    chance = np.sqrt(np.maximum(roots, 0.0)) * rng.standard_normal(len(roots))
    return np.asarray(vectors @ chance)
