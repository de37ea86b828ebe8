"""Means around the circle of values, drawn: a spoke per value, an outline per condition.

Every condition has a small circle of its own, all on one scale, the first condition beside it in
grey. Groups of values are arcs with a letter. Guarantee: every mean and spread lies on its spoke;
a value without a mean has no point, and the outline is open there.
"""

import math
from itertools import groupby

from causalvalues.report.study_report.charts import CircleChart, Outline, Spoke
from causalvalues.report.study_report.drawing import (
    LETTER,
    LINE,
    Drawing,
    Label,
    Stroke,
    broken,
    line,
    mark,
    n,
    ring,
    ticks,
)

__all__ = ["draw_circles", "groups_of"]

RADIUS, GAP, LONGEST = 104.0, 13.0, 15
Numbers = tuple[float | None, ...]


def draw_circles(chart: CircleChart) -> tuple[Drawing, ...]:
    """Return a drawing per condition."""
    return tuple(_draw(chart, outline) for outline in chart.outlines)


def groups_of(chart: CircleChart) -> dict[str, str]:
    """Return the letter of each group, in the order around the circle."""
    groups = dict.fromkeys(spoke.group for spoke in chart.spokes if spoke.group)
    return {group: chr(ord("A") + place % 26) for place, group in enumerate(groups)}


def _draw(chart: CircleChart, outline: Outline) -> Drawing:
    """Return the circle of one condition."""
    longest = max(len(part) for spoke in chart.spokes for part in broken(spoke.name, LONGEST))
    x, y = RADIUS + GAP + 8 + longest * LETTER, RADIUS + GAP + 2 * LINE + 6
    scale = _scale(chart)
    strokes, labels = _rings(chart, scale, x, y)
    arcs, letters = _groups(chart, x, y)
    strokes += arcs
    if outline is not chart.outlines[0]:
        strokes += _outline(chart.outlines[0].means, scale, x, y, "stroke dashed ink-unknown")
    strokes += _outline(outline.means, scale, x, y, "area ink-raises")
    strokes += _points(chart.spokes, outline, scale, x, y)
    labels += [*letters, *_names(chart.spokes, x, y)]
    alt = f"{outline.name}: " + "; ".join(
        f"{spoke.name} {mean:.2f}"
        for spoke, mean in zip(chart.spokes, outline.means, strict=True)
        if mean is not None
    )
    return Drawing(outline.name, alt, 2 * x, 2 * y, tuple(strokes), tuple(labels))


def _scale(chart: CircleChart) -> list[float]:
    """Return the rings' numbers: round ones that hold every mean and spread, the first inmost."""
    reach = [0.0]
    for outline in chart.outlines:
        spreads = outline.spreads or (None,) * len(outline.means)
        for mean, spread in zip(outline.means, spreads, strict=True):
            if mean is not None:
                reach += [mean - (spread or 0.0), mean + (spread or 0.0)]
    inside = ticks(min(reach), max(reach), most=4)
    step = inside[1] - inside[0] if len(inside) > 1 else (max(reach) - min(reach)) or 1.0
    first = math.floor(min(reach) / step) * step
    last = math.ceil(max(reach) / step) * step
    return [round(first + at * step, 12) for at in range(round((last - first) / step) + 1)]


def _place(
    spoke: float, number: float, count: int, scale: list[float], x: float, y: float
) -> tuple[float, float]:
    """Return where a number lies on a spoke."""
    share = (number - scale[0]) / ((scale[-1] - scale[0]) or 1.0)
    return _polar(spoke, RADIUS * (0.12 + 0.88 * share), count, x, y)


def _polar(spoke: float, radius: float, count: int, x: float, y: float) -> tuple[float, float]:
    """Return a place in the direction of a spoke, clockwise from the top."""
    turn = 2 * math.pi * spoke / count
    return x + radius * math.sin(turn), y - radius * math.cos(turn)


def _rings(
    chart: CircleChart, scale: list[float], x: float, y: float
) -> tuple[list[Stroke], list[Label]]:
    """Return the rings; that of no credit either way is drawn stronger."""
    strokes: list[Stroke] = []
    labels: list[Label] = []
    for number in scale:
        _, top = _place(0, number, 1, scale, x, y)
        strokes.append(Stroke(ring(x, y, y - top), "zero" if number == 0 else "grid"))
        across, down = _polar(0.5, y - top, len(chart.spokes), x, y)
        labels.append(Label(across, down + 3, f"{number:g}".replace("-", "−"), css="tiny"))
    return strokes, labels


def _groups(chart: CircleChart, x: float, y: float) -> tuple[list[Stroke], list[Label]]:
    """Return an arc with a letter along each run of values of one group."""
    count, letters = len(chart.spokes), groups_of(chart)
    strokes: list[Stroke] = []
    labels: list[Label] = []
    for group, run in groupby(range(count), key=lambda at: chart.spokes[at].group):
        if not group:
            continue
        places = list(run)
        first, last = places[0] - 0.42, places[-1] + 0.42
        start = _polar(first, RADIUS + 5, count, x, y)
        end = _polar(last, RADIUS + 5, count, x, y)
        r, far = n(RADIUS + 5), int(last - first > count / 2)
        arc = f"{line(start)}A{r} {r} 0 {far} 1 {n(end[0])} {n(end[1])}"
        strokes.append(Stroke(arc, "arc", title=group))
        middle = _polar((first + last) / 2, RADIUS - 6, count, x, y)
        labels.append(Label(middle[0], middle[1] + 4, letters[group], css="small letter"))
    return strokes, labels


def _outline(means: Numbers, scale: list[float], x: float, y: float, css: str) -> list[Stroke]:
    """Return the line through all means, open where one is missing."""
    count = len(means)
    if None not in means and count > 2:
        places = [_place(at, m, count, scale, x, y) for at, m in enumerate(means) if m is not None]
        return [Stroke(line(*places, closed=True), css)]
    pairs = zip(enumerate(means), enumerate((*means[1:], means[0]), start=1), strict=True)
    return [
        Stroke(
            line(_place(i, a, count, scale, x, y), _place(j, b, count, scale, x, y)),
            css.replace("area", "stroke"),
        )
        for (i, a), (j, b) in pairs
        if a is not None and b is not None
    ]


def _points(
    spokes: tuple[Spoke, ...], outline: Outline, scale: list[float], x: float, y: float
) -> list[Stroke]:
    """Return each mean with its spread along the spoke."""
    strokes: list[Stroke] = []
    count = len(spokes)
    spreads = outline.spreads or (None,) * count
    for at, (spoke, mean, spread) in enumerate(zip(spokes, outline.means, spreads, strict=True)):
        if mean is None:
            continue
        if spread is not None:
            ends = [_place(at, mean + way * spread, count, scale, x, y) for way in (-1, 1)]
            strokes.append(Stroke(line(*ends), "stroke pale ink-raises"))
        told = f"{spoke.name}: {mean:.2f}".replace(": -", ": −")
        strokes.append(mark("dot", "raises", *_place(at, mean, count, scale, x, y), told))
    return strokes


def _names(spokes: tuple[Spoke, ...], x: float, y: float) -> list[Label]:
    """Return the names around the circle."""
    labels: list[Label] = []
    for at, spoke in enumerate(spokes):
        across, down = _polar(at, RADIUS + GAP, len(spokes), x, y)
        side = across - x
        anchor = "middle" if abs(side) < 12 else "start" if side > 0 else "end"
        parts = broken(spoke.name, LONGEST)
        lift = (len(parts) - 1) * (LINE - 2) * (1 - (down - y) / RADIUS) / 2
        for place, part in enumerate(parts):
            height = down + 4 - lift + place * (LINE - 2)
            labels.append(Label(across, height, part, anchor))  # type: ignore[arg-type]
    return labels
