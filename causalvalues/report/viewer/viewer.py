"""`view` shows a value graph: in a notebook as it stands, in a file that can be mailed.

    view(discover(table), scores=table, others={"theory": theory}).write("viewer.html")

With scores the page holds draws of the model along the graph, so that "what if" has intervals, and
what PC and GES find in the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from causalvalues.discovery.discover import discover
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import InputError
from causalvalues.planning.propagation import Propagation, propagation
from causalvalues.provenance import write_atomically
from causalvalues.report.viewer.agreement import both, consensus
from causalvalues.report.viewer.building import Background, document_of
from causalvalues.report.viewer.document import ViewerDocument
from causalvalues.report.viewer.influence import Influence
from causalvalues.report.viewer.page import page_of
from causalvalues.survey.scores import ScoreTable
from causalvalues.values import ValueSystem

__all__ = ["Viewer", "agreements_of", "background_of", "searches_of", "view"]

MOST_SEARCHED = 100  # values


@dataclass(frozen=True)
class Viewer:
    """A page, not yet written anywhere."""

    document: ViewerDocument

    def html(self) -> str:
        """Return the page."""
        return page_of(self.document)

    def write(self, path: str | Path) -> Path:
        """Return the path after the page is written whole."""
        return write_atomically(Path(path), self.html())

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, as notebooks show it."""
        page = escape(self.html(), quote=True)
        title = escape(self.document.title, quote=True)
        return (
            f'<iframe title="{title}" srcdoc="{page}" sandbox="allow-scripts allow-downloads" '
            'width="100%" height="760" style="border:0"></iframe>'
        )


def view(
    graph: ValueGraph,
    *,
    title: str = "Value graph",
    subtitle: str = "",
    scores: ScoreTable | None = None,
    system: ValueSystem | None = None,
    others: Mapping[str, ValueGraph] | None = None,
    n_draws: int = 200,
    seed: int = 0,
) -> Viewer:
    """Return the viewer of a graph; scores are the table that it was learnt on."""
    searches = {} if scores is None else searches_of(scores, graph, seed=seed)
    drawn = None if scores is None else _drawn(scores, graph, n_draws, seed)
    document = document_of(
        graph,
        title=title,
        subtitle=subtitle,
        background=background_of(scores, system),
        influence=None if drawn is None else Influence.of(drawn),
        searches=searches,
        agreements=agreements_of(graph, searches),
        others=others,
    )
    return Viewer(document)


def searches_of(table: ScoreTable, graph: ValueGraph, *, seed: int = 0) -> dict[str, ValueGraph]:
    """Return what PC and GES find in the rows without intervention; one that fails is left out.

    Beyond a hundred values neither is searched for: a page is to be made in seconds.
    """
    if len(graph.names) > MOST_SEARCHED:
        return {}
    rows = table.select(graph.only("value").names)
    if rows.contexts is not None and (rows.contexts == "").any():
        rows = rows.rows(np.flatnonzero(rows.contexts == ""))
    found = {}
    for name, algorithm in (("PC", "pc"), ("GES", "ges")):
        try:
            found[name] = discover(rows, algorithm, seed=seed)  # type: ignore[arg-type]
        except InputError:
            continue
    return found


def agreements_of(graph: ValueGraph, searches: Mapping[str, ValueGraph]) -> dict[str, ValueGraph]:
    """Return what both searches say, and what most resamples of the found graph say."""
    agreed = {"both": both(searches["PC"], searches["GES"])} if len(searches) == 2 else {}
    most = consensus(graph)
    return agreed if most is None else {**agreed, "consensus": most}


def background_of(table: ScoreTable | None, system: ValueSystem | None) -> Background:
    """Return mean and spread of every value over the rows without intervention."""
    if table is None:
        return Background(system)
    plain = table.scores
    if table.contexts is not None and (table.contexts == "").any():
        plain = plain[table.contexts == ""]
    mean, spread = np.nanmean(plain, axis=0), np.nanstd(plain, axis=0, ddof=1)
    return Background(
        system,
        mean={n: float(m) for n, m in zip(table.names, mean, strict=True)},
        spread={n: float(s) for n, s in zip(table.names, spread, strict=True)},
    )


def _drawn(table: ScoreTable, graph: ValueGraph, n_draws: int, seed: int) -> Propagation:
    """Return draws along the graph from the rows that have a score for every value."""
    whole = np.flatnonzero(np.isfinite(table.scores).all(axis=1))
    return propagation(table.rows(whole), graph, n_draws=n_draws, seed=seed)
