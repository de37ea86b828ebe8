"""From a value graph, and whatever else is known, to the document of a page.

Guarantee: only what is given is shown; graphs to compare with are matched by the names of their
values, and values that only they have stand in the page as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import JsonValue

from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.provenance import Manifest
from causalvalues.report.viewer.document import (
    CheckView,
    EdgeView,
    EffectsView,
    GraphView,
    ItemView,
    NodeView,
    PlanView,
    ProvenanceView,
    SupportView,
    TrialView,
    ViewerDocument,
)
from causalvalues.report.viewer.influence import Influence, influence_of_effects
from causalvalues.report.viewer.layouts import circle_places, layer_places
from causalvalues.report.viewer.resamples import shares_of, short, with_resamples
from causalvalues.values import ValueSystem

__all__ = ["Background", "document_of", "graph_view"]

CAVEATS = (
    "An arrow is what the search could not explain otherwise. It takes for granted that no hidden "
    "cause stands behind two values, that relations are linear, and that answers mean what they "
    "say.",
    "Answers are those of a model in a role, not of people, unless the data say otherwise.",
)
UNSUPPORTED = "This graph carries no support from resamples: no edge of it should be trusted alone."
UNTESTED = "No null was computed for this graph: chance may give as many edges."
MOST_EFFECTS = 120  # nodes, up to which all total effects stand in the page
MOST_EXACT = 2**53 - 1  # a browser's whole numbers


@dataclass(frozen=True)
class Background:
    """What is known of the values besides the graph; each part may be missing."""

    system: ValueSystem | None = None
    items: Mapping[str, Sequence[ItemView]] = field(default_factory=dict)
    n_items: Mapping[str, int] = field(default_factory=dict)
    reliability: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mean: Mapping[str, float] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)


def document_of(
    graph: ValueGraph,
    *,
    title: str = "Value graph",
    subtitle: str = "",
    background: Background | None = None,
    influence: Influence | None = None,
    searches: Mapping[str, ValueGraph] | None = None,
    agreements: Mapping[str, ValueGraph] | None = None,
    others: Mapping[str, ValueGraph] | None = None,
    trials: Sequence[TrialView] = (),
    plan: PlanView | None = None,
    caveats: Sequence[str] = (),
    manifest: Manifest | None = None,
) -> ViewerDocument:
    """Return the document of a page about a graph.

    searches     the same rows by other searches        agreements  what searches or resamples share
    others       graphs to compare with                 influence   what "what if" computes with;
                                                        without, what the graph's effects imply
    """
    others = dict(others or {})
    names = (*graph.names, *dict.fromkeys(n for g in others.values() for n in g.names))
    names = tuple(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(names)}
    shown = [("found", "found", graph)]
    for kind, group in (("search", searches), ("agreement", agreements), ("other", others)):
        shown += [(name, kind, each) for name, each in (group or {}).items()]
    views = [graph_view(n, each, kind, place, says=_origin(each)) for n, kind, each in shown]
    views, tables = with_resamples(views, [each for _, _, each in shown], place)
    influence = influence or influence_of_effects(graph)
    return ViewerDocument(
        title=title,
        subtitle=subtitle,
        nodes=_nodes(graph, others, names, background or Background()),
        graphs=views,
        resamples=tables,
        effects=_effects(graph, names),
        influence=None if influence is None else influence.view(place),
        trials=list(trials),
        plan=plan,
        provenance=_provenance(graph, caveats, manifest),
    )


def graph_view(
    name: str, graph: ValueGraph, kind: str, place: Mapping[str, int], *, says: str = ""
) -> GraphView:
    """Return one graph over the page's nodes."""
    return GraphView.model_validate(
        {
            "name": name,
            "kind": kind,
            "says": says,
            "edges": [_edge(graph, edge, place) for edge in graph.edges()],
            "absent": [number for known, number in place.items() if known not in graph.names],
        }
    )


def _edge(graph: ValueGraph, edge: Edge, place: Mapping[str, int]) -> EdgeView:
    """Return one edge with its support."""
    support = None
    if graph.support is not None:
        shares = shares_of(graph.support, graph.index(edge.first), graph.index(edge.second))
        support = SupportView(**dict(zip(SupportView.model_fields, shares, strict=True)))
    return EdgeView.model_validate(
        {
            "first": place[edge.first],
            "second": place[edge.second],
            "mark_first": edge.mark_first,
            "mark_second": edge.mark_second,
            "support": support,
        }
    )


def _nodes(
    graph: ValueGraph,
    others: Mapping[str, ValueGraph],
    names: tuple[str, ...],
    known: Background,
) -> list[NodeView]:
    """Return every node with its two places."""
    values = {} if known.system is None else {v.name: v for v in known.system.values}
    kinds = {n: k for g in (*others.values(), graph) for n, k in zip(g.names, g.kinds, strict=True)}
    angles = [values[n].angle_in_degrees if n in values else None for n in names]
    n_own = len(graph.names)  # others stand behind them
    marks = np.zeros((len(names), len(names)), dtype=np.int8)
    marks[:n_own, :n_own] = graph.marks
    layers = layer_places(ValueGraph(names=names, marks=marks))
    return [
        NodeView(
            name=name,
            kind=kinds[name],
            definition=values[name].definition if name in values else "",
            group=None if known.system is None else known.system.group_of(name),
            angle=angle,
            on_circle=circle,
            in_layers=layer,
            items=list(known.items.get(name, ())),
            n_items=known.n_items.get(name),
            reliability=dict(known.reliability.get(name, {})),
            mean=known.mean.get(name),
            spread=known.spread.get(name),
        )
        for name, angle, circle, layer in zip(
            names, angles, circle_places(angles), layers, strict=True
        )
    ]


def _effects(graph: ValueGraph, names: tuple[str, ...]) -> EffectsView | None:
    """Return the total effects as matrices; nothing where there are none, or far too many."""
    if not graph.effects or len(names) > MOST_EFFECTS:
        return None
    place = {name: number for number, name in enumerate(names)}
    columns = {}
    for column in ("low", "high", "interval_low", "interval_high"):
        grid: list[list[float | None]] = [[None] * len(names) for _ in names]
        for effect in graph.effects:
            grid[place[effect.cause]][place[effect.effect]] = short(getattr(effect, column))
        columns[column] = grid
    methods = dict.fromkeys(effect.method for effect in graph.effects)
    return EffectsView.model_validate({"method": "; ".join(methods), **columns})


def _provenance(
    graph: ValueGraph, caveats: Sequence[str], manifest: Manifest | None
) -> ProvenanceView:
    """Return what a reader must know: caveats, checks and where the numbers came from."""
    told = [*caveats, *CAVEATS]
    if graph.support is None:
        told.insert(0, UNSUPPORTED)
    if not any("null" in check.name or "chance" in check.name for check in graph.checks):
        told.insert(0, UNTESTED)
    made = manifest or graph.manifest
    plain = {} if made is None else {k: _kept(v) for k, v in made.model_dump(mode="json").items()}
    checks = [CheckView(name=c.name, passed=c.passed, detail=c.detail) for c in graph.checks]
    return ProvenanceView(caveats=told, checks=checks, manifest=plain)


def _kept(value: JsonValue) -> JsonValue:
    """Return a value in which whole numbers that a browser would round stand as text."""
    if isinstance(value, dict):
        return {key: _kept(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_kept(each) for each in value]
    return str(value) if isinstance(value, int) and abs(value) > MOST_EXACT else value


def _origin(graph: ValueGraph) -> str:
    """Return how a graph came about, as far as it says."""
    if graph.manifest is None:
        return ""
    told = graph.manifest.parameters
    parts = [str(told[key]).upper() for key in ("algorithm",) if key in told]
    parts += [f"{key} {told[key]}" for key in ("alpha", "penalty", "correlation") if key in told]
    return ", ".join([graph.manifest.command, *parts])
