"""The published schema of the viewer's document is current, and what a page holds keeps to it."""

import json
from pathlib import Path

import jsonschema
import numpy as np

from causalvalues.discovery.graph import Support, ValueGraph
from causalvalues.report.viewer import document_of, viewer_schema
from causalvalues.report.viewer.agreement import consensus

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "schema" / "viewer.schema.json"


def test_the_published_schema_of_the_viewer_is_current() -> None:
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    assert schema == viewer_schema()
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_document_of_a_page_keeps_to_the_published_schema() -> None:
    shares = np.full((3, 3), 0.25)
    graph = ValueGraph(
        names=("a", "b", "c"),
        marks=ValueGraph.from_edges(("a", "b", "c"), [("a", "b")]).marks,
        support=Support(shares, shares, shares, shares, n_resamples=4, unit="row"),
    )
    document = document_of(graph, others={"none": ValueGraph.from_edges(["a", "d"], [])})
    told = json.loads(document.model_dump_json(by_alias=True))
    jsonschema.validate(told, json.loads(PUBLISHED.read_text("utf-8")))


def test_resamples_of_every_pair_stand_in_the_document_once_as_counts() -> None:
    shares = np.array([[0, 1, 1 / 3], [1, 0, 0], [1 / 3, 0, 0]])
    graph = ValueGraph(
        names=("a", "b", "c"),
        marks=ValueGraph.from_edges(("a", "b", "c"), [("a", "b")]).marks,
        support=Support(shares, shares, shares, shares, n_resamples=300, unit="row"),
    )
    most = consensus(graph)
    assert most is not None
    document = document_of(graph, agreements={"most": most}, others={"bare": graph.only("value")})
    assert [view.resamples for view in document.graphs] == [0, 0, 1]
    table = document.resamples[0]
    assert (table.n_resamples, table.unit) == (300, "row")
    assert table.pairs == [(0, 1, *[300] * 5), (0, 2, *[100] * 5)]
