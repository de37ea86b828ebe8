"""A table from a file, chosen by the file's ending."""

from pathlib import Path

from causalvalues.survey.scores import ScoreTable

__all__ = ["read_table"]

PARQUET_ENDINGS = {".parquet", ".pq"}


def read_table(
    path: str | Path,
    *,
    cluster: str | None = None,
    context: str | None = None,
    weight: str | None = None,
) -> ScoreTable:
    """Return the table in a Parquet file, or in a CSV file for every other ending."""
    if Path(path).suffix.lower() in PARQUET_ENDINGS:
        return ScoreTable.from_parquet(path, cluster, context, weight=weight)
    return ScoreTable.from_csv(path, cluster, context, weight=weight)
