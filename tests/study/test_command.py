"""`causalvalues run` as a stranger meets it: help, mistakes, and what it says at the end."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from planted import constant, planted
from typer.testing import CliRunner

from causalvalues.cli import app
from causalvalues.commands.run import tell
from causalvalues.errors import CausalValuesError, FileError, OptionError
from causalvalues.study.plan import Study
from causalvalues.study.run import Outcome, run

pytestmark = pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning")

DOCUMENT = {
    "name": "command",
    "model": {"name": "./absent"},
    "roles": {"n_roles": 40},
    "protocol": {"orders": ["given"], "scale": "yes-no"},
    "discovery": {"n_resamples": 10, "n_permutations": 10},
}

Say = Callable[..., str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    return path


def fault_of(*words: str | Path) -> CausalValuesError:
    """The error that a command ends in, before it is printed."""
    result = CliRunner().invoke(app, ["run", *map(str, words)])
    assert isinstance(result.exception, CausalValuesError), result.output
    return result.exception


def test_help_shows_an_example() -> None:
    result = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    said = " ".join(re.sub(r"[│╭╮╰╯─]|\x1b\[[0-9;]*m", " ", result.output).split())
    assert result.exit_code == 0
    assert "causalvalues run experiments/gemma-2b-it/study.yaml --out runs/gemma" in said
    assert "--roles" in said
    assert "Only the first so many roles" in said


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (("--roles", "41"), OptionError, r"at most the 40 roles"),
        (("--roles", "13"), OptionError, r"at least 14 roles"),
        (("--model", ""), OptionError, r"needs a name"),
        (("--model", "organism/cat"), OptionError, r"organism must be one of"),
        (("--out", "{path}"), FileError, r"folder that exists and can be written"),
        (("--out", "{folder}"), FileError, r"folder of its own"),
        (("--out", "{folder}/new"), FileError, r"absent, which is not there"),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, tuple) else None,
)
def test_a_mistake_of_the_users_ends_in_a_sentence(
    path: Path, words: tuple[str, str], kind: type[CausalValuesError], said: str
) -> None:
    asked = [word.format(path=path, folder=path.parent) for word in words]
    fault = fault_of(path, *asked)
    assert isinstance(fault, kind)
    assert fault.exit_code == 2
    assert re.search(said, str(fault)), str(fault)
    assert [each.name for each in path.parent.iterdir() if each.is_file()] == ["study.yaml"]


@pytest.mark.fault
def test_a_study_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "no such file" in str(fault_of(tmp_path / "absent.yaml"))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run without a truth."""
    study = Study.model_validate(DOCUMENT)
    return run(study, tmp_path_factory.mktemp("run"), respondent=planted(study))


def test_the_end_of_a_run_says_what_was_found_and_where_it_lies(
    outcome: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(outcome, as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "3200 answers are kept, 3200 of them new. 40 roles gave 40 rows" in said
    assert "Edges" in said
    assert "manifest.json" in said
    assert "found.pdf" in said


def test_json_is_one_document(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    tell(outcome, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["n_edges"] == len(document["edges"]) == outcome.graph.n_edges
    assert (document["n_answers"], document["n_asked"]) == (3200, 3200)
    assert document["measures"] == []
    assert all(Path(path).exists() for path in document["files"])
    assert {check["name"] for check in document["checks"]} >= {"more edges than chance gives"}


@pytest.mark.fault
def test_a_constant_model_ends_a_run_with_exit_code_two(tmp_path: Path) -> None:
    study = Study.model_validate(DOCUMENT)
    with pytest.raises(CausalValuesError) as found:
        run(study, tmp_path, respondent=constant())
    assert found.value.exit_code == 2
