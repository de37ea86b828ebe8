"""A graph of values, drawn: names on a circle, an edge's mark, its sign and its support visible.

Raising is blue and solid, lowering orange and dashed; an edge is the paler the fewer resamples
have it; an end that is open has a small circle. Guarantee: edges and names stand where
`graph_drawing.circle_layout` puts them.
"""

import math

from causalvalues.discovery.marks import ARROW, CIRCLE
from causalvalues.report.graph_drawing import circle_layout
from causalvalues.report.study_report.charts import Ink, Link, NetworkChart
from causalvalues.report.study_report.drawing import (
    LETTER,
    LINE,
    Drawing,
    Label,
    Stroke,
    broken,
    ink_class,
    line,
    n,
    ring,
)

__all__ = ["draw_network"]

RADIUS, NODE, LONGEST, BEND = 128.0, 8.0, 15, 0.07
HEAD, HALF = 10.0, 4.6
DASHED: tuple[Ink, ...] = ("lowers", "added", "missing")
WORDS: dict[Ink, str] = {
    "raises": "raises, or goes along with",
    "lowers": "lowers, or goes against",
    "unknown": "sign not known",
    "same": "as planted",
    "other mark": "planted with another mark",
    "added": "not planted",
    "missing": "planted, not found",
    "ink": "edge",
}
Place = tuple[float, float]


def draw_network(chart: NetworkChart) -> Drawing:
    """Return the drawing of a graph."""
    longest = max(len(part) for name in chart.names for part in broken(name, LONGEST))
    x, y = RADIUS + 20 + longest * LETTER, RADIUS + 2 * LINE + 14
    places = {
        name: (x + RADIUS * across, y - RADIUS * up)
        for name, (across, up) in circle_layout(chart.names).items()
    }
    strokes = [stroke for each in chart.links for stroke in _edge(each, places)]
    strokes += [Stroke(ring(*place, NODE), "node", title=name) for name, place in places.items()]
    labels = [label for name, place in places.items() for label in _name(name, place, (x, y))]
    key, words, end = _legend(chart, 2 * x, 2 * y)
    return Drawing(chart.title, chart.alt, 2 * x, end, (*strokes, *key), (*labels, *words))


def _edge(link: Link, places: dict[str, Place]) -> list[Stroke]:
    """Return a bent line, and what stands at its ends."""
    start, end = places[link.first], places[link.second]
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down) or 1.0
    bow = ((start[0] + end[0]) / 2 - down * BEND, (start[1] + end[1]) / 2 + across * BEND)
    away = [_towards(place, bow, NODE + 1.5) for place in (start, end)]
    share = 1.0 if link.support is None else min(link.support, 1.0)
    ink, opacity = ink_class(link.ink), 0.25 + 0.75 * share
    css = f"stroke edge {ink}" + " dashed" * (link.ink in DASHED)
    tips = [
        _towards(place, bow, HEAD * 0.8) if own == ARROW else place
        for place, own in zip(away, (link.mark_first, link.mark_second), strict=True)
    ]
    bent = f"{line(tips[0])}Q{n(bow[0])} {n(bow[1])} {n(tips[1][0])} {n(tips[1][1])}"
    strokes = [Stroke(bent, css, _told(link), opacity)] if length > 1 else []
    for place, own in zip(away, (link.mark_first, link.mark_second), strict=True):
        if own == ARROW:
            strokes.append(Stroke(_head(place, bow), f"solid {ink}", opacity=opacity))
        if own == CIRCLE:
            strokes.append(Stroke(ring(*_towards(place, bow, 3), 3), f"hollow {ink}"))
    return strokes


def _told(link: Link) -> str:
    """Return what an edge says when it is pointed at."""
    left = {ARROW: "←", CIRCLE: "o"}.get(link.mark_first, "—")
    right = {ARROW: "→", CIRCLE: "o"}.get(link.mark_second, "—")
    support = "" if link.support is None else f", found in {100 * link.support:.0f} % of resamples"
    return f"{link.first} {left}{right} {link.second}: {WORDS[link.ink]}{support}"


def _towards(place: Place, other: Place, far: float) -> Place:
    """Return the place that lies so far from one towards another."""
    across, down = other[0] - place[0], other[1] - place[1]
    share = far / (math.hypot(across, down) or 1.0)
    return place[0] + across * share, place[1] + down * share


def _head(tip: Place, back: Place) -> str:
    """Return the path of an arrow head."""
    foot = _towards(tip, back, HEAD)
    across, down = (tip[0] - foot[0]) / HEAD * HALF, (tip[1] - foot[1]) / HEAD * HALF
    return line(
        tip, (foot[0] - down, foot[1] + across), (foot[0] + down, foot[1] - across), closed=True
    )


def _name(name: str, place: Place, middle: Place) -> list[Label]:
    """Return a name outside the circle, so that no edge crosses it."""
    x, y = _towards(middle, place, RADIUS + NODE + 7)
    side = x - middle[0]
    anchor = "middle" if abs(side) < 12 else "start" if side > 0 else "end"
    parts = broken(name, LONGEST)
    lift = (len(parts) - 1) * (LINE - 2) * (1 - (y - middle[1]) / RADIUS) / 2
    return [
        Label(x, y + 4 - lift + at * (LINE - 2), part, anchor)  # type: ignore[arg-type]
        for at, part in enumerate(parts)
    ]


def _legend(
    chart: NetworkChart, width: float, top: float
) -> tuple[list[Stroke], list[Label], float]:
    """Return a line of each kind with its word, and where the legend ends."""
    used: list[Ink] = [ink for ink in WORDS if any(link.ink == ink for link in chart.links)]
    strokes: list[Stroke] = []
    labels: list[Label] = []
    for at, ink in enumerate(used):
        x, y = 10 + (at % 2) * width / 2, top + 8 + (at // 2) * LINE
        css = f"stroke edge {ink_class(ink)}" + " dashed" * (ink in DASHED)
        strokes.append(Stroke(line((x, y), (x + 26, y)), css))
        labels.append(Label(x + 32, y + 4, WORDS[ink], "start", "small"))
    return strokes, labels, top + 8 + math.ceil(len(used) / 2) * LINE
