"""The graph and its nulls: every edge in words, with its support, and whether chance gives as many.

Guarantee: an edge is said to raise or to lower only where the interval of its effect leaves out 0;
an edge without a direction is never said to have one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from causalvalues.discovery.graph import Check, Edge, Effect, ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE, TAIL
from causalvalues.report.study_report.charts import Ink, Link, NetworkChart
from causalvalues.report.study_report.document import Cell, Column, Section, Sentence, Table
from causalvalues.study.reporting.openings import GRAPH, NULLS, RUN_AGAIN
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.reporting.saying import num, quote, say, source

__all__ = ["Found", "around", "edges_of", "graph_section", "link_of", "null_of", "nulls_section"]

FILE = "graph.json"
NULL = "more edges than chance gives"
WEAK = 0.5  # support below which an edge is named as weak


@dataclass(frozen=True)
class Found:
    """One edge with what is known of it."""

    edge: Edge
    adjacent: float | None  # share of resamples that join the two
    as_marked: float | None  # share that join them just so
    effect: Effect | None  # of the first on the second

    @property
    def sign(self) -> int:
        """Return 1 or −1 where the effect's interval leaves out the other sign, else 0.

        Without a direction the effect may also run the other way, so that it may be 0 this way.
        """
        if self.effect is None or self.edge.kind not in ("directed", "undirected"):
            return 0
        low, high = self.effect.interval_low, self.effect.interval_high
        if self.edge.kind == "directed":
            return (low > 0) - (high < 0)
        return (low >= 0 and high > 0) - (high <= 0 and low < 0)

    @property
    def words(self) -> str:
        """Return what the edge says."""
        if self.edge.kind == "directed":
            return {1: "raises", -1: "lowers", 0: "changes, up or down"}[self.sign]
        if self.edge.kind == "bidirected":
            return "shares a cause with"
        if self.edge.kind == "partial":
            return "hangs together with, ends partly open"
        sides = {1: "goes along with", -1: "goes against", 0: "hangs together with"}
        return f"{sides[self.sign]}, direction open"


def graph_section(run: RunFolder) -> Section:
    """Return the graph, edge by edge."""
    if not run.has(FILE):
        return GRAPH.absent("No graph was learnt yet.", RUN_AGAIN)
    graph, found = run.graph, edges_of(run.graph)
    if not found:
        return GRAPH.section(said=(say("The search found {} edges.", num(0, "count", FILE)),))
    n_directed = sum(each.edge.kind == "directed" for each in found)
    said = say(
        "The search found {} edges between {} values; {} of them have a direction.",
        num(len(found), "count", FILE, "edges"),
        num(len(graph.names), "count", FILE, "nodes"),
        num(n_directed, "count", FILE, "edges"),
    )
    return GRAPH.section(
        said=(said,), charts=(_chart(run, found),), tables=(_table(found),),
        caveats=_caveats(graph, found),
    )  # fmt: skip


def nulls_section(run: RunFolder) -> Section:
    """Return the checks that the graph was put to."""
    if not run.has(FILE):
        return NULLS.absent("No graph was learnt yet.", RUN_AGAIN)
    checks = run.graph.checks
    rows: list[tuple[Cell, ...]] = [(check.name, check.passed) for check in checks]
    table = Table(
        caption="Checks of the graph",
        columns=(
            Column(title="check", source=source(FILE, "checks")),
            Column(title="passed", how="yes", source=source(FILE, "checks")),
        ),
        rows=tuple(rows),
    )
    missing = "Nothing was shuffled, so the number of edges has nothing to stand beside: set "
    missing += "n_permutations in study.yaml above 0 and run it again."
    return NULLS.section(
        said=[quote(_sentence(check), FILE, "checks") for check in checks if check.detail],
        tables=(table,),
        caveats=[] if null_of(run.graph) is not None else [say(missing)],
    )


def null_of(graph: ValueGraph) -> Check | None:
    """Return the check against chance; None where it was not made."""
    return next((check for check in graph.checks if check.name == NULL), None)


def edges_of(graph: ValueGraph) -> list[Found]:
    """Return every edge, those found in most resamples first."""
    effects = {(each.cause, each.effect): each for each in graph.effects}
    found = [_found(graph, edge, effects) for edge in graph.edges()]
    return sorted(found, key=lambda each: -(each.adjacent if each.adjacent is not None else 1.0))


def around(run: RunFolder) -> tuple[str, ...]:
    """Return the values in their order around the circle, where they have one."""
    angle = {value.name: value.angle_in_degrees for value in run.system.values}
    return tuple(sorted(run.graph.names, key=lambda name: angle.get(name) or 0.0))


def link_of(edge: Edge, ink: Ink, support: float | None = None) -> Link:
    """Return an edge as it is drawn."""
    marks = [{TAIL: -1, ARROW: 1, CIRCLE: 2}[mark] for mark in (edge.mark_first, edge.mark_second)]
    return Link.model_validate(
        {
            "first": edge.first, "second": edge.second, "mark_first": marks[0],
            "mark_second": marks[1], "ink": ink, "support": support,
        }
    )  # fmt: skip


def _found(graph: ValueGraph, edge: Edge, effects: Mapping[tuple[str, str], Effect]) -> Found:
    """Return an edge with its support and effect."""
    effect = effects.get((edge.first, edge.second))
    if graph.support is None:
        return Found(edge, None, None, effect)
    place = graph.index(edge.first), graph.index(edge.second)
    by_kind = {
        "directed": graph.support.directed,
        "undirected": graph.support.undirected,
        "bidirected": graph.support.bidirected,
    }
    as_marked = by_kind[edge.kind][place] if edge.kind in by_kind else None
    return Found(
        edge,
        float(graph.support.adjacent[place]),
        None if as_marked is None else float(as_marked),
        effect,
    )


def _chart(run: RunFolder, found: list[Found]) -> NetworkChart:
    """Return the drawing of the graph."""
    inks: dict[int, Ink] = {1: "raises", -1: "lowers", 0: "unknown"}
    alt = "; ".join(f"{e.edge.first} {e.words} {e.edge.second}" for e in found)
    supported = run.graph.support is not None
    pale = " The paler an edge, the fewer resamples have it." if supported else ""
    return NetworkChart(
        title=f"The graph that was found.{pale}",
        alt=alt,
        names=around(run),
        links=tuple(link_of(e.edge, inks[e.sign], e.adjacent) for e in found),
        sources=(source(FILE),),
    )


def _table(found: list[Found]) -> Table:
    """Return every edge in words."""
    rows: list[tuple[Cell, ...]] = [
        (
            each.edge.first, each.words, each.edge.second, each.adjacent, each.as_marked,
            None if each.effect is None else each.effect.interval_low,
            None if each.effect is None else each.effect.interval_high,
        )
        for each in found
    ]  # fmt: skip
    effects = "effects, interval"
    return Table(
        caption="Edges",
        columns=(
            Column(title="value"),
            Column(title="finding", source=source(FILE, "edges")),
            Column(title="value", source=source(FILE, "edges")),
            Column(title="joined in resamples", how="share", source=source(FILE, "support")),
            Column(title="… with this mark", how="share", source=source(FILE, "support")),
            Column(title="could be as low as", how="signed", source=source(FILE, effects)),
            Column(title="or as high as", how="signed", source=source(FILE, effects)),
        ),
        rows=tuple(rows),
        note="The last two columns: change of the second value per unit of the first, over every "
        "graph that fits the answers as well, with 95 % of the doubt.",
    )


def _caveats(graph: ValueGraph, found: list[Found]) -> list[Sentence]:
    """Return what should make a reader careful."""
    told: list[Sentence] = []
    if graph.support is None:
        told.append(say("Roles were not resampled, so no edge has support: none should be trusted "
                        "alone. Set n_resamples in study.yaml above 0."))  # fmt: skip
    weak = [each for each in found if each.adjacent is not None and each.adjacent < WEAK]
    if weak:
        words = "{} of the edges were found in fewer than half of the resamples."
        told.append(say(words, num(len(weak), "count", FILE, "support")))
    if graph.cycle:
        told.append(say("The arrows form a circle ({}): no direction on it can be trusted.",
                        " → ".join(graph.cycle)))  # fmt: skip
    return told


def _sentence(check: Check) -> str:
    """Return a check and what was found, as a sentence."""
    return f"{check.name[:1].upper()}{check.name[1:]}: {check.detail.rstrip('.')}."
