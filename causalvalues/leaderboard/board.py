"""The leaderboard: marks of many entries, values and seeds in one row per method.

    mean       over values and seeds, of the entries that have the mark
    interval   values and seeds drawn again, crossed: both are samples of what might have been
    n_missed   entries without the mark: a gain out of reach, nothing to divide by

`paired` compares two methods on the values and seeds that both did. Few are drawn from: of 10
values and 5 seeds, intervals of 95 % held the truth in 89 % (seeds differ as much as chance) to
99 % (neither does) of 300 simulated comparisons. Guarantee: a mark that only some entries have is a
mean over those, with how many are missing beside it; a seed gives the same interval.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.errors import TableError

__all__ = ["board", "crossed_interval", "paired"]

Floats = NDArray[np.float64]
KEYS = ("model", "seed", "value")
N_DRAWS = 2000


def board(
    entries: pd.DataFrame, marks: Sequence[str], *, by: Sequence[str] = ("model", "method")
) -> pd.DataFrame:
    """Return one row per method and mark: mean, low, high, how many entries, how many missed."""
    absent = sorted({*KEYS, *by, *marks} - set(entries.columns))
    if absent:
        raise TableError(
            "A leaderboard is made of entries with marks", found=f"no {', '.join(absent)}"
        )
    rows = []
    for key, group in entries.groupby(list(by), sort=False):
        for mark in marks:
            known = group[np.isfinite(group[mark].to_numpy(np.float64))]
            low, high = crossed_interval(known, mark)
            rows.append(
                {
                    **dict(zip(by, key, strict=True)),
                    "mark": mark,
                    "mean": known[mark].mean(),
                    "low": low,
                    "high": high,
                    "n": len(known),
                    "n_missed": len(group) - len(known),
                }
            )
    return pd.DataFrame(rows)


def paired(entries: pd.DataFrame, mark: str, one: str, other: str) -> dict[str, float]:
    """Return mean, low, high and n of (one method − another) over entries that both have.

    entries   of one comparison: a row for each method, model, seed and value
    """
    wide = entries.pivot_table(index=list(KEYS), columns="method", values=mark, dropna=False)
    if not {one, other} <= set(wide.columns):
        return {"mean": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    gap = (wide[one] - wide[other]).dropna().rename("gap").reset_index()
    low, high = crossed_interval(gap, "gap")
    return {"mean": float(gap["gap"].mean()), "low": low, "high": high, "n": len(gap)}


def crossed_interval(
    frame: pd.DataFrame, mark: str, *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the ends of the mean when values and seeds are drawn again; NaN of too few."""
    if len(frame) < 2:
        return float("nan"), float("nan")
    table = frame.pivot_table(index="value", columns=["model", "seed"], values=mark)
    numbers = table.to_numpy(np.float64)
    known = np.isfinite(numbers)
    rng = np.random.default_rng(seed)
    n_values, n_seeds = numbers.shape
    by_value = rng.multinomial(n_values, np.full(n_values, 1 / n_values), size=N_DRAWS)
    by_seed = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=N_DRAWS)
    totals = np.einsum("dv,vs,ds->d", by_value, np.nan_to_num(numbers), by_seed)
    counts = np.einsum("dv,vs,ds->d", by_value, known.astype(float), by_seed)
    means = totals[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
