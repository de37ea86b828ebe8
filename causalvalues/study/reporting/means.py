"""Scores: the mean of every value under every condition, around the circle of values."""

import numpy as np
import pandas as pd

from causalvalues.report.study_report.charts import (
    Chart,
    CircleChart,
    Outline,
    Point,
    Row,
    RowChart,
    Series,
    Spoke,
)
from causalvalues.report.study_report.document import Cell, Column, Piece, Section, Sentence, Table
from causalvalues.study.reporting.openings import RUN_AGAIN, SCORES
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import listed, num, say, source
from causalvalues.study.reporting.tables import number

__all__ = ["FILE", "means_of", "means_section", "said"]

FILE = "scores.parquet"
MOST_DRAWN, MOST_COLUMNS = 12, 6
CLEAR = 4  # standard errors


def means_section(run: RunFolder) -> Section:
    """Return the mean scores."""
    if not run.has(FILE):
        return SCORES.absent("There are no scores yet.", RUN_AGAIN)
    means, spreads = means_of(run)
    return SCORES.section(
        said=said(run),
        charts=(_chart(run, means, spreads),),
        tables=(_spread(means, spreads), *_conditions(means)),
        caveats=_missing(run),
    )


def means_of(run: RunFolder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return mean and spread of every value (row) under every condition (column)."""
    table = run.scores
    labels = np.full(table.n_rows, "") if table.contexts is None else table.contexts
    frame = pd.DataFrame(table.scores, columns=list(table.names)).groupby(np.asarray(labels))
    order = [name for name in run.conditions if name in set(labels)]
    named = [run.conditions[name] for name in order]
    means, spreads = frame.mean().loc[order], frame.std().loc[order]
    return means.set_axis(named).T, spreads.set_axis(named).T


def said(run: RunFolder) -> tuple[Sentence, ...]:
    """Return which values matter most and least, where nothing is settled.

    None does, where means differ by less than four of their standard errors.
    """
    means, spreads = means_of(run)
    n_roles = len(run.interview.groups[0].roles)
    doubt = float(spreads.iloc[:, 0].max()) / np.sqrt(n_roles)
    own = means.iloc[:, 0].dropna().sort_values(ascending=False, kind="stable")
    if len(own) < 2:
        return ()
    if float(own.iloc[0] - own.iloc[-1]) < CLEAR * doubt:
        told = "Where nothing is settled, no value matters clearly more than another: all means "
        told += "lie between {} and {}."
        ends = (float(own.iloc[-1]), float(own.iloc[0]))
        return (say(told, *(num(end, "signed", FILE, "mean over roles") for end in ends)),)
    most, least = (_named(some) for some in (own.head(2), own.tail(1)))
    told = "Where nothing is settled, most matters " + "{}" * len(most)
    told += ", and least " + "{}" * len(least) + "."
    return (say(told, *most, *least),)


def _named(means: "pd.Series[float]") -> list[str | Piece]:
    """Return values with their means, as a sentence lists them."""
    return listed(
        (f"{name} (", num(float(mean), "signed", FILE, str(name)), ")")
        for name, mean in means.items()
    )


def _chart(run: RunFolder, means: pd.DataFrame, spreads: pd.DataFrame) -> Chart:
    """Return the circle of means, or bars where the values have no place on a circle."""
    angle = {value.name: value.angle_in_degrees for value in run.system.values}
    names = [str(name) for name in means.index]
    title = "Mean score of each value by condition; dashed, where nothing is settled."
    alt = "A spoke per value; the table below holds the same numbers."
    sources = (source(FILE),)
    drawn = list(means.columns[:MOST_DRAWN])
    if len(names) < 3 or any(angle.get(name) is None for name in names):
        return _bars(means[drawn], spreads[drawn], title.partition(";")[0] + ".", alt)
    names.sort(key=lambda name: angle[name] or 0.0)  # stable: in the system's order otherwise
    outlines = tuple(
        Outline(
            name=str(condition),
            means=tuple(number(means.loc[name, condition]) for name in names),
            spreads=tuple(number(spreads.loc[name, condition]) for name in names),
        )
        for condition in drawn
    )
    spokes = tuple(Spoke(name=name, group=run.system.group_of(name) or "") for name in names)
    return CircleChart(title=title, alt=alt, spokes=spokes, outlines=outlines, sources=sources)


def _bars(means: pd.DataFrame, spreads: pd.DataFrame, title: str, alt: str) -> RowChart:
    """Return the means where nothing is settled, and their spread."""
    first = means.columns[0]
    rows = [
        Row(name=str(name), points=(_point(means.loc[name, first], spreads.loc[name, first]),))
        for name in means.index
    ]
    series = (Series(name="mean over roles; line: spread between roles"),)
    return RowChart(
        title=title, alt=alt, axis="score", series=series, rows=tuple(rows),
        sources=(source(FILE),),
    )  # fmt: skip


def _point(mean: object, spread: object) -> Point | None:
    """Return a mean with its spread to both sides."""
    middle, around = number(mean), number(spread)
    if middle is None:
        return None
    if around is None:
        return Point(middle=middle)
    return Point(middle=middle, low=middle - around, high=middle + around)


def _spread(means: pd.DataFrame, spreads: pd.DataFrame) -> Table:
    """Return mean and spread where nothing is settled."""
    first = means.columns[0]
    rows: list[tuple[Cell, ...]] = [
        (str(name), number(means.loc[name, first]), number(spreads.loc[name, first]))
        for name in means.index
    ]
    return Table(
        caption=f"Scores, {first}",
        columns=(
            Column(title="value"),
            Column(title="mean", how="signed", source=source(FILE, "mean over roles")),
            Column(title="spread", how="plain", source=source(FILE, "deviation over roles")),
        ),
        rows=tuple(rows),
    )


def _conditions(means: pd.DataFrame) -> list[Table]:
    """Return the means under every other condition, a few columns at a time."""
    others = list(means.columns[1:])
    return [
        _some(means, others[at : at + MOST_COLUMNS]) for at in range(0, len(others), MOST_COLUMNS)
    ]


def _some(means: pd.DataFrame, conditions: list[str]) -> Table:
    """Return the means under some conditions."""
    rows: list[tuple[Cell, ...]] = [
        (str(name), *(number(means.loc[name, each]) for each in conditions)) for name in means.index
    ]
    return Table(
        caption="Mean scores where a value was settled",
        columns=(
            Column(title="value"),
            *(
                Column(title=each, how="signed", source=source(FILE, f"mean, {each}"))
                for each in conditions
            ),
        ),
        rows=tuple(rows),
    )


def _missing(run: RunFolder) -> list[Sentence]:
    """Return how many rows lack a score, where some do."""
    lacking = int((~np.isfinite(run.scores.scores).all(axis=1)).sum())
    if not lacking:
        return []
    told = "{} of {} rows have a value without any answer that could be read."
    counts = (num(each, "count", FILE) for each in (lacking, run.scores.n_rows))
    return [say(told, *counts)]
