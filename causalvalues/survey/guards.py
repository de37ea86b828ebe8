"""Guards before algorithms: every fault of a table is named, with what was found and what to do.

Guarantee: after `ensure_usable` a table is finite, varies in every column, has no column that
others determine, and has enough rows; nothing else reaches an algorithm.

The limits, all printed in the messages: scores stay below 1e100, as their squares overflow; a
column is near-constant when one answer fills 99 % of the rows; two columns are near-duplicates
above |r| = .99; a table is short below ten rows a value; rows of a cluster are called dependent
above a design effect of 1.5 (intraclass correlation ρ, m rows a cluster: 1 + (m − 1) ρ, Kish 1965).
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import (
    BadClusters,
    CausalValuesWarning,
    ConstantColumn,
    DependentColumns,
    DependentRows,
    DuplicateColumn,
    FewRows,
    NearConstantColumn,
    NearDuplicateColumn,
    NotFinite,
    OneCluster,
    RowCentred,
    TableError,
    TooFewRows,
)
from causalvalues.survey.columns import Floats
from causalvalues.survey.dependence import dependent_combination, design_effect
from causalvalues.survey.scores import ScoreTable

__all__ = ["SPARE_ROWS", "Problem", "ensure_usable", "problems"]

LARGEST = 1e100  # squares of larger scores, summed over rows, overflow
NEAR_CONSTANT_SHARE = 0.99
NEAR_DUPLICATE = 0.99
ROWS_PER_VALUE = 10
SPARE_ROWS = 4  # a Fisher test given all other values needs n > p + 1
DESIGN_EFFECT = 1.5


@dataclass(frozen=True)
class Problem:
    """One fault of a table: an error that forbids discovery, or a warning."""

    outcome: TableError | CausalValuesWarning

    @property
    def name(self) -> str:
        """Return the name of the error or warning."""
        return type(self.outcome).__name__

    @property
    def fatal(self) -> bool:
        """Return whether discovery is forbidden."""
        return isinstance(self.outcome, TableError)

    @property
    def message(self) -> str:
        """Return what was found and what to do."""
        return str(self.outcome)


def ensure_usable(table: ScoreTable, *, for_resampling: bool = False) -> None:
    """Raise the first fatal problem of a table; warn of the others."""
    found = problems(table, for_resampling=for_resampling)
    for problem in found:
        if isinstance(problem.outcome, TableError):
            raise problem.outcome
    for problem in found:
        warnings.warn(problem.outcome, stacklevel=2)  # type: ignore[arg-type]


def problems(table: ScoreTable, *, for_resampling: bool = False) -> tuple[Problem, ...]:
    """Return every problem of a table, the fatal ones first.

    A table that is empty or not finite stops the search: the later questions need numbers.
    """
    first = [*_shape(table), *_finite(table)]
    if any(isinstance(outcome, TableError) for outcome in first):
        return tuple(Problem(outcome) for outcome in first)
    rest = [*first, *_spread(table), *_clusters(table, for_resampling=for_resampling)]
    return tuple(sorted(map(Problem, rest), key=lambda problem: not problem.fatal))


Outcome = TableError | CausalValuesWarning
Places = NDArray[np.intp]


def _shape(table: ScoreTable) -> Iterator[Outcome]:
    """Yield what is wrong with the number of rows and values."""
    n_rows, n_values = table.n_rows, table.n_values
    if n_values < 2:
        yield TableError(
            "A graph needs at least two values", found=f"{n_values}", remedy="add a value column"
        )
    needed = max(n_values + SPARE_ROWS, 5)
    if n_rows < needed:
        yield TooFewRows(
            f"{n_values} values need at least {needed} rows",
            found=f"{n_rows} row{'s' * (n_rows != 1)}",
            remedy="ask more roles or people, or fewer values",
        )
    elif n_rows < ROWS_PER_VALUE * n_values:
        yield FewRows(
            f"{n_rows} rows for {n_values} values: below {ROWS_PER_VALUE} rows a value "
            "most true edges stay unseen."
        )


def _finite(table: ScoreTable) -> Iterator[Outcome]:
    """Yield where scores are missing, infinite or too large to square."""
    scores = table.scores
    if scores.max(initial=0.0) < LARGEST and scores.min(initial=0.0) > -LARGEST:  # no NaN either
        return
    bad = ~(np.abs(scores) < LARGEST)
    for column in np.flatnonzero(bad.any(axis=0)):
        rows = np.flatnonzero(bad[:, column])
        shown = ", ".join(str(row + 1) for row in rows[:5])
        yield NotFinite(
            f"Every score of {table.names[column]!r} must be a finite number below {LARGEST:g}",
            found=f"{len(rows)} missing, infinite or larger, first in row {shown}",
            remedy="drop, impute or rescale them and say so; a correlation cannot skip them",
        )


def _spread(table: ScoreTable) -> Iterator[Outcome]:
    """Yield columns that do not vary, or that other columns determine."""
    counted = table if table.weights is None else table.rows(np.flatnonzero(table.weights > 0))
    scores, covariance = counted.scores, counted.covariance
    scale = np.sqrt(np.diagonal(covariance))
    flat = scale <= 1e-12 * np.abs(scores[0])  # rounding leaves a constant column a little spread
    sample = scores[:: 1 + len(scores) // 500]
    for column in np.flatnonzero(~flat & (sample == sample[0]).all(axis=0)):
        flat[column] = bool((scores[:, column] == scores[0, column]).all())
    for column in np.flatnonzero(flat):
        yield ConstantColumn(
            f"{table.names[column]!r} must vary between rows",
            found=f"only the score {scores[0, column]:g}",
            remedy="remove the value, or look why every answer is the same",
        )
    for column in np.flatnonzero(
        ~flat & ((sample == np.median(sample, axis=0)).mean(axis=0) > 0.9)
    ):
        yield from _near_constant(table.names[column], scores[:, column])
    keep = np.flatnonzero(~flat)
    names = tuple(table.names[i] for i in keep)
    correlation = covariance[np.ix_(keep, keep)] / np.outer(scale[keep], scale[keep])
    yield from _related(names, correlation, scores, keep)


def _near_constant(name: str, column: Floats) -> Iterator[Outcome]:
    """Yield a warning where one answer fills almost all rows."""
    share = float(np.mean(column == np.median(column)))
    if share > NEAR_CONSTANT_SHARE:
        yield NearConstantColumn(
            f"{share:.1%} of the answers to {name!r} are the same: its edges rest on "
            f"{round((1 - share) * len(column))} rows."
        )


def _related(
    names: tuple[str, ...], correlation: Floats, scores: Floats, keep: Places
) -> Iterator[Outcome]:
    """Yield duplicates, near-duplicates and linear combinations."""
    size = np.abs(np.triu(correlation, 1))
    twins = size > 1 - 1e-12
    for i, j in np.argwhere(twins):
        yield DuplicateColumn(
            f"{names[i]!r} and {names[j]!r} must be different columns",
            found="the same scores up to scale",
            remedy="keep one of the two",
        )
    for i, j in np.argwhere((size > NEAR_DUPLICATE) & ~twins):
        yield NearDuplicateColumn(
            f"{names[i]!r} and {names[j]!r} correlate at {correlation[i, j]:+.4f}: "
            "an algorithm cannot tell them apart."
        )
    if not twins.any():
        yield from _dependent(names, correlation, scores, keep)


def _dependent(
    names: tuple[str, ...], correlation: Floats, scores: Floats, keep: Places
) -> Iterator[Outcome]:
    """Yield a linear combination of columns that is constant."""
    combination = dependent_combination(correlation)
    if combination is None:
        return
    scores = scores[:, keep]
    sums = scores.sum(axis=1)
    if np.ptp(sums) <= 1e-8 * max(1.0, float(np.abs(scores).max()) * len(names)):
        yield RowCentred(
            "The scores of a row must not add up to the same sum everywhere",
            found=f"every row sums to {sums.mean():.4g}: the table has rank {len(names) - 1} "
            f"of {len(names)}",
            remedy="use raw scores, not scores minus the row's mean",
        )
        return
    terms = [names[i] for i in np.flatnonzero(np.abs(combination) > 1e-6)]
    yield DependentColumns(
        "No value may be a sum of other values",
        found=f"{', '.join(terms)} determine each other",
        remedy="remove one of them",
    )


def _clusters(table: ScoreTable, *, for_resampling: bool) -> Iterator[Outcome]:
    """Yield what stands against resampling clusters, or against counting rows."""
    if table.clusters is None:
        return
    if (table.clusters == "").any():
        yield BadClusters(
            "Every row needs a cluster",
            found=f"{int((table.clusters == '').sum())} rows without one",
            remedy="name their role, or remove those rows",
        )
    elif table.n_clusters == 1:
        message = "all rows share one cluster"
        if for_resampling:
            yield BadClusters(
                "Resampling needs at least two clusters", found=message, remedy="use by='row'"
            )
        else:
            yield OneCluster(f"{message.capitalize()}: support by cluster cannot be asked for.")
    elif table.n_clusters < table.n_rows and not for_resampling:
        effect = design_effect(table.scores, table.clusters)
        if effect > DESIGN_EFFECT:
            yield DependentRows(
                f"Rows of a cluster resemble each other (design effect {effect:.1f}): "
                f"{table.n_rows} rows carry about {table.n_rows / effect:.0f} rows of evidence. "
                "Read the graph with its support by cluster and its null."
            )
