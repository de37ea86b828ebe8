"""What is held against a figure or a table before its manifest is written.

Guarantee: a check never repairs; it says what it found, and a manifest with a failed check is not
written.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from causalvalues.report.figure_manifest import NamedCheck
from causalvalues.survey.cells import plain_frame

__all__ = ["finite_or_named", "page_wide", "same_rows"]

DIGITS = 6  # that a number keeps in a table of single precision


def finite_or_named(plotted: pd.DataFrame, gaps: Mapping[str, str]) -> NamedCheck:
    """Return whether every number is finite, or its column says why some are not."""
    numbers = plotted.select_dtypes("number")
    missing = (~np.isfinite(numbers.to_numpy(np.float64))).sum(axis=0)
    count_by_column = {
        str(column): int(n) for column, n in zip(numbers.columns, missing, strict=True) if n
    }
    unnamed = [column for column in count_by_column if column not in gaps]
    told = [f"{n} of {c}: {gaps.get(c, 'no reason')}" for c, n in count_by_column.items()]
    return NamedCheck(
        name="every plotted number is finite or its absence has a reason",
        passed=not unnamed and len(plotted) > 0,
        found="; ".join(told) or f"{len(plotted)} rows, all numbers finite",
    )


def page_wide(figure: Figure, widths: Collection[float]) -> NamedCheck:
    """Return whether a figure is as wide as one or both columns of a page."""
    width = figure.get_figwidth()
    return NamedCheck(
        name="it is as wide as one or both columns of a paper",
        passed=width in widths,
        found=f"{width:g} inches",
    )


def same_rows(plotted: pd.DataFrame, *results: Path) -> NamedCheck:
    """Return whether every plotted row stands in files of results, in all columns of both."""
    committed = pd.concat([_table(path) for path in results], ignore_index=True)
    shared = [column for column in plotted.columns if column in committed.columns]
    theirs = set(_rows(committed[shared]))
    absent = [row for row in _rows(plotted[shared]) if row not in theirs]
    name = results[0].name if len(results) == 1 else f"{len(results)} {results[0].name}"
    return NamedCheck(
        name=f"plotted rows are those of {name}",
        passed=bool(shared) and not absent,
        found=f"{len(plotted) - len(absent)} of {len(plotted)} rows, by {', '.join(shared)}",
    )


def _table(path: Path) -> pd.DataFrame:
    """Return a table of results."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else plain_frame(pd.read_csv(path))


def _rows(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return each row as text, numbers in as many digits as both ways to write them share."""
    columns = [
        [f"{float(n):.{DIGITS}g}" for n in frame[name]]
        if pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool
        else [str(each) for each in frame[name]]
        for name in frame
    ]
    return list(zip(*columns, strict=True))
