"""A click on a value tells what follows, how surely, and by which ways."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numbered_pages import (
    CHAIN,
    chain_effects,
    chain_influence,
    chain_page,
    graph_of,
    random_influence,
    told,
)

from causalvalues import ValueGraph
from causalvalues.discovery.graph import Effect
from causalvalues.report.viewer import Influence, document_of, page_of

Open = Callable[..., Any]
ROWS = "#side-effects .bar-row"
EFFECTS = replace(CHAIN, effects=chain_effects())
SIGNED = replace(
    CHAIN,
    effects=(
        Effect("a", "b", 0.5, 0.5, 0.4, 0.6, ""),
        Effect("b", "c", 0.8, 0.8, 0.7, 0.9, ""),
        Effect("a", "c", -0.1, -0.1, -0.2, 0.0, ""),
    ),
)
TOPMOST = """(wanted) => {
  const canvas = document.querySelector("#network canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    if (wanted.every((part, place) => data[at + place] === part)) {
      const point = at / 4, scale = canvas.clientWidth / canvas.width;
      return [scale * (point % canvas.width), scale * Math.floor(point / canvas.width)];
    }
  }
}"""
PAINTED = """(wanted) => {
  const canvas = document.querySelector("#network canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (wanted.every((part, place) => Math.abs(data[at + place] - part) < 12)) count += 1;
  }
  return count;
}"""


def choose(page: Any, name: str) -> None:
    """Choose a value in the panel."""
    page.locator("#side-effects select").select_option(label=name)


def names(page: Any) -> list[str]:
    """The values of the rows, from top to bottom."""
    return [str(each) for each in page.locator(f"{ROWS} .name").all_inner_texts()]


def test_a_click_on_a_value_in_the_drawing_shows_its_side_effects(open_page: Open) -> None:
    page = open_page(chain_page())
    page.wait_for_timeout(100)
    x, y = page.evaluate(TOPMOST, [227, 232, 239])  # as values are drawn that do not change
    box = page.locator("#network canvas").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y + 8)
    chosen = page.locator("#side-effects select").input_value()
    name = CHAIN.names[int(chosen)]
    assert page.locator("#side-effects h2").inner_text() == f"If {name} is raised by 1"


def test_rows_stand_by_size_with_the_intervals_of_the_graph(open_page: Open) -> None:
    page = open_page(page_of(document_of(EFFECTS, influence=chain_influence())))
    choose(page, "a")
    assert names(page) == ["b", "c"]
    first, second = page.locator(ROWS).all()
    assert told(first) == (0.5, 0.4, 0.6)
    assert told(second) == pytest.approx((0.1, -0.3, 0.5))
    assert "+0.50" in first.inner_text()
    assert "+0.40 to +0.60" in first.inner_text()
    assert "not clear of zero" not in first.inner_text()
    assert "not clear of zero" in second.inner_text()
    assert second.locator("line.span").count() == 1  # from −0.2 to +0.4: directions are open
    assert first.locator("line.span").count() == 0
    said = page.locator("#side-effects").inner_text()
    assert "That raises b; 1 more change is not clear of zero." in said
    assert "No way leads from a to d." in said
    assert "by hand" in said


def test_without_effects_the_draws_say_what_follows_a_value_raised_by_one(open_page: Open) -> None:
    influence = random_influence(12, 26, 60, seed=5)
    page = open_page(page_of(document_of(graph_of(influence), influence=influence)))
    choose(page, "value 3")
    expected = influence.what_if({"value 3": 1.0})
    shown = {
        name: told(row) for name, row in zip(names(page), page.locator(ROWS).all(), strict=True)
    }
    assert list(shown) == sorted(shown, key=lambda name: -abs(shown[name][0]))
    for name, numbers in shown.items():
        assert numbers == pytest.approx(expected.of(name), abs=1e-9)
    silent = set(influence.names) - set(shown) - {"value 3"}
    assert all(expected.of(name) == (0.0, 0.0, 0.0) for name in silent)


def test_a_row_that_is_pointed_at_focused_or_clicked_names_its_ways(open_page: Open) -> None:
    page = open_page(chain_page())
    choose(page, "a")
    ways = page.locator("#side-effects .ways")
    assert "Point at a row" in ways.inner_text()
    row = page.locator(ROWS, has_text="c")
    row.hover()
    sentences = page.locator("#side-effects .way-list li").all_inner_texts()
    assert sentences == ["a → b → c: +0.40", "a → c: −0.10"]
    strength = page.locator("#side-effects .way-list li").first.get_attribute("data-strength")
    assert float(strength) == pytest.approx(0.5 * 0.8, abs=1e-6)
    page.mouse.move(5, 5)
    assert "Point at a row" in ways.inner_text()
    page.locator("#side-effects select").focus()
    page.keyboard.press("Tab")
    assert "The way from a to b" in ways.inner_text()
    assert page.locator(ROWS).first.get_attribute("aria-pressed") == "true"
    row.click()
    page.mouse.move(5, 5)
    assert "a → b → c: +0.40" in ways.inner_text()
    assert row.get_attribute("aria-pressed") == "true"


def test_no_row_moves_when_one_is_pointed_at(open_page: Open) -> None:
    page = open_page(chain_page(), size=(390, 844))
    choose(page, "a")
    row = page.locator(ROWS).last
    row.scroll_into_view_if_needed()
    before = row.bounding_box()
    row.hover()
    assert "a → b → c" in page.locator("#side-effects .ways").inner_text()
    assert row.bounding_box() == before


def test_the_strongest_ways_are_found_in_a_graph_with_many(open_page: Open) -> None:
    influence = random_influence(14, 40, 1, seed=8)
    page = open_page(page_of(document_of(graph_of(influence), influence=influence)))
    weights = influence.matrix()[0]
    cause = int(np.argmax((np.linalg.inv(np.eye(14) - weights) != 0).sum(axis=1)))
    choose(page, influence.names[cause])
    row = page.locator(ROWS).first
    row.focus()
    towards = int(row.get_attribute("data-node"))
    listed = [
        float(each.get_attribute("data-strength"))
        for each in page.locator("#side-effects .way-list li").all()
    ]
    strengths = sorted(walked(weights, cause, towards, 6), key=lambda each: -abs(each))[:5]
    expected = [each for each in strengths if abs(each) >= 0.05 * abs(strengths[0])]
    assert listed == pytest.approx(expected, abs=1e-9)


def walked(weights: np.ndarray, at: int, towards: int, steps: int) -> list[float]:
    """The strength of every way of at most so many steps, by trying all."""
    if at == towards:
        return [1.0]
    if not steps:
        return []
    return [
        weights[at, following] * rest
        for following in np.flatnonzero(weights[at])
        for rest in walked(weights, int(following), towards, steps - 1)
    ]


def painted(page: Any, red: int, green: int, blue: int) -> int:
    """How many points of the drawing have a colour."""
    return int(page.evaluate(PAINTED, [red, green, blue]))


def test_edges_off_the_ways_step_back_in_the_drawing(open_page: Open) -> None:
    page = open_page(page_of(document_of(SIGNED, influence=chain_influence())))
    orange = (213, 94, 0)  # a → c, and c itself, which falls
    choose(page, "a")
    page.mouse.move(5, 5)
    page.wait_for_timeout(50)
    all_ways = painted(page, *orange)
    page.locator(f"{ROWS}[data-node='1']").click()
    page.mouse.move(5, 5)
    page.wait_for_timeout(50)
    towards_b = painted(page, *orange)
    page.locator(f"{ROWS}[data-node='2']").click()
    page.wait_for_timeout(50)
    towards_c = painted(page, *orange)
    assert towards_b + 100 < min(all_ways, towards_c)


def test_a_page_without_numbers_draws_what_could_follow_and_says_that_sizes_are_unknown(
    open_page: Open,
) -> None:
    page = open_page(page_of(document_of(CHAIN)))
    choose(page, "a")
    said = page.locator("#side-effects").inner_text()
    assert "How much follows is not known" in said
    assert "causalvalues view RUN" in said
    assert page.locator(ROWS).count() == 0


def test_effects_of_one_draw_have_no_interval_and_say_so(open_page: Open) -> None:
    influence = Influence(("a", "b"), np.array([(0, 1)]), np.array([[0.5]]), "one draw, by hand")
    graph = ValueGraph.from_edges(("a", "b"), [("a", "b")])
    page = open_page(page_of(document_of(graph, influence=influence)))
    choose(page, "a")
    said = page.locator("#side-effects").inner_text()
    assert "no interval" in said
    assert "There are no intervals: one draw, by hand." in said


def test_many_values_fold_the_small_changes_away(open_page: Open) -> None:
    n = 70
    pairs = np.array([(0, place) for place in range(1, n)])
    influence = Influence(
        tuple(f"v{place}" for place in range(n)), pairs, np.linspace(1.0, 0.1, n - 1)[None]
    )
    page = open_page(page_of(document_of(graph_of(influence), influence=influence)))
    choose(page, "v0")
    assert page.locator("#side-effects summary").inner_text() == "9 smaller ones"
    assert page.locator(ROWS).count() == n - 1
