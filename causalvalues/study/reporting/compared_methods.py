"""The leaderboard: methods at equal gain, what could not be had, and what was published.

Numbers of one model only are set side by side; those that a publication gives have a table of their
own that says why they are not comparable.
"""

from collections.abc import Iterator

import pandas as pd

from causalvalues.report.method_names import shown_name
from causalvalues.report.study_report.charts import Point, Row, RowChart, Series
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.methods.published import read_published
from causalvalues.study.reporting.openings import METHODS, RUN_AGAIN
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import quote, say, source
from causalvalues.study.reporting.tables import number

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
Marks = dict[tuple[str, str], dict[str, Point]]  # by model and method, then by mark
SHARED: tuple[tuple[str, str], ...] = (
    ("equal gain", "the method alone, at equal gain"),
    ("plan, guided", "a plan among its interventions, with the graph"),
)


def methods_section(run: RunFolder) -> Section:
    """Return how methods compare."""
    if run.study.methods is None or not run.has(BOARD):
        why = 'No methods were compared. Add a part "methods" to study.yaml and run it.'
        return METHODS.absent(why, RUN_AGAIN)
    board = run.table(BOARD)
    marks = _marks(board, EQUAL)
    if not marks:
        return METHODS.section(said=(say("No method has an entry at equal gain."),))
    return METHODS.section(
        charts=(_chart(board, marks),),
        tables=(
            *_tables(marks, FIRST, "At equal gain: mean and 95 % interval"),
            *_tables(marks, WIDER, "Asked wider: mean and 95 % interval"),
            *_published(run),
        ),
        caveats=[*_missed(run), *_unfitted(run)],
    )


def _marks(board: pd.DataFrame, comparison: str) -> Marks:
    """Return the marks of one comparison; one without a mean is left out."""
    found: Marks = {}
    for row in board[board["comparison"] == comparison].to_dict(orient="records"):
        own = found.setdefault((str(row["model"]), str(row["method"])), {})
        if number(row["mean"]) is not None:
            parts = {"middle": "mean", "low": "low", "high": "high"}
            own[str(row["mark"])] = Point(
                **{name: number(row[part]) for name, part in parts.items()}
            )
    return found


def _name(method: str) -> str:
    """Return a method's name in one line."""
    return " ".join(shown_name(method).split())


def _chart(board: pd.DataFrame, equal: Marks) -> RowChart:
    """Return how far others move at equal gain, for each method and a plan of its own."""
    there = set(board["comparison"])
    shared = [(each, title) for each, title in SHARED if each in there]
    marks = {each: _marks(board, each) for each, _ in shared}
    rows = [
        Row(
            name=_name(key[1]),
            points=tuple(marks[each].get(key, {}).get("at_gain") for each, _ in shared),
        )
        for key in equal
    ]
    series = [
        Series(name=title) if each == EQUAL else Series(name=title, shape="diamond", ink="lowers")
        for each, title in shared
    ]
    return RowChart(
        title="How far other values move when each method moves its target equally far.",
        alt="Marks with intervals; the table below holds the same numbers.",
        axis="mean size of other changes, at equal gain",
        series=tuple(series),
        rows=tuple(rows),
        sources=(source(BOARD),),
    )


def _tables(marks: Marks, named: dict[str, str], caption: str) -> Iterator[Table]:
    """Yield the marks that some method was given, a few in a table."""
    there = [mark for mark in named if any(mark in own for own in marks.values())]
    for at in range(0, len(there), MOST_MARKS):
        yield _table(marks, {m: named[m] for m in there[at : at + MOST_MARKS]}, caption)


def _table(marks: Marks, named: dict[str, str], caption: str) -> Table:
    """Return some marks of all methods: mean, then the interval."""
    columns = [Column(title="method")]
    for mark, title in named.items():
        columns += [
            Column(title=each, how="plain", source=source(BOARD, f"{mark}, {part}"))
            for each, part in ((title, "mean"), ("from", "low"), ("to", "high"))
        ]
    rows: list[tuple[Cell, ...]] = []
    for (_, method), own in marks.items():
        cells: list[Cell] = [_name(method)]
        for mark in named:
            found = own.get(mark, Point())
            cells += [found.middle, found.low, found.high]
        rows.append(tuple(cells))
    return Table(caption=caption, columns=tuple(columns), rows=tuple(rows))


def _published(run: RunFolder) -> list[Table]:
    """Return published numbers of the model, which are not comparable."""
    plan = run.study.methods
    if plan is None or plan.published is None:
        return []
    published = read_published(plan.published).of(run.study.model.name)
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


def _missed(run: RunFolder) -> list[Sentence]:
    """Return how many entries each method could not have, and why the first could not."""
    if not run.has(ENTRIES):
        return []
    entries = run.table(ENTRIES)
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


def _unfitted(run: RunFolder) -> list[Sentence]:
    """Return which methods could not be fitted, and why."""
    if not run.has(UNFITTED):
        return []
    unfitted = run.table(UNFITTED)
    return [
        say("Not fitted: {} to {}. {}", _name(str(method)), _values(own), str(reason))
        for (method, reason), own in unfitted.groupby(["method", "reason"], sort=False)
    ]


def _values(own: pd.DataFrame) -> str:
    """Return the values that a method could not be fitted to."""
    return ", ".join(dict.fromkeys(map(str, own["value"])))
