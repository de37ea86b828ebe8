"""Organisms' sparse autoencoders: trained from a seed, shipped whole, and as good as they say."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from causalvalues.cli import app
from causalvalues.errors import FileError, OptionError, WrongModel
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import REGISTERS, SHIPPED, folder_of
from causalvalues.organism.registers import Registers
from causalvalues.organism.respondents import exogenous
from causalvalues.organism.sae_residuals import residuals_of, training_roles
from causalvalues.organism.saes import Recipe, sae_name, train_sae
from causalvalues.organism.world import planted_world
from causalvalues.provenance import digest_of_file
from causalvalues.steering.cards import read_card
from causalvalues.steering.sae import open_sae
from causalvalues.survey.inventory import inventory
from causalvalues.survey.roles import anchored_roles, grade_of

SHORT = Recipe(n_features=24, n_roles=2, n_questions=2, n_steps=12, batch=64)
NAMES = ("organism-gemma", "organism-llama")
ITEMS, WORLD = inventory("schwartz10"), planted_world()


def report_of(name: str) -> dict[str, Any]:
    return dict(json.loads((SHIPPED / "saes" / name / "report.json").read_text("utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_file_is_the_one_its_manifest_names(name: str) -> None:
    folder = SHIPPED / "saes" / name
    told = json.loads((SHIPPED / "saes" / "manifest.json").read_text("utf-8"))[name]
    assert told == {path.name: digest_of_file(path) for path in folder.iterdir()}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 400_000
    card = read_card(folder / "card.yaml")
    assert card.name == name
    assert card.sha256 == told["sae_weights.safetensors"]
    assert "/root" not in "".join(path.read_text("latin-1") for path in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_report_says_that_single_features_follow_single_values(name: str) -> None:
    told = report_of(name)
    assert told["explained_variance"] > 0.95
    assert told["explained_variance_of_registers"] > 0.9
    assert told["r_median"] > 0.9
    assert len(told["matches"]) == len(told["statements"]) == 2 * len(WORLD.names)
    for match, statement in zip(told["matches"], told["statements"], strict=True):
        assert match["cosine"] > 0.6
        assert match["cosine_elsewhere"] < 0.2
        assert statement["difference"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_a_report_says_holds_on_roles_of_another_seed(name: str) -> None:
    where = folder_of(name.replace("-", "/"))
    model = LanguageModel.load(where, device="cpu")
    sae = open_sae(name, check_model=model.model)
    registers = Registers.load(where / REGISTERS)
    assert sae.layer == registers.parts_layer
    roles = anchored_roles(ITEMS.system, 30, seed=77)
    rows = residuals_of(model, ITEMS, roles, sae.layer, n_questions=2, seed=77).after()
    grades = np.array([[grade_of(role.levels[v]) for v in WORLD.names] for role in roles])
    parts = exogenous(WORLD, grades)[rows.roles]
    residual = torch.from_numpy(rows.residuals)
    found = []
    for match in report_of(name)["matches"]:
        sign = 1 if match["side"] == "high" else -1
        truth = np.maximum(sign * parts[:, WORLD.names.index(match["value"])], 0)
        active = sae.activation(residual, match["feature"]).numpy()
        found.append(np.corrcoef(active, truth)[0, 1])
        cosine = registers.directions[WORLD.names.index(match["value"])] @ sae.direction(
            match["feature"]
        )
        assert sign * float(cosine) == pytest.approx(match["cosine"], abs=2e-3)
    told = [match["r"] for match in report_of(name)["matches"]]
    assert np.median(found) == pytest.approx(np.median(told), abs=0.05)
    assert float(sae.direction(0).norm()) == pytest.approx(1, abs=2e-3)


def test_an_organisms_autoencoder_fits_no_other_organism() -> None:
    model = LanguageModel.load(folder_of("organism/llama"), device="cpu").model
    with pytest.raises(WrongModel, match=r"organism/gemma.*organism/llama"):
        open_sae("organism-gemma", check_model=model)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    digests = []
    for place, seed in (("one", 4), ("two", 4), ("three", 5)):
        folder = train_sae("organism/gemma", tmp_path / place, recipe=SHORT, seed=seed)
        digests.append(digest_of_file(folder / "sae_weights.safetensors"))
    assert digests[0] == digests[1] != digests[2]
    assert open_sae(tmp_path / "one").n_features == SHORT.n_features


def test_in_most_training_roles_few_values_stand_out() -> None:
    roles = training_roles(ITEMS.system, 300, seed=0)
    apart = [sum(grade_of(level) != 2 for level in role.levels.values()) for role in roles]
    assert np.median(apart) < 3
    assert max(apart) > 6
    assert sum("It is settled" in role.text for role in roles) == pytest.approx(60, abs=25)
    assert [role.text for role in roles] == [
        role.text for role in training_roles(ITEMS.system, 300, seed=0)
    ]


def test_the_command_trains_reports_and_says_what_it_wrote(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        app,
        ["organism", "train-saes", "--model", "organism/llama", "--out", str(tmp_path / "saes"),
         "--steps", "5", "--roles", "2", "--features", "12"],
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert "variance explained" in answer.output
    assert "organism-llama" in answer.output
    assert open_sae(tmp_path / "saes" / "organism-llama").n_features == 12
    assert (tmp_path / "saes" / "manifest.json").exists()


def test_an_autoencoder_is_named_after_its_model(tmp_path: Path) -> None:
    assert sae_name("organism/gemma") == "organism-gemma"
    assert sae_name(str(tmp_path / "My Llama")) == "my-llama"


@pytest.mark.fault
def test_what_cannot_be_trained_is_told_before_training(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="1 or more"):
        train_sae("organism/gemma", tmp_path / "a", recipe=Recipe(n_steps=0))
    with pytest.raises(OptionError, match="organism must be one of"):
        train_sae("organism/gpt", tmp_path / "b")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="folder was to be made"):
        train_sae("organism/gemma", tmp_path / "file" / "c")
