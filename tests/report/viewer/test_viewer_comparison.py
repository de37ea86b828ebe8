"""Two graphs side by side, by the rules of `causalvalues compare`: counts, lists, drawing."""

from collections.abc import Callable
from typing import Any

import numpy as np
from shell_pages import started

from causalvalues.discovery.compare import Change, compare
from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.report.viewer import document_of, page_of

NAMES = tuple("abcdefg")
ENDS = [(-1, 1), (1, -1), (-1, -1), (1, 1), (2, 1), (1, 2), (2, 2), (2, -1)]
KINDS = ("same", "added", "removed", "reversed", "remarked")
LISTS = """() => Object.fromEntries([...document.querySelectorAll(".changes")].map((list) =>
  [list.dataset.change, [...list.querySelectorAll("button")].map((each) => each.innerText)]))"""


def random_marks(seed: int, names: tuple[str, ...] = NAMES) -> ValueGraph:
    random = np.random.default_rng(seed)
    marks = np.zeros((len(names), len(names)), np.int8)
    for i, j in np.argwhere(np.triu(np.ones_like(marks), k=1)):
        if random.uniform() < 0.5:
            marks[i, j], marks[j, i] = ENDS[random.choice(len(ENDS), p=[0.3, 0.3, *[0.4 / 6] * 6])]
    return ValueGraph(names=names, marks=marks)


def in_words(edge: Edge) -> str:
    """Return an edge as the page writes it."""
    plain = {"directed": "→", "undirected": "—", "bidirected": "↔"}
    left, right = {-1: "—", 1: "←", 2: "o"}, {-1: "—", 1: "→", 2: "o"}
    mixed = left[edge.mark_first] + right[edge.mark_second]
    return f"{edge.first} {plain.get(edge.kind, mixed)} {edge.second}"


def row_of(change: Change) -> str:
    """Return a change as the page lists it."""
    if change.kind in ("reversed", "remarked"):
        assert change.found is not None
        assert change.other is not None
        return f"{in_words(change.found)}; there {in_words(change.other)}"
    edge = change.found or change.other
    assert edge is not None
    return in_words(edge)


def test_what_the_page_finds_equals_the_table_of_compare_on_random_graphs(
    open_page: Callable[..., Any],
) -> None:
    found = random_marks(0)
    others = {f"other {seed}": random_marks(seed) for seed in range(1, 9)}
    others["shuffled"] = random_marks(9, tuple("gcfabed"))
    others["the same"] = found
    page = started(open_page(page_of(document_of(found, others=others))))
    for name, other in others.items():
        page.select_option("#against", label=name)
        told = page.evaluate(LISTS)
        table = compare(found, other, n_relabellings=0, adjustment=False).edge_table()
        expected = {kind: sorted(map(row_of, changes)) for kind, changes in table.items()}
        if name != "shuffled":  # there an undirected edge may be told from its other end
            assert {kind: sorted(told.get(kind, [])) for kind in KINDS} == expected
        counts = {kind: len(rows) for kind, rows in expected.items()}
        boxes = page.locator(".count-box").all()
        shown = {box.get_attribute("data-change"): box.get_attribute("data-count") for box in boxes}
        assert shown == {kind: str(count) for kind, count in counts.items()}
        shares = f"{counts['same']} of {sum(counts.values())} edges are the same"
        assert shares in page.inner_text("#comparison")


def test_values_that_only_one_graph_has_are_left_out_by_name(open_page: Callable[..., Any]) -> None:
    found = ValueGraph.from_edges("abc", [("a", "b"), ("b", "c")])
    other = ValueGraph.from_edges("abx", [("b", "a"), ("a", "x")])
    page = started(open_page(page_of(document_of(found, others={"other": other}))))
    page.select_option("#against", label="other")
    table = compare(found, other, on="common", n_relabellings=0, adjustment=False).edge_table()
    assert page.evaluate(LISTS) == {"reversed": [row_of(table["reversed"][0])]}
    assert "Left out, as only one of the graphs has them: c, x." in page.inner_text("#comparison")


def test_the_drawing_shows_the_differences_and_the_legend_names_them(
    open_page: Callable[..., Any],
) -> None:
    found = ValueGraph.from_edges("abcd", [("a", "b"), ("b", "c"), ("c", "d")])
    other = ValueGraph.from_edges("abcd", [("a", "b"), ("c", "b"), ("a", "d")])
    page = started(open_page(page_of(document_of(found, others={"human": other}))))
    canvas = page.locator("#network canvas")
    before = canvas.screenshot()
    page.select_option("#against", label="human")
    page.wait_for_timeout(80)
    assert canvas.screenshot() != before
    assert page.get_attribute("#tab-comparison", "aria-selected") == "true"
    assert page.inner_text("#shown-count") == "4 of 4 edges shown"
    legend = page.inner_text("#legend")
    assert "Beside human" in legend
    for name in ("same in both", "only here", "only there", "turned round", "marked otherwise"):
        assert name in legend
    page.locator(".changes[data-change=reversed] button").click()
    assert "b acts on c" in page.inner_text("#inspector")
    assert "turned round" in page.inner_text("#inspector")
    page.select_option("#against", label="nothing")
    page.wait_for_timeout(80)
    assert "Beside" not in page.inner_text("#legend")


def test_any_two_graphs_of_the_page_can_stand_beside_each_other(
    open_page: Callable[..., Any],
) -> None:
    first, second = random_marks(21), random_marks(22)
    page = started(
        open_page(page_of(document_of(random_marks(20), others={"one": first, "two": second})))
    )
    page.select_option("#graph", label="one")
    page.select_option("#against", label="two")
    table = compare(first, second, n_relabellings=0, adjustment=False).edge_table()
    told = page.evaluate(LISTS)
    for kind in KINDS:
        assert sorted(told.get(kind, [])) == sorted(map(row_of, table[kind]))
    page.select_option("#graph", label="two")
    assert page.input_value("#against") == ""
