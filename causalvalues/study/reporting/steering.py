"""Steering: interventions that were measured, what was planned, and whether it held."""

from typing import Any

import numpy as np
import pandas as pd

from causalvalues.report.study_report.charts import Point, Row, RowChart, Series
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.reporting.openings import CANDIDATES, PLAN
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import listed, num, quote, say, source
from causalvalues.study.reporting.tables import Shown, number, table_of

__all__ = ["candidates_section", "plan_section"]

CANDIDATE_FILE, EFFECTS, PLAN_FILE = "candidates.json", "effects.parquet", "plan.json"
MOST = 20
MOVED = (
    Shown("intervention", "intervention"),
    Shown("value", "moved most"),
    Shown("change", "by", "signed"),
    Shown("low", "from", "signed"),
    Shown("high", "to", "signed"),
    Shown("others", "others, on average", "plain"),
    Shown("n_roles", "roles", "count"),
    Shown("healthy", "healthy", "yes"),
)


def candidates_section(run: RunFolder) -> Section:
    """Return what each intervention moved."""
    if not run.has(CANDIDATE_FILE):
        return CANDIDATES.absent("No intervention was looked for yet.", "causalvalues candidates .")
    if not run.has(EFFECTS):
        why = "Interventions were found, but what they do was not measured yet."
        return CANDIDATES.absent(why, "causalvalues effects .")
    frame = run.table(EFFECTS)
    moved = _moved(frame).sort_values("size", ascending=False, kind="stable")
    told = "{} interventions were measured."
    note = f"The {MOST} that move a value most; all are in {EFFECTS}." if len(moved) > MOST else ""
    caption = "What each intervention moves most"
    return CANDIDATES.section(
        said=(say(told, num(frame["intervention"].nunique(), "count", EFFECTS, "intervention")),),
        tables=(table_of(moved.head(MOST), MOVED, EFFECTS, caption=caption, note=note),),
    )


def _moved(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per intervention: the value it moves most, and how far others move."""
    rows = []
    for _, own in frame.groupby("intervention", sort=False):
        known = own[own["change"].notna()]
        if known.empty:
            continue
        sizes = known["change"].abs().to_numpy()
        most = int(sizes.argmax())
        others = float(np.delete(sizes, most).mean()) if len(sizes) > 1 else None
        told = known.to_dict(orient="records")[most]
        rows.append({**told, "size": float(sizes[most]), "others": others})
    return pd.DataFrame(rows, columns=[*frame.columns, "size", "others"])


def plan_section(run: RunFolder) -> Section:
    """Return what was planned, why, and what is expected of it."""
    if not run.has(PLAN_FILE):
        return PLAN.absent("No plan was made yet.", "causalvalues plan . --raise VALUE")
    told = run.document(PLAN_FILE)
    return PLAN.section(
        said=(_asked_for(told), *(quote(str(why), PLAN_FILE, "why") for why in told["why"])),
        charts=(_expected(told),),
        tables=(_used(told), _predicted(told), *_beaten(told)),
        caveats=[
            quote(f"{name} was left out: {why}.", PLAN_FILE, "left_out")
            for name, why in told["left_out"].items()
            if not any(str(each).startswith(str(name)) for each in told["why"])
        ],
    )


def _asked_for(told: dict[str, Any]) -> Sentence:
    """Return the target in a sentence."""
    targets = listed(
        (f"{name} by ", num(float(gain), "signed", PLAN_FILE, "targets"))
        for name, gain in told["targets"].items()
    )
    held = ", ".join(map(str, told["hold"])) or "all other values"
    words = "Asked for: move " + "{}" * len(targets) + ", and hold {}."
    return say(words, *targets, held)


def _expected(told: dict[str, Any]) -> RowChart:
    """Return the predicted change of every value."""
    rows = [
        Row(
            name=str(name),
            shaded=name in told["targets"],
            points=(
                Point(
                    middle=number(each["change"]),
                    low=number(each["low"]),
                    high=number(each["high"]),
                ),
            ),
        )
        for name, each in told["predicted"].items()
    ]
    return RowChart(
        title="What the plan is expected to change; the target is shaded.",
        alt="Marks with intervals; the table below holds the same numbers.",
        axis="change of the mean score",
        series=(Series(name="predicted, 95 %"),),
        rows=tuple(rows),
        sources=(source(PLAN_FILE, "predicted"),),
    )


def _used(told: dict[str, Any]) -> Table:
    """Return which interventions were chosen, and what each does itself."""
    rows: list[tuple[Cell, ...]] = []
    for each in told["used"]:
        direct = {str(n): float(c) for n, c in each["direct"].items() if number(c) is not None}
        most = max(direct, key=lambda name: abs(direct[name]), default=None)
        rows.append((str(each["name"]), float(each["dose"]), most, direct[most] if most else None))
    return Table(
        caption="Chosen interventions",
        columns=(
            Column(title="intervention"),
            Column(title="dose", how="signed", source=source(PLAN_FILE, "used, dose")),
            Column(title="moves most, itself"),
            Column(title="by", how="signed", source=source(PLAN_FILE, "used, direct")),
        ),
        rows=tuple(rows),
    )


def _predicted(told: dict[str, Any]) -> Table:
    """Return the predicted change of every value."""
    names = ("change", "low", "high")
    rows: list[tuple[Cell, ...]] = [
        (str(name), *(number(each[part]) for part in names))
        for name, each in told["predicted"].items()
    ]
    titles = ("predicted", "could be as low as", "or as high as")
    return Table(
        caption="Predicted changes",
        columns=(
            Column(title="value"),
            *(
                Column(title=title, how="signed", source=source(PLAN_FILE, f"predicted, {part}"))
                for part, title in zip(names, titles, strict=True)
            ),
        ),
        rows=tuple(rows),
    )


def _beaten(told: dict[str, Any]) -> list[Table]:
    """Return what other ways to the same gain would move besides."""
    others: list[tuple[Cell, ...]] = [
        (str(name), number(each)) for name, each in told["beat"].items()
    ]
    if not others:
        return []
    own = source(PLAN_FILE, "collateral, beat")
    return [
        Table(
            caption="Other ways to the same gain",
            columns=(
                Column(title="way"),
                Column(title="other values move, expected sum", how="plain", source=own),
            ),
            rows=(("this plan", number(told["collateral"])), *others),
        )
    ]
