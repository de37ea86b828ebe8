"""Whether a plan held, and whether the model stayed whole: by roles and items kept aside."""

from typing import Any

import pandas as pd

from causalvalues.report.study_report.charts import Ink, Point, Row, RowChart, Series, Shape
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.reporting.openings import HEALTH, VERDICT
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import listed, num, quote, say, source
from causalvalues.study.reporting.tables import Shown, number, table_of

__all__ = ["health_section", "others_moved", "verdict_section"]

VERDICT_FILE, VALUES, EFFECTS, PLAN_FILE = (
    "verdict.json", "verdict.csv", "effects.parquet", "plan.json",
)  # fmt: skip
MOST = 10
BESIDE: tuple[tuple[str, str, Shape, Ink], ...] = (
    ("control", "edits as large that know nothing of the value", "hollow", "unknown"),
    ("unguided", "best single intervention, without the graph", "diamond", "unknown"),
    ("planted", "planted: what the gain alone would bring", "tick", "ink"),
)
SHOWN = (
    Shown("value", "value"),
    Shown("role", "in the plan"),
    Shown("predicted", "predicted", "signed"),
    Shown("predicted_low", "from", "signed"),
    Shown("predicted_high", "to", "signed"),
    Shown("measured", "measured", "signed"),
    Shown("measured_low", "from", "signed"),
    Shown("measured_high", "to", "signed"),
    Shown("verdict", "verdict"),
)
BESIDE_SHOWN = (
    Shown("value", "value"),
    Shown("measured", "plan, measured", "signed"),
    Shown("unguided", "best single intervention", "signed"),
    Shown("control", "as large, knows nothing", "signed"),
    Shown("planted", "planted, gain alone", "signed"),
)
NUMBERS = (
    Shown("intervention", "intervention"),
    Shown("healthy", "healthy", "yes"),
    Shown("option_mass_kept", "probability on options, kept", "precise"),
    Shown("unread_added", "not read, added", "signed"),
    Shown("certainty_kept", "certainty, kept", "plain"),
    Shown("constant_added", "one answer to all, added", "signed"),
    Shown("size_kept", "size of scores, kept", "plain"),
    Shown("spread_kept", "spread of roles, kept", "plain"),
)


def verdict_section(run: RunFolder) -> Section:
    """Return what the plan did, beside what was predicted."""
    if not run.has(VERDICT_FILE, VALUES):
        why = "Whether the plan holds was not asked yet."
        return VERDICT.absent(why, "causalvalues evaluate .")
    told, frame = run.document(VERDICT_FILE), run.table(VALUES)
    tables = [table_of(frame, SHOWN, VALUES, caption="Predicted and measured changes")]
    if any(name in frame and frame[name].notna().any() for name, *_ in BESIDE):
        tables.append(table_of(frame, BESIDE_SHOWN, VALUES, caption="What else could be done"))
    return VERDICT.section(
        said=_said(told, frame), charts=(_chart(frame),), tables=tables,
        caveats=_stale(run, told),
    )  # fmt: skip


def others_moved(frame: pd.DataFrame, column: str) -> float | None:
    """Return how far the values that are no target moved on average."""
    if column not in frame:
        return None
    return number(frame.loc[frame["role"] != "target", column].abs().mean())


def _said(told: dict[str, Any], frame: pd.DataFrame) -> list[Sentence]:
    """Return the verdict in words."""
    gains = listed(
        (f"{name} changed by ", num(float(gain), "signed", VERDICT_FILE, "gain"))
        for name, gain in told["gain"].items()
        if number(gain) is not None
    )
    right = int((frame["verdict"] == "as predicted").sum())
    words = "Under the plan " + "{}" * len(gains) + "; {} of {} values changed as predicted."
    counts = [num(each, "count", VALUES, "verdict") for each in (right, len(frame))]
    said = [say(words, *gains, *counts)]
    plan, single = others_moved(frame, "measured"), others_moved(frame, "unguided")
    if plan is not None:
        moved = num(plan, "precise", VALUES, "measured")
        said.append(say("All other values moved by {} on average.", moved))
    if single is not None:
        moved = num(single, "precise", VALUES, "unguided")
        words = "Under the best single intervention ({}) they moved by {}."
        said.append(say(words, str(told.get("unguided")), moved))
    return said


def _chart(frame: pd.DataFrame) -> RowChart:
    """Return predicted, measured and what stands beside, a row per value."""
    beside = [each for each in BESIDE if each[0] in frame and frame[each[0]].notna().any()]
    rows = []
    for row in frame.to_dict(orient="records"):
        points: list[Point | None] = [_point(row, "predicted"), _point(row, "measured")]
        points += [
            None if number(row[name]) is None else Point(middle=number(row[name]))
            for name, *_ in beside
        ]
        rows.append(
            Row(name=str(row["value"]), points=tuple(points), shaded=row["role"] == "target")
        )
    return RowChart(
        title="Change of every value; the target is shaded.",
        alt="Marks with intervals; the tables below hold the same numbers.",
        axis="change of the mean score",
        series=(
            Series(name="plan: predicted, 95 %"),
            Series(name="plan: measured, 95 %", shape="square", ink="lowers"),
            *(Series(name=title, shape=shape, ink=ink) for _, title, shape, ink in beside),
        ),
        rows=tuple(rows),
        sources=(source(VALUES),),
    )


def _point(row: dict[Any, Any], name: str) -> Point:
    """Return a number with its interval."""
    return Point(
        middle=number(row[name]), low=number(row[f"{name}_low"]), high=number(row[f"{name}_high"])
    )


def _stale(run: RunFolder, told: dict[str, Any]) -> list[Sentence]:
    """Return that the plan has changed since, where it has."""
    if run.has(PLAN_FILE):
        now = run.document(PLAN_FILE)
        if any(now.get(name) != each for name, each in dict(told["plan"]).items()):
            return [say("The plan was changed after this: causalvalues evaluate . asks again.")]
    return []


def health_section(run: RunFolder) -> Section:
    """Return which interventions left the model whole, and what broke it."""
    if not run.has(EFFECTS):
        return HEALTH.absent("No intervention was measured yet.", "causalvalues effects .")
    frame = run.table(EFFECTS).drop_duplicates("intervention")
    broken = frame[~frame["healthy"].astype(bool)]
    ordered = pd.concat([broken, frame[frame["healthy"].astype(bool)]])
    left = len(ordered) - MOST
    note = f"Those that broke the model first; {left} more are in {EFFECTS}." if left > 0 else ""
    said = say(
        "Of {} interventions, {} broke the model.",
        num(len(frame), "count", EFFECTS, "intervention"),
        num(len(broken), "count", EFFECTS, "healthy"),
    )
    reasons = (f"{row['intervention']}: {row['faults']}."
               for row in broken.to_dict(orient="records"))  # fmt: skip
    caption = "Numbers of health, beside the same model without intervention"
    table = table_of(ordered.head(MOST), NUMBERS, EFFECTS, caption=caption, note=note)
    return HEALTH.section(
        said=[said, *(quote(reason, EFFECTS, "faults") for reason in reasons), *_of_plan(run)],
        tables=(table, *_plan_numbers(run)),
    )


def _of_plan(run: RunFolder) -> list[Sentence]:
    """Return whether the model stayed whole under the plan."""
    if not run.has(VERDICT_FILE):
        return []
    faults = [str(each) for each in run.document(VERDICT_FILE)["faults"]]
    if not faults:
        return [say("Under the plan the model stayed healthy.")]
    return [quote(f"The plan broke the model: {'; '.join(faults)}.", VERDICT_FILE, "faults")]


def _plan_numbers(run: RunFolder) -> list[Table]:
    """Return the numbers of health under the plan."""
    if not run.has(VERDICT_FILE):
        return []
    told = run.document(VERDICT_FILE)["health"]
    rows: list[tuple[Cell, ...]] = [
        (str(name).replace("_", " "), number(each)) for name, each in told.items()
    ]
    if not rows:
        return []
    own = Column(title="under the plan", how="precise", source=source(VERDICT_FILE, "health"))
    return [Table(caption="The plan", columns=(Column(title="number"), own), rows=tuple(rows))]
