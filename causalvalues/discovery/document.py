"""`graph.json`: the value graph as a schema-numbered document that other programs can read.

Guarantee: `read_graph(write_graph(graph))` gives every mark, share, effect, check and manifest
back exactly; a damaged or foreign file is a named error.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from causalvalues.discovery.graph import Check, Effect, NodeKind, Support, ValueGraph
from causalvalues.discovery.marks import NONE, Marks
from causalvalues.errors import FileError, GraphError, InputError
from causalvalues.provenance import Manifest, write_atomically

__all__ = [
    "SCHEMA",
    "GraphDocument",
    "graph_from_text",
    "graph_schema",
    "read_graph",
    "text_of_graph",
    "write_graph",
]

SCHEMA: Literal[1] = 1

EXPECTED = f"A value graph (schema {SCHEMA}) was expected"
REMEDY = "write it with `causalvalues discover` or `ValueGraph.to_json`"

Matrix = list[list[float]]
NOTHING = np.zeros((0, 0))


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

    schema_number: Literal[1] = Field(alias="schema")
    nodes: list[NodeDocument]
    edges: list[EdgeDocument]
    support: SupportDocument | None = None
    effects: list[EffectDocument] = []
    checks: list[CheckDocument] = []
    manifest: Manifest | None = None


def graph_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of `graph.json`, as published in docs/schema."""
    schema = GraphDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def write_graph(graph: ValueGraph, path: Path) -> Path:
    """Return the path after the document is written whole."""
    return write_atomically(path, text_of_graph(graph) + "\n")


def read_graph(path: Path) -> ValueGraph:
    """Return the graph in a document."""
    try:
        return graph_from_text(path.read_bytes())
    except FileNotFoundError as fault:
        raise FileError(f"{path}: {EXPECTED}", found="no such file") from fault
    except OSError as fault:
        raise FileError(f"{path}: {EXPECTED}", found=str(fault)) from fault
    except InputError as fault:
        raise FileError(
            f"{path}: {fault.expected}", found=fault.found, remedy=fault.remedy or REMEDY
        ) from fault


def text_of_graph(graph: ValueGraph, *, indent: int | None = 1) -> str:
    """Return the document of a graph as JSON."""
    try:
        return _to_document(graph).model_dump_json(indent=indent, by_alias=True)
    except ValidationError as fault:
        raise GraphError(
            "A graph's support, effects and checks must be finite numbers and text",
            found=_first_complaint(fault),
        ) from fault


def graph_from_text(text: str | bytes) -> ValueGraph:
    """Return the graph of a document in JSON."""
    try:
        return _from_document(GraphDocument.model_validate_json(text))
    except ValidationError as fault:
        raise FileError(EXPECTED, found=_first_complaint(fault)) from fault


def _first_complaint(fault: ValidationError) -> str:
    """Return where a document first departs from its schema, and how."""
    complaint = fault.errors()[0]
    place = ".".join(str(part) for part in complaint["loc"])
    return f"{place}: {complaint['msg']}" if place else complaint["msg"]


def _to_document(graph: ValueGraph) -> GraphDocument:
    """Return the document of a graph."""
    nodes = zip(graph.names, graph.kinds, strict=True)
    return GraphDocument.model_validate(
        {
            "schema": SCHEMA,
            "nodes": [{"name": name, "kind": kind} for name, kind in nodes],
            "edges": [vars(edge) for edge in graph.edges()],
            "support": None if graph.support is None else _plain_support(graph.support),
            "effects": [vars(effect) for effect in graph.effects],
            "checks": [vars(check) for check in graph.checks],
            "manifest": graph.manifest,
        }
    )


def _plain_support(support: Support) -> dict[str, object]:
    """Return the fields of a support as lists and numbers."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(support).items()
    }


def _from_document(document: GraphDocument) -> ValueGraph:
    """Return the graph of a document."""
    return ValueGraph(
        names=tuple(node.name for node in document.nodes),
        marks=_marks_of(document),
        kinds=tuple(node.kind for node in document.nodes),
        support=None if document.support is None else _support_of(document.support),
        effects=tuple(Effect(**effect.model_dump()) for effect in document.effects),
        checks=tuple(Check(**check.model_dump()) for check in document.checks),
        manifest=document.manifest,
    )


def _marks_of(document: GraphDocument) -> Marks:
    """Return the mark matrix of the listed edges, each of which may stand once."""
    position = {node.name: i for i, node in enumerate(document.nodes)}
    marks = np.zeros((len(document.nodes), len(document.nodes)), dtype=np.int8)
    for edge in document.edges:
        if edge.first not in position or edge.second not in position:
            raise FileError("Every edge must join two listed nodes", found=str(edge))
        i, j = position[edge.first], position[edge.second]
        if marks[i, j] != NONE:
            raise FileError("Every pair may have one edge", found=f"a second one: {edge}")
        marks[i, j], marks[j, i] = edge.mark_first, edge.mark_second
    return marks


def _support_of(document: SupportDocument) -> Support:
    """Return the support of a document."""
    fields = document.model_dump()
    if not document.adjacent:  # a graph without nodes: lists cannot say 0 × 0
        fields |= dict.fromkeys(("adjacent", "directed", "undirected", "bidirected"), NOTHING)
    try:
        return Support(**fields)
    except ValueError as fault:  # rows of different lengths
        raise FileError("Support must be square tables", found=str(fault)) from fault
