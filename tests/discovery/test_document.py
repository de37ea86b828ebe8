"""graph.json: everything comes back, damage is a named error, the published schema is current."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.discovery.document import graph_from_text, graph_schema, text_of_graph
from causalvalues.discovery.graph import Check, Effect, Support, ValueGraph
from causalvalues.errors import FileError, GraphError, InputError
from causalvalues.provenance import Manifest

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "schema" / "graph.schema.json"


def full_graph(names: tuple[str, ...] = ("a", "b", "c"), seed: int = 0) -> ValueGraph:
    """A graph with every field filled."""
    generator = np.random.default_rng(seed)
    n = len(names)
    marks = np.triu(generator.choice([-1, 0, 1, 2], (n, n)), k=1)
    other_end = np.triu(generator.choice([-1, 1, 2], (n, n)), k=1) * (marks != 0)
    low, high = sorted(generator.normal(size=2))
    return ValueGraph(
        names=names,
        marks=(marks + other_end.T).astype(np.int8),
        kinds=tuple(generator.choice(["value", "context"], n)),
        support=Support(*generator.random((4, n, n)), n_resamples=7, unit="row"),
        effects=tuple(
            Effect(cause, effect, low, high, low - 1e-300, high + 1e300, "ida")
            for cause in names[:2]
            for effect in names[:2]
        ),
        checks=(Check("asked", True, "détail"), Check("failed", False), Check("unasked", None)),
        manifest=Manifest(
            command="discover",
            parameters={"alpha": 0.1 + 0.2, "names": ["x", None, True]},
            seeds={"search": 2**62},
            versions={"numpy": "2"},
            revision=None,
            digests={"table": "00ff"},
        ),
    )


def assert_same(one: ValueGraph, other: ValueGraph) -> None:
    """Every field of two graphs is equal, bit for bit."""
    assert (one.names, one.kinds) == (other.names, other.kinds)
    assert np.array_equal(one.marks, other.marks)
    assert (one.effects, one.checks, one.manifest) == (other.effects, other.checks, other.manifest)
    assert (one.support is None) == (other.support is None)
    if one.support is not None and other.support is not None:
        assert (one.support.unit, one.support.n_resamples) == (
            other.support.unit,
            other.support.n_resamples,
        )
        for name in ("adjacent", "directed", "undirected", "bidirected"):
            assert np.array_equal(getattr(one.support, name), getattr(other.support, name))


def test_every_field_comes_back_exactly(tmp_path: Path) -> None:
    graph = full_graph()
    assert_same(ValueGraph.from_json(graph.to_json(tmp_path / "deep" / "graph.json")), graph)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=6),
    st.integers(0, 2**32),
)
def test_any_names_and_marks_come_back_exactly(names: list[str], seed: int) -> None:
    graph = full_graph(tuple(names), seed)
    assert_same(graph_from_text(text_of_graph(graph)), graph)


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    first = full_graph().to_json(tmp_path / "one.json").read_bytes()
    again = ValueGraph.from_json(tmp_path / "one.json").to_json(tmp_path / "two.json").read_bytes()
    assert first == again


def test_the_published_schema_is_current() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == graph_schema(), (
        "write docs/schema/graph.schema.json again from causalvalues.discovery.document"
    )


def test_a_written_graph_follows_the_published_schema() -> None:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(text_of_graph(full_graph())), schema)


def plain() -> dict[str, object]:
    """A small good document as a mapping."""
    graph = ValueGraph.from_edges(["a", "b"], [("a", "b")])
    document: dict[str, object] = json.loads(text_of_graph(graph))
    return document


EDGE = {"first": "a", "second": "b", "mark_first": -1, "mark_second": 1}
SQUARE = [[0.0, 0.5], [0.5, 0.0]]
SUPPORT = {"unit": "row", "n_resamples": 3, "adjacent": SQUARE, "directed": SQUARE}
SUPPORT |= {"undirected": SQUARE, "bidirected": SQUARE}
EFFECT = {"cause": "a", "effect": "b", "low": 0, "high": 0, "interval_low": 0, "interval_high": 0}


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("schema", 2, "schema"),
        ("nodes", None, "nodes"),
        ("nodes", [{"name": "a"}, {"name": "b"}, {"name": "a"}], "a, b, a"),
        ("nodes", [{"name": "a", "kind": "feature"}, {"name": "b"}], "kind"),
        ("edges", [{**EDGE, "second": "z"}], "'z'"),
        ("edges", [EDGE, EDGE], "a second one"),
        ("edges", [EDGE, {**EDGE, "first": "b", "second": "a"}], "a second one"),
        ("edges", [{**EDGE, "mark_first": 0}], "mark_first"),
        ("edges", [{**EDGE, "second": "a"}], "two different values"),
        ("edges", [{**EDGE, "weight": 1}], "weight"),
        ("support", {**SUPPORT, "adjacent": [[0.0, 0.5], [0.5]]}, "inhomogeneous"),
        ("support", {**SUPPORT, "adjacent": [[0.0]]}, "shape"),
        ("support", {**SUPPORT, "adjacent": [[0.0, 7.0], [0.5, 0.0]]}, "between 0 and 1"),
        ("support", {**SUPPORT, "unit": "column"}, "unit"),
        ("support", {**SUPPORT, "n_resamples": 0}, "n_resamples"),
        ("effects", [{**EFFECT, "method": "ida", "cause": "z"}], "known values"),
        ("effects", [EFFECT], "method"),
        ("checks", [{"name": "x"}], "passed"),
        ("surprise", 1, "surprise"),
    ],
)
def test_a_damaged_document_is_a_named_error(
    tmp_path: Path, key: str, value: object, complaint: str
) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps({**plain(), key: value}), encoding="utf-8")
    with pytest.raises(FileError, match=complaint) as caught:
        ValueGraph.from_json(path)
    assert "graph.json" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"nodes": []}'])
def test_a_foreign_file_is_a_named_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "graph.json"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"value graph \(schema 1\)"):
        ValueGraph.from_json(path)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_a_cut_or_flipped_file_never_reads_as_something_unchecked(
    seed: int, data: st.DataObject
) -> None:
    content = bytearray(text_of_graph(full_graph(seed=seed)).encode())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        graph = graph_from_text(bytes(content))
    except InputError:
        return
    assert graph.marks.shape == (len(graph.names),) * 2


def test_an_absent_file_and_a_folder_are_named_errors(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        ValueGraph.from_json(tmp_path / "none.json")
    with pytest.raises(FileError, match="directory"):
        ValueGraph.from_json(tmp_path)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_number_that_json_cannot_hold_is_refused_before_writing(
    tmp_path: Path, number: float
) -> None:
    effect = Effect("a", "b", 0.0, number, 0.0, 1.0, "ida")
    graph = ValueGraph(("a", "b"), np.zeros((2, 2), dtype=np.int8), effects=(effect,))
    with pytest.raises(GraphError, match="finite"):
        graph.to_json(tmp_path / "graph.json")
    assert not (tmp_path / "graph.json").exists()
