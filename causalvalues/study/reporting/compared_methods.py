"""The leaderboard: methods at equal gain, what could not be had, and what was published.

Numbers of one model only are set side by side; those that a publication gives have a table of their
own that says why they are not comparable.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from causalvalues.report.method_names import shown_name
from causalvalues.report.study_report.charts import Point, Row, RowChart, Series
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.reporting.openings import METHODS, RUN_AGAIN
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import quote, say, source
from causalvalues.study.reporting.tables import number

if TYPE_CHECKING:  # methods load a model's libraries, which most reports need not
    from causalvalues.study.methods.compared import Cell as Mark
    from causalvalues.study.methods.compared import Compared

    Marks = dict[tuple[str, str], dict[str, Mark]]

__all__ = ["methods_section"]

ENTRIES, BOARD, UNFITTED = (
    "methods/entries.parquet", "methods/leaderboard.csv", "methods/unfitted.parquet",
)  # fmt: skip
EQUAL, MOST_MARKS = "equal gain", 3
FIRST = {
    "gain": "target moved",
    "at_gain": "others moved, at equal gain",
    "leakage_ratio": "others ÷ target",
    "truth_r": "follows planted effects, r",
    "graph_r": "follows the found graph, r",
}
WIDER = {
    "told_gain": "target moved, open answers",
    "perplexity_ratio": "surprise of its text, times",
    "capability_change": "questions of fact, change",
    "robustness": "opposite prompt undone",
    "time_ratio": "time, times",
}
SHARED: tuple[tuple[str, str], ...] = (
    ("equal gain", "the method alone, at equal gain"),
    ("plan, guided", "a plan among its interventions, with the graph"),
)


def methods_section(run: RunFolder) -> Section:
    """Return how methods compare."""
    if run.study.methods is None or not run.has(ENTRIES):
        why = 'No methods were compared. Add a part "methods" to study.yaml and run it.'
        return METHODS.absent(why, RUN_AGAIN)
    from causalvalues.study.methods.compared import Compared

    compared = Compared.of(run.folder)
    marks = compared.cells(EQUAL)
    return METHODS.section(
        charts=(_chart(run, compared),),
        tables=(
            *_tables(run, marks, FIRST, "At equal gain: mean and 95 % interval"),
            *_tables(run, marks, WIDER, "Asked wider: mean and 95 % interval"),
            *_published(compared.published),
        ),
        caveats=[*_missed(compared.entries), *_unfitted(compared.unfitted)],
    )


def _file(run: RunFolder) -> str:
    """Return the file that holds the numbers of the leaderboard."""
    return BOARD if run.has(BOARD) else ENTRIES


def _name(method: str) -> str:
    """Return a method's name in one line."""
    return " ".join(shown_name(method).split())


def _chart(run: RunFolder, compared: "Compared") -> RowChart:
    """Return how far others move at equal gain, for each method and a plan of its own."""
    there = set(compared.leaderboard["comparison"])
    shared = [(each, title) for each, title in SHARED if each in there]
    marks = {each: compared.cells(each) for each, _ in shared}
    rows = [
        Row(name=_name(key[1]), points=tuple(_point(marks[each], key) for each, _ in shared))
        for key in marks[EQUAL]
    ]
    series = [
        Series(name=title, shape="dot" if each == EQUAL else "diamond",
               ink="raises" if each == EQUAL else "lowers")
        for each, title in shared
    ]  # fmt: skip
    return RowChart(
        title="How far other values move when each method moves its target equally far.",
        alt="Marks with intervals; the table below holds the same numbers.",
        axis="mean size of other changes, at equal gain",
        series=tuple(series),
        rows=tuple(rows),
        sources=(source(_file(run)),),
    )


def _point(marks: "Marks", key: tuple[str, str]) -> Point | None:
    """Return how far others move under one method."""
    own = marks.get(key, {}).get("at_gain")
    if own is None or number(own.mean) is None:
        return None
    return Point(middle=own.mean, low=number(own.low), high=number(own.high))


def _tables(run: RunFolder, marks: "Marks", named: dict[str, str], caption: str) -> Iterator[Table]:
    """Yield the marks that some method was given, a few in a table."""
    there = [mark for mark in named if any(mark in own for own in marks.values())]
    for at in range(0, len(there), MOST_MARKS):
        yield _table(run, marks, {m: named[m] for m in there[at : at + MOST_MARKS]}, caption)


def _table(run: RunFolder, marks: "Marks", named: dict[str, str], caption: str) -> Table:
    """Return some marks of all methods: mean, then the interval."""
    columns = [Column(title="method")]
    for mark in named:
        own = source(_file(run), mark)
        columns += [
            Column(title=named[mark], how="plain", source=own),
            Column(title="from", how="plain", source=own),
            Column(title="to", how="plain", source=own),
        ]
    rows: list[tuple[Cell, ...]] = []
    for (_, method), own_marks in marks.items():
        cells: list[Cell] = [_name(method)]
        for mark in named:
            found = own_marks.get(mark)
            parts = (None,) * 3 if found is None else (found.mean, found.low, found.high)
            cells += [number(part) for part in parts]
        rows.append(tuple(cells))
    return Table(caption=caption, columns=tuple(columns), rows=tuple(rows))


def _published(published: pd.DataFrame) -> list[Table]:
    """Return published numbers, which are not comparable."""
    if published.empty:
        return []
    names = ("method", "mark", "number", "setting", "source", "read_in")
    titles = ("method", "mark", "published", "setting", "source", "read in the")
    why = "; ".join(dict.fromkeys(map(str, published["why"])))
    rows = [tuple(str(row[name]) for name in names) for row in published.to_dict(orient="records")]
    return [
        Table(
            caption="Published of this model, not comparable",
            columns=tuple(Column(title=title, source=source("study.yaml")) for title in titles),
            rows=tuple(rows),
            note=f"Not comparable: {why}",
        )
    ]


def _missed(entries: pd.DataFrame) -> list[Sentence]:
    """Return how many entries each method could not have, and why the first could not."""
    own = entries[(entries["comparison"] == EQUAL) & (entries["missed"] != "")]
    return [
        quote(
            f"Not reached by {_name(str(method))}: {len(some)}, the first as "
            f"{some['missed'].iloc[0]}",
            ENTRIES,
            "missed",
        )
        for method, some in own.groupby("method", sort=False)
    ]


def _unfitted(unfitted: pd.DataFrame) -> list[Sentence]:
    """Return which methods could not be fitted, and why."""
    return [
        say("Not fitted: {} to {}. {}", _name(str(method)), _values(own), str(reason))
        for (method, reason), own in unfitted.groupby(["method", "reason"], sort=False)
    ]


def _values(own: pd.DataFrame) -> str:
    """Return the values that a method could not be fitted to."""
    return ", ".join(dict.fromkeys(map(str, own["value"])))
