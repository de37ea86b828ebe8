"""Search; filters by support, mark, sign and size; which of the searches' graphs is shown."""

from collections.abc import Callable
from typing import Any

import pytest
from shell_pages import EDGES, NAMES, small_graph, small_page, started

from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer import document_of, page_of


def shown(page: Any) -> str:
    """Return how many edges the page says that it shows."""
    return str(page.inner_text("#shown-count"))


def slide(page: Any, name: str, number: float) -> None:
    """Put a slider to a number, as an arrow key would."""
    slider = page.locator(f"#least-{name}")
    slider.fill(f"{number:g}")


def test_slash_starts_a_search_and_enter_chooses_what_it_finds(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("thr")
    assert page.locator("#found button").all_inner_texts() == ["thrill"]
    assert shown(page) == "2 of 5 edges shown"
    page.keyboard.press("Enter")
    assert page.locator("#found button").get_attribute("aria-pressed") == "true"
    assert "Wanting thrill above all." in page.inner_text("#inspector")
    page.fill("#search", "wanting")
    assert len(page.locator("#found button").all()) == len(NAMES)
    page.fill("#search", "nobody has this")
    assert page.inner_text("#found") == "No value has these words."
    page.keyboard.press("Escape")
    assert page.input_value("#search") == ""
    assert shown(page) == "5 of 5 edges shown"


@pytest.mark.parametrize("least", [0.31, 0.5, 0.65, 0.95])
def test_the_slider_hides_edges_of_less_support(
    open_page: Callable[..., Any], least: float
) -> None:
    page = started(open_page(small_page()))
    slide(page, "support", least)
    kept = sum(share >= least for _, _, share in EDGES.values())
    assert shown(page) == f"{kept} of 5 edges shown"
    assert page.get_attribute("#least-support", "aria-valuetext") == f"{round(100 * least)} %"


def test_edges_are_filtered_by_their_ends_their_sign_and_their_size(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    page.get_by_label("Direction open").uncheck()
    assert shown(page) == "4 of 5 edges shown"
    page.get_by_label("Hidden common cause").uncheck()
    page.get_by_label("An end open").uncheck()
    assert shown(page) == "2 of 5 edges shown"
    page.get_by_label("Lowers").uncheck()
    assert shown(page) == "1 of 5 edges shown"
    page.get_by_role("button", name="Show all").click()
    assert shown(page) == "5 of 5 edges shown"
    slide(page, "size", 0.15)
    assert shown(page) == "2 of 5 edges shown"
    slide(page, "size", 0.25)
    assert shown(page) == "1 of 5 edges shown"
    page.get_by_role("button", name="Show all").click()
    assert page.get_by_role("button", name="Show all").is_disabled()


def test_hidden_edges_are_gone_from_the_drawing(open_page: Callable[..., Any]) -> None:
    page = started(open_page(small_page()))
    canvas = page.locator("#network canvas")
    before = canvas.screenshot()
    slide(page, "support", 0.95)
    page.wait_for_timeout(80)
    assert canvas.screenshot() != before
    slide(page, "support", 0)
    page.wait_for_timeout(80)
    assert canvas.screenshot() == before


def test_pc_ges_both_and_consensus_are_one_choice_away(open_page: Callable[..., Any]) -> None:
    def of(*edges: tuple[str, str]) -> ValueGraph:
        return ValueGraph.from_edges(NAMES, edges)

    page = started(
        open_page(
            small_page(
                searches={
                    "PC": of(("care", "fame")),
                    "GES": of(("fame", "care"), ("calm", "order")),
                },
                agreements={"both": of(), "consensus": of(("care", "fame"), ("care", "calm"))},
            )
        )
    )
    names = page.locator("#graph option").all_inner_texts()
    assert names == ["found", "PC", "GES", "both", "consensus"]
    for name, count in (("PC", 1), ("GES", 2), ("both", 0), ("consensus", 2), ("found", 5)):
        page.select_option("#graph", label=name)
        assert shown(page) == f"{count} of {count} edges shown"


def test_what_a_graph_does_not_carry_cannot_be_filtered_by(open_page: Callable[..., Any]) -> None:
    bare = ValueGraph(names=NAMES, marks=small_graph().marks)
    page = started(open_page(page_of(document_of(bare))))
    assert page.locator("#least-support").is_disabled()
    assert page.locator("#least-size").is_disabled()
    assert "no support from resamples" in page.inner_text("#filters")
