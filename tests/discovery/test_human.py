"""Graphs that people drew: read with their provenance, and errors that name the line."""

import json
from pathlib import Path

import pytest

from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.human import read_human_graph
from causalvalues.errors import CyclicGraph, FileError
from causalvalues.provenance import digest_of_file

YAML = """\
# drawn on paper
author: A. Person
date: 2026-01-31
source: own reflection
licence: CC0-1.0
note: no
values: [security, conformity, "no", Null, 1]
edges:
  - [security, conformity]
  - {cause: security, effect: "no"}
"""

CSV = """\
# author: A. Person
# date: 2026-01-31
# source: own reflection: on paper
cause,effect
security,conformity
"security, again",conformity
alone,
"""


def written(tmp_path: Path, name: str, text: str) -> Path:
    """The path of a file with the text."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_yaml_is_read_with_its_provenance_and_names_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, "mine.yaml", YAML)
    graph = read_human_graph(path)
    assert graph.names == ("security", "conformity", "no", "Null", "1")
    assert [str(e) for e in graph.edges()] == ["security —→ conformity", "security —→ no"]
    assert graph.manifest is not None
    assert graph.manifest.parameters["author"] == "A. Person"
    assert graph.manifest.parameters["date"] == "2026-01-31"
    assert graph.manifest.digests == {"file": digest_of_file(path)}
    assert {check.name: check.passed for check in graph.checks} == {
        "provenance stated": True,
        "acyclic": True,
    }


def test_the_same_graph_as_json_csv_and_graph_document(tmp_path: Path) -> None:
    content = {"author": "P", "date": "d", "source": "s", "edges": [["a", "b 😀\t/"], ["c", "a"]]}
    text = json.dumps(content, indent="\t").replace("/", "\\/")
    graph = read_human_graph(written(tmp_path, "mine.json", text))
    assert graph.names == ("a", "b 😀\t/", "c")
    again = ValueGraph.from_json(graph.to_json(tmp_path / "graph.json"))
    assert again.manifest == graph.manifest


def test_csv_takes_its_provenance_from_comment_lines(tmp_path: Path) -> None:
    for newline in ("\n", "\r\n"):
        graph = read_human_graph(written(tmp_path, "mine.csv", CSV.replace("\n", newline)))
        assert graph.names == ("security", "conformity", "security, again", "alone")
        assert graph.n_edges == 2
        assert graph.manifest is not None
        assert graph.manifest.parameters["source"] == "own reflection: on paper"


def test_missing_provenance_is_a_failed_check(tmp_path: Path) -> None:
    graph = read_human_graph(written(tmp_path, "mine.yaml", "edges: [[a, b]]\nauthor:\n"))
    check = graph.checks[0]
    assert (check.name, check.passed) == ("provenance stated", False)
    assert check.detail == "missing: author, date, source"


def test_a_persons_cycle_is_reported_and_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "mine.yaml", "edges: [[a, b], [b, c], [c, a]]")
    with pytest.warns(CyclicGraph, match="cycle"):
        graph = read_human_graph(path)
    assert graph.n_edges == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("values: [a, b]\nedges:\n  - [a, b]\n  - [a, z]\n", "line 4: .*listed values.*'z'"),
        ("edges:\n  - [a, b]\n  - [b, a]\n", "line 3: Every pair .* as in line 2"),
        ("edges:\n  - [a, b]\n  - [a, b]\n", "line 3: Every pair .* as in line 2"),
        ("edges:\n  - [a, a]\n", "line 2: .*cause itself"),
        ("edges:\n  - [a, b, c]\n", "line 2: An edge must be a pair"),
        ("edges:\n  - a -> b\n", "line 2: An edge must be a pair"),
        ("edges:\n  - {cause: a}\n", "line 2: An edge must be a pair"),
        ("edges:\n  - [a, [b]]\n", "line 2: Text was expected"),
        ("edges: a\n", "line 1: A list was expected"),
        ("values: [a,\n  a]\nedges: []\n", "line 2: .*listed once"),
        ("edges: []\nautor: me\n", "line 2: A key must be one of .*'autor'"),
        ("edges: []\nedges: []\n", "line 2: Every key may stand once"),
        ("author: me\n", "must list its `edges`"),
        ("edges: []\n", "at least one value"),
        ("- a\n", "line 1: The file must be a mapping"),
        ("", "line 1: The file must be a mapping"),
        ("edges:\n  - [a, b\n", "line 3: YAML was expected"),
        ("a: *nobody\n", "line 1: YAML was expected"),
        ("a: \x07\n", "must be YAML or JSON"),
    ],
)
def test_an_error_in_yaml_names_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(FileError, match=complaint) as caught:
        read_human_graph(written(tmp_path, "mine.yaml", text))
    assert "mine.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"edges": [\n\t["a", "b"],\n\t["a", "a"]\n]}', "line 3: .*cause itself"),
        ('{"edges": [\n["a" "b"]]}', "line 2: JSON was expected"),
        ("edges: [[a, b]]", "line 1: JSON was expected"),
    ],
)
def test_an_error_in_json_names_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(FileError, match=complaint):
        read_human_graph(written(tmp_path, "mine.json", text))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cause,effect\na,b\nb,a\n", "line 3: Every pair .* as in line 2"),
        ("# author: me\ncause,effect\na,a\n", "line 3: .*cause itself"),
        ("cause,effect\n,b\n", "line 2: A row needs a cause"),
        ("cause,effect\na,b,c\n", "line 2: .*as many cells"),
        ("# mood: good\ncause,effect\n", "line 1: A comment must be"),
        ("# author: me\nfrom,to\na,b\n", "line 2: Columns `cause` and `effect`"),
        ("cause,effect\n", "at least one value"),
        ("", "Columns"),
    ],
)
def test_an_error_in_csv_names_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(FileError, match=complaint):
        read_human_graph(written(tmp_path, "mine.csv", text))


def test_an_absent_or_foreign_file_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_human_graph(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(FileError, match="graph was expected"):
        read_human_graph(tmp_path / "bytes.yaml")
