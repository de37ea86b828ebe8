"""Tables of the comparison, from what came of every model and seed.

leaderboard     a row per model, method, comparison and mark: mean, interval, how many missed
guidance        at the asked gain, collateral of plans less that of the method alone
distance        |change| of other values over the gain, by their distance on the circle
curves          gain and collateral at every dose that tuning tried
variants        each variant less the method as it is, on the values and seeds that both did
gates           the same edit behind a gate that is closed, deciding, open
"""

from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.leaderboard.board import board, crossed_interval, paired
from causalvalues.organism.world import planted_world
from causalvalues.provenance import write_atomically
from causalvalues.survey.cells import csv_of
from causalvalues.values import schwartz10

MARKS = (
    "gain", "leaning", "converted", "collateral", "at_gain", "leakage_ratio", "out_of_group_share",
    "circumplex_fit", "truth_r", "graph_r", "expected", "unexpected", "forms_gain", "forms_chosen",
    "letter_following", "told_gain", "told_leakage_ratio", "robustness", "perplexity_ratio",
    "repeated", "distinct_2", "capability", "capability_change", "tokens_ratio", "time_ratio",
    "norm",
)  # fmt: skip
SURVEYED = MARKS[: MARKS.index("forms_gain")]
COMPARISONS = ("equal gain", "equal norm", "strongest", "control")
BOTH = "both"


def gathered(runs: Path, name: str) -> pd.DataFrame:
    """Return the rows of every model and seed that is done; none where none is."""
    files = sorted(runs.glob(f"*-*/{name}.parquet"))
    frames = [pd.read_parquet(path) for path in files]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def with_both(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of each model under its name, and of all under both."""
    each = [(str(name), part) for name, part in frame.groupby("model", sort=True)]
    return [*each, (BOTH, frame)]


def leaderboard(entries: pd.DataFrame) -> pd.DataFrame:
    """Return every mark of every method in every comparison."""
    found = []
    for comparison in COMPARISONS:
        part = entries[entries.comparison == comparison]
        marks = [mark for mark in MARKS if mark in part and part[mark].notna().any()]
        if comparison != "equal gain":
            marks = [mark for mark in marks if mark in (*SURVEYED, "norm")]
        for model, rows in with_both(part):
            table = board(rows, marks, by=("method",))
            found.append(table.assign(model=model, comparison=comparison))
    return pd.concat(found, ignore_index=True)


def guidance(entries: pd.DataFrame) -> pd.DataFrame:
    """Return, per model and method, collateral alone and of plans, and what plans save."""
    ways = {"equal gain": "alone", "plan, measured": "measured", "plan, guided": "guided"}
    part = entries[entries.comparison.isin(ways)]
    part = part.assign(way=part.comparison.map(ways))
    reached = part.gain >= GUIDED_GAIN
    part = part.assign(at_gain=part.at_gain.where(reached))
    found = []
    for model, rows in with_both(part):
        for method, own in rows.groupby("method", sort=False):
            wide = own.pivot_table(
                index=["model", "seed", "value"], columns="way", values="at_gain", dropna=False
            ).reindex(columns=list(ways.values()))
            done = wide.dropna()
            row = {
                "model": model,
                "method": method,
                "n": len(done),
                "n_missed": len(wide) - len(done),
            }
            for way in ways.values():
                row[way] = done[way].mean()
            for one, other in (("guided", "alone"), ("guided", "measured")):
                gap = (done[one] - done[other]).rename("gap").reset_index()
                low, high = crossed_interval(gap, "gap")
                row |= {
                    f"{one} − {other}": gap["gap"].mean(),
                    f"{one} − {other}, low": low,
                    f"{one} − {other}, high": high,
                }
            found.append(row)
    return pd.DataFrame(found)


GUIDED_GAIN = 0.1  # a third of what is asked: below it collateral at the gain says nothing


def distance(profiles: pd.DataFrame) -> pd.DataFrame:
    """Return |change| over gain by distance on the circle, per model and method; and as planted."""
    system = schwartz10()
    angle = {value.name: float(value.angle_in_degrees or 0.0) for value in system.values}
    step = _steps(angle)
    part = profiles[profiles.comparison == "equal gain"].copy()
    own = part[part.value == part.on].set_index(["model", "seed", "method", "value"]).change
    part = part[part.value != part.on]
    keys = pd.MultiIndex.from_frame(part[["model", "seed", "method", "value"]])
    part["gain"] = own.reindex(keys).to_numpy()
    part = part[part.gain > GUIDED_GAIN]
    part["leak"] = part.change.abs() / part.gain
    part["steps"] = [step[a, b] for a, b in zip(part.value, part.on, strict=True)]
    found = []
    for model, rows in with_both(part):
        for (method, steps), some in rows.groupby(["method", "steps"], sort=True):
            by_value = some.groupby(["model", "seed", "value"]).leak.mean().reset_index()
            low, high = crossed_interval(by_value, "leak")
            found.append(
                {"model": model, "method": method, "steps": steps, "leak": some.leak.mean(),
                 "low": low, "high": high}
            )  # fmt: skip
    return pd.concat([pd.DataFrame(found), _planted(step)], ignore_index=True)


def falls(profiles: pd.DataFrame) -> pd.DataFrame:
    """Return, per method, the rank correlation of leakage with distance on the circle."""
    table = distance(profiles)
    rows = []
    for (model, method), some in table.groupby(["model", "method"], sort=False):
        r = some.steps.corr(some.leak, method="spearman")
        near = some[some.steps <= 2].leak.mean() / some[some.steps > 2].leak.mean()
        rows.append({"model": model, "method": method, "rank r": r, "near ÷ far": near})
    return pd.DataFrame(rows)


def curves(tuning: pd.DataFrame) -> pd.DataFrame:
    """Return mean gain and collateral of every dose that tuning tried, values up."""
    up = tuning[tuning.direction == "raise"]
    keys = ["model", "seed", "method", "value", "dose"]
    own = up[up.value == up.on].set_index(keys).change.rename("gain")
    others = up[up.value != up.on].groupby(keys).change.agg(lambda c: c.abs().mean())
    healthy = up.groupby(keys).healthy.all()
    table = pd.concat([own, others.rename("collateral"), healthy], axis=1).reset_index()
    table = table[table.healthy]
    by = ["model", "method", "dose"]
    return table.groupby(by)[["gain", "collateral"]].mean().reset_index()


def truth(profiles: pd.DataFrame) -> pd.DataFrame:
    """Return, per model and method, how well the changes of the other values follow the truth."""
    world = planted_world()
    total = pd.DataFrame(world.total_effects(), index=world.names, columns=world.names)
    part = profiles[(profiles.comparison == "equal gain") & (profiles.value != profiles.on)]
    planted = [total.loc[a, b] for a, b in zip(part.value, part.on, strict=True)]
    part = part.assign(planted=planted)
    keys = ["model", "method", "seed", "value"]
    r = part.groupby(keys)[["change", "planted"]].apply(lambda g: g.change.corr(g.planted))
    table = r.rename("r").reset_index().dropna()  # values that cause nothing have none
    rows = []
    for model, some in with_both(table):
        for method, own in some.groupby("method", sort=False):
            low, high = crossed_interval(own, "r")
            rows.append({"model": model, "method": method, "r of others": own.r.mean(),
                         "low": low, "high": high, "n": len(own)})  # fmt: skip
    return pd.DataFrame(rows)


def variants(entries: pd.DataFrame) -> pd.DataFrame:
    """Return what each variant changes, paired with the method as it is."""
    part = entries[entries.comparison == "equal gain"]
    rows = []
    for model, some in with_both(part):
        for name in some.method.drop_duplicates():
            base = name.split(",")[0]
            own = some[some.method == name]
            for mark in ("at_gain", "truth_r", "leakage_ratio"):
                known, gap = own[mark].dropna(), paired(some, mark, name, base)
                row = {"model": model, "variant": name, "mark": mark, "mean": known.mean(),
                       "n": len(known), "n_missed": len(own) - len(known)}  # fmt: skip
                rows.append(row | {f"less {key}": gap[key] for key in ("mean", "low", "high")})
    return pd.DataFrame(rows)


def gate_table(gates: pd.DataFrame) -> pd.DataFrame:
    """Return every state of the gates, per method."""
    marks = ["gain", "collateral", "leakage_ratio", "capability", "perplexity_ratio", "auc"]
    tables = [
        board(rows, marks, by=("method", "gate")).assign(model=model)
        for model, rows in with_both(gates)
    ]
    return pd.concat(tables, ignore_index=True)


def _steps(angle: dict[str, float]) -> dict[tuple[str, str], int]:
    """Return how many places apart two values stand on the circle."""
    order = sorted(set(angle.values()))
    place = {name: order.index(each) for name, each in angle.items()}
    n = len(order)
    return {
        (a, b): min(abs(place[a] - place[b]), n - abs(place[a] - place[b]))
        for a in angle
        for b in angle
    }


def _planted(step: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Return the planted |total effect| by distance."""
    world = planted_world()
    total = np.abs(world.total_effects())
    rows = [
        (step[a, b], total[i, j])
        for i, a in enumerate(world.names)
        for j, b in enumerate(world.names)
        if i != j
    ]
    table = pd.DataFrame(rows, columns=["steps", "leak"]).groupby("steps").leak.mean()
    return table.reset_index().assign(
        model="planted", method="setting the value", low=np.nan, high=np.nan
    )


def csv(frame: pd.DataFrame, path: Path, *, digits: int = 4) -> Path:
    """Return a table's file after it is written."""
    return write_atomically(path, csv_of(frame.round(digits)))
