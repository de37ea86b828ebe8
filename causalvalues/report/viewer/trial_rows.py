"""Rows of a trial: predicted and measured side by side, each with its interval, and a verdict.

    predicted interval    middle ± hypot(own width, error of the measured mean), for each side
    as predicted          the measured mean lies in it: the rule of `planning.verify`

Guarantee: a value that was not foretold, or not asked about, gets no verdict that could be counted.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from causalvalues.report.viewer.document import TrialRow

__all__ = ["COLUMNS", "foretold", "measured_table", "rows_of", "short"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
COLUMNS = (
    "predicted", "predicted_low", "predicted_high", "measured", "measured_low", "measured_high",
)  # fmt: skip
DIGITS = 5


def measured_table(
    names: Sequence[str], roles: Sequence[str], change: Floats, low: Floats, high: Floats
) -> pd.DataFrame:
    """Return a row per value with what was measured, and nothing foretold yet."""
    nothing = np.full(len(names), np.nan)
    asked = np.isfinite(change)
    return pd.DataFrame(
        {
            "value": list(names),
            "role": list(roles),
            "predicted": nothing,
            "predicted_low": nothing,
            "predicted_high": nothing,
            "measured": change,
            "measured_low": low,
            "measured_high": high,
            "verdict": np.where(asked, "not predicted", "not measured"),
        }
    )


def foretold(
    table: pd.DataFrame,
    predicted: tuple[Floats, Floats, Floats],
    error: Floats,
    which: Bools,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the table with what was foretold of some rows: (middle, low, high), and the verdicts.

    `error` is the standard error of each measured mean, 0 where it is not known.
    """
    middle, low, high = predicted
    own = norm.ppf((1 + level) / 2) * np.nan_to_num(error)
    widened = (middle, middle - np.hypot(middle - low, own), middle + np.hypot(high - middle, own))
    change = table["measured"].to_numpy(float)
    inside = (change >= widened[1]) & (change <= widened[2])
    verdict = np.where(inside, "as predicted", "missed")
    told = which & np.isfinite(middle)
    columns = {
        name: np.where(told, each, np.nan) for name, each in zip(COLUMNS, widened, strict=False)
    }
    judged = told & np.isfinite(change)
    return table.assign(**columns, verdict=np.where(judged, verdict, table["verdict"]))


def rows_of(table: pd.DataFrame, place_by_name: Mapping[str, int]) -> list[TrialRow]:
    """Return the rows of values that the page has; what is not finite is null."""
    numbers = table[list(COLUMNS)].to_numpy(float)
    largest = float(np.nanmax(np.abs(numbers))) if np.isfinite(numbers).any() else 1.0
    decimals = DIGITS - 1 - int(np.floor(np.log10(largest))) if largest > 0 else DIGITS
    return [
        TrialRow.model_validate(
            {
                "node": place_by_name[row["value"]],
                "role": row["role"],
                "verdict": row["verdict"],
                **{c: _plain(row[c], decimals) for c in COLUMNS},
            }
        )
        for row in table.to_dict(orient="records")
        if row["value"] in place_by_name
    ]


def short(number: float) -> float:
    """Return a number with as many digits as a page needs."""
    return float(f"{number:.{DIGITS}g}")


def _plain(number: float, decimals: int) -> float | None:
    """Return a rounded number, null where it is none."""
    return round(float(number), decimals) if np.isfinite(number) else None
