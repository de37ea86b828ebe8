"""The graph object of a page: a pyvis `Network` made through networkx.

Places are fixed and physics is off, so that a graph looks the same every time. pyvis is the graph
object only: its own pages load from the network and let names through unescaped, so the page is
rendered from our template (`page`).
"""

import json
from typing import TYPE_CHECKING, Any

import networkx as nx

from causalvalues.report.viewer.document import EdgeView, GraphView, NodeView

if TYPE_CHECKING:
    from pyvis.network import Network

__all__ = ["WIDTH", "network_of"]

WIDTH, HEIGHT = 460.0, 360.0  # half of each, in the units of vis-network
CIRCLE_END = {"enabled": True, "type": "circle"}
OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {
        "hover": True,
        "keyboard": False,
        "multiselect": False,
        "navigationButtons": False,
        "selectConnectedEdges": False,
        "hoverConnectedEdges": False,
        "hideEdgesOnDrag": False,
    },
    "nodes": {"shape": "dot", "physics": False},
    "edges": {"smooth": {"enabled": True, "type": "curvedCW", "roundness": 0.08}, "physics": False},
}


def network_of(nodes: list[NodeView], graph: GraphView) -> "Network":
    """Return the pyvis network of one graph over the nodes, in layers."""
    from pyvis.network import Network

    plain: nx.DiGraph[int] = nx.DiGraph()
    for number, node in enumerate(nodes):
        x, y = node.in_layers
        plain.add_node(number, label=node.name, x=WIDTH * x, y=HEIGHT * y, physics=False, size=14)
    for edge in graph.edges:
        plain.add_edge(edge.first, edge.second, **_drawn(edge))
    network = Network(directed=True)
    network.from_nx(plain)
    network.set_options(json.dumps(OPTIONS))
    return network


def _drawn(edge: EdgeView) -> dict[str, Any]:
    """Return the heads of an edge, as few words as there can be."""
    ends = {"from": edge.mark_first, "to": edge.mark_second}
    heads: object = ", ".join(end for end, mark in ends.items() if mark == 1)
    if 2 in ends.values():
        heads = {end: CIRCLE_END if mark == 2 else mark == 1 for end, mark in ends.items()}
    return {"arrows": heads, "id": f"{edge.first}-{edge.second}"}
