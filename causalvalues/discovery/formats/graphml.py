"""GraphML, with the marks as edge attributes: for Cytoscape, Gephi, igraph, yEd and networkx.

Node ids are the names. XML cannot hold every character: those it cannot hold, and the backslash,
stand as a backslash, `u` and four hexadecimal digits, and come back exactly.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import networkx as nx

from causalvalues.discovery.formats.networks import DOCUMENT, from_networkx, to_networkx
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import FileError

if TYPE_CHECKING:
    from networkx import DiGraph, Graph

__all__ = ["read_graphml", "to_graphml"]

# control characters, non-characters and the separators that a reader would turn into a space
UNSAFE = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def to_graphml(graph: ValueGraph) -> str:
    """Return the graph as GraphML."""
    network = to_networkx(graph)
    safe: DiGraph[str] = nx.relabel_nodes(network, {name: _escape(name) for name in graph.names})
    safe.graph[DOCUMENT] = _escape(network.graph[DOCUMENT])
    for _, _, data in safe.edges(data=True):
        if "effect_method" in data:
            data["effect_method"] = _escape(data["effect_method"])
    lines = nx.generate_graphml(safe)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n"


def read_graphml(path: Path) -> ValueGraph:
    """Return the graph in a GraphML file, ours or another program's."""
    try:
        network: Graph[str] = nx.read_graphml(path)
    except FileNotFoundError as fault:
        raise FileError(f"A GraphML file was expected at {path}", found="no such file") from fault
    except (OSError, ParseError, nx.NetworkXError, ValueError, KeyError) as fault:
        raise FileError(f"A GraphML file was expected at {path}", found=str(fault)) from fault
    if isinstance(network.graph.get(DOCUMENT), str):
        network = nx.relabel_nodes(network, {name: _unescape(name) for name in network})
        network.graph[DOCUMENT] = _unescape(network.graph[DOCUMENT])
    return from_networkx(network)


def _escape(text: str) -> str:
    """Return the text in characters that XML keeps."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _unescape(text: str) -> str:
    """Return the text that `_escape` was given."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
