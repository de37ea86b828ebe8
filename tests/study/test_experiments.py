"""The studies of real models run as they stand, on look-alikes that the hub's cache holds."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkpoints import KIND_BY_NAME, in_cache

ROOT = Path(__file__).parents[2]
FOLDER_BY_NAME = {
    "google/gemma-2b-it": "gemma-2b-it",
    "meta-llama/Meta-Llama-3-8B-Instruct": "llama3-8b-it",
}
STUDIES = (
    "gemma-2b-it/study.yaml",
    "llama3-8b-it/study.yaml",
    "gemma-2b-it/study-kang2025.yaml",
)
ITEMS = ROOT / "causalvalues" / "survey" / "inventories" / "schwartz10.yaml"


RUNS = """
import contextlib, io, json, sys
from causalvalues.cli import main

said = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["causalvalues", "run", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as left:
            code = left.code or 0
    said.append({"code": code, "out": out.getvalue(), "err": " ".join(err.getvalue().split())})
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Ran:
    """Where the studies ran, and what each command said, by its file."""

    home: Path
    said_by_study: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Every study, run by somebody whose cache is filled and who has no network."""
    home = tmp_path_factory.mktemp("home")
    for name in KIND_BY_NAME:
        in_cache(home, name)
    studies = [shortened(home, ROOT / "experiments" / study) for study in STUDIES]
    words = [[str(study), "--json"] for study in studies]
    words.append([str(studies[0]), "--model", "nobody/nothing", "--out", "nothing"])
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "OMP_NUM_THREADS": "1"}
    answer = subprocess.run(
        [sys.executable, "-c", RUNS, json.dumps(words)],
        env={**os.environ, **offline},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(answer.stdout.splitlines()[-1])
    return Ran(home, dict(zip([*STUDIES, "nobody"], said, strict=True)))


def shortened(folder: Path, study: Path) -> Path:
    """The study with the first roles, one or two items of ten values, and few resamples."""
    document: dict[str, Any] = yaml.safe_load(study.read_text(encoding="utf-8"))
    items: dict[str, Any] = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))
    sides = ("for", "against") if "settled" in document else ("for",)
    items["items"] = {
        value: {side: by_side[side][:1] for side in sides}
        for value, by_side in items["items"].items()
    }
    document["inventory"] = f"few-{document['name']}.yaml"
    (folder / document["inventory"]).write_text(yaml.safe_dump(items), encoding="utf-8")
    document["model"]["dtype"] = "float32"  # as processors compute half precision slowly
    document["roles"]["first"] = 14
    document["discovery"] |= {"n_resamples": 10, "n_permutations": 10}
    if "settled" in document:
        document["settled"] |= {"values": ["power"], "n_roles": 3}
    short = folder / f"{document['name']}.yaml"
    short.write_text(yaml.safe_dump(document), encoding="utf-8")
    return short


@pytest.mark.parametrize("name", KIND_BY_NAME)
def test_a_study_of_a_model_on_the_hub_runs_from_its_cache(ran: Ran, name: str) -> None:
    said = ran.said_by_study[f"{FOLDER_BY_NAME[name]}/study.yaml"]
    assert said["code"] == 0, said["err"]
    found = json.loads(said["out"])
    assert (found["n_roles"], found["n_rows"]) == (14, 17)
    assert found["n_answers"] == found["n_asked"] == 17 * 2 * 20
    folder = ran.home / "runs" / FOLDER_BY_NAME[name]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["respondent"]["model"] == name
    assert len(manifest["parameters"]["respondent"]["revision"]) == 40
    assert {"torch", "transformers"} <= set(manifest["versions"])
    for path in folder.rglob("*"):
        if path.is_file():
            assert str(ran.home).encode() not in path.read_bytes(), path.name


def test_the_published_protocol_is_asked_and_its_failure_explained(ran: Ran) -> None:
    """A model that writes letters answers neither yes nor no: nearly everything is unclear."""
    said = ran.said_by_study["gemma-2b-it/study-kang2025.yaml"]
    assert said["code"] == 2
    assert said["out"] == ""
    assert "must vary between rows" in said["err"]
    assert re.search(r"\d+% of the answers could not be read", said["err"])
    assert "Traceback" not in said["err"]
    folder = ran.home / "runs" / "gemma-2b-it-kang2025"
    assert "unclear" in (folder / "unread.csv").read_text(encoding="utf-8")
    assert (folder / "answers.sqlite").exists()
    assert not (folder / "manifest.json").exists()


@pytest.mark.fault
def test_a_model_that_is_not_there_is_named(ran: Ran) -> None:
    said = ran.said_by_study["nobody"]
    assert said["code"] == 2
    assert "nobody/nothing must be in the hub's cache" in said["err"]
    assert "Traceback" not in said["err"]
