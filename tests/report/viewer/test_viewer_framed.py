"""The page in a frame of another page, as in notebooks and in the report; hidden ones too."""

from collections.abc import Callable
from typing import Any

import pytest

from causalvalues import ValueGraph
from causalvalues.report.viewer import view

FRAME = "iframe"


@pytest.fixture(scope="module")
def framed() -> str:
    """What a notebook is given."""
    graph = ValueGraph.from_edges(("a", "b", "c"), [("a", "b"), ("b", "c")])
    return view(graph, title="Framed")._repr_html_()


def page_with(frame: str, style: str = "") -> str:
    return (
        f"<!doctype html><html lang='en'><title>Outside</title><div style='{style}'>{frame}</div>"
    )


def test_a_frame_shows_the_graph_and_answers_to_clicks(
    open_page: Callable[..., Any], framed: str
) -> None:
    inside = open_page(page_with(framed)).frame_locator(FRAME)
    inside.locator("html[data-ready=yes]").wait_for()
    inside.get_by_role("tab", name="What if").click()
    assert inside.locator("#what-if").is_visible()


def test_a_frame_that_is_hidden_at_first_draws_itself_when_it_is_shown(
    open_page: Callable[..., Any], framed: str
) -> None:
    page = open_page(page_with(framed, "display:none"))
    page.wait_for_timeout(300)
    page.evaluate("document.querySelector('div').style.display = 'block'")
    inside = page.frame_locator(FRAME)
    inside.locator("html[data-ready=yes]").wait_for()
    page.wait_for_timeout(200)
    painted = inside.locator("#network canvas").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        ".data.some(byte => byte !== 0)"
    )
    assert painted
