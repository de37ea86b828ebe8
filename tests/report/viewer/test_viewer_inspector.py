"""Pointing at an edge or a value says what is known of it; the keyboard does the same."""

from collections.abc import Callable
from typing import Any

import pytest
from shell_pages import along, on_screen, small_page, spots, started


def point_at(page: Any, place: tuple[float, float]) -> str:
    """Move the mouse to a place of the drawing and return what the inspector says."""
    page.mouse.move(*on_screen(page, (place[0] + 60, place[1] + 60)))
    page.mouse.move(*on_screen(page, place), steps=3)
    page.wait_for_timeout(60)
    return str(page.inner_text("#inspector"))


def hover_edge(page: Any, first: tuple[float, float], second: tuple[float, float]) -> str:
    """Point about the middle of an edge, which is a little curved, until the edge answers."""
    for aside in (0, 6, -6, 10, -10, 14, -14, 18, -18):
        x, y = along(first, second, 0.45)
        said = point_at(page, (x + aside, y))
        if "%" in said:
            return said
    raise AssertionError("no edge there")


def test_pointing_at_an_edge_tells_its_support_its_direction_and_its_effect(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    places = spots(page)
    said = hover_edge(page, places["care"], places["fame"])
    assert "care raises fame" in said
    assert "found in 90 % of resamples" in said
    assert "this direction in 72 %" in said
    assert "direction open in 18 %" in said
    assert "effect +0.40 (could be +0.30 to +0.50) per unit, IDA" in said
    said = hover_edge(page, places["order"], places["thrill"])
    assert "order lowers thrill" in said
    assert "effect −0.20 (could be −0.30 to −0.10)" in said


def test_pointing_at_a_value_tells_what_it_means_and_how_it_was_asked(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    places = spots(page)
    said = point_at(page, places["care"])
    for part in (
        "Wanting care above all.",
        "reliability (alpha) 0.81",
        "mean 1.25 ± 0.50",
        "asked by 4 items",
        "Item 1 about care",
    ):
        assert part in said
    page.mouse.click(*on_screen(page, places["care"]))
    page.locator("#inspector summary").click()
    items = page.locator("#inspector li").all_inner_texts()
    assert [text.split()[-1] for text in items] == ["for", "for", "for", "against"]


def test_when_the_pointer_leaves_what_was_chosen_is_told_again(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    places = spots(page)
    page.mouse.click(*on_screen(page, places["order"]))
    assert "Wanting care" in point_at(page, places["care"])
    page.mouse.move(*on_screen(page, (4, 4)), steps=3)
    page.wait_for_timeout(60)
    assert "Wanting order above all." in page.inner_text("#inspector")


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ("calm", ["care and calm: which acts on which is open", "order o→ calm: an end is open"]),
        ("thrill", ["order lowers thrill", "a hidden cause stands behind both"]),
    ],
)
def test_the_keyboard_reaches_every_edge_of_a_value(
    open_page: Callable[..., Any], node: str, says: list[str]
) -> None:
    page = started(open_page(small_page()))
    page.focus("#network")
    page.keyboard.press("Home")
    while page.get_attribute("#focus-ring", "data-node") != node:
        page.keyboard.press("PageDown")
    told = []
    for _ in says:
        page.keyboard.press("e")
        told.append(page.inner_text("#inspector"))
    assert all(any(part in each for each in told) for part in says)
