"""The tables of a comparison: entries, profiles and tuning, seed by seed and all together.

    entries     a row per method, value and comparison: dose, what it missed, all marks, its file
    profiles    a row per entry and value that changed, or did not
    tuning      a row per dose and value, on roles and items set aside for it
    fitted      a row per fitted method: its doses and what fitting found
    unfitted    a row per method that could not be fitted to a value, and why

`leaderboard` is entries in one row per method and mark (`leaderboard.board`). Guarantee: what is
written is written whole; tables of all seeds are those of each, one below the other.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.errors import FileError
from causalvalues.leaderboard.board import board
from causalvalues.leaderboard.entrants import Unfitted
from causalvalues.methods.fitted import Fitted
from causalvalues.provenance import write_atomically

__all__ = [
    "COMPARISONS",
    "MARKS",
    "TABLES",
    "fitted_table",
    "leaderboard_of",
    "read_table",
    "unfitted_table",
    "write_tables",
]

TABLES = ("entries", "profiles", "tuning", "fitted", "unfitted")
BY = ("model", "comparison", "method")
COMPARISONS = (
    "equal gain", "equal norm", "strongest", "control", "plan, measured", "plan, guided",
)  # fmt: skip
MARKS = (
    "gain", "converted", "at_gain", "collateral", "leakage_ratio", "out_of_group_share",
    "circumplex_fit", "truth_r", "graph_r", "expected", "unexpected", "forms_gain",
    "forms_chosen", "letter_following", "told_gain", "told_leakage_ratio", "perplexity_ratio",
    "repeated", "distinct_2", "robustness", "capability", "capability_change", "tokens_ratio",
    "time_ratio",
)  # fmt: skip


def leaderboard_of(entries: pd.DataFrame) -> pd.DataFrame:
    """Return a row per comparison, method and mark; marks that nobody was given are left out."""
    known = [name for name in MARKS if name in entries]
    entries = entries if known else entries.assign(gain=np.nan)
    whole = board(entries, known or ["gain"], by=BY)
    place = {name: at for at, name in enumerate(COMPARISONS)}
    kept = whole[(whole["n"] > 0) | (whole["mark"] == "gain")]
    order = kept["comparison"].map(place).to_numpy()
    return kept.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def fitted_table(fitted: Sequence[Fitted]) -> pd.DataFrame:
    """Return what fitting found."""
    rows = [
        {
            "method": each.method,
            "value": each.value,
            "direction": each.direction,
            "unit": each.unit,
            "doses": " ".join(f"{dose:g}" for dose in each.doses),
            **{name: str(said) for name, said in each.found.items()},
        }
        for each in fitted
    ]
    return pd.DataFrame(rows)


def unfitted_table(unfitted: Sequence[Unfitted]) -> pd.DataFrame:
    """Return what could not be fitted, and why."""
    rows = [asdict(each) for each in unfitted]
    return pd.DataFrame(rows, columns=[each.name for each in fields(Unfitted)])


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Return the files of some tables."""
    return [_write(folder / f"{name}.parquet", table) for name, table in tables.items()]


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return one table of a folder."""
    path = folder / f"{name}.parquet"
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as fault:
        raise FileError(
            f"A comparison of methods was expected in {folder.parent}",
            found=f"no {folder.name}/{path.name}" if not path.is_file() else str(fault),
            remedy="run `causalvalues run` on a study with `methods:`",
        ) from fault


def _write(path: Path, table: pd.DataFrame) -> Path:
    """Return the file of one table."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return write_atomically(path, stream.getvalue())
