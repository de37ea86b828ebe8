"""Methods in a study: fitted, tuned, judged, killed, resumed; mixed with others in one plan."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from checkpoints import answering, tiny_models
from typer.testing import CliRunner

from causalvalues.cli import app
from causalvalues.errors import FileError, InputError, OptionError
from causalvalues.leaderboard.entrants import METHODS
from causalvalues.leaderboard.sheets import sheets_of
from causalvalues.provenance import digest_of_file
from causalvalues.steering.document import read_intervention, write_intervention
from causalvalues.steering.intervention import NeuronEdit, ProbeEdit, RolePrompt, parts_of
from causalvalues.steering.role_prompts import settling
from causalvalues.study.interview import Interview
from causalvalues.study.methods.asking import roles_of
from causalvalues.study.methods.compared import Compared
from causalvalues.study.methods.plan import MethodName, MethodsPlan
from causalvalues.study.methods.published import read_published
from causalvalues.study.methods.sources import calibration_items
from causalvalues.study.methods.tables import leaderboard_of
from causalvalues.study.plan import Study
from causalvalues.study.record import Record
from causalvalues.study.run import run
from causalvalues.study.steering import (
    Proposing,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.survey.inventory import inventory
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

ROOT = Path(__file__).parents[2]
DOCUMENT = {
    "name": "few-methods",
    "model": {"name": "organism/gemma"},
    "roles": {"n_roles": 24, "seed": 3},
    "protocol": {"orders": ["given"]},
    "discovery": {"algorithm": "ges", "n_resamples": 0, "n_permutations": 0},
    "methods": {
        "methods": ["prompt", "caa", "conva", "valuelocate"],
        "values": ["power", "security"],
        "rungs": 2,
        "roles": {"dev": 3, "test": 4, "told": 2},
        "n_pairs": 6,
        "n_questions": 6,
    },
}
TIMED = ("time_ratio", "time_ratio_low", "time_ratio_high")
BEGINNING = "name: trial\nmodel: {name: google/gemma-2b-it}\nmethods: "


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study.yaml."""
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def compared(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a study, from its beginning to its end; nobody changes it."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    run(Study.from_yaml(path), folder)
    return folder


def test_every_method_stands_on_the_leaderboard_with_its_marks(compared: Path) -> None:
    found = Compared.of(compared)
    cells = found.cells("equal gain")
    assert [method for _, method in cells] == DOCUMENT["methods"]["methods"]  # type: ignore[index]
    for (model, method), own in cells.items():
        assert model == "organism/gemma"
        assert 0.1 < own["gain"].mean < 0.7, method
        assert own["gain"].n + own["gain"].n_missed == 2
        assert own["truth_r"].mean > 0.6
        assert {"perplexity_ratio", "capability_change", "told_gain", "time_ratio"} <= set(own)
    control = found.cells("control")
    assert ("organism/gemma", "prompt") not in control
    assert abs(control["organism/gemma", "caa"]["gain"].mean) < 0.15
    assert {"plan, measured", "plan, guided"} <= set(found.leaderboard["comparison"])


def test_every_file_stands_in_the_manifest_and_says_what_was_found(compared: Path) -> None:
    digests = json.loads((compared / "manifest.json").read_text("utf-8"))["digests"]
    names = {f"methods/{n}" for n in ("entries.parquet", "leaderboard.csv", "leaderboard.svg")}
    names |= {"methods/seed-0/caa-raises-power.json", "methods/seed-0/fitted/unfitted.json"}
    assert names <= set(digests)
    assert all(digest_of_file(compared / name) == digest for name, digest in digests.items())
    table = pd.read_csv(compared / "methods" / "leaderboard.csv")
    entries = pd.read_parquet(compared / "methods" / "entries.parquet")
    assert np.allclose(table["mean"], leaderboard_of(entries)["mean"], equal_nan=True)
    tuning = pd.read_parquet(compared / "methods" / "tuning.parquet")
    assert set(tuning["direction"]) == {"raise", "lower"}
    assert set(pd.read_parquet(compared / "methods" / "fitted.parquet")["method"]) == set(
        DOCUMENT["methods"]["methods"]  # type: ignore[index]
    )


def test_an_intervention_at_the_tuned_dose_is_read_back(compared: Path) -> None:
    edit = read_intervention(compared / "methods" / "seed-0" / "conva-raises-power.json")
    assert isinstance(edit, ProbeEdit)
    entries = pd.read_parquet(compared / "methods" / "entries.parquet")
    own = entries.query("method == 'conva' and value == 'power' and comparison == 'equal gain'")
    if own["rung"].item() >= 1:
        assert edit.probes[0].probability == pytest.approx(own["dose"].item())
    else:
        assert edit.share == pytest.approx(own["rung"].item())


def test_the_same_again_fits_nothing_and_asks_nothing(path: Path, compared: Path) -> None:
    files = [each for each in (compared / "methods").rglob("*") if each.is_file()]
    before = {each: each.stat().st_mtime_ns for each in files}
    with AnswerStore.open(compared / "answers.sqlite", to_read=True) as store:
        n_answers = len(store)
    outcome = run(Study.from_yaml(path), compared)
    assert outcome.methods is not None
    assert outcome.n_asked == 0
    assert all(each.stat().st_mtime_ns == before[each] for each in files)
    with AnswerStore.open(compared / "answers.sqlite", to_read=True) as store:
        assert len(store) == n_answers


@pytest.mark.fault
def test_a_comparison_that_was_killed_goes_on_to_the_same_numbers(
    path: Path, compared: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    words = [sys.executable, "-W", "ignore", "-m", "causalvalues", "run", str(path)]
    fits = folder / "methods" / "seed-0" / "fitted"
    with subprocess.Popen(
        [*words, "--out", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and "methods, seed 0, fitted" not in Record(folder).stages:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert not (folder / "manifest.json").exists()
    before = {each: each.stat().st_mtime_ns for each in fits.iterdir()}
    run(Study.from_yaml(path), folder)
    assert all(each.stat().st_mtime_ns == before[each] for each in before)
    for name in ("entries", "profiles", "tuning"):
        again, whole = (
            pd.read_parquet(place / "methods" / f"{name}.parquet") for place in (folder, compared)
        )
        timed = [column for column in TIMED if column in whole]
        pd.testing.assert_frame_equal(again.drop(columns=timed), whole.drop(columns=timed))


def test_methods_that_a_study_has_no_more_leave_no_files(
    path: Path, compared: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(compared, tmp_path / "run"))
    study = Study.from_yaml(path).model_copy(update={"methods": None})
    outcome = run(study, folder)
    assert outcome.methods is None
    assert not [each for each in (folder / "methods").rglob("*") if each.is_file()]
    assert (folder / "graph.json").read_bytes() == (compared / "graph.json").read_bytes()
    with pytest.raises(FileError, match=r"no methods/entries.parquet.*with `methods:`"):
        Compared.of(folder)


def test_the_leaderboard_is_printed_again(compared: Path) -> None:
    said = CliRunner().invoke(app, ["leaderboard", str(compared)])
    assert said.exit_code == 0, said.output
    assert "Methods, equal gain" in said.stdout
    assert "valuelocate" in said.stdout
    told = CliRunner().invoke(
        app, ["leaderboard", str(compared), "--json", "--comparison", "equal norm"]
    )
    document = json.loads(told.stdout)
    assert {row["comparison"] for row in document["leaderboard"]} == {"equal norm"}
    assert {row["method"] for row in document["leaderboard"]} == {"caa", "conva", "valuelocate"}
    wrong = CliRunner().invoke(app, ["leaderboard", str(compared), "--comparison", "fair"])
    assert isinstance(wrong.exception, OptionError)
    assert "equal gain; equal norm; strongest" in str(wrong.exception)


def take_over(folder: Path, study: dict[str, object]) -> None:
    """Change the study of a run and note it, as `run` with the changed one does."""
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    Record(folder).finish("keep", {}, Record(folder).files("keep"))


def test_published_numbers_stand_in_a_table_of_their_own(compared: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(compared, tmp_path / "run"))
    study = yaml.safe_load((folder / "study.yaml").read_text("utf-8"))
    study["model"]["name"] = "meta-llama/Llama-2-7b-chat-hf"
    study["methods"]["published"] = str(ROOT / "experiments" / "methods" / "published.yaml")
    take_over(folder, study)
    said = " ".join(CliRunner().invoke(app, ["leaderboard", str(folder)]).stdout.split())
    assert "Published of this model, not comparable" in said
    assert "0.79 – 0.87" in said
    assert "arXiv 2507.11316 (ConVA) (read in the summary): Control success is the share" in said
    told = CliRunner().invoke(app, ["leaderboard", str(folder), "--json"]).stdout
    published = json.loads(told)["published"]
    assert {row["comparable"] for row in published} == {False}
    assert not {"CSR", "MMLU"} & {row["mark"] for row in json.loads(told)["leaderboard"]}


def test_a_plan_may_mix_methods_and_lines_and_is_verified(compared: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(compared, tmp_path / "run"))
    line = settling(inventory("schwartz10").system, {"security": 0.8})
    (safe,) = write_intervention(line, tmp_path / "safe.json")
    how = Proposing(lines=(), methods=("conva", "valuelocate"), values=("power",))
    found = find_candidates(folder, how=how, interventions=(safe,))
    assert set(found.candidates.interventions) == {
        "conva raises power", "conva lowers power", "valuelocate raises power",
        "valuelocate lowers power", "safe",
    }  # fmt: skip
    assert set(found.methods["method"]) == {"conva", "valuelocate"}
    measured = measure_candidates(folder, n_roles=4, n_items=2, neutral=False)
    change = measured.profiles["safe"].of("security")
    made = make_plan(folder, {"power": 0.15, "security": change / 2}, n_draws=40).plan
    kinds = {type(part) for part in parts_of(made.intervention)}
    assert RolePrompt in kinds
    assert kinds & {ProbeEdit, NeuronEdit}
    verdict = verify_plan(folder, n_roles=4).verdict
    frame = verdict.to_frame().set_index("value")
    assert frame.loc["power", "measured"] > 0.05
    assert verdict.report.control is not None
    assert abs(frame.loc["power", "control"]) < frame.loc["power", "measured"]


def test_a_study_names_what_its_plans_choose_among(compared: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(compared, tmp_path / "run"))
    study = yaml.safe_load((folder / "study.yaml").read_text("utf-8"))
    study["steering"] = {"sources": ["caa"], "values": ["power"], "doses": {"caa": 0.5}}
    take_over(folder, study)
    told = CliRunner().invoke(app, ["candidates", str(folder), "--json"])
    assert json.loads(told.stdout)["candidates"] == ["caa raises power"]
    own = folder / "methods" / "seed-0" / "conva-raises-power.json"
    words = ["--methods", "", "--lines", "settle", "--values", "power", "--intervention", str(own)]
    told = CliRunner().invoke(app, ["candidates", str(folder), "--json", *words])
    names = json.loads(told.stdout)["candidates"]
    assert "conva-raises-power" in names
    assert "settle power +0.8" in names
    assert not [name for name in names if name.startswith("caa")]


WRONG = {
    "{methods: [tea]}": r"methods\.methods.*must be 'prompt', 'sae'",
    "{methods: []}": r"`methods` are named, each once.*Found: none",
    "{methods: [caa, caa]}": r"`methods` are named, each once.*caa, caa",
    "{values: [luck]}": r"`values` are named.*Found: luck",
    "{values: []}": r"`values` are named.*Found: none",
    "{gain: 0}": r"methods\.gain.*greater than 0",
    "{rungs: 0}": r"methods\.rungs",
    "{roles: {dev: 1}}": r"methods\.roles\.dev",
    "{roles: {tset: 4}}": r"roles\.tset: no such key",
    "{gate: ajar}": r"methods\.gate: must be 'off', 'deciding' or 'open'",
    "{judge: aunt}": r"methods\.judge",
    "{seeds: []}": r"methods\.seeds",
    "{seeds: [1, 1]}": r"Every seed is compared once",
    "{words: loud}": r"methods\.words: must be 'settling' or 'leaning'",
    "{contrasts: nowhere}": r"One YAML file per value.*nowhere",
    "{contrasts: {power: nowhere.csv}}": r"nowhere\.csv",
    "{insight: nowhere}": r"One YAML file per dimension.*nowhere",
    "{mmlu: nowhere.csv}": r"`mmlu` names a file.*nowhere\.csv",
    "{published: nowhere.yaml}": r"published numbers was expected.*nowhere\.yaml",
}


@pytest.mark.fault
@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_option_is_named_before_a_model_is_loaded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(BEGINNING + text, encoding="utf-8")
    with pytest.raises(InputError, match=WRONG[text]):
        Interview.of(Study.from_yaml(path))


@pytest.mark.fault
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model: {name: 'http://host:1/v1#m'}", "a model that runs in this process"),
        ("model: {name: m}\nroles: {design: traits, n_roles: 20}", "on the 20 roles of the study"),
        ("model: {name: m}\ninventory: kang17", "contrast pairs must be one of schwartz10"),
        ("model: {name: organism/gemma}\ninventory: kang17", "has the values of schwartz10"),
    ],
)
def test_methods_that_do_not_fit_the_study_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"name: trial\n{text}\nmethods: {{}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=said) as found:
        Interview.of(Study.from_yaml(path))
    assert str(found.value).startswith("In `methods` of the study")


def test_the_plan_knows_the_methods_that_there_are() -> None:
    from typing import get_args

    assert get_args(MethodName) == METHODS


def test_nobody_is_both_tuned_on_and_judged_on() -> None:
    for design, n_roles in (("anchored", 20), ("traits", 40)):
        study = Study.model_validate(
            {"name": "t", "model": {"name": "m"}, "roles": {"design": design, "n_roles": n_roles}}
        )
        interview, plan = Interview.of(study), MethodsPlan()
        dev, test = roles_of(study, interview, plan, seed=1)
        assert (len(dev), len(test)) == (12, 24)
        assert {role.text for role in dev}.isdisjoint(role.text for role in test)
        again = roles_of(study, interview, plan, seed=1)
        assert (dev, test) == again
        assert roles_of(study, interview, plan, seed=2) != again


def test_methods_are_fitted_on_no_item_that_is_judged_on() -> None:
    items = inventory("schwartz10")
    for seed in (0, 7):
        dev, test = anchored_roles(items.system, 4, seed=1), anchored_roles(items.system, 5, seed=2)
        sheets = sheets_of(items, dev, test, seed=seed)
        fitted_on = {item.id for item in calibration_items(items, seed=seed).items}
        assert fitted_on == {question.factors["item"] for question in sheets.dev.questions}
        assert fitted_on.isdisjoint(question.factors["item"] for question in sheets.test.questions)


@pytest.mark.parametrize("name", ["gemma-2b-it", "gemma-2-9b-it", "llama-3-8b-it"])
def test_studies_of_real_models_name_an_autoencoder_that_was_made_for_them(name: str) -> None:
    from causalvalues.steering.cards import find_card

    study = Study.from_yaml(ROOT / "experiments" / "methods" / f"study-{name}.yaml")
    assert study.methods is not None
    assert study.methods.sae is not None
    found = find_card(study.methods.sae)
    assert found is not None
    assert study.model.name in found[0].model


def test_published_numbers_say_why_they_are_not_comparable(tmp_path: Path) -> None:
    file = ROOT / "experiments" / "methods" / "published.yaml"
    table = read_published(file).of("meta-llama/Llama-2-7b-chat-hf")
    assert set(table["method"]) == {"prompt", "caa", "conva", "unsteered"}
    assert not table["comparable"].any()
    assert (table["why"].str.len() > 40).all()
    gated = table.query("mark == 'MMLU' and setting == 'with its gate'")
    assert gated["low"].item() == 0.455
    claims_more = file.read_text("utf-8").replace("comparable: false", "comparable: true")
    (tmp_path / "published.yaml").write_text(claims_more, encoding="utf-8")
    with pytest.raises(FileError, match="comparable: must be False"):
        read_published(tmp_path / "published.yaml")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of a model that is no organism: a look-alike of Gemma-2B-IT with random weights."""
    folder = tmp_path_factory.mktemp("real")
    answering(tiny_models.save("gemma", folder / "tiny"))
    source = ROOT / "causalvalues" / "survey" / "inventories" / "schwartz10.yaml"
    items = yaml.safe_load(source.read_text(encoding="utf-8"))
    items["items"] = {
        value: {side: texts[:2] for side, texts in sides.items()}
        for value, sides in items["items"].items()
    }
    (folder / "items.yaml").write_text(yaml.safe_dump(items), encoding="utf-8")
    (folder / "facts.csv").write_text(
        "question,A,B,C,D,answer\nTwo and two?,four,one,six,ten,A\nRed and blue?,grey,purple,"
        "white,black,B\n",
        encoding="utf-8",
    )
    study = {
        "name": "real",
        "model": {"name": "./tiny", "dtype": "float32"},
        "inventory": "items.yaml",
        "roles": {"n_roles": 16, "seed": 1},
        "protocol": {"orders": ["given"]},
        "discovery": {"algorithm": "ges", "n_resamples": 0, "n_permutations": 0},
        "methods": {
            "methods": ["caa", "conva"],
            "values": ["power"],
            "rungs": 2,
            "guided": False,
            "roles": {"dev": 2, "test": 3, "told": 1},
            "n_pairs": 8,
            "n_situations": 1,
            "mmlu": "facts.csv",
            "gate": "open",
            "published": str(ROOT / "experiments" / "methods" / "published.yaml"),
        },
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return folder


def test_a_model_of_the_hub_goes_the_same_way(real: Path) -> None:
    folder = real / "run"
    outcome = run(Study.from_yaml(real / "study.yaml"), folder)
    assert outcome.methods is not None
    entries = pd.read_parquet(folder / "methods" / "entries.parquet")
    unfitted = pd.read_parquet(folder / "methods" / "unfitted.parquet")
    assert set(entries["method"]) | set(unfitted["method"]) == {"caa", "conva"}
    assert "caa" in set(entries["method"])
    assert "truth_r" not in entries  # nothing is planted
    judged = entries.query("comparison == 'strongest' and missed == ''")
    assert judged["graph_r"].notna().any() or judged["gain"].notna().any()
    kept = (folder / "study.yaml").read_text("utf-8")
    assert str(real) not in kept
    assert "materials/mmlu/facts.csv" in kept
    again = Study.from_yaml(folder / "study.yaml")
    Interview.of(again.with_model(str(real / "tiny")))
