"""Graphviz DOT: a drawing with the right head at each end, adjacency support as edge labels."""

import re

from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE, TAIL

__all__ = ["to_dot"]

HEAD_BY_MARK = {TAIL: "none", ARROW: "normal", CIRCLE: "odot"}
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def to_dot(graph: ValueGraph) -> str:
    """Return the graph in DOT."""
    lines = ["digraph values {", '  node [fontname="Helvetica"];']
    for name, kind in zip(graph.names, graph.kinds, strict=True):
        shape = "ellipse" if kind == "value" else "box"
        lines.append(f"  {_quoted(name)} [label={_label(name)}, shape={shape}];")
    lines += [_edge(graph, edge) for edge in graph.edges()]
    return "\n".join([*lines, "}"]) + "\n"


def _edge(graph: ValueGraph, edge: Edge) -> str:
    """Return one edge statement; the default, a plain arrow, goes unsaid."""
    attributes = []
    if edge.kind != "directed":
        tail, head = HEAD_BY_MARK[edge.mark_first], HEAD_BY_MARK[edge.mark_second]
        attributes += ["dir=both", f"arrowtail={tail}", f"arrowhead={head}"]
    if graph.support is not None:
        share = graph.support.adjacent[graph.index(edge.first), graph.index(edge.second)]
        attributes.append(f'label="{share:.2f}"')
    said = f" [{', '.join(attributes)}]" if attributes else ""
    return f"  {_quoted(edge.first)} -> {_quoted(edge.second)}{said};"


def _quoted(name: str) -> str:
    """Return the name as a quoted id; different names give different ids."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", escaped)
    return f'"{escaped}"'


def _label(name: str) -> str:
    """Return the name as a label that shows it literally."""
    plain = CONTROL.sub("\N{REPLACEMENT CHARACTER}", name)
    return _quoted(plain.replace("&", "&amp;"))
