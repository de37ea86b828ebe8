"""The drawing: two layouts, the same every time; nothing moves unless it is dragged."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from shell_pages import NAMES, on_screen, small_graph, small_page, small_system, spots, started

from causalvalues.report.viewer import Background, document_of, page_of


def test_two_openings_of_a_page_draw_the_same_picture(open_page: Callable[..., Any]) -> None:
    pictures = [
        started(open_page(small_page())).locator("#network canvas").screenshot() for _ in range(2)
    ]
    assert pictures[0] == pictures[1]


def test_causes_stand_above_effects_and_the_circle_has_equal_steps(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    layers = spots(page)
    assert layers["care"][1] < layers["fame"][1]
    assert layers["order"][1] < layers["thrill"][1]
    page.get_by_role("button", name="Circle", exact=True).click()
    assert page.get_by_role("button", name="Circle").get_attribute("aria-pressed") == "true"
    circle = spots(page)
    middle = [sum(place[axis] for place in circle.values()) / len(circle) for axis in (0, 1)]
    turn = {
        name: math.degrees(math.atan2(x - middle[0], middle[1] - y)) % 360
        for name, (x, y) in circle.items()
    }
    start = turn["fame"]
    order = ["fame", "care", "calm", "thrill", "order"]
    steps = [(turn[name] - start + 1) % 360 - 1 for name in order]
    assert steps == pytest.approx([0, 72, 144, 216, 288], abs=1.5)
    radii = [math.dist(place, middle) for place in circle.values()]
    assert max(radii) - min(radii) < 2
    page.get_by_role("button", name="Causes above").click()
    assert spots(page) == layers


def test_nothing_moves_until_a_value_is_dragged_and_reset_puts_it_back(
    open_page: Callable[..., Any],
) -> None:
    page = started(open_page(small_page()))
    before = spots(page)
    page.wait_for_timeout(250)
    assert spots(page) == before
    x, y = on_screen(page, before["thrill"])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y - 40, steps=4)
    page.mouse.up()
    dragged = spots(page)
    assert dragged["thrill"][0] - before["thrill"][0] == pytest.approx(30, abs=2)
    assert dragged["thrill"][1] - before["thrill"][1] == pytest.approx(-40, abs=2)
    assert {name: dragged[name] for name in NAMES[:3]} == {name: before[name] for name in NAMES[:3]}
    page.get_by_role("button", name="Reset view").click()
    assert spots(page) == before


def test_a_dragged_value_keeps_its_place_in_another_room(open_page: Callable[..., Any]) -> None:
    page = started(open_page(small_page()))
    x, y = on_screen(page, spots(page)["care"])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 90, steps=4)
    page.mouse.up()
    dragged, wide = spots(page), page.locator("#network").bounding_box()["width"]
    page.set_viewport_size({"width": 1240, "height": 900})
    page.wait_for_timeout(200)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_timeout(200)
    assert page.locator("#network").bounding_box()["width"] == wide
    for name, place in spots(page).items():
        assert place == pytest.approx(dragged[name], abs=1)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_every_value_is_drawn_inside_the_frame_and_apart_from_the_others(
    open_page: Callable[..., Any], size: tuple[int, int]
) -> None:
    page = started(open_page(small_page(), size=size))
    room = page.locator("#network").bounding_box()
    for layout in ("Causes above", "Circle"):
        page.get_by_role("button", name=layout).click()
        places = list(spots(page).values())
        assert all(15 < x < room["width"] - 15 for x, _ in places)
        assert all(15 < y < room["height"] - 25 for _, y in places)
        assert all(math.dist(a, b) > 40 for n, a in enumerate(places) for b in places[:n])


def test_the_circle_shows_the_groups_of_the_theory(open_page: Callable[..., Any]) -> None:
    system = small_system()
    grouped = system.model_copy(update={"groups": {"self": ("fame", "care"), "quiet": ("calm",)}})
    pictures = []
    for each in (system, grouped):
        page = started(open_page(page_of(document_of(small_graph(), background=Background(each)))))
        layers = page.locator("#network canvas").screenshot()
        page.get_by_role("button", name="Circle").click()
        page.wait_for_timeout(80)
        pictures.append((layers, page.locator("#network canvas").screenshot()))
    assert pictures[0][0] == pictures[1][0]
    assert pictures[0][1] != pictures[1][1]
