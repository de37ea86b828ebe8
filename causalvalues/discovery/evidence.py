"""What an algorithm may see of a table: a correlation matrix and how many rows stand behind it.

Contexts (which intervention a row was under) enter as exogenous 0/1 nodes beside the values, so
that observational and interventional rows are searched jointly (Mooij et al. 2020).
Guarantee: the guards have passed before an `Evidence` exists, and the scores are not copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields

import numpy as np

from causalvalues.discovery.correlation import as_correlation, correlation_matrix
from causalvalues.discovery.graph import NodeKind
from causalvalues.discovery.options import ContextUse, CorrelationKind
from causalvalues.errors import OptionError, TooFewRows
from causalvalues.survey.columns import Floats
from causalvalues.survey.guards import SPARE_ROWS, ensure_usable
from causalvalues.survey.scores import ScoreTable

__all__ = [
    "Evidence",
    "context_columns",
    "gather",
    "joint_table",
    "nodes_of",
    "rows_with_correlation",
    "usable_rows",
]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Nodes, their correlations, and the number of rows a test may count."""

    names: tuple[str, ...]
    kinds: tuple[NodeKind, ...]
    correlation: Floats  # (node, node)
    n_rows: int
    data: Floats | None = None  # (row, node), where the correlation is Pearson's of these rows

    def rows(self) -> Floats:
        """Return rows with exactly this correlation, for libraries that insist on rows."""
        if self.data is not None:
            return self.data
        return rows_with_correlation(self.correlation, self.n_rows)

    def in_order(self, order: Sequence[int]) -> "Evidence":
        """Return the evidence with its nodes in another order."""
        places = np.asarray(order)
        return replace_fields(
            self,
            names=tuple(self.names[i] for i in order),
            kinds=tuple(self.kinds[i] for i in order),
            correlation=np.ascontiguousarray(self.correlation[np.ix_(places, places)]),
            data=None if self.data is None else np.ascontiguousarray(self.data[:, places]),
        )


def gather(
    table: ScoreTable,
    *,
    correlation: CorrelationKind = "pearson",
    contexts: ContextUse = "pool",
) -> Evidence:
    """Return the evidence in a table, after every guard has passed."""
    table = usable_rows(table, contexts)
    joint = joint_table(table, contexts)
    ensure_usable(joint)
    plain = correlation == "pearson" and table.weights is None
    if plain:  # the guards have computed the covariances
        matrix = as_correlation(joint.covariance)
    else:
        matrix = correlation_matrix(joint.scores, kind=correlation, weights=table.weights)
    return replace_fields(
        nodes_of(table, contexts),
        correlation=matrix,
        data=joint.scores if plain else None,
    )


def nodes_of(table: ScoreTable, contexts: ContextUse) -> Evidence:
    """Return the nodes that a table gives, and its rows, without any correlation yet."""
    labels = context_columns(table)[0] if contexts == "joint" else ()
    of_values: list[NodeKind] = ["value"] * table.n_values
    of_contexts: list[NodeKind] = ["context"] * len(labels)
    return Evidence(
        names=(*table.names, *labels),
        kinds=(*of_values, *of_contexts),
        correlation=np.eye(table.n_values + len(labels)),
        n_rows=_effective_rows(table),
    )


def joint_table(table: ScoreTable, contexts: ContextUse) -> ScoreTable:
    """Return the table with a column per node: the values, then the contexts if they are nodes."""
    labels, indicators = context_columns(table) if contexts == "joint" else ((), None)
    if indicators is None:
        return table
    return replace_fields(
        table,
        names=(*table.names, *labels),
        scores=np.hstack([table.scores, indicators]),
        contexts=None,
    )


def usable_rows(table: ScoreTable, contexts: ContextUse) -> ScoreTable:
    """Return the rows that the use of contexts admits."""
    if contexts == "pool":
        return table
    if table.contexts is None:
        raise OptionError(
            f"contexts={contexts!r} needs a table with a context column",
            found="no context column",
            remedy="name it: ScoreTable.from_csv(path, context='condition') or --context condition",
        )
    if contexts == "joint":
        return table
    if not (table.contexts == "").any():
        raise OptionError(
            "contexts='observational' needs rows without an intervention",
            found="an intervention in every row",
            remedy="leave the context column empty where there was none",
        )
    return table.rows(table.contexts == "")


def context_columns(table: ScoreTable) -> tuple[tuple[str, ...], Floats | None]:
    """Return one 0/1 column per intervention; rows without one (or the largest) are the baseline.

    A context whose name is also a value's is written `context: name`.
    """
    assigned = table.contexts
    if assigned is None:
        return (), None
    labels, counts = np.unique(assigned, return_counts=True)
    baseline = "" if "" in labels else labels[np.argmax(counts)]
    present = [str(label) for label in labels if label != baseline]
    if not present:
        return (), None
    indicators = np.column_stack([assigned == label for label in present]).astype(np.float64)
    names = tuple(f"context: {name}" if name in table.names else name for name in present)
    return names, indicators


def rows_with_correlation(correlation: Floats, n_rows: int) -> Floats:
    """Return rows whose sample correlation is exactly the given matrix (to rounding)."""
    n_nodes = len(correlation)
    raw = np.random.default_rng(0).standard_normal((n_rows, n_nodes))
    raw -= raw.mean(axis=0)
    orthogonal, _ = np.linalg.qr(raw)  # columns: centred, orthonormal
    roots, vectors = np.linalg.eigh(correlation)
    factor = vectors * np.sqrt(np.clip(roots, 0.0, None))  # factor @ factor.T = correlation
    rows: Floats = orthogonal @ factor.T * np.sqrt(n_rows)
    return rows


def _effective_rows(table: ScoreTable) -> int:
    """Return n, or Kish's (Σw)² / Σw² for weighted rows."""
    if table.weights is None:
        return table.n_rows
    weights = table.weights
    n_effective = int(weights.sum() ** 2 / np.square(weights).sum())
    if n_effective < table.n_values + SPARE_ROWS:
        raise TooFewRows(
            f"{table.n_values} values need at least {table.n_values + SPARE_ROWS} rows' worth of "
            "weight",
            found=f"an effective number of {n_effective}",
            remedy="ask more roles or people, or weigh them more evenly",
        )
    return n_effective
