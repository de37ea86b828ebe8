"""Two graphs side by side: known distances, chance levels, and what cannot be asked."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.discovery.compare import compare, truth_class
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import GraphError, OptionError
from causalvalues.provenance import digest_of_file

NAMES = ("a", "b", "c", "d")
TRUTH = ValueGraph.from_edges(list(NAMES), [("a", "b"), ("b", "c"), ("c", "d")])
AIDS = ("parent_aid", "ancestor_aid", "oset_aid")


def dag(n: int, density: float, seed: int) -> ValueGraph:
    """A random acyclic graph."""
    generator = np.random.default_rng(seed)
    causes = np.triu(generator.random((n, n)) < density, k=1)
    order = generator.permutation(n)
    causes = causes[np.ix_(order, order)]
    return ValueGraph.from_matrix(causes.T.astype(int) - causes, [f"v{i}" for i in range(n)])


def values_of(found: ValueGraph, other: ValueGraph) -> dict[str, float | None]:
    """Every measure's value."""
    return {m.name: m.value for m in compare(found, other, n_relabellings=0).measures}


def test_a_graph_is_at_no_distance_from_itself() -> None:
    for name, value in values_of(TRUTH, TRUTH).items():
        assert value == (0.0 if "shd" in name or "aid" in name else 1.0), name


def test_known_distances_of_a_small_example() -> None:
    # a → b kept, b → c reversed, c → d missing, a → d added
    found = ValueGraph.from_edges(list(NAMES), [("a", "b"), ("c", "b"), ("a", "d")])
    values = values_of(found, TRUTH)
    assert values["shd"] == 3
    assert values["skeleton_shd"] == 2
    assert values["adjacency_precision"] == values["adjacency_recall"] == pytest.approx(2 / 3)
    assert values["adjacency_f1"] == pytest.approx(2 / 3)
    assert values["arrow_precision"] == values["arrow_recall"] == 0.5
    assert values["ancestor_precision"] == pytest.approx(2 / 3)  # a→b, c→b, a→d; true but c→b
    assert values["ancestor_recall"] == pytest.approx(2 / 6)
    assert values["ancestor_jaccard"] == pytest.approx(2 / 7)


def test_an_undirected_edge_costs_recall_of_arrows_and_not_precision() -> None:
    marks = TRUTH.to_matrix()
    marks[1, 0] = -1
    values = values_of(ValueGraph.from_matrix(marks, NAMES), TRUTH)
    assert values["shd"] == 1
    assert values["skeleton_shd"] == 0
    assert values["arrow_precision"] == 1.0
    assert values["arrow_recall"] == pytest.approx(2 / 3)


def test_adjustment_asks_what_the_found_graph_would_do_in_the_other() -> None:
    edge = ValueGraph.from_edges(["a", "b"], [("a", "b")])
    none = ValueGraph.from_edges(["a", "b"], [])
    missed, added = values_of(none, edge), values_of(edge, none)
    for name in AIDS:
        assert missed[name] == 0.5  # it denies the effect of a on b: one pair of two
        assert added[name] == 0.0  # it adjusts for nothing, which is valid where nothing acts


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 9), st.floats(0, 1), st.integers(0, 2**32))
def test_adjustment_for_parents_is_the_structural_intervention_distance(
    n: int, density: float, seed: int
) -> None:
    import gadjid

    found, other = dag(n, density, seed), dag(n, density, seed + 1)
    sid = gadjid.sid(
        other.directed.astype(np.int8),
        found.directed.astype(np.int8),
        edge_direction="from row to column",
    )
    assert values_of(found, other)["parent_aid"] == sid[0]


def cyclic() -> ValueGraph:
    """a → b → c → a."""
    return ValueGraph.from_edges(list(NAMES), [("a", "b"), ("b", "c"), ("c", "a")])


def with_marks(at_a: int, at_b: int) -> ValueGraph:
    """The truth with other marks between a and b."""
    marks = TRUTH.to_matrix()
    marks[0, 1], marks[1, 0] = at_a, at_b
    return ValueGraph.from_matrix(marks, NAMES)


def no_class() -> ValueGraph:
    """a → b — c: no observation would leave b — c undirected."""
    marks = TRUTH.to_matrix()
    marks[1, 2] = marks[2, 1] = -1
    return ValueGraph.from_matrix(marks, NAMES)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (cyclic(), "the found graph has a directed cycle"),
        (with_marks(1, 1), "the found graph has a bidirected edge"),
        (with_marks(2, 1), "the found graph has a circle mark"),
        (no_class(), "the found graph is not the equivalence class"),
    ],
)
def test_a_graph_without_adjustment_distances_is_unscored_with_the_reason(
    graph: ValueGraph, reason: str
) -> None:
    comparison = compare(graph, TRUTH, n_relabellings=5)
    for name in AIDS:
        measure = comparison.measure(name)
        assert measure.value is None
        assert measure.p_value is None
        assert measure.reason.startswith(reason)
        assert "unscored" in measure.text()
    assert comparison.measure("shd").value is not None
    other_way = compare(TRUTH, graph, n_relabellings=5).measure("oset_aid")
    assert other_way.reason.startswith("the other graph")


def test_shares_of_nothing_are_unscored_not_zero() -> None:
    nothing = ValueGraph.from_edges(list(NAMES), [])
    comparison = compare(nothing, TRUTH, n_relabellings=20)
    assert comparison.measure("adjacency_precision").value is None
    assert comparison.measure("adjacency_precision").reason == "the found graph has no edge"
    assert comparison.measure("adjacency_recall").value == 0.0
    assert comparison.measure("arrow_recall").value is None
    both = compare(nothing, nothing, n_relabellings=20)
    assert both.measure("ancestor_jaccard").value is None
    assert both.measure("shd").value == 0.0
    assert both.measure("shd").p_value == 1.0


def test_one_value_is_no_reason_to_crash() -> None:
    alone = ValueGraph.from_edges(["a"], [])
    comparison = compare(alone, alone, n_relabellings=3)
    assert comparison.measure("oset_aid").reason == "fewer than two values"
    assert comparison.measure("shd").value == 0.0


def test_a_good_graph_beats_chance_and_an_unrelated_one_does_not() -> None:
    large, truth = dag(20, 0.3, seed=3), dag(12, 0.25, seed=3)
    for measure in compare(large, large, n_relabellings=200).measures:
        assert measure.p_value is not None
        assert measure.p_value < 0.02, measure.name
        assert measure.chance_low is not None
        assert measure.chance_high is not None
        assert measure.chance_mean is not None
        assert measure.chance_low <= measure.chance_mean <= measure.chance_high
    unrelated = [
        compare(dag(12, 0.25, seed), truth, n_relabellings=60, adjustment=False).measure("shd")
        for seed in range(100, 140)
    ]
    p_values = np.array([measure.p_value for measure in unrelated], dtype=float)
    assert (p_values < 0.1).mean() < 0.25  # chance graphs: p-values are not small too often


def test_the_order_of_the_names_does_not_matter() -> None:
    found, truth = dag(8, 0.4, seed=1), dag(8, 0.4, seed=2)
    order = np.random.default_rng(0).permutation(8)
    shuffled = ValueGraph.from_matrix(
        found.marks[np.ix_(order, order)], [found.names[i] for i in order]
    )
    assert values_of(found, truth) == values_of(shuffled, truth)


def test_the_seed_fixes_every_number() -> None:
    found, truth = dag(8, 0.4, seed=1), dag(8, 0.4, seed=2)
    first, again = (compare(found, truth, n_relabellings=30, seed=5) for _ in range(2))
    assert first.measures == again.measures
    assert first.measures != compare(found, truth, n_relabellings=30, seed=6).measures


def test_contexts_are_swapped_among_contexts_only() -> None:
    kinds = ("value", "value", "context")
    marks = ValueGraph.from_edges(["a", "b", "x"], [("x", "a"), ("x", "b")]).marks
    graph = ValueGraph(("a", "b", "x"), marks, kinds=kinds)  # type: ignore[arg-type]
    measure = compare(graph, graph, n_relabellings=50).measure("shd")
    assert measure.chance_high == 0.0  # swapping a and b changes nothing


def test_different_values_are_an_error_that_names_them() -> None:
    other = ValueGraph.from_edges(["a", "b", "z"], [("a", "b")])
    with pytest.raises(GraphError, match="only found: c, d; only in the other: z"):
        compare(TRUTH, other)
    common = compare(TRUTH, other, on="common", n_relabellings=5)
    assert common.names == ("a", "b")
    assert common.left_out == ("z", "c", "d")
    assert common.measure("shd").value == 0.0
    with pytest.raises(GraphError, match="in common"):
        compare(TRUTH, ValueGraph.from_edges(["z"], []), on="common")


def test_every_changed_edge_is_listed_under_its_change() -> None:
    marks = ValueGraph.from_edges(list(NAMES), [("a", "b"), ("c", "b"), ("a", "d")]).to_matrix()
    marks[1, 0] = -1  # a — b
    table = compare(ValueGraph.from_matrix(marks, NAMES), TRUTH, n_relabellings=0).edge_table()
    listed = {kind: [str(change) for change in changes] for kind, changes in table.items()}
    assert listed == {
        "same": [],
        "added": ["a —→ d"],
        "removed": ["c —→ d"],
        "reversed": ["c —→ b (other: b —→ c)"],
        "remarked": ["a —— b (other: a —→ b)"],
    }
    assert len(compare(TRUTH, TRUTH, n_relabellings=0).edge_table()["same"]) == 3


def test_a_found_class_is_right_when_held_against_the_class_of_the_truth() -> None:
    found = truth_class(TRUTH)
    assert compare(found, TRUTH, n_relabellings=0).measure("shd").value == 3
    assert compare(found, TRUTH, as_class=True, n_relabellings=0).measure("shd").value == 0
    with pytest.raises(GraphError, match="equivalence class"):
        compare(found, cyclic(), as_class=True)


def test_a_comparison_is_written_with_its_provenance(tmp_path: Path) -> None:
    comparison = compare(cyclic(), TRUTH, n_relabellings=10, seed=4)
    document = json.loads(comparison.to_json(tmp_path / "c.json").read_text(encoding="utf-8"))
    assert document == comparison.to_dict()
    assert document["manifest"]["seeds"] == {"relabellings": 4}
    assert document["manifest"]["digests"]["other"] == digest_of_file(
        TRUTH.to_json(tmp_path / "truth.json")
    )
    by_name = {measure["name"]: measure for measure in document["measures"]}
    assert by_name["oset_aid"]["value"] is None
    assert by_name["shd"]["n_relabellings"] == 10
    assert {edge["change"] for edge in document["edges"]} <= {"same", "added", "removed"}


def test_wrong_options_are_named() -> None:
    with pytest.raises(OptionError, match="`on`"):
        compare(TRUTH, TRUTH, on="some")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="`n_relabellings`"):
        compare(TRUTH, TRUTH, n_relabellings=-1)
    with pytest.raises(OptionError, match="A measure must be one of shd"):
        compare(TRUTH, TRUTH, n_relabellings=0).measure("hamming")
