"""DAGitty's text syntax, for dagitty.net and the R package of that name.

The statement names the smallest class that has room for the edges: `dag` for directed edges,
`pdag` with undirected, `mag` with bidirected, `pag` with circles; a cyclic graph is a `digraph`.
The syntax knows neither backslashes nor line breaks in names: both are replaced, and names that
become equal are numbered.
"""

import re

from causalvalues.discovery.formats.naming import distinct
from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE, TAIL

__all__ = ["to_dagitty"]

LEFT_BY_MARK = {TAIL: "-", ARROW: "<", CIRCLE: "@"}
RIGHT_BY_MARK = {TAIL: "-", ARROW: ">", CIRCLE: "@"}
CONTROL = re.compile("[\x00-\x1f\x7f]")


def to_dagitty(graph: ValueGraph) -> str:
    """Return the graph in DAGitty's syntax."""
    plain = distinct(graph.names, _plain, separator=" ")
    quoted = {name: _quoted(plain[name]) for name in graph.names}
    lines = [quoted[name] for name in graph.names]
    lines += [
        f"{quoted[edge.first]} {_arrow(edge)} {quoted[edge.second]}" for edge in graph.edges()
    ]
    return "\n".join([f"{_class(graph)} {{", *lines, "}"]) + "\n"


def _class(graph: ValueGraph) -> str:
    """Return the word for the smallest class of graphs with room for every edge."""
    kinds = {edge.kind for edge in graph.edges()}
    if "partial" in kinds:
        return "pag"
    if "bidirected" in kinds:
        return "mag"
    if graph.cycle:
        return "digraph"
    return "pdag" if "undirected" in kinds else "dag"


def _arrow(edge: Edge) -> str:
    """Return the edge's sign: ends of their marks around as many dashes as the syntax asks."""
    left, right = LEFT_BY_MARK[edge.mark_first], RIGHT_BY_MARK[edge.mark_second]
    if left == "-" and right in ("-", ">"):
        return left + right  # -- and ->
    return f"{left}-{right}"  # <-> @-> @-@ @-- --@


def _plain(name: str) -> str:
    """Return the name in characters that DAGitty's strings can hold."""
    return CONTROL.sub(" ", name.replace("\\", "/")) or "no name"


def _quoted(plain: str) -> str:
    """Return a plain name as a string literal."""
    escaped = plain.replace('"', '\\"')
    return f'"{escaped}"'
