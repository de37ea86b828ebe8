"""Figures of what comes back: recovery by number of roles; the planted graph beside the found."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from causalvalues.discovery.graph import ValueGraph
from causalvalues.organism.world import planted_world
from causalvalues.report.figure_checks import same_rows
from causalvalues.report.figure_manifest import Source
from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.report.graph_drawing import (
    circle_layout,
    draw_against,
    draw_graph,
    edge_numbers,
)
from causalvalues.values import schwartz10

__all__ = ["draw_planted_and_found", "draw_recovery"]

PANELS = (  # measure, with interventions, title
    ("adjacency_f1", False, "skeleton F1,\nroles alone"),
    ("adjacency_f1", True, "skeleton F1,\nwith interventions"),
    ("arrow_precision", True, "arrow precision,\nwith interventions"),
)
MODELS = {  # colour, marker, and how far beside the number of roles
    "organism/gemma": ("#0072B2", "o", 0.96),
    "organism/llama": ("#D55E00", "s", 1.04),
    "no mistakes": ("#777777", "D", 1.0),
}
DASHES = {"pc": "-", "ges": ":"}
READING = (
    "An arrow stands for an effect, a line for an effect\n"
    "whose direction stays open. Opacity is support:\n"
    "the share of resamples that have the edge."
)


@in_house_style
def draw_recovery(table: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of the figure: two measures, with and without interventions."""
    points = pd.read_csv(table)
    figure, axes = new_figure(n_columns=3, height=2.9, page="double")
    for axis, (name, with_contexts, title) in zip(axes, PANELS, strict=True):
        _panel(axis, points[points.interventions == with_contexts], name)
        axis.set_title(title)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return save_figure(figure, stem, points, source, checks=[same_rows(points, table)])


def _panel(axis: Axes, points: pd.DataFrame, name: str) -> None:
    """Draw one measure of every model and search, mean and 95 % of draws."""
    for search, dash in DASHES.items():
        for model, (colour, marker, beside) in MODELS.items():
            rows = points[(points.model == model) & (points.search == search)]
            middle = rows[name]
            axis.errorbar(
                rows.n_roles * beside, middle,
                yerr=[middle - rows[f"{name}_low"], rows[f"{name}_high"] - middle],
                color=colour, ls=dash, marker=marker, ms=3.5, lw=1.1, elinewidth=0.7,
                mfc=colour if search == "pc" else "white",
                label=f"{model.removeprefix('organism/').capitalize()}, {search.upper()}",
            )  # fmt: skip
    roles = sorted(points.n_roles.unique())
    axis.set_xscale("log")
    axis.set_xticks(roles, [f"{n:,}" for n in roles])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_ylim(0, 1.03)
    axis.set_xlabel("roles")


@in_house_style
def draw_planted_and_found(graph: Path, stem: Path, source: Source) -> list[Path]:
    """Return the files of the planted graph, the found one, and one against the other."""
    found = ValueGraph.from_json(graph).only("value")
    truth, system = planted_world().truth(as_class=False), schwartz10()
    places = circle_layout(system.names, [value.angle_in_degrees for value in system.values])
    figure, axes = new_figure(n_rows=2, n_columns=2, height=2.75, page="double")
    draw_graph(axes[0], truth, places, title="planted")
    draw_graph(axes[1], found, places, title="found")
    draw_against(axes[2], found, truth, places, title="found against planted")
    axes[3].set_axis_off()
    axes[3].text(0.06, 0.62, READING, va="top", linespacing=1.7, transform=axes[3].transAxes)
    gaps = {
        "support": "an edge that was not found has none",
        "effect": "an edge that was not found has none",
    }
    return save_figure(figure, stem, edge_numbers(found, truth), source, gaps=gaps)
