"""Other programs' formats: what can be read comes back exactly, and no name breaks a file."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.discovery.formats import (
    from_networkx,
    read_graph_from,
    to_csv,
    to_dagitty,
    to_dot,
    to_graphml,
    to_lavaan,
    to_networkx,
    to_tikz,
    write_graph_as,
)
from causalvalues.discovery.graph import Check, Effect, Support, ValueGraph
from causalvalues.errors import FileError, GraphError, InputError, OptionError
from causalvalues.provenance import Manifest

HOSTILE = (
    'say "no"',
    "</script><b>",
    "a, b; c",
    "two\nlines\r\n",
    "back\\slash\\",
    "a\\u0041",
    "$x_1^2$ {#} & ~ %",
    "Überzeugung 価値 😀",
    "",
    " ",
    "-->",
    "a b",
    "a_b",
    "a_b_2",
    "NA",
    "nul\x00\x0b\x85\u2028\ufffe",
    "&amp;",
    "=1+1",
    "# comment",
)

ENDS = {"--": (-1, -1), "->": (-1, 1), "<->": (1, 1), "o->": (2, 1), "o-o": (2, 2), "o--": (2, -1)}


def graph_with(names: tuple[str, ...], seed: int = 0, density: float = 0.6) -> ValueGraph:
    """A graph with every kind of edge."""
    generator = np.random.default_rng(seed)
    marks = np.zeros((len(names), len(names)), dtype=np.int8)
    for i, j in zip(*np.triu_indices(len(names), k=1), strict=True):
        if generator.random() < density:
            marks[i, j], marks[j, i] = list(ENDS.values())[generator.integers(len(ENDS))]
            if generator.random() < 0.5:
                marks[i, j], marks[j, i] = marks[j, i], marks[i, j]
    kinds = tuple(generator.choice(["value", "context"], len(names)))
    return ValueGraph(names=names, marks=marks, kinds=kinds)


def with_evidence(graph: ValueGraph, seed: int = 0) -> ValueGraph:
    """The graph with support, effects, checks and a manifest."""
    n = len(graph.names)
    tables = np.random.default_rng(seed).random((4, n, n))
    effects = tuple(
        Effect(edge.first, edge.second, 0.1, 0.2, 0.0, 0.3, "ida\n") for edge in graph.edges()
    )
    return replace(
        graph,
        support=Support(*tables, n_resamples=5, unit="row"),
        effects=effects,
        checks=(Check("x", None),),
        manifest=Manifest(command="discover", parameters={"alpha": 0.1}),
    )


def one_edge(sign: str) -> ValueGraph:
    """cause and effect, joined by one edge."""
    at_cause, at_effect = ENDS[sign]
    return ValueGraph.from_matrix(np.array([[0, at_cause], [at_effect, 0]]), ("cause", "effect"))


def assert_same_structure(one: ValueGraph, other: ValueGraph) -> None:
    """Names, kinds and marks are equal."""
    assert one.names == other.names
    assert one.kinds == other.kinds
    assert np.array_equal(one.marks, other.marks)


any_graph = st.builds(
    graph_with,
    st.lists(
        st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]))),
        unique=True,
        max_size=6,
    ).map(tuple),
    st.integers(0, 2**32),
    st.floats(0, 1),
)


@settings(max_examples=100, deadline=None)
@given(any_graph)
def test_networkx_gives_every_graph_back(graph: ValueGraph) -> None:
    again = from_networkx(to_networkx(with_evidence(graph)))
    assert_same_structure(again, graph)
    assert again.effects == with_evidence(graph).effects
    bare = to_networkx(graph)
    bare.graph.clear()
    assert_same_structure(from_networkx(bare), graph)


@settings(max_examples=60, deadline=None)
@given(any_graph, st.sampled_from(["json", "graphml", "csv"]), st.booleans())
def test_every_readable_file_gives_every_graph_back(
    tmp_path_factory: pytest.TempPathFactory, graph: ValueGraph, ending: str, evidence: bool
) -> None:
    whole = with_evidence(graph) if evidence else graph
    path = tmp_path_factory.mktemp("graphs") / f"graph.{ending}"
    again = read_graph_from(write_graph_as(whole, path))
    assert_same_structure(again, graph)
    if ending != "csv":
        assert (again.effects, again.checks) == (whole.effects, whole.checks)
        assert again.manifest == whole.manifest
        assert (again.support is None) == (whole.support is None)


def test_a_directed_edge_stands_once_and_any_other_both_ways() -> None:
    for sign, n_ways in {"->": 1, "--": 2, "<->": 2, "o->": 2, "o-o": 2}.items():
        assert to_networkx(one_edge(sign)).number_of_edges() == n_ways, sign


def test_networkx_edges_carry_marks_kind_support_and_effect_of_their_own_way() -> None:
    graph = with_evidence(one_edge("o->"))
    assert graph.support is not None
    network = to_networkx(graph)
    there, back = network.edges["cause", "effect"], network.edges["effect", "cause"]
    assert (there["mark_source"], there["mark_target"], there["kind"]) == (2, 1, "partial")
    assert (back["mark_source"], back["mark_target"]) == (1, 2)
    assert there["support_directed"] == back["support_reversed"] == graph.support.directed[0, 1]
    assert there["effect_low"] == 0.1
    assert "effect_low" not in back
    assert network.nodes["cause"]["kind"] == "value"


def test_evidence_stays_behind_once_a_network_was_edited() -> None:
    network = to_networkx(with_evidence(one_edge("->")))
    network.add_edge("effect", "new")
    edited = from_networkx(network)
    assert edited.names == ("cause", "effect", "new")
    assert edited.n_edges == 2
    assert edited.support is None
    assert edited.manifest is None


def test_a_plain_network_reads_one_way_as_directed_and_both_ways_as_undirected() -> None:
    graph = from_networkx(nx.DiGraph([("a", "b"), ("b", "c"), ("c", "b")]))
    assert [str(edge) for edge in graph.edges()] == ["a —→ b", "b —— c"]


def test_an_undirected_network_reads_as_undirected() -> None:
    graph = from_networkx(nx.path_graph(3))
    assert [str(edge) for edge in graph.edges()] == ["0 —— 1", "1 —— 2"]


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (nx.MultiDiGraph([("a", "b"), ("a", "b")]), "multigraph"),
        (nx.DiGraph([("a", "a")]), "itself"),
        (nx.DiGraph([("a", "b", {"mark_source": -1})]), "mark_source and mark_target"),
        (nx.DiGraph([("a", "b", {"mark_source": -1, "mark_target": 5})]), "-1, 5"),
        (
            nx.DiGraph([("a", "b", {"mark_source": -1, "mark_target": 1}), ("b", "a")]),
            "agree on marks",
        ),
        (nx.DiGraph([(1, "1")]), "its own name"),
    ],
)
def test_a_network_that_is_no_value_graph_is_refused(
    network: "nx.DiGraph[str]", complaint: str
) -> None:
    with pytest.raises(GraphError, match=complaint):
        from_networkx(network)


def test_graphml_can_be_read_by_networkx_alone(tmp_path: Path) -> None:
    path = write_graph_as(one_edge("o->"), tmp_path / "g.graphml")
    network = nx.read_graphml(path)
    assert set(network.nodes) == {"cause", "effect"}
    assert network.edges["cause", "effect"]["mark_source"] == 2


def test_graphml_of_another_program_is_read(tmp_path: Path) -> None:
    nx.write_graphml(nx.DiGraph([("a\\u0041", "b")]), tmp_path / "g.graphml")
    assert [str(e) for e in read_graph_from(tmp_path / "g.graphml").edges()] == ["a\\u0041 —→ b"]


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        ("->", None),
        ("--", "dir=both, arrowtail=none, arrowhead=none"),
        ("<->", "dir=both, arrowtail=normal, arrowhead=normal"),
        ("o->", "dir=both, arrowtail=odot, arrowhead=normal"),
        ("o-o", "dir=both, arrowtail=odot, arrowhead=odot"),
        ("o--", "dir=both, arrowtail=odot, arrowhead=none"),
    ],
)
def test_dot_draws_the_right_head_at_each_end(sign: str, said: str | None) -> None:
    expected = '"cause" -> "effect"' + (f" [{said}];" if said else ";")
    assert expected in to_dot(one_edge(sign))


@pytest.mark.parametrize(
    ("sign", "said", "kind"),
    [
        ("->", "->", "dag"),
        ("--", "--", "pdag"),
        ("<->", "<->", "mag"),
        ("o->", "@->", "pag"),
        ("o-o", "@-@", "pag"),
        ("o--", "@--", "pag"),
    ],
)
def test_dagitty_has_a_sign_for_every_edge(sign: str, said: str, kind: str) -> None:
    text = to_dagitty(one_edge(sign))
    assert text.startswith(f"{kind} {{")
    assert f'"cause" {said} "effect"' in text


def test_dagitty_reads_circles_at_the_other_end_too() -> None:
    graph = ValueGraph.from_matrix(np.array([[0, -1], [2, 0]]), ("a", "b"))
    assert '"a" --@ "b"' in to_dagitty(graph)


def test_a_cyclic_graph_is_no_dag_in_dagitty() -> None:
    graph = ValueGraph.from_edges(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert to_dagitty(graph).startswith("digraph {")


def test_lavaan_regresses_effects_on_their_causes() -> None:
    graph = ValueGraph.from_edges(["Power", "x y", "z", "alone"], [("Power", "z"), ("x y", "z")])
    lines = to_lavaan(graph).splitlines()
    assert "z ~ Power + x_y" in lines
    assert '# x_y = "x y"' in lines
    assert "alone ~~ alone" in lines


def test_lavaan_says_what_it_cannot_say() -> None:
    assert "cause ~~ effect" in to_lavaan(one_edge("<->"))
    for sign in ("--", "o->", "o-o"):
        text = to_lavaan(one_edge(sign))
        assert "not identified" in text
        assert "cause ~ " not in text
        assert "effect ~ " not in text
    cycle = ValueGraph.from_edges(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert "not recursive" in to_lavaan(cycle)


@settings(max_examples=60, deadline=None)
@given(any_graph)
def test_lavaan_names_are_r_names_one_for_each_value(graph: ValueGraph) -> None:
    code = [line for line in to_lavaan(graph).splitlines() if not line.startswith("#")]
    words = {word for line in code for word in re.split(r" ~~? | \+ ", line) if word}
    assert len(words) <= len(graph.names)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", word) for word in words)
    mapped = [line for line in to_lavaan(graph).splitlines() if re.match(r"# \S+ = ", line)]
    assert len({line.split()[1] for line in mapped}) == len(graph.names) == len(mapped)


@settings(max_examples=60, deadline=None)
@given(any_graph)
def test_no_name_adds_a_statement_to_dot_or_dagitty(graph: ValueGraph) -> None:
    literal = r'"(?:[^"\\\n]|\\.)*"'
    sign = r"(?:--@|--|->|<->|@->|@-@|@--|<-@)"
    n_nodes, n_edges = len(graph.names), graph.n_edges
    dot = to_dot(graph).split("\n")[2:-2]
    assert len(dot) == n_nodes + n_edges
    assert all(re.match(rf"  {literal} \[label={literal}, shape=", line) for line in dot[:n_nodes])
    assert all(re.match(rf"  {literal} -> {literal}[; ]", line) for line in dot[n_nodes:])
    assert len({re.match(rf"  {literal}", line)[0] for line in dot[:n_nodes]}) == n_nodes  # type: ignore[index]
    dagitty = to_dagitty(graph).split("\n")[1:-2]
    assert all(re.fullmatch(literal, line) for line in dagitty[:n_nodes])
    assert len(set(dagitty[:n_nodes])) == n_nodes
    assert all(re.fullmatch(rf"{literal} {sign} {literal}", line) for line in dagitty[n_nodes:])
    assert len(dagitty) == n_nodes + n_edges


@settings(max_examples=60, deadline=None)
@given(any_graph)
def test_no_name_leaves_its_latex_group(graph: ValueGraph) -> None:
    text = to_tikz(graph)
    nodes = [line for line in text.split("\n") if line.startswith("  \\node")]
    assert len(nodes) == len(graph.names)
    for line in nodes:
        label = line.split(") {", maxsplit=1)[1].removesuffix("};")
        plain = re.sub(r"\\[a-z]+(34)?\{\}|\\[{}#$%&_]", "", label)
        assert not set(plain) & set('\\{}#$%&_^~<>"\n')
    assert text.count("\\draw") == graph.n_edges


def test_tikz_draws_every_mark_and_compiles_alone() -> None:
    assert r"\draw[{Circle[open]}-{Latex}, " in to_tikz(one_edge("o->"))
    assert r"\draw[-{Latex}, " in to_tikz(one_edge("->"))
    assert r"\draw[-, " in to_tikz(one_edge("--"))
    text = to_tikz(one_edge("<->"))
    assert text.startswith(r"\documentclass")
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_the_edge_table_has_a_row_per_edge_with_its_evidence() -> None:
    graph = with_evidence(ValueGraph.from_edges(["a", "b"], [("b", "a")]))
    (row,) = csv.DictReader(to_csv(graph).splitlines())
    assert (row["first"], row["second"]) == ("b", "a")
    assert (row["mark_first"], row["mark_second"], row["kind"]) == ("-1", "1", "directed")
    assert graph.support is not None
    assert float(row["support_directed"]) == graph.support.directed[1, 0]
    assert float(row["effect_high"]) == 0.2


def test_an_edge_table_needs_only_values_and_marks(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_text("first,second,mark_first,mark_second\nb,a,-1,1\n", encoding="utf-8-sig")
    assert [str(edge) for edge in read_graph_from(path).edges()] == ["b —→ a"]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("", "needs columns"),
        ("first,second\na,b\n", "line 1: The table needs columns"),
        ("first,second,mark_first,mark_second\na,b,-1,1\nb,a,1,-1\n", "line 3: Every pair"),
        ("first,second,mark_first,mark_second\na,b,-1,3\n", "line 2: A mark .* Found: '3'"),
        ("first,second,mark_first,mark_second\na,a,-1,1\n", "line 2: An edge joins two"),
        ("first,second,mark_first,mark_second\na,b,-1\n", "line 2: A mark"),
        ("first,second,mark_first,mark_second,position_first\na,b,-1,1,x\n", "whole number"),
    ],
)
def test_a_faulty_edge_table_names_its_line(tmp_path: Path, rows: str, complaint: str) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(FileError, match=complaint):
        read_graph_from(path)


@pytest.mark.parametrize("ending", ["json", "graphml", "csv"])
@pytest.mark.parametrize("content", [b"", b"<a>", b"\xff\xfe\x00", b"{", b"\x00"])
def test_a_foreign_file_is_a_named_error(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"g.{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_graph_from(path)
    with pytest.raises(FileError, match="no such file"):
        read_graph_from(tmp_path / f"none.{ending}")


def test_the_ending_chooses_the_format_and_a_named_format_wins(tmp_path: Path) -> None:
    graph = one_edge("->")
    for ending, start in {
        "dot": "digraph values",
        "gv": "digraph values",
        "dagitty": "dag {",
        "lavaan": "# cause",
        "tex": r"\documentclass",
        "CSV": "first,",
        "json": "{",
    }.items():
        path = write_graph_as(graph, tmp_path / f"g.{ending}")
        assert path.read_text(encoding="utf-8").startswith(start)
    path = write_graph_as(graph, tmp_path / "g.txt", format="dagitty")
    assert path.read_text(encoding="utf-8").startswith("dag {")
    with pytest.raises(OptionError, match="ending"):
        write_graph_as(graph, tmp_path / "g.txt")
    with pytest.raises(OptionError, match="`format`"):
        write_graph_as(graph, tmp_path / "g.txt", format="png")  # type: ignore[arg-type]
    with pytest.raises(FileError, match="json, graphml and csv"):
        read_graph_from(tmp_path / "g.dot")


def test_graphml_is_one_well_formed_document() -> None:
    text = to_graphml(with_evidence(graph_with(HOSTILE)))
    assert text.count("<?xml") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\ufffe]", text)
