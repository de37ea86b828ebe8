"""A study from its file to its figures: what is found, what is kept, and what is done again."""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from planted import planted

from causalvalues import ScoreTable, ValueGraph
from causalvalues.errors import FileError
from causalvalues.provenance import digest_of_file
from causalvalues.study.plan import (
    DiscoveryPlan,
    ModelPlan,
    ProtocolPlan,
    RolesPlan,
    SettledPlan,
    Study,
)
from causalvalues.study.run import Outcome, run
from causalvalues.survey.scripted import ScriptedRespondent

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

FEW = DiscoveryPlan(n_resamples=12, n_permutations=12)
STUDY = Study(
    name="planted",
    model=ModelPlan(name="planted"),
    roles=RolesPlan(n_roles=130, seed=1),
    protocol=ProtocolPlan(orders=("given",)),
    settled=SettledPlan(n_roles=24, values=("security", "universalism")),
    discovery=FEW,
    truth="planted",
)
SMALL = STUDY.model_copy(
    update={
        "roles": RolesPlan(n_roles=40, seed=1),
        "settled": SettledPlan(n_roles=20, values=("security",)),
    }
)
N_ANSWERS, N_SMALL = (130 + 2 * 24) * 80, (40 + 20) * 80


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a study of the planted world found, in a folder that nobody changes."""
    folder = tmp_path_factory.mktemp("runs") / "planted"
    return run(STUDY, folder, respondent=planted(STUDY))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run that nobody changes."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    run(SMALL, folder, respondent=planted(SMALL))
    return folder


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> Path:
    """A copy of the small run."""
    return Path(shutil.copytree(small, tmp_path / "run"))


def again(folder: Path, study: Study = SMALL) -> tuple[Outcome, ScriptedRespondent]:
    """The same run once more, and who was asked."""
    respondent = planted(study)
    return run(study, folder, respondent=respondent), respondent


def written_at(folder: Path) -> dict[str, int]:
    """When each result was written, by name."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("answers", "manifest", "study", "stages"))
    }


def changed(folder: Path, before: dict[str, int]) -> set[str]:
    """The results that were written since, or are gone."""
    now = written_at(folder)
    return {name for name in now | before if now.get(name) != before.get(name)}


def test_the_planted_graph_is_found(first: Outcome) -> None:
    assert first.comparison is not None
    assert (first.comparison.measure("adjacency_recall").value or 0) >= 0.9
    assert (first.comparison.measure("adjacency_precision").value or 0) >= 0.9
    assert first.n_asked == first.n_answers == N_ANSWERS
    assert first.table.n_rows == 130 + 2 * 24
    assert first.table.n_clusters == 130
    assert {"context", "value"} == set(first.graph.kinds)
    assert first.graph.support is not None
    assert {check.name for check in first.graph.checks} >= {"more edges than chance gives"}


def test_every_file_is_there_and_says_what_was_found(first: Outcome) -> None:
    folder = first.files[0].parent
    assert all(path.is_file() for path in first.files)
    assert first.files[-1].name == "manifest.json"
    graph = ValueGraph.from_json(folder / "graph.json")
    assert np.array_equal(graph.marks, first.graph.marks)
    assert ValueGraph.from_json(folder / "planted.json").names == graph.only("value").names
    table = ScoreTable.from_parquet(folder / "scores.parquet", "cluster", "context")
    assert table.digest == first.table.digest
    style = pd.read_csv(folder / "response_style.csv", keep_default_na=False)
    assert list(style["condition"]) == ["", *sorted(set(style["condition"]) - {""})]
    assert len(pd.read_csv(folder / "reliability.csv")) == 10
    assert pd.read_csv(folder / "unread.csv").empty
    measured = pd.read_csv(folder / "measured.csv")
    assert set(measured["context"]) == set(style["condition"]) - {""}


def test_what_settling_a_value_did_is_what_the_world_says(first: Outcome) -> None:
    measured = pd.read_csv(first.files[0].parent / "measured.csv")
    change = measured[measured["context"] == "do(security=+0.8)"].set_index("effect")["change"]
    assert change["security"] > 0.5
    assert change["conformity"] > 0.2
    assert change["stimulation"] < -0.1
    assert abs(change["benevolence"]) < 1e-6


def test_a_second_run_asks_nothing_and_makes_nothing_again(folder: Path) -> None:
    before, manifest = written_at(folder), (folder / "manifest.json").read_bytes()
    outcome, respondent = again(folder)
    assert (outcome.n_asked, respondent.n_asked) == (0, 0)
    assert outcome.n_answers == N_SMALL
    assert changed(folder, before) == set()
    assert (folder / "manifest.json").read_bytes() == manifest


def test_another_discovery_plan_learns_only_the_graph_again(folder: Path) -> None:
    before = written_at(folder)
    plan = FEW.model_copy(update={"alpha": 1e-12, "n_permutations": 0})
    outcome, respondent = again(folder, SMALL.model_copy(update={"discovery": plan}))
    assert respondent.n_asked == 0
    assert {"graph.json", "effects.csv"} <= changed(folder, before)
    assert not {"scores.parquet", "response_style.csv"} & changed(folder, before)
    assert "more edges than chance gives" not in {check.name for check in outcome.graph.checks}


def test_another_number_of_roles_asks_only_the_new_ones(tmp_path: Path) -> None:
    trial = SMALL.model_copy(update={"settled": None, "truth": None}).with_roles(20)
    respondent = planted(trial)
    run(trial, tmp_path, respondent=respondent)
    assert respondent.n_asked == 20 * 80
    outcome, more = again(tmp_path, trial.with_roles(25))
    assert more.n_asked == outcome.n_asked == 5 * 80
    assert outcome.table.n_rows == 25
    assert set(more.asked).isdisjoint(respondent.asked)
    back, nobody = again(tmp_path, trial)
    assert (back.table.n_rows, nobody.n_asked) == (20, 0)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("damage", "name", "also"),
    [
        ("gone", "scores.parquet", {"response_style.csv", "unread.csv", "reliability.csv"}),
        ("damaged", "graph.json", {"effects.csv", "measured.csv"}),
        ("gone", "figures/planted_and_found.svg", {"figures/planted_and_found.png"}),
        ("damaged", "manifest.json", set()),
        ("damaged", "study.yaml", set()),
        ("damaged", "stages.json", {"graph.json", "scores.parquet"}),
    ],
)
def test_a_file_that_is_gone_or_damaged_is_made_again(
    folder: Path, damage: str, name: str, also: set[str]
) -> None:
    whole, before = (folder / name).read_bytes(), written_at(folder)
    if damage == "gone":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(whole[: len(whole) // 2])
    _, respondent = again(folder)
    assert respondent.n_asked == 0
    assert (folder / name).read_bytes() == whole
    assert also <= changed(folder, before)


@pytest.mark.fault
def test_damaged_answers_are_asked_again_and_no_others(folder: Path) -> None:
    connection = sqlite3.connect(folder / "answers.sqlite")
    with connection:
        connection.execute("UPDATE answers SET text = 'x' WHERE rowid % 480 = 7")
    connection.close()
    before = written_at(folder)
    outcome, respondent = again(folder)
    assert outcome.n_asked == respondent.n_asked == N_SMALL // 480
    assert changed(folder, before) == set()  # the same answers came


def test_other_answers_are_scored_again(folder: Path) -> None:
    before = written_at(folder)
    (folder / "answers.sqlite").unlink()
    respondent = planted(SMALL)
    follow = respondent.weigh
    respondent.weigh = lambda request: [share * 0.9 + 0.01 for share in follow(request)]
    outcome = run(SMALL, folder, respondent=respondent)
    assert outcome.n_asked == N_SMALL
    assert {"scores.parquet", "graph.json"} <= changed(folder, before)


def test_files_of_parts_that_a_study_has_no_more_are_removed(folder: Path) -> None:
    plain = SMALL.model_copy(update={"settled": None, "truth": None})
    outcome, respondent = again(folder, plain)
    assert respondent.n_asked == 0
    names = {path.relative_to(folder).as_posix() for path in outcome.files}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.is_file()}
    assert there - names == {"answers.sqlite", "answers.sqlite.lock", "stages.json"}
    assert not {"measured.csv", "planted.json", "comparison.json"} & there
    assert "figures/found.svg" in names
    assert outcome.comparison is None


def test_the_manifest_has_the_digest_of_every_file(first: Outcome) -> None:
    folder = first.files[0].parent
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["digests"].items():
        assert digest_of_file(folder / name) == digest
    named = {path.relative_to(folder).as_posix() for path in first.files[:-1]}
    assert set(manifest["digests"]) == named
    assert manifest["parameters"]["answers"]["n"] == N_ANSWERS
    assert manifest["parameters"]["respondent"] == {"model": "planted"}
    assert manifest["seeds"] == {"roles": 1, "protocol": 0, "discovery": 0}


@pytest.mark.fault
def test_a_run_that_has_not_ended_has_no_manifest(folder: Path) -> None:
    more = SMALL.model_copy(update={"protocol": ProtocolPlan()})
    failing = planted(more)
    failing.stop_after, failing.stop_with = 50, MemoryError("no room")
    with pytest.raises(MemoryError, match="no room"):
        run(more, folder, respondent=failing)
    assert not (folder / "manifest.json").exists()
    _, respondent = again(folder)
    assert respondent.n_asked == 0
    assert (folder / "manifest.json").exists()


@pytest.mark.fault
def test_a_folder_with_another_study_is_left_alone(folder: Path, tmp_path: Path) -> None:
    other = SMALL.model_copy(update={"name": "other"})
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(FileError, match=r"'other'.*the run of 'planted'.*another folder"):
        again(folder, other)
    own = tmp_path / "mine"
    own.mkdir()
    (own / "study.yaml").write_text("# my own notes\nname: planted\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"folder of its own.*no run has written"):
        again(own)
    assert (own / "study.yaml").read_text(encoding="utf-8").startswith("# my own")
    assert [path.name for path in own.iterdir()] == ["study.yaml"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.fault
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here", encoding="utf-8")
    with pytest.raises(FileError, match=r"file/run.*folder that exists and can be written to"):
        again(tmp_path / "file" / "run")


def test_the_kept_study_runs_again_from_its_own_folder(folder: Path) -> None:
    study = Study.from_yaml(folder / "study.yaml")
    assert study == SMALL
    outcome, respondent = again(folder, study)
    assert respondent.n_asked == 0
    assert yaml.safe_load((folder / "study.yaml").read_text("utf-8"))["name"] == outcome.study.name
