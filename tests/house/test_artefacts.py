"""Graphs that are kept can be read, and say where they came from and what they passed."""

from pathlib import Path

import pytest

from causalvalues import ValueGraph

GRAPHS = Path(__file__).parents[2] / "graphs"
FOUND = sorted((GRAPHS / "found").glob("*.json"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_a_found_graph_has_its_manifest_and_its_checks(path: Path) -> None:
    graph = ValueGraph.from_json(path)
    assert graph.manifest is not None
    assert graph.checks
    assert graph.support is not None
    assert path.name in (GRAPHS / "README.md").read_text(encoding="utf-8")
