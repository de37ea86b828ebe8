"""What interventions did, measured within clusters, and how much of it was direct.

    change of v under c      mean over roles of (mean score of v under c − mean score unsteered)
    direct = Δ (I − B)       the part of a change that no other value passed on

where Δ (value,) is the change of every value and B[i, j] the coefficient of i → j in a linear
model along the graph: Δ = direct · (I − B)⁻¹. Roles are compared with themselves, so differences
between roles cancel; intervals resample roles.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.discovery.classes import acyclic_extension
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import GraphError, OptionError
from causalvalues.survey.dependence import covariance_matrix
from causalvalues.survey.scores import ScoreTable

__all__ = ["MeasuredEffect", "direct_changes", "linear_model", "measured_effects"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeasuredEffect:
    """How much one intervention changed one value, against the same roles without it."""

    context: str
    effect: str
    change: float
    interval_low: float
    interval_high: float
    n_clusters: int


def measured_effects(
    table: ScoreTable, *, n_resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> tuple[MeasuredEffect, ...]:
    """Return the change of every value under every intervention of a table."""
    if table.contexts is None or not (table.contexts == "").any():
        raise OptionError(
            "Measured effects need rows with and without interventions",
            found="no context column" if table.contexts is None else "no row without one",
            remedy="name the column of interventions; an empty cell means none",
        )
    rng = np.random.default_rng(seed)
    tail = (1 - level) / 2
    found = []
    for context in np.unique(table.contexts):
        if context == "":
            continue
        changes = _changes_by_cluster(table, str(context))  # (cluster, value)
        if not len(changes):
            continue
        drawn = rng.integers(0, len(changes), size=(n_resamples, len(changes)))
        means = changes[drawn].mean(axis=1)
        low, high = np.quantile(means, [tail, 1 - tail], axis=0)
        found += [
            MeasuredEffect(
                context=str(context),
                effect=name,
                change=float(changes[:, v].mean()),
                interval_low=float(low[v]),
                interval_high=float(high[v]),
                n_clusters=len(changes),
            )
            for v, name in enumerate(table.names)
        ]
    return tuple(found)


def direct_changes(changes: Floats, model: Floats) -> Floats:
    """Return the direct part of changes, Δ (I − B); changes (…, value), model B (value, value)."""
    direct: Floats = changes @ (np.eye(len(model)) - model)
    return direct


def linear_model(table: ScoreTable, graph: ValueGraph) -> Floats:
    """Return B, [i, j] the least-squares coefficient of i in j given the other parents of j.

    Where the graph leaves directions open, one graph of its class stands for all: totals do not
    depend on which, direct parts along open edges do.
    """
    edges = acyclic_extension(graph.only("value").marks)
    if edges is None:
        raise GraphError(
            "A linear model needs a graph that some acyclic graph extends",
            found=" → ".join(graph.cycle) or "clashing colliders",
            remedy="use uc_rule=2, or GES",
        )
    names = graph.only("value").names
    covariance = covariance_matrix(table.select(names).scores, weights=table.weights)
    model = np.zeros_like(covariance)
    for effect in range(len(names)):
        causes = np.flatnonzero(edges[:, effect])
        if len(causes):
            among = covariance[np.ix_(causes, causes)]
            model[causes, effect] = np.linalg.solve(among, covariance[causes, effect])
    return model


def _changes_by_cluster(table: ScoreTable, context: str) -> Floats:
    """Return, per cluster with both, its mean scores under the context minus those without."""
    contexts = table.contexts if table.contexts is not None else np.array([])
    clusters = table.clusters if table.clusters is not None else np.full(table.n_rows, "all")
    frame = pd.DataFrame(table.scores)
    under = frame[contexts == context].groupby(clusters[contexts == context]).mean()
    without = frame[contexts == ""].groupby(clusters[contexts == ""]).mean()
    common = under.index.intersection(without.index)
    changes: Floats = under.loc[common].to_numpy() - without.loc[common].to_numpy()
    return changes
