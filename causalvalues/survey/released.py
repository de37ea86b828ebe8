"""The released format of Kang et al. (2025): one row per SAE feature and role, one column a value.

`steer_dim` names the feature (empty = unsteered) and becomes the context; `player_name` names the
role (empty = no role) and becomes the cluster. Columns of bookkeeping are left behind.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from causalvalues.errors import TableError
from causalvalues.survey.columns import label_column, read_csv
from causalvalues.survey.scores import ScoreTable

__all__ = ["NO_ROLE", "read_released"]

NO_ROLE = "(no role)"
FEATURE, ROLE = "steer_dim", "player_name"
BOOKKEEPING_SUFFIX = ":scstd"
BOOKKEEPING = ("stds", "scstds")


def read_released(path: str | Path, *, features: Sequence[int] | None = None) -> ScoreTable:
    """Return the table in a released file; `features` keeps the unsteered rows and theirs."""
    frame = read_csv(Path(path), labels=(FEATURE, ROLE))
    absent = [name for name in (FEATURE, ROLE) if name not in frame.columns]
    if absent:
        raise TableError(
            f"A released file has the columns {FEATURE} and {ROLE}",
            found=f"no {' and no '.join(absent)} in {Path(path).name}",
            remedy="read any other table with ScoreTable.from_csv",
        )
    frame[ROLE] = frame[ROLE].fillna(NO_ROLE)
    values = [name for name in frame.columns if _is_value(str(name))]
    table = ScoreTable.from_frame(frame, ROLE, FEATURE, values=values)
    if features is None:
        return table
    wanted = {str(feature) for feature in features}
    _refuse_unknown(wanted, frame, Path(path).name)
    return table.rows(pd.Series(table.contexts).isin({"", *wanted}).to_numpy())


def _is_value(name: str) -> bool:
    """Return whether a column holds the scores of a value."""
    return name not in (FEATURE, ROLE, *BOOKKEEPING) and not name.endswith(BOOKKEEPING_SUFFIX)


def _refuse_unknown(wanted: set[str], frame: pd.DataFrame, file_name: str) -> None:
    """Raise where a feature was asked for that the file does not have."""
    unknown = sorted(wanted - set(label_column(frame[FEATURE]).tolist()))
    if unknown:
        raise TableError(
            f"{file_name} must hold rows of every feature asked for",
            found=f"none of {', '.join(unknown)}",
            remedy="leave them out, or read the file that holds them",
        )
