"""Charts as data: what stands where, and the files that the numbers came from.

    CircleChart    means around the circle of values, a small circle per condition
    RowChart       marks and intervals, a row per thing
    NetworkChart   values and the edges between them

Guarantee: every row, outline and edge fits the names of its chart; nothing here knows how it is
drawn (`drawing`).
"""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from causalvalues.report.study_report.part import Part, Source

__all__ = [
    "Chart",
    "CircleChart",
    "Ink",
    "Link",
    "NetworkChart",
    "Outline",
    "Point",
    "Row",
    "RowChart",
    "Series",
    "Shape",
    "Spoke",
]

Ink = Literal["raises", "lowers", "unknown", "same", "other mark", "added", "missing", "ink"]
Shape = Literal["dot", "square", "diamond", "hollow", "tick", "bar"]
Mark = Literal[-1, 1, 2]  # of discovery.marks: tail, arrow, circle


class Spoke(Part):
    """A value around the circle, and the group that it belongs to."""

    name: str
    group: str = ""


class Outline(Part):
    """Means and spreads of one condition, a number per spoke."""

    name: str
    means: tuple[float | None, ...]
    spreads: tuple[float | None, ...] = ()


class CircleChart(Part):
    """Means of values around their circle, a small circle per condition on one scale."""

    kind: Literal["circle"] = "circle"
    title: str
    alt: str
    spokes: tuple[Spoke, ...] = Field(min_length=1)
    outlines: tuple[Outline, ...] = Field(min_length=1)  # the first is what others stand beside
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        for each in self.outlines:
            if len(each.means) != len(self.spokes) or len(each.spreads) not in (
                0, len(self.spokes),
            ):  # fmt: skip
                raise ValueError("an outline has a number per spoke")
        return self


class Series(Part):
    """One kind of mark in a chart of rows."""

    name: str
    shape: Shape = "dot"
    ink: Ink = "raises"


class Point(Part):
    """A mark with its interval; `inner` is a narrower range inside, drawn thick."""

    middle: float | None = None
    low: float | None = None
    high: float | None = None
    inner_low: float | None = None
    inner_high: float | None = None


class Row(Part):
    """A row of a chart: its name, and a point per series, None where there is none."""

    name: str
    points: tuple[Point | None, ...]
    shaded: bool = False


class RowChart(Part):
    """Marks and intervals, a row per thing, on one axis."""

    kind: Literal["rows"] = "rows"
    title: str
    alt: str
    axis: str
    nothing: float | None = 0.0  # where a line stands for no change
    series: tuple[Series, ...] = Field(min_length=1)
    rows: tuple[Row, ...] = Field(min_length=1)
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if any(len(row.points) != len(self.series) for row in self.rows):
            raise ValueError("a row has a point, or None, per series")
        return self


class Link(Part):
    """An edge as it is drawn: opacity is support where that is known."""

    first: str
    second: str
    mark_first: Mark
    mark_second: Mark
    ink: Ink
    support: Annotated[float, Field(ge=0, le=1.000001)] | None = None


class NetworkChart(Part):
    """Values on a circle, and the edges between them."""

    kind: Literal["network"] = "network"
    title: str
    alt: str
    names: tuple[str, ...] = Field(min_length=1)  # in their order around the circle
    links: tuple[Link, ...]
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not {end for each in self.links for end in (each.first, each.second)} <= set(self.names):
            raise ValueError("an edge joins values of the chart")
        return self


Chart: TypeAlias = Annotated[CircleChart | RowChart | NetworkChart, Field(discriminator="kind")]
