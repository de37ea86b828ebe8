"""Value graphs on paper: nodes on a circle, an edge's mark, its sign and its support visible.

Sign is colour and dash (blue solid +, orange dashed −, grey without an effect), support is
opacity, and a legend says so. Beside a planted graph, edges are the same, added, missing or turned.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE
from causalvalues.report.figures import in_house_style

__all__ = ["circle_layout", "draw_against", "draw_graph", "edge_numbers"]

Places = Mapping[str, tuple[float, float]]
POSITIVE, NEGATIVE, PLAIN = "#0072B2", "#D55E00", "#555555"
STYLES: dict[str, dict[str, Any]] = {
    "same": {"color": "#009E73", "linestyle": "-"},
    "other mark": {"color": "#E69F00", "linestyle": "-."},
    "added": {"color": "#D55E00", "linestyle": "--"},
    "missing": {"color": "#999999", "linestyle": ":"},
}
NODE_RADIUS = 0.09
LABEL_POINTS = 10  # from the middle of a node to its name, whatever the size of the drawing


def circle_layout(
    names: Sequence[str], angles_in_degrees: Sequence[float | None] | None = None
) -> dict[str, tuple[float, float]]:
    """Return places on the unit circle, clockwise from the top, in the order of the angles.

    Places are equal steps, so that values that share an angle do not share a place.
    """
    known = [a if a is not None else 0.0 for a in angles_in_degrees or range(len(names))]
    order = sorted(range(len(names)), key=lambda place: (known[place], place))
    turn = np.pi / 2 - 2 * np.pi * np.arange(len(names)) / max(len(names), 1)
    return {
        names[node]: (float(np.cos(turn[step])), float(np.sin(turn[step])))
        for step, node in enumerate(order)
    }


@in_house_style
def draw_graph(axis: Axes, graph: ValueGraph, places: Places, *, title: str = "") -> None:
    """Draw a graph with the sign of its effects and its support."""
    size = _effect_sizes(graph)
    for edge in graph.edges():
        sign = int(np.sign(size.get((edge.first, edge.second)) or 0.0))
        _draw_edge(
            axis,
            edge,
            places,
            color={1: POSITIVE, -1: NEGATIVE, 0: PLAIN}[sign],
            linestyle="--" if sign < 0 else "-",
            alpha=_opacity(graph, edge),
        )
    _draw_nodes(axis, graph.names, places, title)
    if graph.effects:
        lines = [
            Line2D([], [], color=POSITIVE, label="raises"),
            Line2D([], [], color=NEGATIVE, linestyle="--", label="lowers"),
        ]
        _legend(axis, lines)


@in_house_style
def draw_against(
    axis: Axes, found: ValueGraph, truth: ValueGraph, places: Places, *, title: str = ""
) -> None:
    """Draw a found graph beside the truth: the same edges, other marks, added, missing."""
    theirs = {frozenset((e.first, e.second)): e for e in truth.edges()}
    mine = {frozenset((e.first, e.second)): e for e in found.edges()}
    used = []
    for pair in [*mine, *(pair for pair in theirs if pair not in mine)]:
        kind = _verdict(mine.get(pair), theirs.get(pair))
        used.append(kind)
        edge = mine.get(pair) or theirs[pair]
        alpha = _opacity(found, edge) if pair in mine else 0.9
        _draw_edge(axis, edge, places, alpha=alpha, **STYLES[kind])
    _draw_nodes(axis, found.names, places, title)
    labels = {kind: f"{kind} ({used.count(kind)})" for kind in STYLES if kind in used}
    _legend(axis, [Line2D([], [], label=labels[kind], **STYLES[kind]) for kind in labels])


def edge_numbers(graph: ValueGraph, truth: ValueGraph | None = None) -> pd.DataFrame:
    """Return what a drawing shows, one row per edge: marks, support, effect, verdict."""
    theirs = {} if truth is None else {frozenset((e.first, e.second)): e for e in truth.edges()}
    size = _effect_sizes(graph)
    rows = []
    for edge in graph.edges():
        i, j = graph.index(edge.first), graph.index(edge.second)
        row: dict[str, object] = {
            "first": edge.first,
            "second": edge.second,
            "kind": edge.kind,
            "support": None if graph.support is None else graph.support.adjacent[i, j],
            "effect": size.get((edge.first, edge.second)),
        }
        if truth is not None:
            row["verdict"] = _verdict(edge, theirs.pop(frozenset((edge.first, edge.second)), None))
        rows.append(row)
    for edge in theirs.values():
        rows.append(
            {"first": edge.first, "second": edge.second, "kind": edge.kind, "verdict": "missing"}
        )
    return pd.DataFrame(rows)


def _effect_sizes(graph: ValueGraph) -> dict[tuple[str, str], float]:
    """Return the effect along each edge; where the direction is open, the larger of the two."""
    size = {(e.cause, e.effect): e.middle for e in graph.effects}
    return {
        (cause, effect): max(along, size.get((effect, cause), 0.0), key=abs)
        for (cause, effect), along in size.items()
    }


def _verdict(found: Edge | None, truth: Edge | None) -> str:
    """Return how a found edge stands to the true one."""
    if truth is None:
        return "added"
    if found is None:
        return "missing"
    return "same" if found == truth else "other mark"


def _opacity(graph: ValueGraph, edge: Edge) -> float:
    """Return the opacity of an edge: from .25 without support to 1."""
    if graph.support is None:
        return 0.95
    share = graph.support.adjacent[graph.index(edge.first), graph.index(edge.second)]
    return float(0.25 + 0.75 * min(share, 1.0))


def _draw_edge(
    axis: Axes, edge: Edge, places: Places, *, color: str, linestyle: str, alpha: float
) -> None:
    """Draw one edge with an arrow head, a bar or a circle at each end."""
    heads = ("<|" if edge.mark_first == ARROW else "") + "-"
    heads += "|>" if edge.mark_second == ARROW else ""
    start, end = np.array(places[edge.first]), np.array(places[edge.second])
    axis.add_patch(
        FancyArrowPatch(
            tuple(start),
            tuple(end),
            arrowstyle=heads,
            connectionstyle="arc3,rad=0.08",
            mutation_scale=11,
            shrinkA=9,
            shrinkB=9,
            linewidth=1.6,
            color=color,
            linestyle=linestyle,
            alpha=alpha,
            zorder=1,
        )
    )
    step = (end - start) / max(float(np.hypot(*(end - start))), 1e-9) * NODE_RADIUS * 1.6
    for mark, place in ((edge.mark_first, start + step), (edge.mark_second, end - step)):
        if mark == CIRCLE:
            axis.plot(*place, marker="o", ms=4, mfc="white", mec=color, zorder=2)


def _draw_nodes(axis: Axes, names: Sequence[str], places: Places, title: str) -> None:
    """Draw the values and their names, outside the circle so that no edge crosses them."""
    for name in names:
        x, y = places[name]
        axis.plot(x, y, marker="o", ms=13, mfc="white", mec="#333333", mew=1.2, zorder=3)
        side = "left" if x > 0.15 else "right" if x < -0.15 else "center"
        height = "bottom" if y > 0.9 else "top" if y < -0.9 else "center"
        # parse_math off: a dollar sign in a name is a dollar sign
        axis.annotate(
            _on_paper(name), (x, y), xytext=(LABEL_POINTS * x, LABEL_POINTS * y),
            textcoords="offset points", ha=side, va=height, parse_math=False, zorder=4,
        )  # fmt: skip
    axis.set(xlim=(-1.75, 1.75), ylim=(-1.35, 1.25), aspect="equal")
    axis.set_axis_off()
    axis.set_title(_on_paper(title), parse_math=False)


def _on_paper(text: str) -> str:
    """Return a text without what no font can draw, each such character as a mark of its own."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _legend(axis: Axes, lines: list[Line2D]) -> None:
    """Put a legend below the drawing."""
    axis.legend(handles=lines, loc="upper center", ncols=len(lines), bbox_to_anchor=(0.5, 0.01))
