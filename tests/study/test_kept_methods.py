"""A fitted method that is kept is the method that would be fitted, at every dose."""

import json
from pathlib import Path

import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.methods.fitted import Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.document import digest_of
from causalvalues.study.methods.fitting import Wanted, checked_dose, fitted_to, usual_dose
from causalvalues.study.methods.kept_fits import read_fitted, write_fitted
from causalvalues.study.methods.plan import MethodName, MethodRoles, MethodsPlan
from causalvalues.survey.inventory import inventory

ITEMS, NAME = inventory("schwartz10"), "organism/gemma"
PLAN = MethodsPlan(n_pairs=10, roles=MethodRoles(ranked=30))


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel.load(folder_of(NAME), dtype="float32", device="cpu")


def fit(model: LanguageModel, method: MethodName, keep: Path | None = None) -> Fitted:
    """A method that lowers power."""
    return fitted_to(model, NAME, Wanted(method, "power", "lower"), ITEMS, PLAN, keep=keep)


@pytest.mark.parametrize("method", ["prompt", "sae", "caa", "conva", "neva", "valuelocate"])
def test_a_kept_method_does_the_same_at_every_dose(
    model: LanguageModel, method: MethodName, tmp_path: Path
) -> None:
    fresh = fit(model, method, keep=tmp_path)
    (path,) = tmp_path.glob("*.json")
    kept = read_fitted(path)
    assert (kept.name, kept.doses, kept.unit) == (fresh.name, fresh.doses, fresh.unit)
    assert (kept.scale, dict(kept.found)) == (fresh.scale, dict(fresh.found))
    rungs = [*range(1, len(fresh.doses) + 1), 0.4, 1.5]
    for rung in rungs:
        assert digest_of(kept.on_rung(rung)) == digest_of(fresh.on_rung(rung)), rung
    before = path.stat().st_mtime_ns
    again = fit(model, method, keep=tmp_path)
    assert path.stat().st_mtime_ns == before
    assert digest_of(again.at(usual_dose(again))) == digest_of(fresh.at(usual_dose(fresh)))


def test_what_a_fit_rests_on_makes_another_file(model: LanguageModel, tmp_path: Path) -> None:
    for seed in (0, 1):
        fitted_to(model, NAME, Wanted("caa", "power"), ITEMS, PLAN, keep=tmp_path, seed=seed)
    fitted_to(model, NAME, Wanted("caa", "power", gate="open"), ITEMS, PLAN, keep=tmp_path)
    fitted_to(
        model, NAME, Wanted("caa", "power"), ITEMS, PLAN.model_copy(update={"n_pairs": 8}),
        keep=tmp_path,
    )  # fmt: skip
    assert len(list(tmp_path.glob("caa-raises-power-*.json"))) == 4


@pytest.mark.fault
def test_a_damaged_or_foreign_fit_is_named(model: LanguageModel, tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    write_fitted(fit(model, "caa"), path)
    whole = json.loads(path.read_text("utf-8"))
    for broken in ("{", json.dumps(whole | {"schema": "other/1"}), json.dumps({})):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(FileError, match=r"fitted method.*fit\.json.*fitted again"):
            read_fitted(path)
    path.write_text(json.dumps(whole), encoding="utf-8")
    path.with_suffix(".safetensors").unlink()
    with pytest.raises(FileError):
        read_fitted(path)


@pytest.mark.fault
def test_a_dose_lies_on_the_ladder(model: LanguageModel) -> None:
    fitted = fit(model, "caa")
    assert checked_dose(fitted, None) == usual_dose(fitted) in fitted.doses
    assert checked_dose(fitted, 0.1) == 0.1
    for dose in (0.0, -1.0, fitted.doses[-1] * 2, float("nan")):
        with pytest.raises(OptionError, match="above 0 and at most"):
            checked_dose(fitted, dose)
