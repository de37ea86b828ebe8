"""Effects: what the graph implies, and what happened where values were set."""

import pandas as pd

from causalvalues.report.study_report.charts import Point, Row, RowChart, Series
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.reporting.openings import EFFECTS, RUN_AGAIN, SETTLED
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import num, say, source
from causalvalues.study.reporting.tables import Shown, number, table_of

__all__ = ["effects_section", "foreseen", "settled_section"]

IMPLIED, MEASURED = "effects.csv", "measured.csv"
MOST, MOST_DRAWN = 15, 4
EFFECTS_SHOWN = (
    Shown("cause", "if this is raised"),
    Shown("effect", "this changes"),
    Shown("low", "lowest graph", "signed"),
    Shown("high", "highest graph", "signed"),
    Shown("interval_low", "could be as low as", "signed"),
    Shown("interval_high", "or as high as", "signed"),
)


def effects_section(run: RunFolder) -> Section:
    """Return the largest effects that the graph implies."""
    if not run.has(IMPLIED):
        return EFFECTS.absent("No effects were estimated yet.", RUN_AGAIN)
    frame = _between_values(run, run.table(IMPLIED), ("cause", "effect"))
    frame = frame.dropna(subset=["low", "high", "interval_low", "interval_high"])
    middle = (frame["low"] + frame["high"]) / 2
    largest = frame.loc[middle.abs().sort_values(ascending=False, kind="stable").index].head(MOST)
    if largest.empty:
        return EFFECTS.section(said=(say("The graph implies no effects."),))
    sure = frame[(frame["interval_low"] > 0) | (frame["interval_high"] < 0)]
    said = say(
        "Of {} effects of one value on another, {} have an interval that leaves out 0.",
        num(len(frame), "count", IMPLIED),
        num(len(sure), "count", IMPLIED, "interval_low, interval_high"),
    )
    note = f"The {len(largest)} largest; all are in {IMPLIED}." if len(frame) > MOST else ""
    caption = "Largest effects, per unit of the cause"
    return EFFECTS.section(
        said=(said,),
        charts=(_forest(largest),),
        tables=(table_of(largest, EFFECTS_SHOWN, IMPLIED, caption=caption, note=note),),
        caveats=_methods(frame),
    )


def settled_section(run: RunFolder) -> Section:
    """Return what setting a value did to all others."""
    if not run.has(MEASURED):
        why = 'No value was set in this study. Add a part "settled" to study.yaml and run it.'
        return SETTLED.absent(why, RUN_AGAIN)
    frame = foreseen(run)
    conditions = list(dict.fromkeys(frame["context"]))
    return SETTLED.section(
        said=_said(run, frame),
        charts=[_compared(run, frame, name) for name in conditions[:MOST_DRAWN]],
        tables=[_table(run, frame[frame["context"] == name], name) for name in conditions],
        caveats=_contexts(run),
    )


def foreseen(run: RunFolder) -> pd.DataFrame:
    """Return what was measured, with what the graph foresees: own change × effect per unit."""
    measured = _between_values(run, run.table(MEASURED), ("effect",))
    settled = {group.name: tuple(group.settled) for group in run.interview.groups}
    effects: dict[tuple[str, str], tuple[float, float]] = {}
    if run.has(IMPLIED):
        told = _between_values(run, run.table(IMPLIED), ("cause", "effect"))
        for row in told.to_dict(orient="records"):
            pair = str(row["cause"]), str(row["effect"])
            effects[pair] = float(row["interval_low"]), float(row["interval_high"])
    own = {(row["context"], row["effect"]): float(row["change"])
           for row in measured.to_dict(orient="records")}  # fmt: skip
    rows = []
    for row in measured.to_dict(orient="records"):
        cause = next(iter(settled.get(str(row["context"]), ())), "")
        ends = effects.get((cause, str(row["effect"])))
        moved = own.get((row["context"], cause))
        spans = sorted(end * moved for end in ends) if ends and moved is not None else (None, None)
        rows.append({**row, "cause": cause, "foreseen_low": spans[0], "foreseen_high": spans[1]})
    return pd.DataFrame(rows)


def _between_values(run: RunFolder, frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows that are about values, not about conditions."""
    keep = frame[list(names)].isin(run.interview.names).all(axis=1)
    return frame[keep].reset_index(drop=True)


def _forest(largest: pd.DataFrame) -> RowChart:
    """Return effects with their ranges, one below the other."""
    rows = []
    for row in largest.to_dict(orient="records"):
        low, high = float(row["low"]), float(row["high"])
        point = Point(
            middle=(low + high) / 2, inner_low=low, inner_high=high,
            low=float(row["interval_low"]), high=float(row["interval_high"]),
        )  # fmt: skip
        rows.append(Row(name=f"{row['cause']} → {row['effect']}", points=(point,)))
    words = "effect; thick: over graphs that fit; thin: with 95 % of the doubt"
    return RowChart(
        title="The largest effects that the graph implies.",
        alt="Marks with intervals; the table below holds the same numbers.",
        axis="change per unit of the cause",
        series=(Series(name=words),),
        rows=tuple(rows),
        sources=(source(IMPLIED),),
    )


def _methods(frame: pd.DataFrame) -> list[Sentence]:
    """Return by which way effects were computed, where it says more than its name."""
    ways = sorted({str(way) for way in frame["method"]} if "method" in frame else ())
    return [say("How they were computed: {}.", "; ".join(ways))] if ways else []


def _said(run: RunFolder, frame: pd.DataFrame) -> list[Sentence]:
    """Return how often the measured change lies where the graph foresees it."""
    known = frame[frame["foreseen_low"].notna() & (frame["effect"] != frame["cause"])]
    if known.empty:
        return []
    inside = (known["interval_high"] >= known["foreseen_low"]) & (
        known["interval_low"] <= known["foreseen_high"]
    )
    return [
        say(
            "{} of {} changes of other values were measured where the graph foresees them (the two "
            "intervals meet).",
            num(int(inside.sum()), "count", MEASURED, "interval_low, interval_high"),
            num(len(known), "count", MEASURED),
        )
    ]


def _compared(run: RunFolder, frame: pd.DataFrame, condition: str) -> RowChart:
    """Return foreseen and measured changes under one condition."""
    rows = []
    for row in frame[frame["context"] == condition].to_dict(orient="records"):
        low, high = number(row["foreseen_low"]), number(row["foreseen_high"])
        of_graph = None
        if low is not None and high is not None:
            of_graph = Point(middle=(low + high) / 2, low=low, high=high)
        measured = Point(
            middle=number(row["change"]), low=number(row["interval_low"]),
            high=number(row["interval_high"]),
        )  # fmt: skip
        is_own = row["effect"] == row["cause"]
        rows.append(Row(name=str(row["effect"]), points=(of_graph, measured), shaded=is_own))
    return RowChart(
        title=f"What happened, {run.conditions.get(condition, condition)}.",
        alt="Marks with intervals; the table below holds the same numbers.",
        axis="change of the mean score",
        series=(
            Series(name="foreseen by the graph, 95 %"),
            Series(name="measured, 95 %", shape="square", ink="lowers"),
        ),
        rows=tuple(rows),
        sources=(source(IMPLIED), source(MEASURED)) if run.has(IMPLIED) else (source(MEASURED),),
    )


def _table(run: RunFolder, frame: pd.DataFrame, condition: str) -> Table:
    """Return foreseen and measured changes under one condition."""
    names = ("foreseen_low", "foreseen_high", "change", "interval_low", "interval_high")
    rows: list[tuple[Cell, ...]] = [
        (str(row["effect"]), *(number(row[name]) for name in names))
        for row in frame.to_dict(orient="records")
    ]
    product = f"interval × change of the value that is set, in {MEASURED}"
    implied = source(IMPLIED if run.has(IMPLIED) else MEASURED, product)
    return Table(
        caption=f"Changes, {run.conditions.get(condition, condition)}",
        columns=(
            Column(title="value"),
            Column(title="foreseen, from", how="signed", source=implied),
            Column(title="to", how="signed", source=implied),
            Column(title="measured", how="signed", source=source(MEASURED, "change")),
            Column(title="from", how="signed", source=source(MEASURED, "interval_low")),
            Column(title="to", how="signed", source=source(MEASURED, "interval_high")),
        ),
        rows=tuple(rows),
    )


def _contexts(run: RunFolder) -> list[Sentence]:
    """Return whether what was measured is a test of the graph."""
    if run.study.contexts == "observational":
        return [say("The graph was learnt without these answers, so that they test it.")]
    return [say("The graph was learnt with these answers as well: that the two agree is no test.")]
