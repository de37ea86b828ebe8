"""`causalvalues steer --method`: fits, says what it found, keeps it, and talks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from causalvalues.cli import app
from causalvalues.errors import CausalValuesError
from causalvalues.steering.document import digest_of, read_intervention
from causalvalues.steering.intervention import ProbeEdit, gates_of

SAID = ["--model", "organism/gemma", "--tokens", "3", "--prompt", "Is it so?"]
CONVA = ["--method", "conva", "--value", "power"]


def told(*words: str) -> dict[str, object]:
    """What the command tells machines."""
    result = CliRunner().invoke(app, ["steer", *words, "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    document: dict[str, object] = json.loads(result.stdout)
    return document


def fault_of(*words: str) -> str:
    """The error that the command ends in."""
    result = CliRunner().invoke(app, ["steer", *words])
    assert isinstance(result.exception, CausalValuesError), (result.output, result.exception)
    assert result.exception.exit_code == 2
    return str(result.exception)


def test_a_method_is_fitted_kept_written_and_used_again(tmp_path: Path) -> None:
    keep, out = tmp_path / "fits", tmp_path / "power.json"
    words = [*CONVA, "--dose", "0.9", "--keep", str(keep), *SAID]
    result = CliRunner().invoke(app, ["steer", *words, "--out", str(out)])
    assert result.exit_code == 0, (result.output, result.exception)
    said = " ".join(result.stdout.split())
    assert "conva raises power: layers" in said
    assert "accuracy" in said
    assert "P₀ 0.9, of 0.6 to 0.999" in said
    assert "steered" in said
    (kept,) = keep.glob("conva-raises-power-*.json")
    before = kept.stat().st_mtime_ns
    other = told(*CONVA, "--dose", "0.99", "--keep", str(keep), *SAID)
    assert other["dose"] == 0.99
    assert other["method"] == "conva"
    assert kept.stat().st_mtime_ns == before  # one fit serves every dose
    edit = read_intervention(out)
    assert isinstance(edit, ProbeEdit)
    assert edit.probes[0].probability == 0.9
    by_file = told(str(out), *SAID)
    by_method = told(*CONVA, "--dose", "0.9", "--keep", str(keep), *SAID)
    assert by_file["answers"] == by_method["answers"]
    again = tmp_path / "again.json"
    told(*CONVA, "--dose", "0.9", "--out", str(again), *SAID)
    assert digest_of(read_intervention(again)) == digest_of(edit)  # kept as it would be fitted


def test_a_method_may_lower_a_value_behind_a_gate(tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    words = ["--method", "caa", "--value", "security", "--lower", "--gate", "deciding"]
    document = told(*words, "--out", str(out), *SAID)
    assert document["direction"] == "lower"
    assert document["files"] == [str(out), str(out.with_suffix(".safetensors"))]
    (gate,) = gates_of(read_intervention(out))
    assert gate.state == "deciding"
    assert gate.name == "about security"


FAULTS = {
    ("run", *CONVA): "by a run or a file, or by a method",
    (): "Found: neither",
    ("x.json", "--dose", "2"): "belong to --method",
    ("--method", "tea", "--value", "power"): "--method is one of prompt, sae, caa",
    ("--method", "caa"): "name one: --value",
    ("--method", "conva", "--value", "luck", *SAID): "Found: luck",
    ("--method", "conva", "--value", "power"): "name one with --model",
    ("--method", "caa", "--value", "power", "--gate", "ajar"): "--gate is one of off",
    ("--method", "prompt", "--value", "power", "--gate", "open", *SAID): "has no gate",
    ("--method", "sae", "--value", "power", "--model", "organism/gemma-behavioural"): (
        "none comes with organism/gemma-behavioural"
    ),
    (*CONVA, "--model", "http://host:1/v1#m"): "in this process",
}


@pytest.mark.fault
@pytest.mark.parametrize("words", FAULTS)
def test_a_mistake_is_named_before_anything_is_fitted(words: tuple[str, ...]) -> None:
    assert FAULTS[words] in fault_of(*words)


@pytest.mark.fault
def test_a_dose_beyond_the_ladder_is_refused(tmp_path: Path) -> None:
    keep = ["--keep", str(tmp_path)]
    words = ["--method", "prompt", "--value", "power", *keep, *SAID]
    for dose in ("0", "-1", "0.9"):
        said = fault_of(*words, "--dose", dose)
        assert "is level, above 0 and at most 0.8" in said
        assert "tuning tries 0.4, 0.8" in said


def test_help_shows_an_example() -> None:
    said = " ".join(CliRunner().invoke(app, ["steer", "--help"]).stdout.split())
    assert "causalvalues steer --method conva --value power" in said
