"""A `Compared` is what a run's comparison of methods came to, read back from its folder.

Guarantee: numbers are those that the run wrote; what was published of the model stands beside them
in a table of its own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from causalvalues.errors import OptionError
from causalvalues.study.as_made import refuse_changed, refuse_closed
from causalvalues.study.methods.published import read_published
from causalvalues.study.methods.tables import COMPARISONS, leaderboard_of, read_table
from causalvalues.study.plan import Study
from causalvalues.study.record import METHODS

__all__ = ["Cell", "Compared", "records_of"]

READ = ("study.yaml", f"{METHODS}/entries.parquet", f"{METHODS}/unfitted.parquet")


@dataclass(frozen=True)
class Cell:
    """One mark of one method: its mean, the interval, and of how many entries."""

    mean: float
    low: float
    high: float
    n: int
    n_missed: int

    @property
    def text(self) -> str:
        """Return the mean above its interval, as a table prints it."""
        if np.isnan(self.mean):
            return "–"
        if np.isnan(self.low):
            return f"{self.mean:.2f}"
        return f"{self.mean:.2f}\n{self.low:.2f}–{self.high:.2f}"

    @property
    def reached(self) -> str:
        """Return how many entries have the mark, of how many."""
        return f"{self.n}/{self.n + self.n_missed}"


@dataclass(frozen=True, eq=False)
class Compared:
    """The tables of a comparison."""

    entries: pd.DataFrame
    leaderboard: pd.DataFrame
    unfitted: pd.DataFrame
    published: pd.DataFrame

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the comparison in a run folder."""
        refuse_closed(folder)
        tables = folder / METHODS
        refuse_changed(folder, READ)
        entries = read_table(tables, "entries")
        return cls(
            entries, leaderboard_of(entries), read_table(tables, "unfitted"), _published(folder)
        )

    def cells(self, comparison: str) -> dict[tuple[str, str], dict[str, Cell]]:
        """Return by model and method, in their order, the marks of one comparison."""
        found: dict[tuple[str, str], dict[str, Cell]] = {}
        for row in self._of(comparison).to_dict(orient="records"):
            mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
            cell = Cell(mean, low, high, int(row["n"]), int(row["n_missed"]))
            found.setdefault((row["model"], row["method"]), {})[str(row["mark"])] = cell
        return found

    def records(self, comparison: str | None = None) -> list[dict[str, object]]:
        """Return the leaderboard as JSON holds it, of one comparison or of all."""
        if comparison is None:
            return records_of(self.leaderboard)
        return records_of(self._of(comparison))

    def _of(self, comparison: str) -> pd.DataFrame:
        """Return the leaderboard of one comparison, which must be there."""
        there = [name for name in COMPARISONS if name in set(self.leaderboard["comparison"])]
        if comparison not in there:
            raise OptionError(
                f"Comparisons of this run are: {'; '.join(there)}", found=repr(comparison)
            )
        return self.leaderboard[self.leaderboard["comparison"] == comparison]


def records_of(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a table; a number that is none is null."""
    rows = table.to_dict(orient="records")
    return [
        {str(name): None if _is_none(each) else each for name, each in row.items()} for row in rows
    ]


def _published(folder: Path) -> pd.DataFrame:
    """Return what was published of the model that a run asked; an empty table where nothing was."""
    study = Study.from_yaml(folder / "study.yaml")
    if study.methods is None or study.methods.published is None:
        return pd.DataFrame()
    return read_published(study.methods.published).of(study.model.name)


def _is_none(each: object) -> bool:
    """Return whether a cell holds no number."""
    return isinstance(each, float) and bool(np.isnan(each))
