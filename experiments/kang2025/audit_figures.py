"""Three figures per model: the graph with its support, edges against chance, table 2."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues import ValueGraph
from causalvalues.report.figure_checks import same_rows
from causalvalues.report.figure_manifest import NamedCheck, Source
from causalvalues.report.figures import in_house_style, new_figure, save_figure
from causalvalues.report.graph_drawing import circle_layout, draw_graph, edge_numbers

__all__ = ["draw_edges_against_chance", "draw_support", "draw_table_2", "expected_less_unexpected"]

TITLE = {"gemma": "Gemma-2B-IT", "llama": "Llama3-8B-IT"}
BLUE, ORANGE, GREY, LIGHT = "#0072B2", "#D55E00", "#999999", "#cccccc"
COMPARISONS = {
    "prompt_ours": "prompt, found graph",
    "prompt_refs": "prompt, hand-made graph",
    "sae_ours": "SAE, found graph",
    "sae_refs": "SAE, hand-made graph",
}
Findings = Mapping[str, object]


@in_house_style
def draw_support(out: Path, model: str, source: Source) -> list[Path]:
    """Return the files of the graph, an edge's opacity being its support by role."""
    graph = ValueGraph.from_json(source.inputs[0])
    figure, (axis,) = new_figure(height=5.1, page="double")
    title = f"{TITLE[model]}: PC as published, {graph.n_edges} edges, opacity = support by role"
    draw_graph(axis, graph, circle_layout(graph.names), title=title)
    numbers = edge_numbers(graph)
    gaps = {"effect": "effects of this graph were not estimated"}
    return save_figure(figure, out / f"figure_graph_{model}", numbers, source, gaps=gaps)


@in_house_style
def draw_edges_against_chance(
    out: Path, model: str, findings: Findings, source: Source
) -> list[Path]:
    """Return the files of the number of edges beside what block permutations give."""
    table = source.inputs[0]
    frame = pd.read_csv(table)
    observed = int(frame.observed_edges.iloc[0])
    figure, (axis,) = new_figure(height=2.6, page="single")
    axis.bar(frame.edges, frame.permutations, width=1, color=LIGHT, label="shuffled role blocks")
    axis.axvline(observed, color=ORANGE, lw=2, ls="--", label=f"found: {observed}")
    axis.set_xlabel("edges that PC returns")
    axis.set_ylabel("permutations")
    axis.set_title(f"{TITLE[model]}, p = {findings['p_value']:#.2g}")
    figure.legend(loc="outside lower center", ncols=2)
    return save_figure(
        figure, out / f"figure_edges_{model}", frame, source, checks=[same_rows(frame, table)]
    )


def expected_less_unexpected(findings: Mapping[str, list[Findings]]) -> pd.DataFrame:
    """Return table 2's differences: as published, by chance, and over all roles."""
    names = ("table_2_against_chance", "table_2_over_all_roles")
    published, everyone = (pd.DataFrame(findings[name]) for name in names)
    return published.merge(everyone, on="comparison", suffixes=("", "_all_roles"))


@in_house_style
def draw_table_2(out: Path, model: str, frame: pd.DataFrame, source: Source) -> list[Path]:
    """Return the files of expected minus unexpected: as published, by chance, over all roles."""
    figure, (axis,) = new_figure(height=2.7, page="double")
    rows = np.arange(len(frame))
    axis.axvline(0, color="#bbbbbb", lw=0.8)
    axis.plot(frame.difference, rows, "o", color=BLUE, label="as published, one baseline role")
    axis.plot(frame.difference_by_chance, rows, "x", color=GREY, label="same graph, other names")
    axis.errorbar(
        frame.difference_all_roles, rows + 0.22, xerr=frame.sd_over_roles, fmt="s", color=ORANGE,
        ms=4, mfc="white", label="every role as the baseline, ± 1 sd",
    )  # fmt: skip
    text = [
        f"{COMPARISONS[str(r.comparison)]}\n"
        f"p = {r.p_difference:#.2g}, over all roles {r.p_difference_all_roles:#.2g}"
        for r in frame.itertuples()
    ]
    axis.set_yticks(rows, text)
    axis.set_ylim(len(frame) - 0.5, -0.5)
    axis.set_xlabel("changes inside the graph − changes outside it")
    axis.set_title(f"{TITLE[model]}: expected minus unexpected side effects")
    figure.legend(loc="outside lower center", ncols=3, handlelength=1.2)
    check = NamedCheck(
        name="a row for each of the four comparisons",
        passed=list(frame.comparison) == list(COMPARISONS),
        found=", ".join(frame.comparison),
    )
    return save_figure(figure, out / f"figure_table2_{model}", frame, source, checks=[check])
