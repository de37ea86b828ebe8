"""A value graph in other programs' formats, one file per format.

json, graphml and csv can be read back; dot, dagitty, lavaan and tikz are written only.
Guarantee: no name, however hostile, changes the structure of the file that it stands in.
"""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from causalvalues.discovery.document import read_graph, text_of_graph
from causalvalues.discovery.formats.dagitty import to_dagitty
from causalvalues.discovery.formats.dot import to_dot
from causalvalues.discovery.formats.edge_table import read_csv, to_csv
from causalvalues.discovery.formats.graphml import read_graphml, to_graphml
from causalvalues.discovery.formats.lavaan import to_lavaan
from causalvalues.discovery.formats.networks import from_networkx, to_networkx
from causalvalues.discovery.formats.tikz import to_tikz
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.options import GraphFormat
from causalvalues.errors import FileError, OptionError
from causalvalues.provenance import write_atomically

__all__ = [
    "GraphFormat",
    "from_networkx",
    "read_graph_from",
    "to_csv",
    "to_dagitty",
    "to_dot",
    "to_graphml",
    "to_lavaan",
    "to_networkx",
    "to_tikz",
    "write_graph_as",
]


FORMAT_BY_ENDING: dict[str, GraphFormat] = {
    ".json": "json",
    ".graphml": "graphml",
    ".dot": "dot",
    ".gv": "dot",
    ".dagitty": "dagitty",
    ".lavaan": "lavaan",
    ".lav": "lavaan",
    ".tex": "tikz",
    ".tikz": "tikz",
    ".csv": "csv",
}

TEXT_BY_FORMAT: dict[GraphFormat, Callable[[ValueGraph], str]] = {
    "json": text_of_graph,
    "graphml": to_graphml,
    "dot": to_dot,
    "dagitty": to_dagitty,
    "lavaan": to_lavaan,
    "tikz": to_tikz,
    "csv": to_csv,
}


def write_graph_as(
    graph: ValueGraph,
    path: str | Path,
    *,
    format: GraphFormat | None = None,  # noqa: A002
) -> Path:
    """Return the path after the graph is written, in the format of its ending or the one named."""
    chosen = format or _format_of(Path(path))
    if chosen not in TEXT_BY_FORMAT:
        raise OptionError(
            f"`format` must be one of {', '.join(get_args(GraphFormat))}", found=repr(chosen)
        )
    text = TEXT_BY_FORMAT[chosen](graph)
    return write_atomically(Path(path), text if text.endswith("\n") else text + "\n")


def read_graph_from(path: str | Path) -> ValueGraph:
    """Return the graph in a json, graphml or csv file, told apart by their endings."""
    source = Path(path)
    format_ = _format_of(source)
    if format_ == "json":
        return read_graph(source)
    if format_ == "graphml":
        return read_graphml(source)
    if format_ == "csv":
        return read_csv(source)
    raise FileError(
        "A value graph can be read from json, graphml and csv",
        found=f"{source.name}, which is {format_}",
        remedy="keep the graph as json and write the other formats from it",
    )


def _format_of(path: Path) -> GraphFormat:
    """Return the format that a file's ending names."""
    if path.suffix.lower() not in FORMAT_BY_ENDING:
        raise OptionError(
            f"The ending of {path.name} must name a format",
            found=path.suffix or "no ending",
            remedy=f"use one of {', '.join(FORMAT_BY_ENDING)}, or name the `format` when writing",
        )
    return FORMAT_BY_ENDING[path.suffix.lower()]
