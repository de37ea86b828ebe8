"""report.html: a report set as one page that loads nothing and runs nothing of its own.

Templates escape everything; the style sheet and nothing else is put in as it is, and the policy of
the page knows it by digest. Guarantee: the same report gives the same bytes; every number is the
text of a link to its file and carries its whole value; a viewer stands in a frame that has no way
to the page or to a network.
"""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from causalvalues.report.study_report.charts import Chart, CircleChart, NetworkChart
from causalvalues.report.study_report.circle_drawing import draw_circles, groups_of
from causalvalues.report.study_report.document import StudyReport, Table
from causalvalues.report.study_report.drawing import Drawing, n
from causalvalues.report.study_report.network_drawing import draw_network
from causalvalues.report.study_report.part import Source
from causalvalues.report.study_report.policy import policy
from causalvalues.report.study_report.row_drawing import draw_rows
from causalvalues.report.study_report.wording import address, shown, told

__all__ = ["page_of_report"]

HERE = Path(__file__).parent
VIEWER_IN = "graph"  # the section that the viewer stands in
VIEWER_FILE = "viewer.html"  # beside the report


def page_of_report(report: StudyReport, *, viewer_html: str | None = None) -> str:
    """Return the whole page; `viewer_html` is a page of its own that is shown inside."""
    style = (HERE / "report.css").read_text("utf-8")
    marks = {file: place for place, file in enumerate(report.files(), start=1)}
    return (
        _templates()
        .get_template("report.html.jinja")
        .render(
            report=report,
            style=Markup(style),
            policy=policy(style, viewer_html),
            viewer=viewer_html,
            viewer_in=VIEWER_IN,
            viewer_file=VIEWER_FILE,
            marks=marks,
            mark_of=partial(_mark_of, marks),
        )
    )


@cache
def _templates() -> Environment:
    """Return the templates, all of which escape."""
    found = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = {"shown": shown, "address": address, "told": told, "n": n, "drawings": _drawings}
    found.filters.update(filters)
    found.filters |= {"groups": _groups, "numeric": _numeric}
    found.tests["numeric"] = _is_numeric
    return found


def _drawings(chart: Chart) -> tuple[Drawing, ...]:
    """Return the drawings of a chart; only a circle has several."""
    if isinstance(chart, CircleChart):
        return draw_circles(chart)
    return (draw_network(chart) if isinstance(chart, NetworkChart) else draw_rows(chart),)


def _groups(chart: Chart) -> dict[str, str]:
    """Return the letters of a circle's groups; nothing for other charts."""
    return groups_of(chart) if isinstance(chart, CircleChart) else {}


def _numeric(table: Table) -> set[int]:
    """Return the columns of a table that hold numbers and no text."""
    return {
        place
        for place, column in enumerate(table.columns)
        if column.how not in ("text", "yes", "file")
        and not any(isinstance(row[place], str) for row in table.rows)
    }


def _is_numeric(cell: object) -> bool:
    """Return whether a cell holds a number."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _mark_of(marks: Mapping[str, int], source: Source) -> int:
    """Return the number that a file has among the sources."""
    return marks[source.file]
