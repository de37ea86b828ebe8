"""axe finds nothing serious: light and dark, on a desk and on a phone, with each panel open."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from leaving_pages import full_graph

from causalvalues.report.viewer import Influence, document_of, page_of
from causalvalues.report.viewer.document import PlanView, TrialRow, TrialView, UsedView

PANELS = ("side-effects", "what-if", "trials", "plan", "comparison")
TABLES = ("effects", "values", "compared", "edges")
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def full_page() -> str:
    """A page in which every panel has something to show."""
    graph = full_graph()
    pairs = np.argwhere(np.triu(graph.marks))
    weights = np.random.default_rng(0).normal(size=(5, len(pairs)))
    rows = [
        TrialRow(
            node=0,
            role="target",
            verdict="missed",
            predicted=0.2,
            predicted_low=0.1,
            predicted_high=0.3,
            measured=0.5,
            measured_low=0.4,
            measured_high=0.6,
        ),
        TrialRow(node=1, role="other", verdict="not measured", predicted=0.1),
    ]
    plan = PlanView(
        targets={0: 0.5},
        hold=[1],
        used=[UsedView(name="feature 7", dose=1.5, settles=[0], direct={0: 0.4})],
        predicted=rows,
        collateral=0.2,
        method="a mixed-integer programme",
        beat={"one feature alone": 0.4},
        why=["It moves care and holds fame."],
        left_out={"feature 8": "it breaks the answers"},
    )
    return page_of(
        document_of(
            graph,
            title="Values",
            subtitle="asked of somebody",
            influence=Influence(graph.names, pairs, weights, "five draws"),
            others={"the other": full_graph(seed=5)},
            trials=[TrialView(name="feature 7", kind="feature", rows=rows)],
            plan=plan,
        )
    )


def findings(page: Any, *parts: str) -> list[str]:
    """What axe calls serious or critical, in the page or in parts of it, each with where it is."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    within = {"include": [[part] for part in parts]} if parts else None
    told = axe.run(page, context=within).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in told
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(open_page: Callable[..., Any], size: str, dark: bool) -> None:
    page = open_page(
        full_page(), size=SIZES[size], dark=dark, fragment="#value=care&against=the%20other"
    )
    found: list[str] = []
    for panel, table in zip(PANELS, (*TABLES, "edges"), strict=True):
        page.locator(f"#tab-{panel}").click()
        page.locator(f"#table-tab-{table}").click()
        if panel == "trials":
            page.evaluate("location.hash += '&trial=feature%207'")
        found += findings(page, "#side", "#tables", "#inspector")
    page.locator("#made > summary").click()
    page.locator("#exports > summary").click()
    found += findings(page)
    assert sorted(set(found)) == []


def test_axe_does_find_what_is_wrong(open_page: Callable[..., Any]) -> None:
    page = open_page("<!doctype html><title>x</title><main><button></button></main>")
    assert {finding.split(":")[0] for finding in findings(page)} == {"button-name", "html-has-lang"}


def test_the_page_names_its_language_and_its_landmarks(open_page: Callable[..., Any]) -> None:
    page = open_page(full_page())
    assert page.locator("html").get_attribute("lang") == "en"
    for mark in ("header", "main", "footer", "h1"):
        assert page.locator(f"body > {mark}, header {mark}").count() == 1
    assert page.locator("h1").inner_text() == "Values"
    assert page.title() == "Values"


def test_every_control_shows_that_it_has_the_focus(open_page: Callable[..., Any]) -> None:
    page = open_page(full_page())
    seen = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => {
              const each = document.activeElement, look = getComputedStyle(each);
              if (each === document.body) return null;
              const ring = parseFloat(look.outlineWidth) > 0 && look.outlineStyle !== "none";
              return [each.outerHTML.slice(0, 90), ring];
            }"""
        )
        if told is not None:
            assert told[1], told[0]
            seen.add(told[0])
    assert len(seen) > 25
