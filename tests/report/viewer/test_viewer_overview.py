"""Before a value is chosen: what each drags along, and only what arrows can carry."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from numbered_pages import CHAIN, chain_influence

from causalvalues.discovery.graph import Effect
from causalvalues.report.viewer import document_of, page_of

Open = Callable[..., Any]
ROWS = "#side-effects .overview-row"
EFFECTS = (
    Effect("a", "b", 0.5, 0.5, 0.4, 0.6, ""),
    Effect("a", "c", 0.3, 0.3, 0.1, 0.5, ""),
    Effect("b", "c", -0.9, -0.9, -1.0, -0.8, ""),
    Effect("c", "a", 0.7, 0.7, 0.6, 0.8, ""),  # against the arrows
    Effect("d", "a", 0.2, 0.2, -0.1, 0.5, ""),
)
PAGE = page_of(document_of(replace(CHAIN, effects=EFFECTS), influence=chain_influence()))


def test_a_page_opens_with_what_each_value_drags_along_most_first(open_page: Open) -> None:
    page = open_page(PAGE)
    said = page.locator(ROWS).all_inner_texts()
    assert [text.split("\n")[0] for text in said] == ["b", "a"]
    assert "lowers c" in said[0]
    assert "0.90" in said[0]
    assert "raises b and c" in said[1]
    assert "0.80" in said[1]
    assert "No arrow carries a change that is clear of zero from c and d." in page.inner_text(
        "#side-effects"
    )


def test_a_row_of_the_overview_chooses_its_value(open_page: Open) -> None:
    page = open_page(PAGE)
    page.locator(ROWS).nth(1).click()
    assert page.locator("#side-effects h2").inner_text() == "If a is raised by 1"


def test_an_effect_that_no_arrow_carries_is_told_as_such(open_page: Open) -> None:
    page = open_page(PAGE, fragment="#value=c")
    said = page.inner_text("#side-effects")
    assert "Estimated too, though no arrow leads there: a." in said
    assert "no arrow leads there" in page.locator("#side-effects .bar-row").inner_text()


def test_without_effects_the_draws_say_what_each_value_drags_along(open_page: Open) -> None:
    influence = chain_influence()
    page = open_page(page_of(document_of(CHAIN, influence=influence)))
    shown = [float(row.get_attribute("data-moved")) for row in page.locator(ROWS).all()]
    from_a, from_b = (influence.what_if({name: 1.0}) for name in "ab")
    dragged = from_a.of("b")[0] + from_a.of("c")[0], from_b.of("c")[0]
    assert shown == pytest.approx(sorted(dragged, reverse=True), abs=1e-9)


def test_a_graph_of_which_no_effect_is_known_asks_for_a_choice(open_page: Open) -> None:
    page = open_page(page_of(document_of(CHAIN)))
    assert "Choose a value here or in the drawing" in page.inner_text("#side-effects")
    assert page.locator(ROWS).count() == 0
