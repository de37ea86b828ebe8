"""Figures are the same bytes on every run, and no name breaks them."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import Fault
from causalvalues.organism.world import planted_world
from causalvalues.report.figure_checks import finite_or_named, same_rows
from causalvalues.report.figure_manifest import Making, NamedCheck, Source
from causalvalues.report.figures import WIDTH_BY_PAGE, Page, new_figure, save_figure
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


def told(
    folder: Path, *, page: Page | None = "single", last: float = 2.0, **how: object
) -> list[Path]:
    """The files of a line that a script draws from a table, both in a checkout of its own."""
    folder.mkdir(exist_ok=True)
    table, script = folder / "table.csv", folder / "figures.py"
    frame = pd.DataFrame({"x": [0, 1, 2], "y": [0.5, 1.0, last], "of": ["a", "b", "c"]})
    frame.to_csv(table, index=False)
    script.write_text("import json\n")
    figure, (axis,) = new_figure(height=2.0, page=page)
    axis.plot(frame.x, frame.y, label="a line")
    axis.legend(loc="upper left", bbox_to_anchor=(0, -0.3))
    source = Source(script, folder, (table,), {"draws": 3}, {"all": 7})
    return save_figure(figure, folder / "line", frame, source, **how)  # type: ignore[arg-type]


def test_a_figure_with_a_source_says_how_it_was_made_in_a_fifth_file(tmp_path: Path) -> None:
    paths = told(tmp_path / "one")
    assert [p.suffix for p in paths] == [".pdf", ".svg", ".png", ".csv", ".json"]
    made = Making.read(paths[-1])
    assert made.command == "python figures.py --draws 3"
    assert made.seeds == {"all": 7}
    assert set(made.inputs) == {"./table.csv"}
    assert set(made.outputs) == {f"./line.{kind}" for kind in ("pdf", "svg", "png", "csv")}
    assert set(made.scripts) == {"./figures.py"}
    assert {"python", "matplotlib", "pillow"} <= set(made.versions)
    assert all(check.passed for check in made.checks)


def test_how_it_was_made_is_the_same_bytes_wherever_the_checkout_lies(tmp_path: Path) -> None:
    one, two = told(tmp_path / "one"), told(tmp_path / "two")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    assert str(tmp_path) not in one[-1].read_text()
    assert "revision" not in one[-1].read_text()


@pytest.mark.parametrize("page", WIDTH_BY_PAGE)
def test_a_figure_for_a_page_is_as_wide_as_its_columns(tmp_path: Path, page: Page) -> None:
    png = next(p for p in told(tmp_path / "one", page=page) if p.suffix == ".png")
    with Image.open(png) as image:
        assert image.width == round(200 * WIDTH_BY_PAGE[page])


@pytest.mark.fault
def test_a_figure_of_another_width_has_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="wide"):
        told(tmp_path / "one", page=None)
    assert not (tmp_path / "one" / "line.manifest.json").exists()


@pytest.mark.fault
def test_a_number_that_is_missing_without_a_reason_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="1 of y: no reason"):
        told(tmp_path / "one", last=float("nan"))
    made = told(tmp_path / "two", last=float("nan"), gaps={"y": "nobody was asked"})[-1]
    assert "1 of y: nobody was asked" in made.read_text()


@pytest.mark.fault
def test_a_check_of_the_caller_that_fails_is_a_fault(tmp_path: Path) -> None:
    wrong = NamedCheck(name="it is blue", passed=False, found="red")
    with pytest.raises(Fault, match=r"it is blue.*red"):
        told(tmp_path / "one", checks=[wrong])


def test_rows_that_were_changed_on_the_way_to_the_figure_are_seen(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    frame = pd.DataFrame({"name": ["a", "b"], "is_up": [True, False], "y": [1 / 3, np.nan]})
    frame.to_csv(table, index=False)
    assert same_rows(frame, table).passed
    assert same_rows(frame.iloc[:1].assign(colour="red"), table).passed
    assert not same_rows(frame.assign(y=[0.34, np.nan]), table).passed
    assert not same_rows(frame.assign(name=["a", "c"]), table).passed
    assert not same_rows(pd.DataFrame({"other": [1]}), table).passed


def test_single_precision_is_no_change(tmp_path: Path) -> None:
    table = tmp_path / "table.parquet"
    frame = pd.DataFrame({"y": [0.12345, -1.2345]})
    frame.astype("float32").to_parquet(table)
    assert same_rows(frame, table).passed


def test_a_figure_of_nothing_passes_no_check() -> None:
    assert not finite_or_named(pd.DataFrame({"y": []}), {}).passed
