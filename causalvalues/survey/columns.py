"""How raw columns become arrays: the only place where a file or a frame is read.

Guarantee: names are unique, scores are float64, labels are text, and every array is read-only.
Nothing is dropped or coerced in silence: text in a value column is an error that names the column.
"""

import csv
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

__all__ = [
    "Floats",
    "Labels",
    "as_labels",
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


def as_scores(frame: pd.DataFrame) -> Floats:
    """Return the frame as float64; booleans count as 0 and 1, missing cells as NaN."""
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column):
            raise NotNumeric(
                f"Column {name!r} must hold numbers",
                found=f"{_first_text(column)!r}",
                remedy="name it as cluster or context, list the value columns, or remove it",
            )
        if pd.api.types.is_complex_dtype(column):
            raise NotNumeric(f"Column {name!r} must hold real numbers", found="complex numbers")
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def as_labels(labels: Sequence[str] | NDArray[np.generic], field: str, n_rows: int) -> Labels:
    """Return one read-only text label per row."""
    column = np.array(labels, dtype=np.str_)
    if column.shape != (n_rows,):
        raise BadClusters(
            f"`{field}` must hold one label per row ({n_rows})",
            found=f"an array of shape {column.shape}",
        )
    return frozen(column)


def label_column(column: "pd.Series[Any]") -> Labels:
    """Return a column as text; a missing label is the empty string."""
    missing = column.isna()
    whole = column.astype(object).map(_label_text)
    return np.array(whole.where(~missing, ""), dtype=np.str_)


def as_weights(weights: Floats, n_rows: int) -> Floats:
    """Return read-only row weights, positive and finite."""
    column = np.array(weights, dtype=np.float64)
    if column.shape != (n_rows,) or not np.all(np.isfinite(column)) or np.any(column < 0):
        raise TableError(
            f"Weights must be {n_rows} finite numbers, none negative",
            found=f"shape {column.shape}, smallest {np.min(column, initial=np.inf):g}",
        )
    if not column.any():
        raise TableError("At least one row must have a positive weight", found="only zeros")
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


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV file as a frame; a repeated header name is an error, not `name.1`."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            header = next(csv.reader(stream), [])
        refuse_repeated(header)
        return pd.read_csv(path, encoding="utf-8-sig", skipinitialspace=True)
    except FileNotFoundError as fault:
        raise FileError(f"A CSV file was expected at {path}", found="no such file") from fault
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as fault:
        raise FileError(f"A CSV file was expected at {path}", found=str(fault).strip()) from fault


def read_parquet(path: Path) -> pd.DataFrame:
    """Return a Parquet file as a frame."""
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as fault:
        raise FileError(f"A Parquet file was expected at {path}", found="no such file") from fault
    except (OSError, ValueError) as fault:
        raise FileError(f"A Parquet file was expected at {path}", found=str(fault)) from fault


def _first_text(column: "pd.Series[Any]") -> object:
    """Return the first cell that is not a number."""
    numbers = pd.to_numeric(column, errors="coerce")
    odd = column[numbers.isna() & column.notna()]
    return odd.iloc[0] if len(odd) else column.iloc[0] if len(column) else ""


def _label_text(label: object) -> str:
    """Return a label as text; 14351.0 reads as 14351, as a CSV with gaps makes of integers."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
