"""The foot of the page: what to keep in mind, what was checked, what made it, how to cite it."""

from collections.abc import Callable
from typing import Any

from leaving_pages import full_graph

from causalvalues import __version__
from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.viewer import document_of, page_of


def foot_of(open_page: Callable[..., Any], graph: ValueGraph, **options: Any) -> Any:
    """The foot of a graph's page."""
    page = open_page(page_of(document_of(graph, title="What they value", **options)))
    return page.locator("#provenance")


def test_caveats_stand_in_plain_sight_those_of_the_graph_first(
    open_page: Callable[..., Any],
) -> None:
    foot = foot_of(open_page, full_graph(), caveats=["Only forty roles were asked."])
    caveats = foot.locator(".caveats li")
    assert caveats.first.inner_text() == "Only forty roles were asked."
    assert all(caveat.is_visible() for caveat in caveats.all())
    assert "no hidden cause" in foot.locator(".caveats").inner_text()


def test_a_graph_without_support_and_without_a_null_says_so_first(
    open_page: Callable[..., Any],
) -> None:
    foot = foot_of(open_page, ValueGraph.from_edges(("a", "b"), [("a", "b")]))
    told = foot.locator(".caveats li").all_inner_texts()
    assert "No null was computed" in told[0]
    assert "no support" in told[1]
    assert "does not say how it was made" in foot.locator("#made").text_content()


def test_every_check_is_answered_in_a_word_and_a_sign(open_page: Callable[..., Any]) -> None:
    foot = foot_of(open_page, full_graph())
    assert foot.locator(".checks h2").inner_text() == "Checks: 1 passed, 1 failed, 1 not asked"
    lines = foot.locator(".checks li").all_inner_texts()
    for line, sign, word in zip(
        lines, "✓✗?", ("passed: acyclic", "failed: more", "not asked: the same"), strict=True
    ):
        assert line.startswith(sign)
        assert word in line
    assert "2 found, 3 by chance" in lines[1]


def test_command_parameters_seeds_versions_and_digests_can_be_unfolded(
    open_page: Callable[..., Any],
) -> None:
    foot = foot_of(open_page, full_graph())
    foot.locator("#made > summary").press("Enter")
    told = foot.locator("#made").inner_text()
    for part in (
        *("discover", "alpha", "0.30000000000000004", "algorithm", "pc"),
        *("search", str(2**62), "numpy", "2.4", "0123456789ab", "table", "00ff" * 16),
    ):
        assert part in told, part
    assert "null" not in told


def test_how_to_cite_names_title_version_command_and_digest(open_page: Callable[..., Any]) -> None:
    told = foot_of(open_page, full_graph()).locator(".cite").inner_text()
    for part in ("What they value", f"causalvalues {__version__}", "discover", "00ff" * 16):
        assert part in told
