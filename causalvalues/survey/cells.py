"""Cells of a CSV file that a spreadsheet opens: a text that it would run as a formula is quoted.

    =HYPERLINK("…")   is written as   '=HYPERLINK("…")   and read again as it was

Guarantee: no cell and no heading of `csv_of` begins a formula, and what `plain` gives back of it is
what was written; numbers, also those written as text, are left alone.
"""

import csv
import re
from collections.abc import Callable

import pandas as pd

__all__ = ["csv_of", "guarded", "plain", "plain_frame"]

NUMBER = r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\Z"
FORMULA = re.compile(rf"'*(?!{NUMBER})[=+\-@\t\r\n＝＋－＠]")  # also behind quotes of its own


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def plain(text: str) -> str:
    """Return the text that was guarded."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def csv_of(frame: pd.DataFrame) -> str:
    """Return a frame as CSV with every digit, its texts and headings guarded."""
    safe = _with_texts(frame, guarded)
    text = safe.to_csv(index=False, lineterminator="\n")
    if "\r" not in text:
        return text
    return safe.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that was read from CSV as it was before its texts were guarded."""
    return _with_texts(frame, plain)


def _with_texts(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Return a frame with every text and every heading changed, all else as it is."""
    changed = frame.copy()
    for place, dtype in enumerate(frame.dtypes):
        if pd.api.types.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype):
            column = frame.iloc[:, place].map(
                lambda cell: change(cell) if isinstance(cell, str) else cell
            )
            changed.isetitem(place, column.astype(dtype).array)
    changed.columns = pd.Index([change(name) if isinstance(name, str) else name for name in frame])
    return changed
