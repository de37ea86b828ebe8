"""The figures of a study: the found graph, and beside it the planted one where it is known."""

from pathlib import Path

from causalvalues.discovery.graph import ValueGraph
from causalvalues.organism.world import planted_world
from causalvalues.report.figures import new_figure, save_figure
from causalvalues.report.graph_drawing import (
    circle_layout,
    draw_against,
    draw_graph,
    edge_numbers,
)
from causalvalues.study.plan import Study
from causalvalues.study.respondents import public_name
from causalvalues.values import ValueSystem

__all__ = ["draw_all"]


def draw_all(study: Study, system: ValueSystem, graph: ValueGraph, folder: Path) -> list[Path]:
    """Return the files of every figure."""
    places = circle_layout(system.names, [value.angle_in_degrees for value in system.values])
    found = graph.only("value")
    if study.truth is None:
        figure, (axis,) = new_figure(height=4.3, width=4.6)
        title = f"{public_name(study.model.name)}, opacity = support"
        draw_graph(axis, found, places, title=title)
        return save_figure(figure, folder / "found", edge_numbers(found))
    as_class = "context" not in graph.kinds
    truth = planted_world().truth(as_class=as_class)
    figure, axes = new_figure(n_columns=3, height=4.3, width=4.4)
    draw_graph(axes[0], truth, places, title="planted" + as_class * " (its equivalence class)")
    draw_graph(axes[1], found, places, title="found, opacity = support")
    draw_against(axes[2], found, truth, places, title="found against planted")
    return save_figure(figure, folder / "planted_and_found", edge_numbers(found, truth))
