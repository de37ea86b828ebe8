"""Figures are the same bytes on every run, and no name breaks them."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from causalvalues.discovery.graph import ValueGraph
from causalvalues.organism.world import planted_world
from causalvalues.report.figures import new_figure, save_figure
from causalvalues.report.graph_drawing import (
    circle_layout,
    draw_against,
    draw_graph,
    edge_numbers,
)

ODD = ("a $x^2", "<b>", "[c]", "d_e", "Ünïcode — ok", "")


def drawn(folder: Path, graph: ValueGraph) -> list[Path]:
    figure, axes = new_figure(n_columns=2)
    places = circle_layout(graph.names)
    draw_graph(axes[0], graph, places, title="a $graph")
    draw_against(axes[1], graph, graph, places, title="against itself")
    return save_figure(figure, folder / "graph v1.5", edge_numbers(graph, graph))


def test_four_files_and_the_same_bytes_twice(tmp_path: Path) -> None:
    graph = planted_world().truth()
    one, two = drawn(tmp_path / "one", graph), drawn(tmp_path / "two", graph)
    assert [p.name for p in one] == [f"graph v1.5.{kind}" for kind in ("pdf", "svg", "png", "csv")]
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in one[1].read_bytes()
    assert len(pd.read_csv(one[3])) == graph.n_edges


def test_odd_names_and_every_mark_can_be_drawn(tmp_path: Path) -> None:
    marks = np.zeros((6, 6), dtype=np.int8)
    for i, j, at_i, at_j in (
        (0, 1, -1, 1),
        (1, 2, -1, -1),
        (2, 3, 1, 1),
        (3, 4, 2, 1),
        (4, 5, 2, 2),
    ):
        marks[i, j], marks[j, i] = at_i, at_j
    paths = drawn(tmp_path, ValueGraph(names=ODD, marks=marks))
    assert all(path.stat().st_size > 100 for path in paths)


def test_the_callers_style_is_left_alone(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    drawn(tmp_path, planted_world().truth())
    assert dict(mpl.rcParams) == before


def test_values_stand_in_the_order_of_their_angles() -> None:
    places = circle_layout(("south", "north"), (180.0, 0.0))
    assert places["north"] == pytest.approx((0.0, 1.0))
    assert places["south"] == pytest.approx((0.0, -1.0))


def test_numbers_name_what_is_missing_and_what_was_added() -> None:
    truth = ValueGraph.from_edges(["a", "b", "c"], [("a", "b"), ("b", "c")])
    found = ValueGraph.from_edges(["a", "b", "c"], [("b", "a"), ("a", "c")])
    verdicts = edge_numbers(found, truth).set_index(["first", "second"])["verdict"].to_dict()
    assert verdicts == {("b", "a"): "other mark", ("a", "c"): "added", ("b", "c"): "missing"}
