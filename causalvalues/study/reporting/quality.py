"""Response quality: how the model answers, whatever it is asked, before any score is believed."""

from collections.abc import Callable

import pandas as pd

from causalvalues.report.study_report.charts import Point, Row, RowChart, Series
from causalvalues.report.study_report.document import How, Section, Sentence, Table
from causalvalues.study.reporting.openings import QUALITY, RUN_AGAIN
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import num, say, source
from causalvalues.study.reporting.tables import Shown, cell, number, table_of

__all__ = ["STYLE", "quality_section"]

STYLE, UNREAD, RELIABILITY = "response_style.csv", "unread.csv", "reliability.csv"
MOST = 12  # conditions in the chart
BARS = (
    ("option_mass", "probability on the options that were offered", "raises"),
    ("entropy", "doubt: 0 certain, 1 all options alike", "unknown"),
    ("unread", "answers that could not be read", "lowers"),
)
STYLES = (
    Shown("condition", "condition"),
    Shown("n_answers", "answers", "count"),
    Shown("n_roles", "roles", "count"),
    Shown("option_mass", "probability on options", "share"),
    Shown("option_mass_p5", "… of the worst 5 %", "share"),
    Shown("entropy", "doubt, 0 to 1", "plain"),
    Shown("unread", "not read", "share"),
    Shown("refused", "refused", "share"),
    Shown("constant_roles", "roles with one answer to all", "share"),
    Shown("constant_questions", "questions with one answer by all", "share"),
)
BIASES = (
    Shown("condition", "condition"),
    Shown("position_bias", "first option preferred", "signed"),
    Shown("order_effect", "change by order", "plain"),
    Shown("label_bias", "label preferred", "signed"),
    Shown("label_effect", "change by labels", "plain"),
    Shown("wording_spread", "change by wording", "precise"),
    Shown("acquiescence", "says yes to all", "signed"),
)
AGREEMENT = (
    Shown("value", "value"),
    Shown("alpha", "alpha", "plain"),
    Shown("omega", "omega", "plain"),
    Shown("split_half", "split half", "plain"),
    Shown("role_share", "share due to roles", "share"),
    Shown("state_share", "… to conditions", "share"),
    Shown("item_share", "… to items", "share"),
    Shown("rest_share", "… to the rest", "share"),
    Shown("none, because", "none, because"),
)
Odd = tuple[str, How, Callable[[float], bool], str]
ODD: tuple[Odd, ...] = (
    (
        "option_mass", "share", lambda mass: mass < 0.8,
        "Only {} of the probability lay on the options ({}): the model would rather have said "
        "something else.",
    ),
    (
        "unread", "share", lambda unread: unread > 0.05,
        "{} of the answers could not be read ({}): scores are those of the rest.",
    ),
    (
        "constant_roles", "share", lambda constant: constant > 0.2,
        "{} of the roles gave one answer to everything ({}).",
    ),
    (
        "acquiescence", "signed", lambda agrees: abs(agrees) > 0.2,
        "The model leans towards yes (above 0) or no whatever it is asked, by {} ({}).",
    ),
)  # fmt: skip


def quality_section(run: RunFolder) -> Section:
    """Return how the model answered."""
    if not run.has(STYLE):
        return QUALITY.absent("The answers were not scored yet.", RUN_AGAIN)
    frame = _named(run, run.table(STYLE))
    return QUALITY.section(
        charts=(_bars(frame),), tables=_tables(run, frame), caveats=_caveats(frame)
    )


def _named(run: RunFolder, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which conditions have their names."""
    own = [cell(each) or "" for each in frame["condition"]]  # empty where nothing is settled
    return frame.assign(condition=[run.conditions.get(str(name), str(name)) for name in own])


def _bars(frame: pd.DataFrame) -> RowChart:
    """Return the first conditions as bars."""
    rows = [
        Row(
            name=str(row["condition"]),
            points=tuple(
                None if number(row.get(name)) is None else Point(middle=number(row[name]))
                for name, _, _ in BARS
            ),
        )
        for row in frame.head(MOST).to_dict(orient="records")
    ]
    return RowChart(
        title="How the model answers, by condition.",
        alt="Bars from 0 to 1; the table below holds the same numbers.",
        axis="share, or doubt from 0 to 1",
        series=tuple(
            Series(name=title, shape="bar", ink=ink)  # type: ignore[arg-type]
            for _, title, ink in BARS
        ),
        rows=tuple(rows),
        sources=(source(STYLE),),
    )


def _tables(run: RunFolder, frame: pd.DataFrame) -> list[Table]:
    """Return what is known of style, of what was not read, and of agreement between items."""
    found = [table_of(frame, STYLES, STYLE, caption="How the model answers")]
    if any(each.name in frame and frame[each.name].notna().any() for each in BIASES[1:]):
        found.append(
            table_of(
                frame,
                BIASES,
                STYLE,
                caption="What moves answers besides values",
                note="What was not varied (an order, a set of labels) cannot be told and is left "
                "out.",
            )
        )
    if run.has(UNREAD):
        found += _unread(_named(run, run.table(UNREAD)))
    if run.has(RELIABILITY):
        agreement = run.table(RELIABILITY)
        caption = "Agreement between the items of a value, nothing settled"
        found.append(table_of(agreement, AGREEMENT, RELIABILITY, caption=caption))
    return found


def _unread(frame: pd.DataFrame) -> list[Table]:
    """Return why answers could not be read, where some could not."""
    if frame.empty:
        return []
    shown = (
        Shown("condition", "condition"),
        Shown("reason", "reason"),
        Shown("n", "answers", "count"),
        Shown("share", "share", "share"),
    )
    return [table_of(frame, shown, UNREAD, caption="Answers that could not be read")]


def _caveats(frame: pd.DataFrame) -> list[Sentence]:
    """Return what in the answers should make a reader careful."""
    found: list[Sentence] = []
    for row in frame.to_dict(orient="records"):
        for name, how, is_odd, words in ODD:
            seen = number(row.get(name))
            if seen is not None and is_odd(seen):
                found.append(say(words, num(seen, how, STYLE, name), str(row["condition"])))
    return found
