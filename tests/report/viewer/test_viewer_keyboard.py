"""Everything without a mouse: what is reached by keys can be seen, and is read out."""

from collections.abc import Callable
from typing import Any

from shell_pages import NAMES, small_page, spots, started

from causalvalues.discovery.graph import ValueGraph

FOCUSED = """() => { const at = document.activeElement, style = getComputedStyle(at);
  return { id: at.id || at.getAttribute("aria-label") || at.innerText, tag: at.tagName,
           ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 }; }"""


def spoken(page: Any) -> str:
    """Return what was read out last."""
    return str(page.inner_text("#spoken"))


def test_the_tab_key_reaches_every_control_and_each_shows_a_focus_ring(
    open_page: Callable[..., Any],
) -> None:
    other = ValueGraph.from_edges(NAMES, [("care", "fame")])
    page = started(open_page(small_page(others={"theory": other})))
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if stops[-1]["id"] == "tab-side-effects":
            break
    assert all(stop["ring"] for stop in stops)
    order = [stop["id"] for stop in stops]
    wanted = ["skip", "graph", "against", "Causes above", "Circle", "reset-view", "help"]
    wanted += ["search", "least-support", "least-size", "network", "tab-side-effects"]
    assert [stop for stop in order if stop in wanted] == wanted


def test_arrow_keys_walk_between_values_with_a_ring_and_are_read_out(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    places = spots(page)
    ring = page.locator("#focus-ring")
    page.keyboard.press("Home")
    assert ring.is_visible()
    assert ring.get_attribute("data-node") == "care"
    assert spoken(page).startswith("care. Acts on 1, is acted on by 0, 1 with an open direction")
    page.keyboard.press("ArrowDown")
    below = ring.get_attribute("data-node")
    assert places[below][1] > places["care"][1]
    page.keyboard.press("ArrowUp")
    assert places[ring.get_attribute("data-node")][1] < places[below][1]
    assert "Wanting" in page.inner_text("#inspector")
    page.keyboard.press("Tab")
    assert not ring.is_visible()


def test_enter_chooses_e_goes_through_the_edges_and_escape_lets_go(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    page.focus("#network")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert spoken(page) == "care chosen."
    assert page.input_value("#side-effects select") != ""
    page.keyboard.press("e")
    first = spoken(page)
    assert first.startswith("1 of 2: ")
    page.keyboard.press("e")
    assert spoken(page).startswith("2 of 2: ")
    page.keyboard.press("e")
    assert spoken(page) == first
    page.keyboard.press("Shift+E")
    assert spoken(page).startswith("2 of 2: ")
    page.keyboard.press("Escape")
    assert "Wanting care" in page.inner_text("#inspector")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert "Point at a value" in page.inner_text("#inspector")


def test_the_question_mark_lists_the_keys_and_slash_finds_the_search(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert dialog.is_visible()
    assert "Find a value" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.get_by_role("button", name="List of keys").click()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    page.keyboard.type("a/b?")
    assert page.input_value("#search") == "a/b?"
    assert not dialog.is_visible()


def test_arrow_keys_go_from_tab_to_tab(open_page: Callable[..., Any]) -> None:
    page = started(open_page(small_page()))
    page.focus("#tab-side-effects")
    seen = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        chosen = page.locator("#tabs [aria-selected=true]")
        assert chosen.count() == 1
        assert chosen.evaluate("tab => tab === document.activeElement && tab.tabIndex === 0")
        panel = page.locator(f"#{chosen.get_attribute('aria-controls')}")
        assert panel.is_visible()
        assert page.locator("#side > [role=tabpanel]:visible").count() == 1
        seen.append(chosen.inner_text())
    assert seen == ["What if", "Measured", "Compare", "Side effects", "Compare", "Side effects"]


def test_a_panel_without_content_says_how_to_get_it(open_page: Callable[..., Any]) -> None:
    page = started(open_page(small_page()))
    for tab, command in (("trials", "evaluate"), ("plan", "plan"), ("comparison", "--against")):
        page.click(f"#tab-{tab}")
        assert f"causalvalues {command}" in page.inner_text(f"#{tab}") or command == "--against"
        assert command in page.inner_text(f"#{tab}")
    assert page.get_attribute("html", "lang") == "en"
