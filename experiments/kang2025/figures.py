"""Four figures per model: the graph with its support, edges against chance, table 2, held out."""

from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues import ValueGraph
from causalvalues.discovery.nulls import NullResult
from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.report.graph_drawing import circle_layout, draw_graph, edge_numbers

__all__ = ["draw_all"]

TITLE = {"gemma": "Gemma-2B-IT", "llama": "Llama3-8B-IT"}
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"


def draw_all(
    out: Path,
    model: str,
    graph: ValueGraph,
    null: NullResult,
    chance: pd.DataFrame,
    everyone: pd.DataFrame,
) -> list[Path]:
    """Return the files of every figure of one model."""
    return [
        *draw_support(out, model, graph),
        *draw_edges_against_chance(out, model, null),
        *draw_table_2(out, model, chance, everyone),
    ]


@in_house_style
def draw_support(out: Path, model: str, graph: ValueGraph) -> list[Path]:
    """Return the files of the graph, an edge's opacity being its support by role."""
    figure, (axis,) = new_figure(height=6.0, width=7.4)
    title = f"{TITLE[model]}: PC as published, {graph.n_edges} edges, opacity = support by role"
    draw_graph(axis, graph, circle_layout(graph.names), title=title)
    return save_figure(figure, out / f"figure_graph_{model}", edge_numbers(graph))


@in_house_style
def draw_edges_against_chance(out: Path, model: str, null: NullResult) -> list[Path]:
    """Return the files of the number of edges beside what block permutations give."""
    figure, (axis,) = new_figure(height=3.0, width=5.6)
    bins = np.arange(null.edges.min() - 0.5, max(null.edges.max(), null.observed_edges) + 1.5)
    axis.hist(null.edges, bins=bins, color=GREY, label="role blocks shuffled in every value")
    axis.axvline(null.observed_edges, color=ORANGE, lw=2, label=f"found: {null.observed_edges}")
    axis.set_xlabel("edges that PC returns")
    axis.set_ylabel("permutations")
    axis.set_title(f"{TITLE[model]}: edges against chance, p = {null.p_value:.2g}")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    numbers = pd.DataFrame({"edges": null.edges}).value_counts().rename("permutations")
    frame = numbers.reset_index().sort_values("edges")
    frame["observed_edges"] = null.observed_edges
    return save_figure(figure, out / f"figure_edges_{model}", frame)


@in_house_style
def draw_table_2(out: Path, model: str, chance: pd.DataFrame, everyone: pd.DataFrame) -> list[Path]:
    """Return the files of expected minus unexpected: as published, by chance, over all roles."""
    frame = chance.merge(everyone, on="comparison", suffixes=("", "_all_roles"))
    figure, (axis,) = new_figure(height=2.9, width=6.2)
    rows = np.arange(len(frame))
    axis.axvline(0, color="#bbbbbb", lw=0.8)
    axis.plot(frame.difference, rows, "o", color=BLUE, label="as published, one baseline role")
    axis.plot(frame.difference_by_chance, rows, "x", color=GREY, label="same graph, other names")
    spread = frame.sd_over_roles
    axis.errorbar(
        frame.difference_all_roles, rows + 0.18, xerr=spread, fmt="s", color=ORANGE, ms=4,
        label="every role as the baseline, ± 1 sd",
    )  # fmt: skip
    labels = {
        "prompt_ours": "prompt, found graph",
        "prompt_refs": "prompt, hand-made graph",
        "sae_ours": "SAE, found graph",
        "sae_refs": "SAE, hand-made graph",
    }
    text = [
        f"{labels[r.comparison]}\n"
        f"p = {r.p_difference:.2g}, over all roles {r.p_difference_all_roles:.2g}"
        for r in frame.itertuples()
    ]
    axis.set_yticks(rows, text)
    axis.invert_yaxis()
    axis.set_xlabel("changes inside the graph − changes outside it")
    axis.set_title(f"{TITLE[model]}: expected minus unexpected side effects")
    axis.legend(loc="upper center", bbox_to_anchor=(0.35, -0.2), ncols=2)
    return save_figure(figure, out / f"figure_table2_{model}", frame)
