"""What a user gets wrong at the border ends in a sentence and exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from causalvalues import ValueGraph
from causalvalues.errors import FileError
from causalvalues.organism.world import planted_world
from causalvalues.provenance import write_atomically

pytestmark = pytest.mark.fault


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "causalvalues", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scores") / "scores.csv"
    return planted_world().sample(120, seed=1).to_csv(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "a file"
    occupied.write_text("here", encoding="utf-8")
    with pytest.raises(FileError, match=r"to be written at .*graph\.json"):
        write_atomically(occupied / "graph.json", "x")
    with pytest.raises(FileError, match="directory"):
        write_atomically(tmp_path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


@pytest.mark.parametrize("wrong", [("--seed", "-1"), ("-o", "{folder}"), ("-o", "{file}/g.json")])
def test_a_wrong_option_ends_in_a_sentence(
    scores: Path, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    flag, value = wrong[0], wrong[1].format(folder=tmp_path, file=scores)
    answer = run("discover", scores, "--cluster", "cluster", flag, value)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert answer.stderr.strip()


def test_graphs_with_other_values_can_be_compared_on_the_common_ones(
    tmp_path: Path,
) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    whole = planted_world().graph()
    whole.to_json(one)
    ValueGraph(names=whole.names[:4], marks=whole.marks[:4, :4]).to_json(two)
    refused = run("compare", one, two)
    assert refused.returncode == 2
    assert "--common" in refused.stderr.replace("\n", " ")
    assert run("compare", one, two, "--common").returncode == 0
