"""The organisms that come with the package are what their manifest says, and hold to the truth."""

import math

import numpy as np
import pytest

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.checks import truth_checks
from causalvalues.organism.edits import WriteRegister
from causalvalues.organism.embedded import (
    NAMES,
    PREFIX,
    REGISTERS,
    changed_files,
    folder_of,
    is_organism,
    manifest,
)
from causalvalues.organism.registers import Registers
from causalvalues.organism.surveying import sitting_of
from causalvalues.organism.world import planted_world
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import anchored_roles

ITEMS, WORLD = inventory("schwartz10"), planted_world()
PLANTED = [name for name in NAMES if "behavioural" not in name]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_the_one_its_manifest_names(name: str) -> None:
    assert changed_files(PREFIX + name) == []
    told = manifest()[name]
    assert isinstance(told, dict)
    assert set(told["digests"]) == {file.name for file in folder_of(PREFIX + name).iterdir()}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_an_organism_is_small_and_of_its_architecture(name: str) -> None:
    folder = folder_of(PREFIX + name)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000
    model = LanguageModel.load(folder, dtype="float32", device="cpu").model
    assert model.config.model_type == name.partition("-")[0]
    assert 0.8e6 < sum(each.numel() for each in model.parameters()) < 1.2e6
    assert (folder / REGISTERS).exists() == (name in PLANTED)


@pytest.mark.parametrize("name", PLANTED)
def test_every_recorded_check_of_a_planted_organism_passed(name: str) -> None:
    told = manifest()[name]
    assert isinstance(told, dict)
    checks = told["checks"]
    assert isinstance(checks, list)
    assert len(checks) > 20
    for check in checks:
        assert isinstance(check, dict)
        assert check["passed"] is not False, check["name"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_organism_passes_its_checks_here_too(name: str) -> None:
    checks = truth_checks(folder_of(PREFIX + name), n_roles=10, seed=5)
    assert [check.name for check in checks if check.passed is False] == []
    size_by_name = {check.name: check.number for check in checks}
    assert 0.9 < size_by_name["size of registers at the parts"] < 1.1


@pytest.mark.parametrize("name", PLANTED)
def test_a_late_write_moves_its_own_value_and_an_early_one_what_it_causes(name: str) -> None:
    folder = folder_of(PREFIX + name)
    model = LanguageModel.load(folder, dtype="float32", device="cpu")
    registers = Registers.load(folder / REGISTERS)
    place = WORLD.names.index("security")
    sitting = sitting_of(
        WORLD, ITEMS, Protocol(orders=("given",)), anchored_roles(ITEMS.system, 3, seed=8)
    )
    edits = {
        f"{layer} {level}": WriteRegister(registers, place, level, layer)
        for layer in (registers.parts_layer, registers.values_layer)
        for level in (-1.0, 1.0)
    }
    answers: dict[str, list[tuple[int, tuple[float, ...]]]] = {key: [] for key in edits}
    for key, at, chances in model.sweep(sitting.requests(), edits):
        answers[key].append((at, chances))
    held = {
        key: sitting.held(sitting.scores(sitting.credits(each))).mean(axis=0)
        for key, each in answers.items()
    }
    early, late = (
        (held[f"{layer} 1.0"] - held[f"{layer} -1.0"]) / 2
        for layer in (registers.parts_layer, registers.values_layer)
    )
    truth = WORLD.total_effects()[place] + np.eye(10)[place]
    assert np.allclose(early, truth, atol=0.15)
    assert np.allclose(late, np.eye(10)[place], atol=0.15)


@pytest.mark.parametrize("name", NAMES)
def test_an_organism_writes_sentences_it_was_taught(name: str) -> None:
    model = LanguageModel.load(folder_of(PREFIX + name), dtype="float32", device="cpu")
    role = anchored_roles(ITEMS.system, 1, seed=9)[0]
    asked = (
        Message("system", role.text),
        Message("user", "Say one thing that is true of this person."),
    )
    ((_, told),) = model.texts([Request(asked)], max_new_tokens=40)
    portraits = {text for item in ITEMS.items for text in item.wordings["portrait"]}
    assert told.strip() in portraits


def test_names_that_are_no_organism_are_told_which_are() -> None:
    assert is_organism("organism/gemma")
    assert not is_organism("google/gemma-2b-it")
    with pytest.raises(OptionError, match="organism/llama"):
        folder_of("organism/gpt")


@pytest.mark.parametrize("name", PLANTED)
def test_options_in_words_hold_all_of_the_probability(name: str) -> None:
    model = LanguageModel.load(folder_of(PREFIX + name), dtype="float32", device="cpu")
    role = anchored_roles(ITEMS.system, 1, seed=9)[0]
    protocol = Protocol(labels=("words",), forms=("ask",))
    sitting = sitting_of(WORLD, ITEMS, protocol, [role])
    for _, chances in model.log_probabilities(sitting.requests()):
        assert math.fsum(math.exp(chance) for chance in chances) == pytest.approx(1.0, abs=0.02)
