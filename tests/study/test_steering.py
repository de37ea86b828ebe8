"""A run goes on to candidates, effects, a plan and its verdict; each stage resumes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reader import QUESTIONS, STUDY, reader, surveyed_folder

from causalvalues import ScoreTable, ValueGraph
from causalvalues.errors import FileError, InputError, Interrupted, OptionError, OutOfReach
from causalvalues.provenance import digest_of_file
from causalvalues.steering.intervention import RolePrompt
from causalvalues.study.interview import Interview
from causalvalues.study.plan import RolesPlan
from causalvalues.study.run import run
from causalvalues.study.stages import silent
from causalvalues.study.steering import (
    Proposing,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.study.steering.candidate_file import CandidateSet
from causalvalues.study.steering.guiding import targets_of
from causalvalues.study.steering.halves import calibration_of, held_out_of
from causalvalues.study.steering.profile_file import read_profiles
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.scripted import ScriptedRespondent

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

FEW = Proposing(values=("achievement", "power", "hedonism"))
TARGETS = {"achievement": 0.3}


def steer_all(folder: Path, respondent: ScriptedRespondent) -> dict[str, list[Path]]:
    """Every stage; the files of each."""
    found = find_candidates(folder, how=FEW, respondent=respondent)
    measured = measure_candidates(folder, n_roles=6, n_items=1, respondent=respondent)
    planned = make_plan(folder, TARGETS, ("power",), n_draws=60)
    verified = verify_plan(folder, n_roles=6, respondent=respondent)
    parts = {"find": found, "measure": measured, "plan": planned, "verify": verified}
    return {name: list(part.files) for name, part in parts.items()}


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has its graph and is not steered yet; nobody changes it."""
    return surveyed_folder(tmp_path_factory.mktemp("runs") / "surveyed")


@pytest.fixture(scope="module")
def steered(surveyed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that went through every stage; nobody changes it."""
    folder = Path(shutil.copytree(surveyed, tmp_path_factory.mktemp("runs") / "steered"))
    steer_all(folder, reader())
    return folder


@pytest.fixture
def fresh(surveyed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(surveyed, tmp_path / "run"))


@pytest.fixture
def done(steered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(steered, tmp_path / "run"))


def test_a_plan_does_on_held_out_items_and_roles_what_it_was_expected_to(steered: Path) -> None:
    verdict = verify_plan(steered, n_roles=6).verdict
    frame = verdict.to_frame().set_index("value")
    target = frame.loc["achievement"]
    assert target["measured"] >= 0.25  # a line is told or not: it may give more than was asked
    assert target["measured"] == pytest.approx(target["predicted"], abs=0.12)
    assert (frame["verdict"] == "as predicted").mean() >= 0.8
    assert frame.loc["power", "role"] == "held"
    assert frame.loc["power", "planted"] == pytest.approx(0.15)
    assert abs(frame.loc["power", "measured"]) < abs(frame.loc["power", "unguided"])
    assert verdict.report.control is None  # lines have no norm


def test_every_file_says_what_was_found_and_stands_in_the_manifest(steered: Path) -> None:
    effects = pd.read_parquet(steered / "effects.parquet")
    assert len(effects) == 15 * 10
    assert {"intervention", "value", "change", "low", "high", "healthy", "faults"} <= set(effects)
    assert (effects["low"] <= effects["change"]).all()
    plan = json.loads((steered / "plan.json").read_text("utf-8"))
    assert plan["why"]
    assert set(plan["rests_on"]) == {"profiles.json", "scores.parquet", "graph.json"}
    report = json.loads((steered / "verdict.json").read_text("utf-8"))
    assert report["plan"]["targets"] == TARGETS
    assert len(pd.read_csv(steered / "verdict.csv")) == 10
    digests = json.loads((steered / "manifest.json").read_text("utf-8"))["digests"]
    assert {"candidates.json", "profiles.json", "plan.json", "verdict.json"} <= set(digests)
    assert "figures/steering.svg" in digests
    assert all(digest_of_file(steered / name) == digest for name, digest in digests.items())


def test_nothing_held_out_is_asked_before_the_verdict(fresh: Path) -> None:
    run_before = Surveyed.of(fresh)
    chosen = calibration_of(run_before, seed=0, n_roles=6)
    judged = held_out_of(run_before, seed=0, n_roles=6)
    items = [{q.factors["item"] for q in sheet.questions} for sheet in (chosen, judged)]
    assert items[0].isdisjoint(items[1])
    assert len(items[0] | items[1]) == 80
    texts = [{role.text for role in sheet.roles} for sheet in (chosen, judged)]
    surveyed_texts = {role.text for role in run_before.interview.groups[0].roles}
    assert texts[0].isdisjoint(texts[1])
    assert (texts[0] | texts[1]).isdisjoint(surveyed_texts)
    assert {q.factors["order"] for q in judged.questions} == {"reversed"}
    respondent = reader()
    find_candidates(fresh, how=FEW)
    measure_candidates(fresh, n_roles=6, n_items=1, respondent=respondent)
    asked = [QUESTIONS[request.messages[1].text] for request in respondent.asked]
    assert {q.factors["item"] for q in asked} <= items[0]
    assert {q.factors["order"] for q in asked} == {"given"}


def test_the_same_again_asks_nothing_and_writes_nothing(done: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.rglob("*.*") if path.is_file()}
    respondent = reader()
    files = steer_all(done, respondent)
    assert respondent.n_asked == 0
    written = {path for part in files.values() for path in part}
    assert all(path.stat().st_mtime_ns == before[path] for path in written)


@pytest.mark.fault
@pytest.mark.parametrize(
    "name", ["candidates.json", "profiles.json", "effects.parquet", "plan.json", "verdict.json"]
)
def test_a_file_that_is_gone_is_made_again_from_answers_that_are_kept(
    done: Path, name: str
) -> None:
    whole = (done / name).read_bytes()
    (done / name).unlink()
    respondent = reader()
    steer_all(done, respondent)
    assert respondent.n_asked == 0
    assert (done / name).read_bytes() == whole


@pytest.mark.fault
def test_a_stage_that_was_stopped_goes_on_where_it_was(fresh: Path) -> None:
    find_candidates(fresh, how=FEW)
    stopped = reader(stop_after=777)
    with pytest.raises(Interrupted, match="same command again"):
        measure_candidates(fresh, n_roles=6, n_items=1, respondent=stopped)
    rest = reader()
    measure_candidates(fresh, n_roles=6, n_items=1, respondent=rest)
    assert rest.n_asked == 6 * 20 * 16 - 777

    def stopping(label: str):  # type: ignore[no-untyped-def]
        if label == "Choosing":
            raise KeyboardInterrupt
        return silent(label)

    with pytest.raises(Interrupted, match=r"kept in .*same command again"):
        make_plan(fresh, TARGETS, n_draws=40, bar=stopping)
    assert make_plan(fresh, TARGETS, n_draws=40).plan.used


@pytest.mark.fault
def test_an_earlier_stage_that_is_missing_is_named(fresh: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no such folder.*causalvalues run study.yaml"):
        find_candidates(tmp_path / "absent")
    with pytest.raises(FileError, match=r"candidates.json.*causalvalues candidates .*run` first"):
        measure_candidates(fresh)
    with pytest.raises(FileError, match=r"profiles.json.*causalvalues effects .*run` first"):
        make_plan(fresh, TARGETS)
    with pytest.raises(FileError, match=r"plan.json.*causalvalues plan .*--raise VALUE"):
        verify_plan(fresh)
    (fresh / "graph.json").unlink()
    with pytest.raises(FileError, match=r"no graph.json.*causalvalues run"):
        find_candidates(fresh)


@pytest.mark.fault
def test_what_rests_on_something_else_is_refused(done: Path) -> None:
    find_candidates(done, how=Proposing(values=("power",)))
    with pytest.raises(FileError, match=r"another candidates.json.*causalvalues effects"):
        make_plan(done, TARGETS)
    find_candidates(done, how=FEW)
    other = STUDY.model_copy(
        update={"discovery": STUDY.discovery.model_copy(update={"penalty": 4.0})}
    )
    run(other, done, respondent=reader())
    with pytest.raises(FileError, match=r"another graph.json.*causalvalues plan"):
        verify_plan(done)
    (done / "profiles.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileError, match=r"causalvalues effects"):
        make_plan(done, TARGETS)


@pytest.mark.fault
def test_another_model_is_refused(fresh: Path) -> None:
    find_candidates(fresh, how=FEW)
    stranger = reader()
    stranger.identity = {"model": "stranger"}
    with pytest.raises(OptionError, match=r"that was surveyed, reader.*stranger"):
        measure_candidates(fresh, respondent=stranger)


@pytest.mark.fault
def test_features_need_a_model_in_this_process(fresh: Path) -> None:
    with pytest.raises(OptionError, match=r"runs in this process.*role prompts work"):
        find_candidates(fresh, saes=("organism-gemma",), respondent=reader())
    with pytest.raises(InputError, match="nothere"):
        find_candidates(fresh, saes=("nothere",), respondent=reader())


@pytest.mark.fault
def test_targets_that_make_no_sense_are_refused(done: Path) -> None:
    assert targets_of(("power",), ("hedonism",), 0.2) == {"power": 0.2, "hedonism": -0.2}
    for raised, lowered, gain in (((), (), 0.3), (("a",), ("a",), 0.3), (("a",), (), -0.3)):
        with pytest.raises(OptionError):
            targets_of(raised, lowered, gain)
    with pytest.raises(OptionError, match=r"schwartz10 are self-direction.*Found: luck"):
        make_plan(done, {"luck": 0.3})
    with pytest.raises(OptionError, match="moved or held"):
        make_plan(done, TARGETS, ("achievement",), n_draws=20)
    with pytest.raises(OutOfReach, match=r"at most.*of achievement.*ask for less"):
        make_plan(done, {"achievement": 1.9}, n_draws=20)


@pytest.mark.fault
def test_candidates_are_among_those_there_are(fresh: Path) -> None:
    with pytest.raises(OptionError, match="contrast, attribution"):
        Proposing(rules=("tea",))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"Found: luck"):
        find_candidates(fresh, how=Proposing(values=("luck",)))
    with pytest.raises(OptionError, match="needs candidates"):
        find_candidates(fresh, how=Proposing(lines=()))
    for n_roles, n_items in ((1, None), (4, 0)):
        with pytest.raises(OptionError, match="Effects need"):
            calibration_of(Surveyed.of(fresh), seed=0, n_roles=n_roles, n_items=n_items)


def test_lines_of_ones_own_are_candidates_as_well(fresh: Path, tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("id,text\ncalm,You have learnt to wait.\n", encoding="utf-8")
    found = find_candidates(fresh, how=Proposing(lines=("lean",)), prompts=path)
    assert found.candidates.interventions["calm"] == RolePrompt("You have learnt to wait.")
    assert found.candidates.n_told == len(found.candidates.interventions) == 1 + 10 * 6
    assert found.candidates.chosen_by == ("lean", "file")
    back = CandidateSet.read(fresh)
    assert list(back.interventions) == list(found.candidates.interventions)


def test_a_curve_says_what_more_would_cost(done: Path) -> None:
    planned = make_plan(done, {"achievement": -0.3}, n_draws=40, curve=True)
    assert planned.curve is not None
    known = planned.curve.dropna()
    assert len(known) >= 2
    assert known["collateral"].is_monotonic_increasing
    assert (done / "curve.csv") in planned.files
    again = make_plan(done, TARGETS, n_draws=40)
    assert again.curve is None
    assert not (done / "curve.csv").exists()
    with pytest.raises(OptionError, match="one target"):
        make_plan(done, {"achievement": 0.2, "power": 0.2}, curve=True)


def test_profiles_keep_every_role(steered: Path) -> None:
    profiles, rests_on = read_profiles(steered)
    assert set(rests_on) == {"candidates.json"}
    assert set(profiles) == set(CandidateSet.read(steered).interventions)
    up = profiles["settle achievement +0.8"]
    assert up.differences.shape == (6, 10)
    assert up.of("achievement") > 0.2
    assert np.isfinite(up.differences).all()


@pytest.mark.parametrize("design", ["traits", "file"])
def test_roles_that_cannot_be_drawn_anew_are_parted_in_two(design: str, tmp_path: Path) -> None:
    path = tmp_path / "roles.csv"
    rows = [f"r{n},Person number {n}." for n in range(30)]
    path.write_text("\n".join(["id,text", *rows]), encoding="utf-8")
    plan = (
        RolesPlan(design="traits", n_roles=30)
        if design == "traits"
        else RolesPlan(design="file", path=path)
    )
    study = STUDY.model_copy(update={"roles": plan, "truth": None})
    interview = Interview.of(study)
    table = ScoreTable(interview.names, np.zeros((2, 10)))
    graph = ValueGraph(interview.names, np.zeros((10, 10), dtype=np.int8))
    surveyed = Surveyed(tmp_path, study, interview, table, graph)
    chosen = calibration_of(surveyed, seed=1, n_roles=15)
    judged = held_out_of(surveyed, seed=1, n_roles=15)
    texts = [{role.text for role in sheet.roles} for sheet in (chosen, judged)]
    assert texts[0].isdisjoint(texts[1])
    assert texts[0] | texts[1] == {role.text for role in interview.groups[0].roles}
    with pytest.raises(OptionError, match=r"15 calibration roles.*Found: 16"):
        calibration_of(surveyed, seed=1, n_roles=16)
