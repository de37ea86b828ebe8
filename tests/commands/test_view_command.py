"""`causalvalues view`: a page from a graph, with what else is known of it, and errors that help."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from causalvalues import ScoreTable, ValueGraph, discover
from causalvalues.cli import app
from causalvalues.errors import CausalValuesError
from causalvalues.organism.world import planted_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scores of 120 roles, and the graphs that PC and GES find in them."""
    place = tmp_path_factory.mktemp("view")
    table = planted_world().sample(120, seed=3)
    table.to_frame().to_csv(place / "scores.csv", index=False)
    for algorithm in ("pc", "ges"):
        discover(table, algorithm).to_json(place / f"{algorithm}.json")
    return place


def called(*words: object) -> Result:
    return CliRunner().invoke(app, ["view", *map(str, words)])


def told_by(page: Path) -> dict[str, object]:
    """The document that a page carries."""
    text = page.read_text(encoding="utf-8")
    (found,) = re.findall(r'<script type="application/json" id="document">(.*?)</script>', text)
    document: dict[str, object] = json.loads(found)
    return document


def test_a_page_stands_beside_its_graph_unless_it_is_told_where(folder: Path) -> None:
    outcome = called(folder / "pc.json")
    assert outcome.exit_code == 0, outcome.output
    assert "viewer.html" in outcome.output
    assert told_by(folder / "viewer.html")["title"] == "pc"
    assert called(folder / "pc.json", "-o", folder / "named.html").exit_code == 0
    assert (folder / "named.html").is_file()


def test_scores_bring_both_searches_and_draws_for_what_if(folder: Path) -> None:
    out = folder / "scored.html"
    words = ("--scores", folder / "scores.csv", "--cluster", cluster_of(folder), "-o", out)
    assert called(folder / "pc.json", *words).exit_code == 0
    document = told_by(out)
    graphs, influence = document["graphs"], document["influence"]
    assert isinstance(graphs, list)
    assert isinstance(influence, dict)
    assert [graph["name"] for graph in graphs] == ["found", "PC", "GES", "both"]
    assert influence["n_draws"] == 200


def cluster_of(folder: Path) -> str:
    return (folder / "scores.csv").read_text().partition(",")[0]


def test_a_graph_to_compare_with_has_the_name_it_is_given(folder: Path) -> None:
    out = folder / "compared.html"
    words = ("--against", folder / "ges.json", "--against", f"by GES={folder / 'ges.json'}")
    assert called(folder / "pc.json", *words, "-o", out).exit_code == 0
    graphs = told_by(out)["graphs"]
    assert isinstance(graphs, list)
    assert [graph["name"] for graph in graphs] == ["found", "ges", "by GES"]
    assert {graph["kind"] for graph in graphs[1:]} == {"other"}


def test_values_of_a_known_system_stand_on_its_circle(folder: Path) -> None:
    out = folder / "circle.html"
    assert called(folder / "pc.json", "-o", out).exit_code == 0
    nodes = told_by(out)["nodes"]
    assert isinstance(nodes, list)
    assert {node["group"] for node in nodes} == {
        "openness", "self-enhancement", "conservation", "self-transcendence",
    }  # fmt: skip
    assert np.allclose(np.hypot(*np.transpose([node["on_circle"] for node in nodes])), 1, atol=1e-5)


def test_machines_are_answered_with_the_file_and_its_size(folder: Path) -> None:
    out = folder / "machine.html"
    told = json.loads(called(folder / "pc.json", "-o", out, "--json").output)
    assert told == {"files": [str(out)], "n_bytes": out.stat().st_size}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no.json",), "no such file"),
        (("pc.json", "--against", "no.json"), "no such file"),
        (("pc.json", "--system", "schwartz11"), "schwartz10"),
        (("pc.json", "--scores", "no.csv"), "no.csv"),
        ((".",), "run"),
    ],
)
def test_what_is_not_there_is_named(
    folder: Path, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    fault = called(*words).exception
    assert isinstance(fault, CausalValuesError)
    assert fault.exit_code == 2
    assert said in str(fault)


def test_python_gives_the_same_page_as_the_command(folder: Path) -> None:
    from causalvalues import view
    from causalvalues.values import schwartz10

    graph = ValueGraph.from_json(folder / "pc.json")
    table = ScoreTable.from_csv(folder / "scores.csv", cluster=cluster_of(folder))
    own = view(graph, title="pc", scores=table, system=schwartz10()).html()
    words = ("--scores", folder / "scores.csv", "--cluster", cluster_of(folder))
    called(folder / "pc.json", *words, "-o", folder / "same.html")
    assert own == (folder / "same.html").read_text(encoding="utf-8")
