"""Hostile strings in every text of a viewer and of a report: the page keeps its own elements."""

from collections import Counter
from html.parser import HTMLParser
from itertools import cycle, pairwise
from pathlib import Path

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.hostile_words import in_groups, made_report, words
from causalvalues.discovery.graph import ValueGraph
from causalvalues.report.study_report.page import page_of_report
from causalvalues.report.viewer import view

AT_ONCE = 20  # names of one viewer


class _Page(HTMLParser):
    """The elements of a page, and the names of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, ...]] = Counter()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag, *sorted(name for name, _ in attrs)] += 1


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Put each string on both pages and compare their elements with those of a tame page."""
    ledger, hostile = Ledger("hostile_html"), words(count)
    tame_report = _kinds(page_of_report(made_report("tame")))
    for some in in_groups(hostile, AT_ONCE):
        viewer = _Page(_viewer(_names(some))).seen
        same = viewer == _Page(_viewer([f"tame{n}" for n in range(len(some))])).seen
        for word in some:
            report = _kinds(page_of_report(made_report(word or " ")))
            if not same:
                ledger.was_silent(f"a viewer of {some[0]!r:.40}… has elements of its own")
            elif not report <= tame_report:
                ledger.was_silent(f"a report of {word!r:.60} has {sorted(report - tame_report)}")
            else:
                ledger.survived()
    return ledger.outcome(
        "read by an HTML parser, not opened; in Chromium, five hundred in every place of the "
        "viewer run no script: tests/report/viewer/test_viewer_hostile.py"
    )


def _names(some: tuple[str, ...]) -> list[str]:
    """Return the strings as names, each different."""
    return list(dict.fromkeys(word or " " for word in some)) + [
        f"again {n}" for n in range(len(some) - len({word or " " for word in some}))
    ]


def _viewer(names: list[str]) -> str:
    """Return the page of a chain of these values, with the names in its other texts as well."""
    text = cycle(names)
    graph = ValueGraph.from_edges(names, list(pairwise(names)))
    others = {next(text): graph}
    return view(graph, title=next(text), subtitle=next(text), others=others).html()


def _kinds(html: str) -> set[tuple[str, ...]]:
    """Return which elements a page has, with which attributes."""
    return set(_Page(html).seen)


CAMPAIGN = Campaign(
    name="hostile_html",
    group="security",
    fault="hostile strings as names and texts of the viewer and of the report",
    promise="the page has the elements and attributes of a tame page and no other",
    n_full=500,
    n_small=40,
    work=work,
)
