"""Hostile strings as names in figures: each SVG is whole, and holds nothing that runs or loads."""

import warnings
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.hostile_words import in_groups, words
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import CausalValuesError
from causalvalues.report.figures import new_figure, save_figure
from causalvalues.report.graph_drawing import circle_layout, draw_graph, edge_numbers

AT_ONCE = 5
DANGERS = {"script", "foreignObject", "image", "iframe", "animate", "set", "a"}


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Draw graphs of these names and read the pictures."""
    mpl.use("agg")
    ledger = Ledger("hostile_svg")
    for place, some in enumerate(in_groups(words(count), AT_ONCE)):
        names = list(dict.fromkeys(f"{word:.300}" or " " for word in some))
        while len(names) < 2:
            names.append(f"other{len(names)}")
        graph = ValueGraph.from_edges(names, list(pairwise(names)))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of glyphs and of long titles
                found = _drawn(graph, folder / f"figure-{place}")
        except (CausalValuesError, ElementTree.ParseError, ValueError, IndexError) as fault:
            for word in some:
                ledger.was_lost(f"{word!r:.60}: {type(fault).__name__} {fault!s:.80}")
            continue
        for word in some:
            if found:
                ledger.was_silent(f"{word!r:.60}: {found}")
            else:
                ledger.survived()
    return ledger.outcome()


def _drawn(graph: ValueGraph, stem: Path) -> list[str]:
    """Return what in the picture of a graph could run or load something."""
    figure, axes = new_figure()
    draw_graph(axes[0], graph, circle_layout(graph.names), title=graph.names[0])
    save_figure(figure, stem, edge_numbers(graph))
    found = []
    for part in ElementTree.parse(stem.with_name(f"{stem.name}.svg")).iter():
        tag = part.tag.rpartition("}")[2]
        for name, value in part.attrib.items():
            if name.startswith("on") or (name.endswith("href") and not value.startswith("#")):
                found.append(f"{tag} {name}")
        if tag in DANGERS:
            found.append(tag)
    return found


CAMPAIGN = Campaign(
    name="hostile_svg",
    group="security",
    fault="hostile strings as names of values in figures",
    promise="every SVG is well-formed and holds no script, link, image or handler",
    n_full=500,
    n_small=10,
    work=work,
)
