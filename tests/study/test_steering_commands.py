"""Steering from the command line: what each command says, and how mistakes end."""

import json
import re
import shutil
from pathlib import Path

import pytest
from reader import reader, surveyed_folder
from typer.testing import CliRunner

from causalvalues.cli import app
from causalvalues.errors import CausalValuesError
from causalvalues.study.steering import (
    Proposing,
    find_candidates,
    make_plan,
    measure_candidates,
    verify_plan,
)
from causalvalues.study.steering.side_by_side import answers_side_by_side
from causalvalues.study.steering.steerable import Steerable
from causalvalues.survey.scripted import ScriptedRespondent

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is not steered yet."""
    return surveyed_folder(tmp_path_factory.mktemp("runs") / "surveyed")


@pytest.fixture(scope="module")
def steered(surveyed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose stages are all done, as the commands of the tests would do them."""
    folder = Path(shutil.copytree(surveyed, tmp_path_factory.mktemp("runs") / "steered"))
    find_candidates(folder, how=Proposing(values=("achievement", "power")))
    measure_candidates(folder, n_roles=4, n_items=1, respondent=reader())
    make_plan(folder, {"achievement": 0.3}, ("power",))
    verify_plan(folder, n_roles=4, respondent=reader())
    return folder


def said(*words: str | Path, typed: str | None = None) -> str:
    """What a command prints, in one line."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return " ".join(result.stdout.split())


def told(*words: str | Path) -> dict[str, object]:
    """What a command tells machines."""
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    document: dict[str, object] = json.loads(result.stdout)
    return document


def fault_of(*words: str | Path) -> CausalValuesError:
    """The error that a command ends in, before it is printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(result.exception, CausalValuesError), result.output
    assert result.exception.exit_code == 2
    return result.exception


def test_each_command_says_what_came_and_what_comes_next(steered: Path) -> None:
    words = said("candidates", steered, "--values", "achievement,power")
    assert "10 candidates: 0 features and 10 lines" in words
    assert "Next: causalvalues effects" in words
    words = said("effects", steered, "--roles", "4", "--items", "1")
    assert "settle achievement +0.8" in words
    assert "Next: causalvalues plan" in words
    words = said("plan", steered, "--raise", "achievement", "--hold", "power")
    assert "What is predicted" in words
    assert "settles achievement by" in words
    assert "Next: causalvalues evaluate" in words
    words = said("evaluate", steered, "--roles", "4")
    assert "achievement changed by +0." in words
    assert "values changed as predicted" in words
    assert "verdict.json" in words
    assert "steering.png" in words


def test_machines_are_told_the_same(steered: Path) -> None:
    assert told("candidates", steered, "--values", "achievement,power")["n_candidates"] == 10
    effects = told("effects", steered, "--roles", "4", "--items", "1")
    assert effects["broken"] == {}
    assert len(effects["changes"]["settle power +0.8"]) == 10  # type: ignore[index]
    plan = told("plan", steered, "--raise", "achievement", "--hold", "power")
    assert plan["targets"] == {"achievement": 0.3}
    assert plan["why"]
    document = told("evaluate", steered, "--roles", "4")
    assert len(document["values"]) == 10  # type: ignore[arg-type]
    assert document["healthy"] is True


@pytest.mark.fault
def test_a_mistake_says_what_to_run_first(surveyed: Path, steered: Path, tmp_path: Path) -> None:
    faults = {
        ("candidates", str(tmp_path / "no")): "causalvalues run study.yaml",
        ("candidates", str(surveyed), "--lines", "none"): "name one with --sae",
        ("candidates", str(surveyed), "--rules", "tea"): "among contrast",
        ("candidates", str(surveyed), "--sae", "nothere"): "the cards are",
        ("effects", str(surveyed)): "causalvalues candidates",
        ("effects", str(surveyed), "graph.json"): "has its own graph",
        ("effects", "scores.csv"): "or the folder of a run",
        ("plan", str(surveyed), "--raise", "power"): "causalvalues effects",
        ("plan", str(steered)): "--raise or --lower",
        ("plan", str(steered), "--raise", "pwer"): "Found: pwer",
        ("plan", str(steered), "--raise", "power", "--gain", "1.95"): "ask for less",
        ("plan", str(steered), "--lower", "power", "--gain", "-1"): "use --lower",
        ("evaluate", str(surveyed)): "causalvalues plan",
        ("steer", str(surveyed)): "causalvalues plan",
        ("steer", str(steered / "intervention.json")): "name one with --model",
        ("steer", str(tmp_path / "no.json"), "--model", "organism/gemma"): "no.json",
    }
    for words, expected in faults.items():
        assert expected in str(fault_of(*words)), words


def test_both_models_answer_side_by_side(steered: Path) -> None:
    words = said(
        "steer", steered / "intervention.json", "--model", "organism/gemma", "--tokens", "4",
        "--prompt", "Is it so?",
    )  # fmt: skip
    assert "Is it so?" in words
    assert re.search(r"unsteered .* steered", words)
    typed = CliRunner().invoke(
        app,
        ["steer", str(steered / "intervention.json"), "--model", "organism/gemma", "--json",
         "--tokens", "4"],
        input="One thing.\n\nAnother.\n",
    )  # fmt: skip
    answers = json.loads(typed.stdout)["answers"]
    assert [each["prompt"] for each in answers] == ["One thing.", "Another."]


def test_lines_are_told_to_any_model_that_writes() -> None:
    def write(request: object) -> str:
        return "/".join(message.text for message in request.messages)  # type: ignore[attr-defined]

    from causalvalues.steering.intervention import RolePrompt

    scripted = ScriptedRespondent(write=write)
    (each,) = answers_side_by_side(
        Steerable(scripted), RolePrompt("You are calm."), ["Well?"], role="A nurse."
    )
    assert each.unsteered == "A nurse./Well?"
    assert each.steered == "A nurse.\nYou are calm./Well?"
