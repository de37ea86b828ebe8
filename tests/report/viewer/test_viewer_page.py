"""The page itself: one file, no request, a policy that lets nothing else in, the same bytes."""

import base64
import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from leaving_pages import exported, full_graph

from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer import Influence, ViewerDocument, document_of, page_of, view
from causalvalues.report.viewer.agreement import both, consensus
from causalvalues.report.viewer.page import SCRIPTS, STYLES, script_safe

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
MOST_BYTES = 1_500_000
READY = "document.documentElement.dataset.ready === 'yes'"


def thinned(graph: ValueGraph) -> ValueGraph:
    """The graph with pairs that have no edge joined by one resample each, or by none."""
    assert graph.support is not None
    once = np.triu(np.random.default_rng(1).random(graph.marks.shape) < 0.4, k=1) / 30
    nothing, once = np.zeros_like(once), once + once.T
    edges, shares = graph.marks != 0, graph.support
    return replace(
        graph,
        support=replace(
            shares,
            adjacent=np.where(edges, np.maximum(shares.adjacent, 0.5), once),
            directed=np.where(edges, shares.directed, nothing),
            undirected=np.where(edges, shares.undirected, once),
            bidirected=np.where(edges, shares.bidirected, nothing),
        ),
    )


def large_document() -> ViewerDocument:
    """Sixty values, 400 edges with their support, every effect, 200 draws, and other searches."""
    names = tuple(f"value number {n}" for n in range(60))
    graph = thinned(full_graph(names, n_edges=400))
    pairs = np.argwhere(np.triu(graph.marks))
    assert len(pairs) == 400
    weights = np.random.default_rng(0).normal(size=(200, 400))
    most = consensus(graph)
    assert most is not None
    bare = [replace(full_graph(names, n_edges=400, seed=s), support=None) for s in (1, 2)]
    return document_of(
        graph,
        influence=Influence(names, pairs, weights),
        searches={"PC": bare[0], "GES": bare[1]},
        agreements={"both": both(*bare), "consensus": most},
    )


def policy_of(page: str) -> str:
    """The content security policy of a page."""
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_a_page_of_sixty_values_400_edges_and_200_draws_is_small_enough_to_mail() -> None:
    document = large_document()
    assert document.influence is not None
    assert document.influence.n_draws == 200
    assert len(page_of(document).encode()) < MOST_BYTES


def test_the_policy_lets_our_own_scripts_and_styles_in_and_nothing_else() -> None:
    page = page_of(document_of(full_graph()))
    parts = dict(part.split(" ", 1) for part in policy_of(page).split("; "))
    assert parts["default-src"] == "'none'"
    assert set(parts) == {
        *("default-src", "script-src", "style-src", "img-src", "base-uri", "form-action")
    }
    assert parts["img-src"] == "data: blob:"
    assert parts["base-uri"] == parts["form-action"] == "'none'"
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    for name, texts in (("script-src", SCRIPT.findall(page)), ("style-src", style)):
        digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in texts]
        assert parts[name].split() == [f"'sha256-{digest}'" for digest in digests]


def test_the_template_holds_no_handler_no_inline_style_and_no_address() -> None:
    page = page_of(document_of(full_graph()))
    frame = re.sub(r"<(script|style)\b[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"<[^>]*\s(on\w+|style|src|srcset|action|data)=", frame)
    assert re.findall(r'href="([^"]*)"', frame) == ["#tables"]


def test_no_script_of_ours_makes_markup_or_code_from_text_or_asks_the_network() -> None:
    page = page_of(document_of(full_graph()))
    ours = SCRIPT.findall(page)[-1]
    assert ours.startswith("(function")
    for banned in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("),
        *("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "localStorage", "sessionStorage"),
        *("import(", "Worker(", "srcdoc", ".cookie", "<!--", "</"),
    ):
        assert banned not in ours, banned


def test_every_script_and_style_is_listed_once() -> None:
    assert len(set(SCRIPTS)) == len(SCRIPTS)
    assert len(set(STYLES)) == len(STYLES)


def test_nothing_in_data_can_end_the_element_that_holds_it() -> None:
    safe = script_safe('"</script><!--]]>&\u2028\u2029"')
    assert not set("<>&\u2028\u2029") & set(safe)


def test_the_same_document_gives_the_same_bytes() -> None:
    document = document_of(full_graph())
    again = ViewerDocument.model_validate_json(document.model_dump_json(by_alias=True))
    assert page_of(document) == page_of(again) == page_of(document_of(full_graph()))


def test_a_page_starts_from_a_file_with_the_network_off(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(large_document()))  # the fixture fails on any request or message
    page.wait_for_function(READY)
    asked = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
    assert asked == []


def test_the_policy_stops_a_script_and_a_request_that_come_in_all_the_same(
    browser: Any, tmp_path: Any
) -> None:
    page_text = page_of(document_of(full_graph()))
    evil = "<script>window.hit = 1</script><img src='https://example.org/x' onerror='hit = 2'>"
    path = tmp_path / "page.html"
    path.write_text(page_text.replace("</body>", f"{evil}</body>"), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    assert page.evaluate("window.hit") is None
    context.close()


def test_a_notebook_shows_the_page_in_a_closed_frame_where_everything_works(
    open_page: Callable[..., Any],
) -> None:
    shown = view(full_graph(), title='A "title" </iframe>')._repr_html_()
    page = open_page(f"<!doctype html><title>notebook</title>{shown}")
    assert page.locator("iframe").count() == 1
    frame = page.frame_locator("iframe")
    frame.locator("html[data-ready=yes]").wait_for()
    frame.locator("#table [data-row]").first.click()
    frame.locator("#tables [role=tab]", has_text="Values").click()
    frame.locator("#table [data-row]").first.click()
    assert frame.locator("#table tr[aria-current]").count() == 1
    page.wait_for_timeout(400)  # the state is written to an address that this frame has not
    assert exported(frame, "dot", page=page).startswith("digraph values {")
    assert path_is_png(exported(frame, "png", page=page))


def path_is_png(text: str) -> bool:
    """Whether a file begins as a PNG does."""
    return text[1:4] == "PNG"
