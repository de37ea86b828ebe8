"""The leaderboard at equal gain as a table for papers."""

from pathlib import Path

import numpy as np
import pandas as pd
from drawing import NAMES

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source
from causalvalues.report.latex import Tex, interval, latex_table

__all__ = ["write_latex"]

COLUMNS = {
    "gain": ("gain", 2),
    "at_gain": ("collateral", 3),
    "leakage_ratio": ("leakage", 2),
    "truth_r": (Tex("$r$ with truth"), 2),
    "forms_gain": ("other form", 2),
    "robustness": ("undone", 2),
    "perplexity_ratio": ("perplexity", 2),
    "capability": ("capability", 2),
}


def write_latex(results: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of the table: a row per method, both organisms pooled."""
    board = pd.read_csv(results)
    part = board[(board.comparison == "equal gain") & (board.model == "both")]
    rows = [
        [label, *_cells(part[part.method == method].set_index("mark"))]
        for method, label in NAMES.items()
    ]
    text = latex_table(["method", *(head for head, _ in COLUMNS.values())], rows, tight=True)
    file = write_atomically(stem.with_suffix(".tex"), text)
    return [file, source.write(stem.with_suffix(".manifest.json"), [file])]


def _cells(marks: pd.DataFrame) -> list[Tex]:
    """Return one method: each mark with its interval, a dash where there is none."""
    absent = pd.Series({"mean": np.nan, "low": np.nan, "high": np.nan})
    cells = []
    for mark, (_, digits) in COLUMNS.items():
        row = marks.loc[mark] if mark in marks.index else absent
        cells.append(interval(row["mean"], row["low"], row["high"], digits, below=True))
    return cells
