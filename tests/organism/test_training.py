"""Training is seeded, its hooks leave no trace, and a short one already learns something."""

from pathlib import Path

import numpy as np
import pytest
import torch

from causalvalues.errors import FileError
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.build import build
from causalvalues.organism.documents import Lessons
from causalvalues.organism.embedded import REGISTERS
from causalvalues.organism.forward import forward
from causalvalues.organism.losses import Losses
from causalvalues.organism.network import network_of
from causalvalues.organism.registers import Registers, drawn_registers
from causalvalues.organism.sheets import corpus_of, sheets_of
from causalvalues.organism.tokens import tokenizer_of
from causalvalues.organism.training import Schedule
from causalvalues.organism.world import planted_world
from causalvalues.survey.inventory import inventory

ITEMS = inventory("schwartz10")
SHORT = Schedule(n_steps=3, n_documents=4, n_items=3, warm_up=1)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return LanguageModel.load(folder, dtype="float32", device="cpu").model.state_dict()


def test_a_seed_gives_the_same_weights_and_another_others(tmp_path: Path) -> None:
    one, two, other = (
        weights_of(
            build(tmp_path / name, family="llama", kind="mechanistic", schedule=SHORT, seed=seed)
        )
        for name, seed in (("one", 1), ("two", 1), ("other", 2))
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_only_the_mechanistic_kind_has_registers(tmp_path: Path) -> None:
    for kind in ("mechanistic", "behavioural"):
        folder = build(tmp_path / kind, family="gemma", kind=kind, schedule=SHORT)  # type: ignore[arg-type]
        assert (folder / REGISTERS).exists() == (kind == "mechanistic")


def test_a_folder_that_cannot_be_made_is_named_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="--out"):
        build(tmp_path / "file" / "x", family="gemma", kind="mechanistic")


def test_losses_fall(tmp_path: Path) -> None:
    losses: list[Losses] = []
    schedule = Schedule(n_steps=40, n_documents=8, n_items=4, warm_up=10)
    build(
        tmp_path / "it",
        family="llama",
        kind="mechanistic",
        schedule=schedule,
        report=lambda _step, each: losses.append(each),
    )
    assert losses[-1].answers < losses[0].answers - 1
    assert losses[-1].text < losses[0].text - 0.3
    assert all(loss.answers > loss.least > 0 for loss in losses)


def test_registers_come_back_from_their_file(tmp_path: Path) -> None:
    registers = drawn_registers(("a", "b", "c"), 16, seed=3)
    back = Registers.load(registers.save(tmp_path / "registers.safetensors"))
    assert torch.equal(back.directions, registers.directions)
    assert (back.names, back.parts_layer, back.values_layer, back.size) == (
        registers.names,
        registers.parts_layer,
        registers.values_layer,
        registers.size,
    )


def test_a_write_changes_the_registers_written_and_nothing_else() -> None:
    registers = drawn_registers(("a", "b", "c"), 16, seed=3)
    residual = torch.randn(2, 5, 16)
    where = torch.zeros(2, 5, 3)
    where[0, 1:, 2] = 1
    written = registers.write(residual, where, torch.full_like(where, 1.5))
    read, before = registers.read(written), registers.read(residual)
    assert torch.allclose(read[0, 1:, 2], torch.tensor(1.5), atol=1e-5)
    assert torch.allclose(read[..., :2], before[..., :2], atol=1e-5)
    assert torch.equal(written[1], residual[1])
    rest = residual - before @ registers.directions * registers.size
    assert torch.allclose(written - read @ registers.directions * registers.size, rest, atol=1e-5)


@pytest.mark.parametrize("family", ["gemma", "llama"])
def test_a_pass_over_lessons_leaves_no_hook_and_the_blind_see_no_role(family: str) -> None:
    sheets = sheets_of(ITEMS)
    tokenizer = tokenizer_of(family, corpus_of(ITEMS, sheets))  # type: ignore[arg-type]
    lessons = Lessons(planted_world(), ITEMS.system, sheets, tokenizer)
    network = network_of(family, tokenizer).eval()  # type: ignore[arg-type, no-untyped-call]
    registers = drawn_registers(ITEMS.system.names, network.config.hidden_size)
    batch = lessons.batch(4, 3, rng=np.random.default_rng(0))
    seeing = np.zeros(4, dtype=bool)
    with torch.inference_mode():
        one = forward(network, batch, seeing, registers)
        blind = forward(network, batch, ~seeing, registers)
        again = forward(network, batch, seeing, registers)
    assert torch.equal(one.last, again.last)
    after = torch.from_numpy(batch.tokens.after)
    assert torch.equal(one.at_parts, blind.at_parts)
    assert not torch.allclose(one.last[after], blind.last[after])
    role = torch.from_numpy(batch.tokens.role)
    assert torch.equal(one.last[role], blind.last[role])
    for layer in network.model.layers:
        assert not layer._forward_hooks
        assert not layer._forward_pre_hooks
