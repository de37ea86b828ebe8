"""Value graphs: their rules, their edges, their cycles."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from causalvalues.discovery.graph import Check, Edge, Effect, Support, ValueGraph
from causalvalues.errors import CyclicGraph, GraphError

NAMES = ("security", "power", "hedonism", "tradition")


def every_kind() -> ValueGraph:
    """hedonism → security, security — power, power ↔ hedonism, tradition o→ power."""
    marks = [[0, -1, 1, 0], [-1, 0, 1, 1], [-1, 1, 0, 0], [0, 2, 0, 0]]
    return ValueGraph.from_matrix(np.array(marks), NAMES)


def support_of(n: int) -> Support:
    """A support table of the right size."""
    tables = np.full((4, n, n), 0.25)
    return Support(*tables, n_resamples=10, unit="cluster")


def effect(cause: str, caused: str) -> Effect:
    """Some effect."""
    return Effect(cause, caused, 0.1, 0.3, 0.0, 0.4, "ida")


def test_edges_come_in_the_order_of_the_names_and_directed_ones_from_the_cause() -> None:
    assert [str(edge) for edge in every_kind().edges()] == [
        "security —— power",
        "hedonism —→ security",
        "power ←→ hedonism",
        "tradition o→ power",
    ]


def test_an_edge_says_its_kind() -> None:
    kinds = [edge.kind for edge in every_kind().edges()]
    assert kinds == ["undirected", "directed", "bidirected", "partial"]


@pytest.mark.parametrize("marks", [(2, 2), (2, -1), (-1, 2), (2, 1), (1, 2)])
def test_a_circle_anywhere_makes_an_edge_partial(marks: tuple[int, int]) -> None:
    assert Edge("a", "b", *marks).kind == "partial"


def test_the_matrix_comes_back_as_a_copy() -> None:
    graph = every_kind()
    matrix = graph.to_matrix()
    matrix[:] = 0
    assert graph.n_edges == 4


def test_a_graph_cannot_be_changed() -> None:
    graph = every_kind()
    with pytest.raises(ValueError, match="read-only"):
        graph.marks[0, 1] = 0
    with pytest.raises(FrozenInstanceError):
        graph.names = ()  # type: ignore[misc]


def test_edges_by_name_are_cause_then_effect() -> None:
    graph = ValueGraph.from_edges(["a", "b"], [("b", "a")])
    assert graph.marks[1, 0] == -1
    assert graph.marks[0, 1] == 1
    assert [edge.first for edge in graph.edges()] == ["b"]


@pytest.mark.parametrize(
    ("edges", "complaint"),
    [
        ([("a", "z")], "known values"),
        ([("a", "b"), ("b", "a")], "one direction"),
        ([("a", "a")], "two different values"),
    ],
)
def test_edges_that_form_no_graph_are_refused(edges: list[tuple[str, str]], complaint: str) -> None:
    with pytest.raises(GraphError, match=complaint):
        ValueGraph.from_edges(["a", "b"], edges)


@pytest.mark.parametrize(
    ("marks", "names", "complaint"),
    [
        (np.zeros((2, 3)), ("a", "b"), "2 × 2"),
        (np.zeros((2, 2)), ("a", "a"), "its own name"),
        (np.array([[0, 3], [1, 0]]), ("a", "b"), "−1, 0, 1 or 2"),
        (np.array([[0, 0.5], [1, 0]]), ("a", "b"), "−1, 0, 1 or 2"),
        (np.array([[0, np.nan], [1, 0]]), ("a", "b"), "−1, 0, 1 or 2"),
        (np.array([[0, 1], [0, 0]]), ("a", "b"), "mark at both ends"),
        (np.array([[1, 0], [0, 0]]), ("a", "b"), "two different values"),
        (np.zeros((1, 1)), ("\ud800",), "UTF-8"),
    ],
)
def test_marks_that_form_no_graph_are_refused(
    marks: np.ndarray, names: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(GraphError, match=complaint):
        ValueGraph.from_matrix(marks, names)


def test_evidence_about_other_values_is_refused() -> None:
    marks = np.zeros((2, 2), dtype=np.int8)
    with pytest.raises(GraphError, match="row and a column per node"):
        ValueGraph(("a", "b"), marks, support=support_of(3))
    with pytest.raises(GraphError, match="known values"):
        ValueGraph(("a", "b"), marks, effects=(effect("a", "z"),))
    with pytest.raises(GraphError, match="kind"):
        ValueGraph(("a", "b"), marks, kinds=("value",))
    with pytest.raises(GraphError, match="feature"):
        ValueGraph(("a", "b"), marks, kinds=("value", "feature"))  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [-0.1, 1.5, np.nan])
def test_support_is_a_share(share: float) -> None:
    with pytest.raises(GraphError, match="shares between 0 and 1"):
        Support(*np.full((4, 2, 2), share), n_resamples=1, unit="row")


def test_a_cycle_is_reported_by_a_warning_and_a_failed_check() -> None:
    graph = ValueGraph.from_edges(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert set(graph.cycle) == {"a", "b", "c"}
    with pytest.warns(CyclicGraph, match="directed cycle"):
        checked = graph.with_cycle_check()
    assert checked.checks[-1].name == "acyclic"
    assert checked.checks[-1].passed is False
    assert checked.n_edges == 3


def test_a_graph_without_a_cycle_passes_its_check_in_silence() -> None:
    assert every_kind().with_cycle_check().checks == (Check("acyclic", True),)


def test_a_check_holds_plain_truth_values() -> None:
    assert Check("asked", np.True_).passed is True  # type: ignore[arg-type]
    assert Check("could not be asked", None).passed is None


def test_descendants_follow_directed_edges_only() -> None:
    graph = ValueGraph.from_edges(["a", "b", "c", "d"], [("a", "b"), ("b", "c")])
    assert graph.descendants("a") == ("b", "c")
    assert graph.descendants("d") == ()
    with pytest.raises(GraphError, match="'z'"):
        graph.descendants("z")


def test_nodes_of_one_kind_keep_their_evidence() -> None:
    graph = ValueGraph(
        ("a", "steered", "b"),
        ValueGraph.from_edges(["a", "s", "b"], [("s", "a"), ("a", "b")]).marks,
        kinds=("value", "context", "value"),
        support=support_of(3),
        effects=(effect("a", "b"), effect("steered", "a")),
    )
    values = graph.only("value")
    assert values.names == ("a", "b")
    assert values.support is not None
    assert values.support.adjacent.shape == (2, 2)
    assert values.effects == (effect("a", "b"),)
    assert [str(edge) for edge in values.edges()] == ["a —→ b"]


def test_a_graph_may_be_empty() -> None:
    graph = ValueGraph((), np.zeros((0, 0), dtype=np.int8))
    assert list(graph.edges()) == []
    assert graph.cycle == ()
