"""Tables of the steering study; every number has an interval over tasks and seeds.

    collateral   mean |change| of the nine other values, at the asked gain         by method, budget
    claims       guided over unguided, guided minus measured, guided over oracle
    predictions  signs, coverage and correlation of what was predicted

A plan that gains less than a third of what was asked has not done its task. Only tasks that every
method did are compared; how many were not is a column.
Intervals draw tasks and seeds again, both with replacement.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
N_RESAMPLES = 1000
CLEAR = 0.2  # of the score: a predicted effect whose sign should be right
LEAST_GAIN = 1 / 3  # of what was asked
CELL = ["model", "family", "budget"]


def tables_of(runs: Path) -> dict[str, pd.DataFrame]:
    """Return all tables by name, of every model and seed that is done."""
    plans, values, candidates = (
        gathered(runs, n) for n in ("plans", "planned_values", "candidates")
    )
    compared = _comparable(plans)
    return {
        "steering_collateral": collateral(compared, plans),
        "steering_claims": claims(compared),
        "steering_predictions": predictions(values, candidates),
    }


def collateral(compared: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    """Return the collateral of each method in each cell, with interval."""
    rows = []
    for cell, group in compared.groupby(CELL):
        here = (plans.model == cell[0]) & (plans.family == cell[1])
        n_tasks = plans[here].groupby(["task", "seed"]).ngroups
        for method in ("unguided", "measured", "guided", "oracle"):
            low, middle, high = _interval(group, lambda g, m=method: g[m].mean())
            rows.append(
                {**dict(zip(CELL, cell, strict=True)), "method": method, "collateral": middle,
                 "low": low, "high": high, "n_compared": len(group), "n_not": n_tasks - len(group)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def claims(compared: pd.DataFrame) -> pd.DataFrame:
    """Return what was to be shown, each with interval and verdict, per cell and over all models."""
    rows = []
    pooled = compared.assign(model="both")
    for cell, group in pd.concat([compared, pooled]).groupby(CELL):
        for name, number, holds in CLAIMS:
            low, middle, high = _interval(group, number)
            rows.append(
                {**dict(zip(CELL, cell, strict=True)), "claim": name, "value": middle,
                 "low": low, "high": high, "verdict": holds(low, middle, high)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _half(low: float, middle: float, high: float) -> str:
    """Return whether collateral is at most half."""
    return "met" if high <= 0.5 else "met, interval not" if middle <= 0.5 else "missed"


def _below(low: float, middle: float, high: float) -> str:
    """Return whether a difference is clear of zero."""
    return "met" if high < 0 else "worse" if low > 0 else "not clear"


def _near(low: float, middle: float, high: float) -> str:
    """Return whether it comes within a fifth of the oracle."""
    return "met" if high <= 1.2 else "met, interval not" if middle <= 1.2 else "missed"


CLAIMS: tuple[
    tuple[str, Callable[[pd.DataFrame], float], Callable[[float, float, float], str]], ...
]
CLAIMS = (
    ("guided / unguided, at most .5", lambda g: g.guided.mean() / g.unguided.mean(), _half),
    ("guided − measured, below 0", lambda g: (g.guided - g.measured).mean(), _below),
    ("guided / oracle, at most 1.2", lambda g: g.guided.mean() / g.oracle.mean(), _near),
    (
        "share of the way from unguided to oracle",
        lambda g: (g.unguided - g.guided).mean() / (g.unguided - g.oracle).mean(),
        lambda _low, _middle, _high: "",
    ),
)


def predictions(values: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return how well side effects of plans, and values nobody asked about, were predicted."""
    values = values[values.role != "target"]
    values = values.assign(
        inside=values.verdict == "as predicted",
        group=values.task,
        kind="side effects of plans, " + values.family,
    )
    told = np.where(candidates.told, "role prompts", "features")
    candidates = candidates.assign(
        inside=candidates.measured.between(candidates.low, candidates.high),
        group=candidates.candidate,
        kind="values not asked about, " + pd.Series(told, index=candidates.index),
    )
    columns = ["model", "seed", "kind", "group", "predicted", "measured", "inside"]
    whole = pd.concat([values[columns], candidates[columns]])
    rows = []
    for (model, kind), group in pd.concat([whole, whole.assign(model="both")]).groupby(
        ["model", "kind"]
    ):
        clear = group[group.predicted.abs() > CLEAR]
        right = np.sign(clear.predicted) == np.sign(clear.measured)
        rows.append(
            {
                "model": model, "kind": kind, "n": len(group),
                "coverage": group.inside.mean(),
                **_spread("coverage", group, lambda g: g.inside.mean()),
                "n_clear": len(clear), "sign_accuracy": right.mean(),
                **_spread("sign_accuracy", clear.assign(right=right), lambda g: g.right.mean()),
                "r": np.corrcoef(group.predicted, group.measured)[0, 1],
                "rmse": float(np.sqrt(((group.predicted - group.measured) ** 2).mean())),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _spread(
    name: str, frame: pd.DataFrame, number: Callable[[pd.DataFrame], float]
) -> dict[str, float]:
    """Return the interval of a number, groups drawn again."""
    low, _, high = _interval(frame.rename(columns={"group": "task"}), number, n=200)
    return {f"{name}_low": low, f"{name}_high": high}


def gathered(runs: Path, name: str) -> pd.DataFrame:
    """Return the rows of every model and seed that is done."""
    files = sorted(
        path
        for path in runs.glob(f"*-*/{name}.parquet")
        if (path.parent / "plans.parquet").exists()
    )
    return pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)


def _comparable(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the collateral of each method, a row per model, seed, task, family and budget."""
    done = plans.gain * np.sign(plans.asked_gain) >= plans.asked_gain.abs() * LEAST_GAIN
    plans = plans.assign(at_gain=plans.at_gain.where(done))
    keys = ["model", "seed", "task", "family"]
    oracle = plans[plans.method == "oracle"].set_index(keys)["at_gain"].rename("oracle")
    others = plans[plans.method != "oracle"].pivot_table(
        index=[*keys, "budget"], columns="method", values="at_gain"
    )
    return others.join(oracle, on=keys).dropna().reset_index()


def _interval(
    frame: pd.DataFrame, number: Callable[[pd.DataFrame], float], *, n: int = N_RESAMPLES
) -> tuple[float, float, float]:
    """Return low, middle and high of a number when tasks and seeds are drawn again."""
    return next(_resampled(frame, number, n))


def _resampled(
    frame: pd.DataFrame, number: Callable[[pd.DataFrame], float], n: int
) -> Iterator[tuple[float, float, float]]:
    """Yield the 2.5 % quantile, the number itself, and the 97.5 % quantile."""
    rng = np.random.default_rng(0)
    tasks, seeds = frame.task.unique(), frame.seed.unique()
    places = {key: rows.to_numpy() for key, rows in frame.reset_index(drop=True).groupby(
        ["task", "seed"]).groups.items()}  # fmt: skip
    found = []
    plain = frame.reset_index(drop=True)
    for _ in range(n):
        drawn = [
            places[task, seed]
            for task in rng.choice(tasks, len(tasks))
            for seed in rng.choice(seeds, len(seeds))
            if (task, seed) in places
        ]
        if drawn:
            found.append(number(plain.iloc[np.concatenate(drawn)]))
    low, high = np.quantile(found, [0.025, 0.975])
    yield float(low), float(number(plain)), float(high)
