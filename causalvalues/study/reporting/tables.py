"""Tables of a report from tables of a run.

Guarantee: a number that is none is an empty cell; a column without any number is left out where
that is asked for; numbers are those of the file, to the last bit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from causalvalues.report.study_report.document import Cell, Column, How, Table
from causalvalues.study.reporting.saying import source

__all__ = ["Shown", "cell", "number", "table_of"]


@dataclass(frozen=True)
class Shown:
    """A column of a file, how it is called and how its numbers are shown."""

    name: str
    title: str
    how: How = "text"


def cell(each: Any) -> Cell:
    """Return a cell as JSON knows it."""
    if each is None or each is pd.NA:
        return None
    if isinstance(each, bool) or type(each).__name__ == "bool":
        return bool(each)
    if isinstance(each, str):
        return each
    number = each.item() if hasattr(each, "item") else each
    if isinstance(number, int):
        return number
    return float(number) if math.isfinite(number) else None


def number(each: Any) -> float | None:
    """Return a number, or None where it is none."""
    found = cell(each)
    return float(found) if isinstance(found, int | float) else None


def table_of(
    frame: pd.DataFrame,
    shown: Sequence[Shown],
    file: str,
    *,
    caption: str,
    note: str = "",
    drop_empty: bool = True,
) -> Table:
    """Return some columns of a file as a table."""
    there = [
        each
        for each in shown
        if each.name in frame and not (drop_empty and frame[each.name].isna().all() and len(frame))
    ]
    rows = tuple(
        tuple(_of_kind(row[each.name], each.how) for each in there)
        for row in frame.to_dict(orient="records")
    )
    return Table(
        caption=caption,
        columns=tuple(
            Column(title=each.title, how=each.how, source=source(file, each.name)) for each in there
        ),
        rows=rows,
        note=note,
    )


def _of_kind(each: Any, how: How) -> Cell:
    """Return a cell that its column can show; a number that is named is text."""
    found = cell(each)
    is_text = how in ("text", "file") and isinstance(found, int | float)
    return str(found) if is_text and not isinstance(found, bool) else found
