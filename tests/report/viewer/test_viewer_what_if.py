"""What if, in the browser: the same numbers as in Python, by slider, by number and by keyboard."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numbered_pages import (
    CHAIN,
    by_name,
    chain_influence,
    chain_page,
    graph_of,
    open_tab,
    random_influence,
    told,
)

from causalvalues.report.viewer import Background, document_of, page_of

Open = Callable[..., Any]
ROW = "#what-if li[data-node='{}']"
SETTING = """cases => cases.map((settings) => {
  document.querySelector("#what-if .panel-head button").click();
  for (const [node, by] of settings) {
    const row = document.querySelector(`#what-if li[data-node="${node}"]`);
    const number = row.querySelector("input[type=number]");
    if (by === 0) row.querySelector("button.hold").click();
    else { number.value = String(by); number.dispatchEvent(new Event("input", {bubbles: true})); }
  }
  return Array.from(document.querySelectorAll("#what-if li[data-node]"),
    (row) => [row.dataset.change, row.dataset.low, row.dataset.high].map(Number));
})"""
TIMED = """async (node) => {
  const number = document.querySelector(`#what-if li[data-node="${node}"] input[type=number]`);
  const times = [];
  for (let turn = 1; turn <= 11; turn++) {
    number.value = String(turn / 7);
    const start = performance.now();
    number.dispatchEvent(new Event("input", {bubbles: true}));
    times.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
  }
  return times.sort((one, two) => one - two)[5];
}"""


def random_settings(n_values: int, random: np.random.Generator) -> dict[int, float]:
    """Some values, a third of them held."""
    chosen = random.choice(n_values, random.integers(1, 5), replace=False)
    return {
        int(node): 0.0 if random.random() < 1 / 3 else float(random.normal()) for node in chosen
    }


@pytest.mark.parametrize(
    ("n_values", "n_pairs", "n_draws", "n_cases"), [(8, 14, 40, 32), (16, 40, 25, 8), (5, 6, 1, 8)]
)
def test_what_if_gives_the_same_numbers_as_python(
    open_page: Open, n_values: int, n_pairs: int, n_draws: int, n_cases: int
) -> None:
    influence = random_influence(n_values, n_pairs, n_draws, seed=n_values)
    page = open_page(page_of(document_of(graph_of(influence), influence=influence)))
    open_tab(page, "what-if")
    random = np.random.default_rng(n_draws)
    cases = [random_settings(n_values, random) for _ in range(n_cases)]
    found = page.evaluate(SETTING, [[[n, by] for n, by in case.items()] for case in cases])
    for case, rows in zip(cases, found, strict=True):
        expected = influence.what_if(by_name(influence, case))
        numbers = np.array(rows, dtype=float)
        assert numbers[:, 0] == pytest.approx(expected.mean, abs=1e-9, rel=1e-9)
        if n_draws > 1:
            assert numbers[:, 1] == pytest.approx(expected.low, abs=1e-9, rel=1e-9)
            assert numbers[:, 2] == pytest.approx(expected.high, abs=1e-9, rel=1e-9)


def test_a_slider_a_number_and_hold_set_values_and_all_others_follow_at_once(
    open_page: Open,
) -> None:
    page, influence = open_page(chain_page()), chain_influence()
    open_tab(page, "what-if")
    page.get_by_label("Change a by", exact=True).fill("0.8")
    assert told(page.locator(ROW.format(2))) == pytest.approx(influence.what_if({"a": 0.8}).of("c"))
    page.get_by_role("button", name="Hold b").click()
    held = influence.what_if({"a": 0.8, "b": 0.0})
    assert told(page.locator(ROW.format(1))) == (0.0, 0.0, 0.0)
    assert told(page.locator(ROW.format(2))) == pytest.approx(held.of("c"))
    sentence = page.locator("#what-if .summary").inner_text()
    assert sentence.startswith(
        "Setting a 0.80 higher and holding b: c falls by 0.08 (−0.08 to −0.08)"
    )
    number = page.get_by_label("Change a by, as a number")
    number.press("Control+a")
    number.type("-1.25")
    assert number.input_value() == "-1.25"
    assert told(page.locator(ROW.format(2)))[0] == pytest.approx(0.125)
    assert page.get_by_role("button", name="Hold b").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Hold b").click()
    assert told(page.locator(ROW.format(2)))[0] == pytest.approx(
        influence.what_if({"a": -1.25}).of("c")[0]
    )
    page.get_by_role("button", name="Clear all").click()
    assert told(page.locator(ROW.format(2))) == (0.0, 0.0, 0.0)
    assert number.input_value() == ""
    assert page.get_by_role("button", name="Clear all").is_disabled()


def test_a_slider_is_moved_by_keys_and_set_free_at_nothing(open_page: Open) -> None:
    page = open_page(chain_page(background=Background(spread={"a": 0.31})))
    open_tab(page, "what-if")
    slider = page.get_by_label("Change a by", exact=True)
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("-0.62", "0.62")
    assert page.get_by_label("Change b by", exact=True).get_attribute("max") == "1"
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    step = float(slider.get_attribute("step") or "nan")
    assert 0 < step <= 0.01
    assert told(page.locator(ROW.format(0)))[0] == pytest.approx(3 * step)
    assert page.locator(ROW.format(0)).get_attribute("data-set") == "yes"
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.locator(ROW.format(0)).get_attribute("data-set") == "no"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Change a by"


def test_a_page_without_numbers_says_why_and_which_command_gives_them(open_page: Open) -> None:
    page = open_page(page_of(document_of(CHAIN)))
    open_tab(page, "what-if")
    said = page.locator("#what-if").inner_text()
    assert "neither the graph's effects nor draws" in said
    assert "causalvalues view RUN" in said
    assert page.locator("#what-if input").count() == 0


def test_a_single_draw_has_no_intervals_and_says_so(open_page: Open) -> None:
    influence = chain_influence(((0.5, 0.8, -0.1),))
    page = open_page(page_of(document_of(CHAIN, influence=influence)))
    open_tab(page, "what-if")
    page.get_by_label("Change a by", exact=True).fill("0.5")
    row = page.locator(ROW.format(2))
    assert row.get_attribute("data-low") == ""
    assert "no interval" in row.inner_text()
    assert (
        "There is a single draw, so there are no intervals" in page.locator("#what-if").inner_text()
    )
    assert page.locator("#what-if .whisker").count() == 0


def test_sixty_values_and_four_hundred_edges_follow_while_the_slider_moves(open_page: Open) -> None:
    influence = random_influence(60, 400, 200, seed=2)
    page = open_page(page_of(document_of(graph_of(influence), influence=influence)))
    open_tab(page, "what-if")
    median = page.evaluate(TIMED, 3)  # milliseconds: sums, rows and drawing
    assert median < 120
