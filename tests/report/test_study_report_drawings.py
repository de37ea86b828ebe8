"""Drawings of a report: everything lies inside its frame, and where its number says."""

import re
from itertools import pairwise

import pytest
from made_report import made_report

from causalvalues.report.study_report.charts import (
    CircleChart,
    NetworkChart,
    Outline,
    Point,
    Row,
    RowChart,
    Series,
    Spoke,
)
from causalvalues.report.study_report.circle_drawing import draw_circles
from causalvalues.report.study_report.drawing import Drawing, ticks
from causalvalues.report.study_report.network_drawing import draw_network
from causalvalues.report.study_report.part import Source
from causalvalues.report.study_report.row_drawing import draw_rows

SOURCES = (Source(file="a.csv"),)


def places_of(drawing: Drawing) -> list[tuple[float, float]]:
    """Where paths begin, and where labels stand."""
    starts = [re.match(r"M(-?[\d.]+) (-?[\d.]+)", stroke.path) for stroke in drawing.strokes]
    found = [(float(start[1]), float(start[2])) for start in starts if start]
    return found + [(label.x, label.y) for label in drawing.labels]


def rows_of(*numbers: float | None) -> RowChart:
    rows = tuple(
        Row(name=f"value {at}", points=(None if n is None else Point(middle=n),))
        for at, n in enumerate(numbers)
    )
    return RowChart(
        title="", alt="", axis="change", series=(Series(name="n"),), rows=rows, sources=SOURCES
    )


def circle_of(*means: float | None) -> CircleChart:
    return CircleChart(
        title="",
        alt="",
        spokes=tuple(Spoke(name=f"value {at}", group="ab"[at % 2]) for at in range(len(means))),
        outlines=(Outline(name="all", means=means),),
        sources=SOURCES,
    )


def test_everything_lies_inside_its_frame() -> None:
    for section in made_report("a rather long name of a value indeed").sections:
        for chart in section.charts:
            if isinstance(chart, CircleChart):
                drawings = draw_circles(chart)
            elif isinstance(chart, NetworkChart):
                drawings = (draw_network(chart),)
            else:
                drawings = (draw_rows(chart),)
            for drawing in drawings:
                for x, y in places_of(drawing):
                    assert -1 <= x <= drawing.width + 1
                    assert -1 <= y <= drawing.height + 1


def test_a_larger_number_stands_further_right() -> None:
    drawing = draw_rows(rows_of(-0.3, 0.1, 0.9))
    marks = [stroke for stroke in drawing.strokes if stroke.title]
    lefts = [float(re.match(r"M(-?[\d.]+)", stroke.path)[1]) for stroke in marks]  # type: ignore[index]
    assert all(before < after for before, after in pairwise(lefts))


def test_what_is_missing_is_not_drawn() -> None:
    drawn = [stroke for stroke in draw_rows(rows_of(0.2, None)).strokes if stroke.title]
    assert len(drawn) == 1
    (whole,), (broken,) = (draw_circles(circle_of(0.1, each, 0.3)) for each in (0.2, None))
    assert sum("area" in stroke.css for stroke in whole.strokes) == 1
    assert not any("area" in stroke.css for stroke in broken.strokes)
    assert sum(stroke.css.startswith("solid") for stroke in broken.strokes) == 2


@pytest.mark.parametrize("means", [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (-1e-9, 1e-9, 0.0)])
def test_numbers_without_any_spread_are_drawn(means: tuple[float, ...]) -> None:
    (drawing,) = draw_circles(circle_of(*means))
    assert "nan" not in "".join(stroke.path for stroke in drawing.strokes)
    assert draw_rows(rows_of(*means)).strokes


def test_ticks_are_round_and_few() -> None:
    assert ticks(-0.32, 0.71) == [-0.25, 0, 0.25, 0.5]
    assert ticks(0, 100) == [0, 20, 40, 60, 80, 100]
    assert len(ticks(0, 0)) >= 1


def test_the_same_chart_gives_the_same_drawing() -> None:
    assert draw_circles(circle_of(0.1, 0.2, 0.3)) == draw_circles(circle_of(0.1, 0.2, 0.3))
