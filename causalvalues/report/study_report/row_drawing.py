"""A chart of rows, drawn: names on the left, marks and intervals on one axis, a legend below.

Guarantee: every finite number of the chart lies inside the frame; rows are as high as their names
and their series need.
"""

from causalvalues.report.study_report.charts import Point, Row, RowChart, Series
from causalvalues.report.study_report.drawing import (
    LETTER,
    LINE,
    Drawing,
    Label,
    Stroke,
    broken,
    ink_class,
    legend,
    line,
    mark,
    n,
    ticks,
)

__all__ = ["draw_rows"]

WIDTH, EDGE, TOP = 440.0, 8.0, 6.0
LONGEST = 24  # letters of a name, before it is broken
PADDING = 9.0
WIDE, NARROW = 12.0, 9.0  # height of a series, where there are at most two, and more
Scale = tuple[float, float, float, float]  # numbers low and high, and where they lie


def draw_rows(chart: RowChart) -> Drawing:
    """Return the drawing of a chart of rows."""
    names = [broken(row.name, LONGEST) for row in chart.rows]
    left = EDGE + max(len(part) for parts in names for part in parts) * LETTER + 8
    scale = (*_range(chart), left, WIDTH - EDGE - 6)
    shades: list[Stroke] = []
    strokes: list[Stroke] = []
    labels: list[Label] = []
    top = TOP
    for row, parts in zip(chart.rows, names, strict=True):
        height = max(len(parts) * LINE, len(row.points) * _each(chart.series)) + PADDING
        if row.shaded:
            shades.append(Stroke(_box(0, top, WIDTH, height), "shade"))
        first = top + height / 2 - (len(parts) - 1) * LINE / 2 + 4
        labels += [Label(left - 8, first + at * LINE, part, "end") for at, part in enumerate(parts)]
        strokes += _marks(chart.series, row, top + height / 2, scale)
        top += height
    axis, numbers = _axis(chart, scale, top)
    end = top + 2 * LINE + 8
    labels += [*numbers, Label((left + scale[3]) / 2, top + 2 * LINE, chart.axis, css="small")]
    marks, words, end = legend(
        ((each.shape, each.ink, each.name) for each in chart.series), EDGE, end + 8, WIDTH
    )
    return Drawing(
        chart.title, chart.alt, WIDTH, end, (*shades, *axis, *strokes, *marks), (*labels, *words)
    )


def _each(series: tuple[Series, ...]) -> float:
    """Return the height that each series has in a row."""
    return WIDE if len(series) < 3 else NARROW


def _range(chart: RowChart) -> tuple[float, float]:
    """Return the smallest and the largest number, with some air."""
    numbers = [0.0 if chart.nothing is None else chart.nothing]
    for row in chart.rows:
        for point in row.points:
            numbers += [] if point is None else _numbers(point)
    low, high = min(numbers), max(numbers)
    air = (high - low) * 0.04 or 0.5
    return low - air, high + air


def _numbers(point: Point) -> list[float]:
    """Return the numbers of a point."""
    every = (point.middle, point.low, point.high, point.inner_low, point.inner_high)
    return [each for each in every if each is not None]


def _at(number: float, scale: Scale) -> float:
    """Return where a number lies."""
    low, high, left, right = scale
    return left + (number - low) / (high - low) * (right - left)


def _axis(chart: RowChart, scale: Scale, bottom: float) -> tuple[list[Stroke], list[Label]]:
    """Return the grid, the line of no change, and the numbers below."""
    strokes: list[Stroke] = []
    labels: list[Label] = []
    for number in ticks(scale[0], scale[1], most=6):
        x = _at(number, scale)
        strokes.append(Stroke(line((x, TOP), (x, bottom)), "grid"))
        labels.append(Label(x, bottom + LINE, f"{number:g}".replace("-", "−"), css="small"))
    if chart.nothing is not None:
        x = _at(chart.nothing, scale)
        strokes.append(Stroke(line((x, TOP), (x, bottom)), "zero"))
    return strokes, labels


def _marks(series: tuple[Series, ...], row: Row, middle: float, scale: Scale) -> list[Stroke]:
    """Return the intervals and marks of one row, a series below the other."""
    strokes: list[Stroke] = []
    for place, (each, point) in enumerate(zip(series, row.points, strict=True)):
        if point is None:
            continue
        y = middle + (place - (len(series) - 1) / 2) * _each(series)
        strokes += _interval(each, point, y, scale)
        if point.middle is None:
            continue
        x, told = _at(point.middle, scale), _told(row, each, point)
        if each.shape == "bar":
            start = _at(0.0, scale)
            box = _box(min(start, x), y - 4.5, abs(x - start), 9)
            strokes.append(Stroke(box, f"solid {ink_class(each.ink)}", told))
        else:
            strokes.append(mark(each.shape, each.ink, x, y, told))
    return strokes


def _interval(series: Series, point: Point, y: float, scale: Scale) -> list[Stroke]:
    """Return the line of an interval, and the thick one inside it."""
    pairs = ((point.low, point.high, "stroke"), (point.inner_low, point.inner_high, "stroke thick"))
    return [
        Stroke(line((_at(low, scale), y), (_at(high, scale), y)), f"{css} {ink_class(series.ink)}")
        for low, high, css in pairs
        if low is not None and high is not None
    ]


def _told(row: Row, series: Series, point: Point) -> str:
    """Return what a mark says when it is pointed at."""
    ends = [f"{each:.3g}" for each in (point.low, point.high) if each is not None]
    between = f" ({ends[0]} to {ends[1]})" if len(ends) == 2 else ""
    return f"{row.name}, {series.name}: {point.middle:.3g}{between}".replace("-", "−")


def _box(x: float, y: float, width: float, height: float) -> str:
    """Return the path of a rectangle."""
    return f"M{n(x)} {n(y)}h{n(width)}v{n(height)}h{n(-width)}Z"
