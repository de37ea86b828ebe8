"""What leaves the page: pictures, tables and graphs, read back by other programs."""

import csv
import io
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from leaving_pages import NAMES, exported, full_graph, path_of_export

from causalvalues.discovery.document import graph_from_text
from causalvalues.discovery.formats import read_graph_from, to_dagitty, to_dot
from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer import document_of, page_of

SVG = "{http://www.w3.org/2000/svg}"
ENDINGS = ("svg", "png", "csv", "json", "dot", "dagitty")
AWKWARD = (
    '"; } digraph x { "',
    "back\\slash",
    "back/slash",
    "two\nlines",
    "two lines",
    "&lt;b&gt; <b>",
    '=cmd|"/c calc"!A1',
    "@SUM(1)",
    "\ttab",
    "a,b;c",
    "",
    "no name",
    "\x00\x07",
    "\x7f\x85",
    "__proto__",
    "constructor",
    "\u2028line\u2029",
    "\u202eright to left",
    "\N{GRINNING FACE}",
)


def random_graph(seed: int) -> ValueGraph:
    """A graph of any marks over awkward names, with shares whose halves must round alike."""
    generator = np.random.default_rng(seed)
    names = tuple(generator.permutation(AWKWARD)[:12].tolist())
    graph = full_graph(names, seed=seed)
    assert graph.support is not None
    eighths = np.triu(generator.integers(0, 9, (12, 12)), k=1) / 8
    shares = replace(graph.support, adjacent=eighths + eighths.T, n_resamples=8)
    return replace(graph, support=shares)


def directed_only(graph: ValueGraph, *, turned: bool = False) -> ValueGraph:
    """The graph with every edge directed along the names; with `turned` the last goes back."""
    marks = np.where(np.triu(graph.marks) != 0, -1, 0)
    marks = marks + np.where(marks.T != 0, 1, 0)
    if turned:
        marks[:3, :3] = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
    return replace(graph, marks=marks.astype(np.int8))


def shown_in(open_page: Callable[..., Any], graph: ValueGraph, **options: Any) -> Any:
    """The page of a graph."""
    return open_page(page_of(document_of(graph)), **options)


@pytest.mark.parametrize("seed", range(3))
def test_dot_and_dagitty_are_letter_by_letter_what_python_writes(
    open_page: Callable[..., Any], seed: int
) -> None:
    graph = random_graph(seed)
    page = shown_in(open_page, graph)
    assert exported(page, "dot") == to_dot(graph)
    assert exported(page, "dagitty") == to_dagitty(graph)


@pytest.mark.parametrize("turned", [False, True])
def test_dagitty_is_told_whether_a_graph_has_a_circle(
    open_page: Callable[..., Any], turned: bool
) -> None:
    graph = directed_only(full_graph(seed=3), turned=turned)
    text = exported(shown_in(open_page, graph), "dagitty")
    assert text == to_dagitty(graph)
    assert text.startswith("digraph" if turned else "dag")


def test_the_json_of_an_unfiltered_page_is_the_original_graph(
    open_page: Callable[..., Any],
) -> None:
    graph = full_graph()
    back = graph_from_text(exported(shown_in(open_page, graph), "json"))
    assert (back.names, back.kinds, back.checks) == (graph.names, graph.kinds, graph.checks)
    assert np.array_equal(back.marks, graph.marks)
    assert back.manifest == graph.manifest
    assert [(e.cause, e.effect, e.method) for e in back.effects] == [
        (e.cause, e.effect, e.method) for e in graph.effects
    ]
    for name in ("low", "high", "interval_low", "interval_high"):
        mine, theirs = ([getattr(e, name) for e in g.effects] for g in (graph, back))
        np.testing.assert_allclose(theirs, mine, rtol=1e-6)
    assert graph.support is not None
    assert back.support is not None
    assert (back.support.n_resamples, back.support.unit) == (30, "cluster")
    for name in ("adjacent", "directed", "undirected", "bidirected"):
        assert np.array_equal(getattr(back.support, name), getattr(graph.support, name)), name


def test_a_filtered_json_says_that_edges_are_missing(open_page: Callable[..., Any]) -> None:
    graph = full_graph()
    page = shown_in(open_page, graph, fragment="#ends=directed&support=0.5")
    back = graph_from_text(exported(page, "json"))
    assert 0 < back.n_edges < graph.n_edges
    assert all(edge.kind == "directed" for edge in back.edges())
    assert [check.passed for check in back.checks] == [False]
    assert "found in at least 50 % of resamples" in back.checks[0].detail


def test_filters_hold_for_every_export(open_page: Callable[..., Any]) -> None:
    graph = full_graph()
    page = shown_in(open_page, graph, fragment="#search=care")
    back = graph_from_text(exported(page, "json"))
    assert exported(page, "dot") == to_dot(back)
    assert exported(page, "dagitty") == to_dagitty(back)
    rows = list(csv.DictReader(io.StringIO(exported(page, "csv"))))
    assert len(rows) == back.n_edges
    assert all("care" in (row["first"], row["second"]) for row in rows)
    picture = ElementTree.fromstring(exported(page, "svg"))
    assert len(picture.findall(f".//{SVG}g[@data-edge]")) == back.n_edges
    assert "search for “care”" in "".join(picture.itertext())


def test_the_table_of_edges_can_be_read_as_a_graph(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    graph = full_graph(NAMES, seed=1)
    source = path_of_export(shown_in(open_page, graph), "csv")
    copy = tmp_path / "edges.csv"
    copy.write_bytes(source.read_bytes())
    back = read_graph_from(copy)
    assert back.names == tuple(dict.fromkeys(n for e in back.edges() for n in (e.first, e.second)))
    for edge in back.edges():
        i, j = graph.index(edge.first), graph.index(edge.second)
        assert (graph.marks[i, j], graph.marks[j, i]) == (edge.mark_first, edge.mark_second)
    assert back.n_edges == graph.n_edges


def test_no_cell_of_a_table_starts_a_formula(open_page: Callable[..., Any]) -> None:
    names = ("=1+1", "+1", "-1", "@x", "\tx", "\rx", 'say "so", =1', "＝1", "plain")
    graph = full_graph(names)
    text = exported(shown_in(open_page, graph), "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    cells = {row[end] for row in rows for end in ("first", "second")}
    assert cells <= {*(f"'{name}" for name in names), "plain", 'say "so", =1'}
    assert not any(cell[:1] in tuple("=+-@\t\r＝") for cell in cells)
    assert text.endswith("\r\n")
    assert len(rows) == graph.n_edges


def test_the_picture_has_what_the_drawing_has_and_its_legend_and_its_origin(
    open_page: Callable[..., Any],
) -> None:
    graph = full_graph()
    page = open_page(page_of(document_of(graph, title="A <title> & more", subtitle="under it")))
    picture = ElementTree.fromstring(exported(page, "svg"))
    words = "\n".join(picture.itertext())
    assert picture.find(f"{SVG}title").text == "A <title> & more"  # type: ignore[union-attr]
    for name in graph.names:
        assert picture.find(f".//{SVG}g[@data-node='{name}']") is not None
    assert len(picture.findall(f".//{SVG}g[@data-edge]")) == graph.n_edges
    legend = picture.find(f".//{SVG}g[@data-part='legend']")
    assert legend is not None
    told = "".join(legend.itertext())
    for words_of_legend in ("raises", "lowers", "Found in", "cause to effect", "context"):
        assert words_of_legend in told
    for said in ("under it", "command discover", "0123456789ab", "every edge, no filter"):
        assert said in words
    dashed = [
        path
        for group in picture.findall(f".//{SVG}g[@data-edge]")
        for path in group.findall(f"{SVG}path")
        if path.get("stroke-dasharray")
    ]
    assert dashed  # what lowers
    assert "http" not in "".join(
        value for part in picture.iter() for key, value in part.attrib.items() if key != "xmlns"
    )


def test_a_dragged_value_stands_in_the_picture_where_it_was_dragged_to(
    open_page: Callable[..., Any],
) -> None:
    page = shown_in(open_page, ValueGraph.from_edges(("here", "there"), [("here", "there")]))

    def apart() -> float:
        picture = ElementTree.fromstring(exported(page, "svg"))
        at = [
            picture.find(f".//{SVG}g[@data-node='{name}']/{SVG}circle")
            for name in ("here", "there")
        ]
        return float(at[0].get("cx")) - float(at[1].get("cx"))  # type: ignore[union-attr,arg-type]

    before = apart()
    page.focus("#network")
    page.keyboard.press("Home")
    page.wait_for_timeout(60)
    ring = page.locator("#focus-ring").bounding_box()
    x, y = ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=4)
    page.mouse.move(x + 120, y, steps=4)
    page.mouse.up()
    assert apart() > before + 60


def test_the_png_is_the_picture_at_twice_its_size(open_page: Callable[..., Any]) -> None:
    page = shown_in(open_page, full_graph())
    picture = ElementTree.fromstring(exported(page, "svg"))
    header = path_of_export(page, "png").read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", header[16:24])
    assert (width, height) == (2 * int(picture.get("width", 0)), 2 * int(picture.get("height", 0)))


def test_the_menu_of_exports_works_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(document_of(full_graph(), title="Über ‹values› / 1")))
    page.locator("#exports > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "u-ber-values-1.csv"
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#exports").get_attribute("open") is None
    assert "saved" in page.locator("#spoken").inner_text()


def test_awkward_names_leave_every_export_whole(open_page: Callable[..., Any]) -> None:
    page = shown_in(open_page, full_graph(AWKWARD))
    for ending in ENDINGS:
        assert path_of_export(page, ending).stat().st_size > 100
    ElementTree.fromstring(exported(page, "svg"))
