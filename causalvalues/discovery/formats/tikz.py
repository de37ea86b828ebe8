"""TikZ: the graph as a figure for LaTeX, its values on a circle, clockwise in their order.

The text compiles as it is (class `standalone`); the `tikzpicture` in it can be pasted elsewhere,
given `\\usetikzlibrary{arrows.meta}`. Line width grows with the support of the adjacency.
"""

import math

from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE, TAIL

__all__ = ["to_tikz"]

PREAMBLE = (
    r"\documentclass[tikz,border=4pt]{standalone}",
    r"\usepackage{iftex}",
    r"\ifPDFTeX\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\else\usepackage{fontspec}\fi",
    r"\usetikzlibrary{arrows.meta}",
    r"\begin{document}",
)

TIP_BY_MARK = {TAIL: "", ARROW: "{Latex}", CIRCLE: "{Circle[open]}"}

LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\char34{}",
}


def to_tikz(graph: ValueGraph) -> str:
    """Return the graph as a LaTeX document with one picture."""
    lines = [
        *PREAMBLE,
        r"\begin{tikzpicture}[",
        "  value/.style={draw, rounded corners, inner sep=3pt, font=\\small},",
        "  context/.style={draw, dashed, inner sep=3pt, font=\\small}]",
        *_nodes(graph),
        *(_edge(graph, edge) for edge in graph.edges()),
        r"\end{tikzpicture}",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _nodes(graph: ValueGraph) -> list[str]:
    """Return one node statement per name, at equal angles."""
    n_nodes = len(graph.names)
    radius_in_cm = max(2.5, 0.5 * n_nodes)
    statements = []
    for i, (name, kind) in enumerate(zip(graph.names, graph.kinds, strict=True)):
        angle = math.pi / 2 - 2 * math.pi * i / n_nodes
        x, y = radius_in_cm * math.cos(angle), radius_in_cm * math.sin(angle)
        statements.append(f"  \\node[{kind}] (n{i}) at ({x:.2f},{y:.2f}) {{{_escaped(name)}}};")
    return statements


def _edge(graph: ValueGraph, edge: Edge) -> str:
    """Return one draw statement with the tips of the edge's marks."""
    i, j = graph.index(edge.first), graph.index(edge.second)
    share = 0.5 if graph.support is None else float(graph.support.adjacent[i, j])
    tips = f"{TIP_BY_MARK[edge.mark_first]}-{TIP_BY_MARK[edge.mark_second]}"
    return f"  \\draw[{tips}, line width={0.4 + share:.2f}pt] (n{i}) -- (n{j});"


def _escaped(name: str) -> str:
    """Return the name as LaTeX prints it; characters that cannot be printed become spaces."""
    printable = (letter if letter.isprintable() else " " for letter in name)
    return "".join(LATEX.get(letter, letter) for letter in printable)
