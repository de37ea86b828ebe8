"""The tables under the drawing: the same edges and values, sorted, filtered, chosen by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from leaving_pages import full_graph

from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer import Background, document_of, page_of

GRAPH = full_graph()
HEADS = "#table thead th"


def shown(open_page: Callable[..., Any], fragment: str = "", **options: Any) -> Any:
    """The page of a graph beside another."""
    others = {"the other": full_graph(seed=5)}
    return open_page(page_of(document_of(GRAPH, others=others, **options)), fragment=fragment)


def names_of(page: Any) -> list[str]:
    """The first cells of the rows."""
    return page.locator("#table tbody th").all_inner_texts()  # type: ignore[no-any-return]


def numbers_in(page: Any, column: int) -> list[float]:
    """The numbers of a column, with all their digits; what is not known is left out."""
    cells = page.locator(f"#table tbody td:nth-child({column})").all()
    told = [cell.get_attribute("data-value") for cell in cells]
    return [float(each) for each in told if each is not None]


def sentence(edge: Any) -> str:
    """An edge as the page writes it."""
    return str(edge).replace("——", "—").replace("—→", "→").replace("←→", "↔")


def test_the_table_of_edges_holds_every_edge_with_its_effect_and_its_support(
    open_page: Callable[..., Any],
) -> None:
    page = shown(open_page)
    assert names_of(page) == [sentence(edge) for edge in GRAPH.edges()]
    assert GRAPH.support is not None
    pairs = [(GRAPH.index(e.first), GRAPH.index(e.second)) for e in GRAPH.edges()]
    shares = [float(GRAPH.support.adjacent[pair]) for pair in pairs]
    assert numbers_in(page, 5) == pytest.approx(shares, rel=1e-6)
    middle = {(e.cause, e.effect): e.middle for e in GRAPH.effects}
    directed = [e for e in GRAPH.edges() if e.kind == "directed"]
    rows = {row: k for k, row in enumerate(names_of(page))}
    for edge in directed:
        row = page.locator("#table tbody tr").nth(rows[sentence(edge)])
        told = float(row.locator("td:nth-child(3)").get_attribute("data-value"))
        assert told == pytest.approx(middle[edge.first, edge.second], rel=1e-6)


def test_a_table_is_one_with_a_caption_and_scopes(open_page: Callable[..., Any]) -> None:
    page = shown(open_page, "#against=the%20other")
    for name in ("edges", "effects", "values", "compared"):
        page.locator(f"#table-tab-{name}").click()
        assert page.locator("#table table").count() == 1
        assert page.locator("#table caption").inner_text()
        assert page.locator(f"{HEADS}[scope=col]").count() == page.locator(HEADS).count() >= 4
        rows = page.locator("#table tbody tr").count()
        assert page.locator("#table tbody th[scope=row]").count() == rows > 0


def test_a_heading_sorts_and_sorts_back_and_says_so(open_page: Callable[..., Any]) -> None:
    page = shown(open_page)
    heading = page.locator("#table [data-sort=effect]")
    heading.focus()
    page.keyboard.press("Enter")
    up = numbers_in(page, 3)
    assert up == sorted(up)
    assert page.locator(f"{HEADS}[aria-sort=ascending]").inner_text().startswith("Effect")
    page.keyboard.press("Enter")  # the focus is still there
    assert numbers_in(page, 3) == sorted(up, reverse=True)
    assert page.locator(f"{HEADS}[aria-sort=descending]").count() == 1
    assert page.locator(f"{HEADS}[aria-sort=none]").count() == page.locator(HEADS).count() - 1
    page.locator("#table [data-sort=edge]").click()
    causes = [name.split(" ")[0] for name in names_of(page)]
    assert causes == sorted(causes) != [edge.first for edge in GRAPH.edges()]


def test_tables_are_filtered_as_the_drawing_is(open_page: Callable[..., Any]) -> None:
    page = shown(open_page, "#search=wealth")
    assert 0 < len(names_of(page)) < GRAPH.n_edges
    assert all("wealth" in name for name in names_of(page))
    page.locator("#table-tab-values").click()
    assert names_of(page) == ["wealth"]
    page.locator("#table-tab-effects").click()
    rows = page.locator("#table tbody tr").all_inner_texts()
    assert rows
    assert all("wealth" in row for row in rows)
    page.locator("#search").fill("")
    page.locator("#table-tab-edges").click()
    assert len(names_of(page)) == GRAPH.n_edges


def test_effects_stand_the_largest_first_with_what_they_could_be(
    open_page: Callable[..., Any],
) -> None:
    page = shown(open_page, "#table=effects")
    sizes = [abs(size) for size in numbers_in(page, 3)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == len(GRAPH.effects)


def test_choosing_a_row_chooses_its_edge_or_its_value_everywhere(
    open_page: Callable[..., Any],
) -> None:
    page = shown(open_page)
    page.locator("#table [data-row]").nth(2).focus()
    page.keyboard.press("Enter")
    assert page.locator("#table tr[aria-current=true]").count() == 1
    edge = list(GRAPH.edges())[2]
    assert edge.first in page.locator("#inspector").inner_text()
    page.locator("#table-tab-values").click()
    page.locator("#table [data-row]", has_text="order").focus()
    page.keyboard.press("Space")
    assert page.locator("#table tr[aria-current=true] th").inner_text() == "order"
    assert page.locator("#inspector h2").inner_text().startswith("order")
    assert page.evaluate("document.activeElement.textContent") == "order"  # the focus stays


def test_compared_graphs_stand_side_by_side_in_a_table(open_page: Callable[..., Any]) -> None:
    page = shown(open_page, "#table=compared")
    assert "Choose a graph" in page.locator("#table").inner_text()
    page.locator("#tab-comparison").click()
    page.evaluate("location.hash = '#table=compared&against=the%20other'")
    page.locator("#table table").wait_for()
    changes = page.locator("#table tbody td:nth-child(2)").all_inner_texts()
    mine = {frozenset((e.first, e.second)) for e in GRAPH.edges()}
    theirs = {frozenset((e.first, e.second)) for e in full_graph(seed=5).edges()}
    assert len(changes) == len(mine | theirs)
    assert changes.count("only here") == len(mine - theirs)
    assert changes.count("only there") == len(theirs - mine)


def test_the_tabs_of_the_tables_are_reached_by_arrow_keys(open_page: Callable[..., Any]) -> None:
    page = shown(open_page)
    page.locator("#table-tab-edges").focus()
    for key, tab in (("ArrowRight", "effects"), ("End", "compared"), ("ArrowRight", "edges")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == f"table-tab-{tab}"
        assert page.locator(f"#table-tab-{tab}").get_attribute("aria-selected") == "true"
    assert page.locator("#tables [role=tab][tabindex='0']").count() == 1


def test_the_skip_link_leads_to_the_tables_and_leaves_the_state_alone(
    open_page: Callable[..., Any],
) -> None:
    page = shown(open_page, "#search=care")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "tables"
    page.wait_for_timeout(400)
    assert page.evaluate("location.hash") == "#search=care"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "table-tab-edges"


def test_a_long_table_shows_its_first_rows_and_all_on_request(
    open_page: Callable[..., Any],
) -> None:
    graph = full_graph(tuple(f"value {n}" for n in range(20)))
    page = open_page(page_of(document_of(graph)), fragment="#table=effects")
    assert page.locator("#table tbody tr").count() == 300
    page.locator("#table button.all").click()
    assert page.locator("#table tbody tr").count() == len(graph.effects) > 300


def test_a_graph_without_effects_support_or_edges_has_tables_that_say_so(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(page_of(document_of(ValueGraph.from_edges(("a", "b"), []))))
    assert "Edges: 0" in page.locator("#table caption").inner_text()
    page.locator("#table-tab-effects").click()
    assert "No effects" in page.locator("#table").inner_text()
    page.locator("#table-tab-compared").click()
    assert "only one graph" in page.locator("#table").inner_text()


def test_a_column_of_which_nothing_is_known_is_left_out(open_page: Callable[..., Any]) -> None:
    page = shown(open_page, "#table=values")
    assert page.locator(HEADS).all_inner_texts() == ["Value", "Group", "Arrows in", "Arrows out"]
    known = Background(mean={"care": 0.5})
    page = shown(open_page, "#table=values", background=known)
    assert "Mean" in page.locator(HEADS).all_inner_texts()


def test_on_paper_stand_drawing_legend_tables_and_caveats_and_nothing_to_press(
    open_page: Callable[..., Any],
) -> None:
    page = shown(open_page, "#theme=dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    seen = page.evaluate(
        "[...document.querySelectorAll('button, input, select, [role=tab]')]"
        ".filter((each) => each.checkVisibility()).length"
    )
    assert seen == 0
    assert page.locator("#sheet > svg g[data-part=legend]").is_visible()
    assert page.locator("#sheet table").count() == 3
    assert "What to keep in mind" in page.locator("#provenance").inner_text()
    paper = page.locator("#sheet > svg > rect").get_attribute("fill")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert paper == "#ffffff"
    assert page.locator("#sheet").count() == 0
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.pdf(format="A4").startswith(b"%PDF")
