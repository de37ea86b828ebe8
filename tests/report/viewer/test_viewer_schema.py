"""The published schema of the viewer's document is current, and what a page holds keeps to it."""

import json
from pathlib import Path

import jsonschema
import numpy as np

from causalvalues.discovery.graph import Support, ValueGraph
from causalvalues.report.viewer import document_of, viewer_schema

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


def test_pairs_that_only_resamples_joined_stand_in_the_document_as_well() -> None:
    shares = np.array([[0, 1, 0.5], [1, 0, 0], [0.5, 0, 0]])
    graph = ValueGraph(
        names=("a", "b", "c"),
        marks=ValueGraph.from_edges(("a", "b", "c"), [("a", "b")]).marks,
        support=Support(shares, shares, shares, shares, n_resamples=4, unit="row"),
    )
    resamples = document_of(graph).graphs[0].resamples
    assert resamples is not None
    assert (resamples.n_resamples, resamples.unit) == (4, "row")
    assert resamples.pairs == [(0, 2, 0.5, 0.5, 0.5, 0.5, 0.5)]
