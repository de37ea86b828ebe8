"""lavaan model syntax: the graph as regressions, for fitting it as a structural model in R.

i → j is `j ~ i`, i ↔ j is `i ~~ j`. An undirected edge or one with a circle has no single model:
it is left out, and a comment says so. Names become R names; a comment maps them back.
"""

import json
import re
import unicodedata

from causalvalues.discovery.formats.naming import distinct
from causalvalues.discovery.graph import Edge, ValueGraph

__all__ = ["to_lavaan"]

CONTROL_WORDS = {"if", "else", "repeat", "while", "function", "for", "next", "break", "in"}
RESERVED = CONTROL_WORDS | {"TRUE", "FALSE", "NULL", "Inf", "NaN", "NA"}
MODELLED = ("directed", "bidirected")
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.]+")


def to_lavaan(graph: ValueGraph) -> str:
    """Return the graph in lavaan's model syntax."""
    variable = distinct(graph.names, _syntactic, separator="_")
    edges = list(graph.edges())
    lines = [f"# {variable[name]} = {_literal(name)}" for name in graph.names]
    if graph.cycle:
        lines.append("# the regressions form a cycle: the model is not recursive")
    lines += [_comment(edge, variable) for edge in edges if edge.kind in ("undirected", "partial")]
    for name in graph.names:
        causes = [e.first for e in edges if e.kind == "directed" and e.second == name]
        if causes:
            lines.append(f"{variable[name]} ~ {' + '.join(variable[cause] for cause in causes)}")
    for edge in edges:
        if edge.kind == "bidirected":
            lines.append(f"{variable[edge.first]} ~~ {variable[edge.second]}")
    used = {name for e in edges for name in (e.first, e.second) if e.kind in MODELLED}
    lines += [f"{variable[name]} ~~ {variable[name]}" for name in graph.names if name not in used]
    return "\n".join(lines) + "\n"


def _comment(edge: Edge, variable: dict[str, str]) -> str:
    """Return the comment that stands for an edge without one direction."""
    left, right = variable[edge.first], variable[edge.second]
    return f"# {left} and {right} are adjacent, but the edge's direction is not identified"


def _syntactic(name: str) -> str:
    """Return the name as R would accept it without quotes."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    word = NOT_IN_NAMES.sub("_", ascii_name).strip("_.")
    if not word or not word[0].isalpha() or word in RESERVED:
        return f"v_{word}" if word else "v"
    return word


def _literal(name: str) -> str:
    """Return the name in quotes on one line."""
    return json.dumps(name, ensure_ascii=not name.isprintable())
