"""The command line as a stranger meets it: every run is a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalvalues import ScoreTable, ValueGraph, discover
from causalvalues.cli import command_names


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    command = [sys.executable, "-m", "causalvalues", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with scores of 60 roles in 5 states: a → b → c ← d."""
    place = tmp_path_factory.mktemp("stranger")
    rng = np.random.default_rng(5)
    a, d = rng.standard_normal((2, 300))
    b = 0.8 * a + 0.6 * rng.standard_normal(300)
    c = 0.6 * b + 0.6 * d + 0.6 * rng.standard_normal(300)
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "d": d})
    frame.insert(0, "role", [f"role {i % 60}" for i in range(300)])
    frame.to_csv(place / "scores.csv", index=False)
    return place


def test_the_documented_command_writes_the_graph_that_python_finds(folder: Path) -> None:
    words = (
        "discover scores.csv --cluster role --algorithm pc --engine fast --alpha 0.05 --uc-rule 0"
    )
    outcome = run(*words.split(), "-o", "graph.json", folder=folder)
    assert outcome.returncode == 0, outcome.stderr
    assert "graph.json" in outcome.stdout
    table = ScoreTable.from_csv(folder / "scores.csv", cluster="role")
    expected = discover(table, algorithm="pc", engine="fast", alpha=0.05, uc_rule=0)
    found = ValueGraph.from_json(folder / "graph.json")
    assert np.array_equal(found.to_matrix(), expected.to_matrix())


def test_both_engines_write_the_same_marks(folder: Path) -> None:
    for engine in ("fast", "causal-learn"):
        words = ["discover", "scores.csv", "--cluster", "role", "--engine", engine]
        outcome = run(*words, "-o", f"{engine}.json", folder=folder)
        assert outcome.returncode == 0, outcome.stderr
    fast, reference = (
        ValueGraph.from_json(folder / f"{engine}.json") for engine in ("fast", "causal-learn")
    )
    assert np.array_equal(fast.marks, reference.marks)


def test_json_output_is_one_document_with_support_and_null(folder: Path) -> None:
    words = ["discover", "scores.csv", "--cluster", "role", "--json"]
    outcome = run(*words, "--resamples", "50", "--permutations", "50", folder=folder)
    assert outcome.returncode == 0, outcome.stderr
    document = json.loads(outcome.stdout)
    assert document["n_edges"] == len(document["edges"])
    assert document["null"] is not None
    assert ValueGraph.from_json(folder / "graph.json").support is not None


def test_the_story_goes_on_to_effects_comparison_and_export(folder: Path) -> None:
    outcome = run("discover", "scores.csv", "--cluster", "role", "-o", "g.json", folder=folder)
    assert outcome.returncode == 0, outcome.stderr
    words = ["effects", "scores.csv", "g.json", "--cluster", "role", "--resamples", "20"]
    outcome = run(*words, "-o", "e.json", folder=folder)
    assert outcome.returncode == 0, outcome.stderr
    assert "interval" in outcome.stdout
    assert ValueGraph.from_json(folder / "e.json").effects
    outcome = run("compare", "g.json", "e.json", "--relabellings", "50", folder=folder)
    assert outcome.returncode == 0, outcome.stderr
    for ending in ("dot", "graphml", "csv", "tex"):
        outcome = run("export", "g.json", f"g.{ending}", folder=folder)
        assert outcome.returncode == 0, outcome.stderr
        assert (folder / f"g.{ending}").stat().st_size > 0


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["discover", "absent.csv"], "no such file"),
        (["discover", "scores.csv"], "cluster"),  # the role column is text
        (["discover", "scores.csv", "--cluster", "rolle"], "rolle"),
        (["discover", "scores.csv", "--cluster", "role", "--alpha", "7"], "alpha"),
        (["discover", "scores.csv", "--cluster", "role", "--algorithm", "tea"], "tea"),
        (["discover", "scores.csv", "--cluster", "role", "--contexts", "joint"], "context"),
        (["discover", "scores.csv", "--cluster", "role", "--knowledge", "no.yaml"], "no.yaml"),
        (["compare", "scores.csv", "absent.json"], "scores.csv"),
        (["export", "absent.json", "graph.dot"], "no such file"),
    ],
)
def test_a_mistake_ends_in_a_sentence_and_exit_code_two(
    folder: Path, words: list[str], said: str
) -> None:
    outcome = run(*words, folder=folder)
    assert outcome.returncode == 2, outcome.stderr
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.fault
def test_check_lists_every_fault_of_a_table(folder: Path) -> None:
    frame = pd.read_csv(folder / "scores.csv")
    frame["b"] = 1.0
    frame["e"] = frame["a"]
    frame.to_csv(folder / "faulty.csv", index=False)
    outcome = run("check", "faulty.csv", "--cluster", "role", "--json", folder=folder)
    assert outcome.returncode == 2
    names = {problem["name"] for problem in json.loads(outcome.stdout)["problems"]}
    assert {"ConstantColumn", "DuplicateColumn"} <= names


@pytest.mark.parametrize("command", sorted(command_names()))
def test_every_command_explains_itself_with_an_example(command: str, folder: Path) -> None:
    outcome = run(command, "--help", folder=folder)
    assert outcome.returncode == 0
    assert f"causalvalues {command}" in outcome.stdout


def test_doctor_answers_machines(folder: Path) -> None:
    document = json.loads(run("doctor", "--json", folder=folder).stdout)
    assert document["numba"]["verdict"] == "good"
