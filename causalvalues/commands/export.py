"""`causalvalues export`: a graph in the format another program reads."""

from pathlib import Path
from typing import Annotated

import typer

from causalvalues.commands.terminal import wrote
from causalvalues.discovery.options import GraphFormat

__all__ = ["export"]


def export(
    graph: Annotated[Path, typer.Argument(help="A graph: .json, .graphml or .csv.")],
    out: Annotated[Path, typer.Argument(help="Where it goes; the ending chooses the format.")],
    to: Annotated[
        GraphFormat | None,
        typer.Option(
            "--to",
            help="json, graphml, dot, dagitty, lavaan, tikz or csv, where the ending does not say.",
        ),
    ] = None,
) -> None:
    """Write a graph as GraphML, DOT, DAGitty, lavaan, TikZ, CSV or JSON.

    Example: [bold]causalvalues export graph.json graph.dot[/]
    """
    from causalvalues.discovery.formats import read_graph_from, write_graph_as

    wrote([write_graph_as(read_graph_from(graph), out, format=to)])
