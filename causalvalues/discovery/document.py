"""`graph.json`: the value graph as a schema-numbered document that other programs can read.

Guarantee: `read_graph(write_graph(graph))` gives every mark, share, effect, check and manifest
back exactly; a damaged or foreign file is a named error.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from causalvalues.discovery.graph import Check, Effect, NodeKind, Support, ValueGraph
from causalvalues.errors import FileError
from causalvalues.provenance import Manifest, write_atomically

__all__ = ["SCHEMA", "GraphDocument", "read_graph", "write_graph"]

SCHEMA: Literal[1] = 1

Matrix = list[list[float]]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NodeDocument(_Part):
    """One node: its name, and whether it is a value or a context."""

    name: str
    kind: NodeKind = "value"


class EdgeDocument(_Part):
    """One edge; a mark is −1 tail, 1 arrow or 2 circle, at the node it is named for."""

    first: str
    second: str
    mark_first: Literal[-1, 1, 2]
    mark_second: Literal[-1, 1, 2]


class SupportDocument(_Part):
    """Shares of resamples per pair, in the order of the nodes; `directed[i][j]` is i → j."""

    unit: Literal["cluster", "row"]
    n_resamples: int = Field(ge=1)
    adjacent: Matrix
    directed: Matrix
    undirected: Matrix
    bidirected: Matrix


class EffectDocument(_Part):
    """A total effect: its range over the equivalence class and its interval."""

    cause: str
    effect: str
    low: float
    high: float
    interval_low: float
    interval_high: float
    method: str


class CheckDocument(_Part):
    """A named check with its answer; null = could not be asked."""

    name: str
    passed: bool | None
    detail: str = ""


class GraphDocument(_Part):
    """A causal value graph, as `causalvalues discover` writes it."""

    schema_number: Literal[1] = Field(alias="schema", default=SCHEMA)
    nodes: list[NodeDocument]
    edges: list[EdgeDocument]
    support: SupportDocument | None = None
    effects: list[EffectDocument] = []
    checks: list[CheckDocument] = []
    manifest: Manifest | None = None


def write_graph(graph: ValueGraph, path: Path) -> Path:
    """Return the path after the document is written whole."""
    document = _to_document(graph)
    return write_atomically(path, document.model_dump_json(indent=1, by_alias=True) + "\n")


def read_graph(path: Path) -> ValueGraph:
    """Return the graph in a document."""
    try:
        document = GraphDocument.model_validate_json(path.read_bytes())
    except FileNotFoundError as fault:
        raise FileError(f"A value graph was expected at {path}", found="no such file") from fault
    except (OSError, ValidationError) as fault:
        raise FileError(
            f"A value graph (schema {SCHEMA}) was expected at {path}",
            found=str(fault).splitlines()[0],
            remedy="write it with `causalvalues discover` or `ValueGraph.to_json`",
        ) from fault
    return _from_document(document)


def _to_document(graph: ValueGraph) -> GraphDocument:
    """Return the document of a graph."""
    support = graph.support
    return GraphDocument.model_validate(
        {
            "nodes": [
                {"name": name, "kind": kind}
                for name, kind in zip(graph.names, graph.kinds, strict=True)
            ],
            "edges": [vars(edge) for edge in graph.edges()],
            "support": None
            if support is None
            else {
                "unit": support.unit,
                "n_resamples": support.n_resamples,
                "adjacent": support.adjacent.tolist(),
                "directed": support.directed.tolist(),
                "undirected": support.undirected.tolist(),
                "bidirected": support.bidirected.tolist(),
            },
            "effects": [vars(effect) for effect in graph.effects],
            "checks": [vars(check) for check in graph.checks],
            "manifest": graph.manifest,
        }
    )


def _from_document(document: GraphDocument) -> ValueGraph:
    """Return the graph of a document."""
    names = [node.name for node in document.nodes]
    marks = np.zeros((len(names), len(names)), dtype=np.int8)
    for edge in document.edges:
        if edge.first not in names or edge.second not in names:
            raise FileError("Every edge must join two listed nodes", found=str(edge))
        i, j = names.index(edge.first), names.index(edge.second)
        marks[i, j], marks[j, i] = edge.mark_first, edge.mark_second
    support = document.support
    return ValueGraph(
        names=tuple(names),
        marks=marks,
        kinds=tuple(node.kind for node in document.nodes),
        support=None
        if support is None
        else Support(
            adjacent=np.array(support.adjacent),
            directed=np.array(support.directed),
            undirected=np.array(support.undirected),
            bidirected=np.array(support.bidirected),
            n_resamples=support.n_resamples,
            unit=support.unit,
        ),
        effects=tuple(Effect(**effect.model_dump()) for effect in document.effects),
        checks=tuple(Check(**check.model_dump()) for check in document.checks),
        manifest=document.manifest,
    )
