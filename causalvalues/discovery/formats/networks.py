"""A value graph as a networkx graph and back.

A directed edge stands once, any other edge both ways; every edge carries `mark_source` and
`mark_target` (−1 tail, 1 arrow, 2 circle), so that reading back is exact. The whole document
rides along as the graph's `value_graph` attribute: as long as nodes and edges still are what it
says, support, effects, checks and manifest come back too; once they were edited, the evidence is
about another graph and is left behind. Without marks, one way reads as directed, both ways as
undirected.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from causalvalues.discovery.document import graph_from_text, text_of_graph
from causalvalues.discovery.graph import Edge, Effect, ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE, NONE, TAIL, Marks
from causalvalues.errors import GraphError, InputError

if TYPE_CHECKING:
    from networkx import DiGraph, Graph

__all__ = ["DOCUMENT", "evidence_of_edge", "from_networkx", "to_networkx"]

DOCUMENT = "value_graph"
MARKS = ("mark_source", "mark_target")


def to_networkx(graph: ValueGraph) -> "DiGraph[str]":
    """Return a directed graph; an edge without one direction stands both ways, marks kept."""
    network: DiGraph[str] = nx.DiGraph()
    network.graph[DOCUMENT] = text_of_graph(graph, indent=None)
    for name, kind in zip(graph.names, graph.kinds, strict=True):
        network.add_node(name, kind=kind)
    effect_by_pair = {(e.cause, e.effect): e for e in reversed(graph.effects)}
    for edge in graph.edges():
        back = Edge(edge.second, edge.first, edge.mark_second, edge.mark_first)
        for way in (edge,) if edge.kind == "directed" else (edge, back):
            network.add_edge(way.first, way.second, **_attributes(graph, way, effect_by_pair))
    return network


def from_networkx(network: "Graph[Any]") -> ValueGraph:
    """Return the value graph of a networkx graph, with its marks where it carries them."""
    if network.is_multigraph():
        raise GraphError(
            "A value graph has at most one edge between two values",
            found="a multigraph",
            remedy="merge its parallel edges first, as in networkx.DiGraph(graph)",
        )
    bare = ValueGraph(
        names=tuple(str(node) for node in network.nodes),
        marks=_marks_of(network),
        kinds=tuple(_kind(data) for _, data in network.nodes(data=True)),
    )
    return _with_evidence(bare, network.graph.get(DOCUMENT))


def evidence_of_edge(
    graph: ValueGraph, edge: Edge, effect_by_pair: Mapping[tuple[str, str], Effect]
) -> dict[str, float | str]:
    """Return support and effect of an edge as flat named columns; what is absent is left out."""
    columns: dict[str, float | str] = {}
    if graph.support is not None:
        i, j = graph.index(edge.first), graph.index(edge.second)
        columns["support_adjacent"] = float(graph.support.adjacent[i, j])
        columns["support_directed"] = float(graph.support.directed[i, j])
        columns["support_reversed"] = float(graph.support.directed[j, i])
        columns["support_undirected"] = float(graph.support.undirected[i, j])
        columns["support_bidirected"] = float(graph.support.bidirected[i, j])
    effect = effect_by_pair.get((edge.first, edge.second))
    if effect is not None:
        for name in ("low", "high", "interval_low", "interval_high"):
            columns[f"effect_{name}"] = float(getattr(effect, name))
        columns["effect_method"] = str(effect.method)
    return columns


def _attributes(
    graph: ValueGraph, edge: Edge, effect_by_pair: Mapping[tuple[str, str], Effect]
) -> dict[str, float | str]:
    """Return the attributes of an edge that runs from its first to its second value."""
    return {
        "mark_source": edge.mark_first,
        "mark_target": edge.mark_second,
        "kind": edge.kind,
        **evidence_of_edge(graph, edge, effect_by_pair),
    }


def _kind(data: Mapping[str, Any]) -> Any:
    """Return a node's kind; another program's kinds all are values."""
    return "context" if data.get("kind") == "context" else "value"


def _marks_of(network: "Graph[Any]") -> Marks:
    """Return the mark matrix of a network's edges."""
    position = {node: i for i, node in enumerate(network.nodes)}
    marks = np.zeros((len(position), len(position)), dtype=np.int8)
    for source, target, data in network.edges(data=True):
        i, j = position[source], position[target]
        at_source, at_target = _marks_of_edge(network, source, target, data)
        if marks[i, j] != NONE and (marks[i, j], marks[j, i]) != (at_source, at_target):
            raise GraphError(f"The two edges between {source} and {target} must agree on marks")
        marks[i, j], marks[j, i] = at_source, at_target
    return marks


def _marks_of_edge(
    network: "Graph[Any]", source: Any, target: Any, data: Mapping[str, Any]
) -> tuple[int, int]:
    """Return the marks at both ends of an edge: its own, else those its ways imply."""
    if source == target:
        raise GraphError("An edge joins two different values", found=f"{source} to itself")
    stated = [data[name] for name in MARKS if name in data]
    if not stated:
        one_way = network.is_directed() and not network.has_edge(target, source)
        return (TAIL, ARROW) if one_way else (TAIL, TAIL)
    if len(stated) < len(MARKS) or any(mark not in (TAIL, ARROW, CIRCLE) for mark in stated):
        raise GraphError(
            f"Edge {source}–{target} needs mark_source and mark_target, each −1, 1 or 2",
            found=f"{stated}",
        )
    return int(stated[0]), int(stated[1])


def _with_evidence(bare: ValueGraph, document: object) -> ValueGraph:
    """Return the documented graph if its nodes and edges are still the given ones."""
    if not isinstance(document, str):
        return bare
    try:
        whole = graph_from_text(document)
    except InputError:  # another program's attribute of the same name
        return bare
    same_nodes = (whole.names, whole.kinds) == (bare.names, bare.kinds)
    return whole if same_nodes and np.array_equal(whole.marks, bare.marks) else bare
