"""How raw columns become arrays: the only place where a file or a frame is read.

Guarantee: names are unique, scores are float64, labels are text, and every array is read-only.
Nothing is dropped or coerced in silence: text in a value column is an error that names the column.
"""

import csv
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.errors import (
    BadClusters,
    FileError,
    NotNumeric,
    RepeatedColumn,
    TableError,
)
from causalvalues.survey.cells import guarded, plain_frame

__all__ = [
    "Floats",
    "Labels",
    "as_labels",
    "as_matrix",
    "as_scores",
    "as_weights",
    "frozen",
    "label_column",
    "read_csv",
    "read_parquet",
    "refuse_absent",
    "refuse_repeated",
]

Floats = NDArray[np.float64]
Labels = NDArray[np.str_]
Array = TypeVar("Array", bound=NDArray[np.generic])


def frozen(array: Array) -> Array:
    """Return the array itself, made read-only."""
    array.setflags(write=False)
    return array


def as_matrix(scores: Floats, n_values: int) -> Floats:
    """Return a read-only float64 copy with one column per value."""
    if np.asarray(scores).dtype.kind not in "biuf":
        raise NotNumeric(
            "Scores must be an array of real numbers",
            found=f"an array of {np.asarray(scores).dtype}",
            remedy="turn text into numbers first, or read the table with ScoreTable.from_frame",
        )
    matrix = np.array(scores, dtype=np.float64, order="C", copy=True)
    if matrix.ndim != 2 or matrix.shape[1] != n_values:
        raise TableError(
            f"Scores must have one column per name ({n_values})",
            found=f"an array of shape {matrix.shape}",
            remedy="lay the scores out as rows × values",
        )
    return frozen(matrix)


def as_scores(frame: pd.DataFrame) -> Floats:
    """Return the frame as float64; booleans count as 0 and 1, missing cells as NaN."""
    for name in frame.columns:
        column = frame[name]
        if len(column) and not pd.api.types.is_numeric_dtype(column):
            raise NotNumeric(
                f"Column {name!r} must hold numbers",
                found=f"{_first_text(column)!r}",
                remedy="name it as cluster or context, list the value columns, or remove it",
            )
        if pd.api.types.is_complex_dtype(column):
            raise NotNumeric(
                f"Column {name!r} must hold real numbers",
                found="complex numbers",
                remedy="keep their real part, or remove the column",
            )
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def as_labels(labels: Sequence[str] | NDArray[np.generic], field: str, n_rows: int) -> Labels:
    """Return one read-only text label per row."""
    column = np.array(labels, dtype=np.str_)
    if column.shape != (n_rows,):
        raise BadClusters(
            f"`{field}` must hold one label per row ({n_rows})",
            found=f"an array of shape {column.shape}",
            remedy="give each row its label, or leave the argument out",
        )
    return frozen(column)


def label_column(column: "pd.Series[Any]") -> Labels:
    """Return a column as text; a missing label is the empty string."""
    missing = column.isna()
    whole = column.astype(object).map(_label_text)
    return np.array(whole.where(~missing, ""), dtype=np.str_)


def as_weights(weights: Floats, n_rows: int) -> Floats:
    """Return read-only row weights, finite and none negative."""
    column = np.array(weights, dtype=np.float64)
    if column.shape != (n_rows,) or not np.all(np.isfinite(column)) or np.any(column < 0):
        raise TableError(
            f"Weights must be {n_rows} finite numbers, none negative",
            found=f"shape {column.shape}, smallest {np.min(column, initial=np.inf):g}",
            remedy="give every row a weight, 0 for a row that must not count",
        )
    if not column.any():
        raise TableError(
            "At least one row must have a positive weight",
            found="only zeros",
            remedy="check the weight column",
        )
    return frozen(column)


def refuse_repeated(names: Sequence[str]) -> None:
    """Raise where one name stands for two columns."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise RepeatedColumn(
            "Every column needs its own name",
            found=f"more than one column called {', '.join(map(repr, twice))}",
            remedy="rename or remove the repeats",
        )


def refuse_absent(names: Sequence[str], columns: Sequence[str]) -> None:
    """Raise where a named column is not in the table."""
    absent = [name for name in names if name not in columns]
    if absent:
        raise TableError(
            f"The table must have the column {', '.join(map(repr, absent))}",
            found=f"columns {', '.join(columns)}",
            remedy="check the spelling; names are case-sensitive",
        )


def read_csv(path: Path, *, labels: Sequence[str] = ()) -> pd.DataFrame:
    """Return a CSV file as a frame, with the columns `labels` as text: 007 stays 007.

    A repeated header name is an error, not `name.1`; so are columns without a name, and rows with
    more cells than the header has.
    """
    try:
        _refuse_header(path)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header
            frame = pd.read_csv(
                path,
                encoding="utf-8-sig",
                skipinitialspace=True,
                index_col=False,
                dtype=dict.fromkeys([*labels, *map(guarded, labels)], "str"),
            )
    except FileNotFoundError as fault:
        raise _no_file("CSV", path) from fault
    except pd.errors.ParserWarning as fault:
        raise _no_table("CSV", path, "rows with more cells than the header has") from fault
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as fault:
        raise _no_table("CSV", path, str(fault).strip()) from fault
    frame = plain_frame(frame)
    for name in labels:
        if name in frame.columns:
            frame[name] = _whole_labels(frame[name])
    return frame


def read_parquet(path: Path) -> pd.DataFrame:
    """Return a Parquet file as a frame."""
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as fault:
        raise _no_file("Parquet", path) from fault
    except (OSError, ValueError) as fault:
        raise _no_table("Parquet", path, str(fault)) from fault


def _refuse_header(path: Path) -> None:
    """Raise where the header line repeats a name or leaves one out."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.reader(stream, skipinitialspace=True)
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
    if "" in header:
        raise TableError(
            f"Every column of {path.name} needs a name",
            found=f"none for column {header.index('') + 1}",
            remedy="name or remove it; pandas writes such a column unless index=False",
        )
    refuse_repeated(header)


def _whole_labels(labels: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return text labels, 14351.0 as 14351 where the whole column is written that way."""
    if not labels.dropna().astype(str).str.fullmatch(r"-?\d+\.0").all():
        return labels
    return labels.str.removesuffix(".0") if labels.notna().any() else labels


def _no_file(kind: str, path: Path) -> FileError:
    """Return the error for a file that is not there."""
    return FileError(
        f"A {kind} file was expected at {path}", found="no such file", remedy="check the path"
    )


def _no_table(kind: str, path: Path, found: str) -> FileError:
    """Return the error for a file that holds no table of its kind."""
    return FileError(
        f"A {kind} file was expected at {path}",
        found=found,
        remedy=f"write the table again, as {kind} with one header line",
    )


def _first_text(column: "pd.Series[Any]") -> object:
    """Return the first cell that is not a number."""
    numbers = pd.to_numeric(column, errors="coerce")
    odd = column[numbers.isna() & column.notna()]
    return odd.iloc[0] if len(odd) else column.iloc[0] if len(column) else ""


def _label_text(label: object) -> str:
    """Return a label as text; 14351.0 reads as 14351, as a CSV with gaps makes of integers."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
