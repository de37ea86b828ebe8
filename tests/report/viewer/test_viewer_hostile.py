"""Five hundred hostile strings in every place that text can have: none of them does anything.

Every string stands on one page as the name of a value, and on the same page as everything else
that a page says: definition, group, item, title, graph, intervention, plan, caveat, manifest.
"""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hostile_strings import N_STRINGS, hostile_strings
from leaving_pages import exported, full_graph, path_of_export

from causalvalues.discovery.document import graph_from_text
from causalvalues.discovery.graph import Check, ValueGraph
from causalvalues.provenance import Manifest
from causalvalues.report.viewer import (
    Background,
    Influence,
    Viewer,
    ViewerDocument,
    document_of,
)
from causalvalues.report.viewer.document import (
    CheckView,
    ItemView,
    PlanView,
    TrialRow,
    TrialView,
    UsedView,
)

N_PAGES = 5
N_NAMES = N_STRINGS // N_PAGES
READY = "document.documentElement.dataset.ready === 'yes'"
PANELS = ("side-effects", "what-if", "trials", "plan", "comparison")
ELEMENTS = """() => {
  const counts = {};
  for (const each of document.querySelectorAll("*")) {
    counts[each.localName] = (counts[each.localName] || 0) + 1;
  }
  return counts;
}"""
DANGERS = """() => [...document.querySelectorAll("*")].filter((each) =>
  ["script", "iframe", "object", "embed", "base", "link", "form", "style", "img", "video", "audio",
   "math", "template", "marquee", "source", "image", "foreignobject", "animate", "use"]
    .includes(each.localName.toLowerCase()) ||
  [...each.attributes].some(({ name, value }) => /^on/i.test(name)
    || (/(href|src|action|data|formaction)$/i.test(name) && name !== "href")
    || (/href$/i.test(name) && value !== "#tables"))).map((each) => each.localName)"""


def document_full_of(strings: list[str]) -> ViewerDocument:
    """A document in which every text is one of the strings, and every string is a name."""
    names = tuple(strings)
    text = cycle(strings[7:] + strings[:7])
    graph = _graph(names, text)
    pairs = np.argwhere(np.triu(graph.marks))
    weights = np.random.default_rng(0).normal(0, 0.1, (3, len(pairs)))
    kept = document_of(
        graph,
        title=next(text) or "x",
        subtitle=next(text),
        background=_background(names, text),
        influence=Influence(names, pairs, weights, next(text)),
        others={each: full_graph(names[:8], seed=2) for each in strings[:4]},
        trials=[_trial(text, len(names)) for _ in range(12)],
        plan=_plan(text),
        caveats=[next(text) for _ in range(20)],
    )
    return kept.model_copy(update={"unit": next(text)})


def _graph(names: tuple[str, ...], text: Iterator[str]) -> ValueGraph:
    plain = full_graph(names, n_edges=3 * len(names))
    checks = [Check(next(text), answer, next(text)) for answer in (True, False, None)]
    parts = {next(text): next(text) for _ in range(20)}
    made = Manifest(
        command=next(text),
        parameters={**parts, "deep": [*parts]},
        seeds=dict.fromkeys(parts, 3),
        versions=parts,
        revision=next(text),
        digests=parts,
    )
    return ValueGraph(
        names, plain.marks, plain.kinds, plain.support, plain.effects[:200], tuple(checks), made
    )


def _background(names: tuple[str, ...], text: Iterator[str]) -> Background:
    return Background(
        items={name: [ItemView(text=next(text), key=1) for _ in range(3)] for name in names},
        reliability={name: {next(text): 0.5} for name in names},
    )


def _trial(text: Iterator[str], n: int) -> TrialView:
    rows = [
        TrialRow(node=k, role="other", predicted=0.1, measured=0.4, verdict="missed")
        for k in range(min(n, 6))
    ]
    return TrialView(
        name=next(text),
        kind=next(text),
        says=next(text),
        healthy=False,
        faults=[next(text)],
        rows=rows,
    )


def _plan(text: Iterator[str]) -> PlanView:
    return PlanView(
        targets={0: 0.5},
        hold=[1],
        used=[UsedView(name=next(text), dose=1.0, settles=[0], direct={0: 0.5})],
        predicted=[TrialRow(node=0, role="target", predicted=0.5, verdict="not measured")],
        collateral=0.1,
        method=next(text),
        beat={next(text): 0.2},
        why=[next(text) for _ in range(8)],
        left_out={next(text): next(text)},
    )


def texts_in(document: ViewerDocument) -> ViewerDocument:
    """The document with definitions and groups that are strings of its names as well."""
    names = [node.name for node in document.nodes]
    nodes = [
        node.model_copy(update={"definition": names[k - 1], "group": names[k - 2]})
        for k, node in enumerate(document.nodes)
    ]
    provenance = document.provenance.model_copy(
        update={"checks": [*document.provenance.checks, CheckView(name=names[0], passed=None)]}
    )
    return document.model_copy(update={"nodes": nodes, "provenance": provenance})


def walk_through(page: Any) -> None:
    """Use the whole page once: search, panels, tables, choices, legend, filters."""
    page.wait_for_function(READY)
    for panel in PANELS:
        page.locator(f"#tab-{panel}").click()
    for table in ("effects", "values", "compared", "edges"):
        page.locator(f"#table-tab-{table}").click()
    page.locator("#table-tab-values").click()
    page.locator("#table [data-row]").nth(3).click()
    page.locator("#search").fill("x")
    page.locator("#search").fill("")
    page.locator("#table-tab-edges").click()
    page.locator("#table [data-row]").first.click()
    page.locator("#made > summary").click()


@pytest.mark.parametrize("number", range(N_PAGES))
def test_a_hundred_hostile_strings_in_every_place_do_nothing_at_all(
    open_page: Callable[..., Any], number: int
) -> None:
    strings = hostile_strings()[number::N_PAGES]
    assert len(strings) == N_NAMES
    page = open_page(Viewer(texts_in(document_full_of(strings))).html())
    walk_through(page)
    assert page.evaluate("window.hit") is None
    assert sorted(page.evaluate(DANGERS)) == ["script"] * 4 + ["style"]
    tables = page.locator("#table [data-row]").all_inner_texts()
    assert len(tables) == 3 * N_NAMES
    graph = graph_from_text(exported(page, "json"))
    assert graph.names[:N_NAMES] == tuple(strings)
    picture = ElementTree.fromstring(exported(page, "svg"))
    tags = {part.tag.split("}")[1] for part in picture.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "g", "path", "circle", "line", "text"}
    assert exported(page, "dot").count("\n  ") == 1 + N_NAMES + graph.n_edges
    if number == 0:
        assert path_of_export(page, "png").stat().st_size > 1000
    assert page.evaluate("window.hit") is None


def test_a_hostile_page_has_the_elements_of_a_tame_one(open_page: Callable[..., Any]) -> None:
    counts = []
    for strings in (hostile_strings()[200:220], [f"tame{n}" for n in range(20)]):
        page = open_page(Viewer(texts_in(document_full_of(strings))).html())
        walk_through(page)
        counts.append(page.evaluate(ELEMENTS))
    assert counts[0] == counts[1]


def test_hostile_strings_on_paper_and_in_a_notebook_do_nothing(
    open_page: Callable[..., Any],
) -> None:
    viewer = Viewer(texts_in(document_full_of(hostile_strings()[124:164])))
    page = open_page(f"<!doctype html><title>notebook</title>{viewer._repr_html_()}")
    assert page.locator("iframe").count() == 1
    assert page.evaluate("document.querySelectorAll('script, img, svg').length") == 0
    page.frame_locator("iframe").locator("html[data-ready=yes]").wait_for()
    inner = next(frame for frame in page.frames if frame.parent_frame is not None)
    walk_through(inner)
    inner.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert inner.locator("#sheet table").count() >= 3
    assert sorted(inner.evaluate(DANGERS)) == ["script"] * 4 + ["style"]
    inner.evaluate("dispatchEvent(new Event('afterprint'))")
    assert inner.evaluate("window.hit") is None
    assert page.evaluate("window.hit") is None
