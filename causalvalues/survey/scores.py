"""A `ScoreTable` is a plain named table: one row per respondent, one column per value.

Guarantee: whatever is in the table is numeric and named once; the arrays are read-only. A missing
score is data (NaN) until an algorithm asks for the table, when `guards.ensure_usable` refuses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.provenance import digest_of_bytes, write_atomically
from causalvalues.survey.cells import csv_of
from causalvalues.survey.columns import (
    Floats,
    Labels,
    as_labels,
    as_matrix,
    as_scores,
    as_weights,
    frozen,
    label_column,
    read_csv,
    read_parquet,
    refuse_absent,
    refuse_repeated,
)
from causalvalues.survey.dependence import covariance_matrix

__all__ = ["ScoreTable"]


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Rows × values, with the cluster (role) and the context (condition) of each row."""

    names: tuple[str, ...]
    scores: Floats  # (row, value)
    clusters: Labels | None = None  # (row,)
    contexts: Labels | None = None  # (row,); "" = no intervention
    weights: Floats | None = None  # (row,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(str(name) for name in self.names))
        refuse_repeated(self.names)
        scores = as_matrix(self.scores, len(self.names))
        object.__setattr__(self, "scores", scores)
        for field in ("clusters", "contexts"):
            labels = getattr(self, field)
            if labels is not None:
                object.__setattr__(self, field, as_labels(labels, field, len(scores)))
        if self.weights is not None:
            object.__setattr__(self, "weights", as_weights(self.weights, len(scores)))

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return int(self.scores.shape[0])

    @property
    def n_values(self) -> int:
        """Return the number of values."""
        return len(self.names)

    @property
    def n_clusters(self) -> int:
        """Return the number of clusters; every row is its own where none are named."""
        return self.n_rows if self.clusters is None else len(np.unique(self.clusters))

    @cached_property
    def covariance(self) -> Floats:
        """Return the covariances of the scores, every row counted once; computed once."""
        return frozen(covariance_matrix(self.scores))

    @cached_property
    def digest(self) -> str:
        """Return a SHA-256 over names, scores, clusters, contexts and weights."""
        parts: list[bytes | memoryview] = ["\x1f".join(self.names).encode(), self.scores.data]
        for labels in (self.clusters, self.contexts):
            parts += [b"\x1e", b"" if labels is None else "\x1f".join(labels.tolist()).encode()]
        parts += [b"\x1e", b"" if self.weights is None else self.weights.data]
        return digest_of_bytes(*parts)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        cluster: str | None = None,
        context: str | None = None,
        *,
        weight: str | None = None,
        values: Sequence[str] | None = None,
    ) -> Self:
        """Return a table from a data frame; all columns not named otherwise are values."""
        columns = [str(column) for column in frame.columns]
        refuse_repeated(columns)
        frame = frame.set_axis(columns, axis=1)
        special = [name for name in (cluster, context, weight) if name is not None]
        names = list(values) if values is not None else [c for c in columns if c not in special]
        refuse_repeated(names)
        refuse_absent([*special, *names], columns)
        table = cls(
            names=tuple(names),
            scores=as_scores(frame[names]),
            clusters=None if cluster is None else label_column(frame[cluster]),
            contexts=None if context is None else label_column(frame[context]),
            weights=None if weight is None else as_scores(frame[[weight]])[:, 0],
        )
        _ = table.digest  # taken as the data come in, so that no search waits for it
        return table

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        cluster: str | None = None,
        context: str | None = None,
        *,
        weight: str | None = None,
        values: Sequence[str] | None = None,
    ) -> Self:
        """Return a table from a CSV file with a header line."""
        labels = [name for name in (cluster, context) if name is not None]
        frame = read_csv(Path(path), labels=labels)
        return cls.from_frame(frame, cluster, context, weight=weight, values=values)

    @classmethod
    def from_parquet(
        cls,
        path: str | Path,
        cluster: str | None = None,
        context: str | None = None,
        *,
        weight: str | None = None,
        values: Sequence[str] | None = None,
    ) -> Self:
        """Return a table from a Parquet file."""
        frame = read_parquet(Path(path))
        return cls.from_frame(frame, cluster, context, weight=weight, values=values)

    def validate(self) -> Self:
        """Return the table itself, or raise its first fatal fault; warn of the others."""
        from causalvalues.survey.guards import ensure_usable

        ensure_usable(self)
        return self

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame: cluster, context and weight first where present, then the values."""
        extra: dict[str, NDArray[np.generic]] = {}
        if self.clusters is not None:
            extra["cluster"] = self.clusters
        if self.contexts is not None:
            extra["context"] = self.contexts
        if self.weights is not None:
            extra["weight"] = self.weights
        refuse_repeated([*extra, *self.names])
        frame = pd.DataFrame(self.scores, columns=list(self.names))
        for position, (name, column) in enumerate(extra.items()):
            frame.insert(position, name, column)
        return frame

    def to_csv(self, path: str | Path) -> Path:
        """Return the path after writing the table as CSV with every digit."""
        return write_atomically(Path(path), csv_of(self.to_frame()))

    def to_parquet(self, path: str | Path) -> Path:
        """Return the path after writing the table as Parquet."""
        return write_atomically(Path(path), self.to_frame().to_parquet(index=False))

    def replace(
        self,
        *,
        names: tuple[str, ...] | None = None,
        scores: Floats | None = None,
        clusters: Labels | None = None,
    ) -> Self:
        """Return a copy with the given fields changed."""
        return replace_fields(
            self,
            names=self.names if names is None else names,
            scores=self.scores if scores is None else scores,
            clusters=self.clusters if clusters is None else clusters,
        )

    def select(self, names: Sequence[str]) -> Self:
        """Return the table with only the named values, in the given order."""
        refuse_absent(names, self.names)
        columns = [self.names.index(name) for name in names]
        return replace_fields(self, names=tuple(names), scores=self.scores[:, columns])

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return the table with only the rows that a mask or an index keeps."""
        return replace_fields(
            self,
            scores=self.scores[keep],
            clusters=None if self.clusters is None else self.clusters[keep],
            contexts=None if self.contexts is None else self.contexts[keep],
            weights=None if self.weights is None else self.weights[keep],
        )
