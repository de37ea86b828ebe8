"""A model spread by a map answers as one that is not; weights that lie elsewhere are refused."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import tiny_models
import torch
from accelerate import dispatch_model
from test_engine_on_card import Pushed
from torch import nn
from transformers import AutoModelForCausalLM

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.placing import devices_of, refuse_elsewhere
from causalvalues.models.quantising import check_quantize

Folder = Callable[[str], Path]

REQUESTS = tiny_models.requests()
EVERYWHERE: Mapping[str, str] = {"": "cpu"}
BY_MODULE = {
    "model.embed_tokens": "cpu",
    **{f"model.layers.{layer}": "cpu" for layer in range(3)},
    "model.norm": "cpu",
    "model.rotary_emb": "cpu",
    "lm_head": "cpu",
}


@pytest.mark.parametrize(
    "device_map", [EVERYWHERE, MappingProxyType(BY_MODULE)], ids=["whole", "by module"]
)
@pytest.mark.parametrize("kind", ["gemma", "llama3"])
def test_a_map_to_one_device_gives_the_answers_of_that_device(
    kind: str, device_map: Mapping[str, str], checkpoint: Folder
) -> None:
    placed = LanguageModel.load(checkpoint(kind), device_map=device_map, dtype="float32")
    plain = LanguageModel.load(checkpoint(kind), device="cpu", dtype="float32")
    assert dict(placed.identity) == dict(plain.identity)
    assert dict(placed.log_probabilities(REQUESTS)) == dict(plain.log_probabilities(REQUESTS))
    assert placed.engine.device == torch.device("cpu")


def test_hooks_act_beside_those_that_carry_between_devices(checkpoint: Folder) -> None:
    """As they stand on every module where a map names several devices."""
    plain = LanguageModel.load(checkpoint("llama3"), device="cpu")
    placed = LanguageModel.load(checkpoint("llama3"), device_map=BY_MODULE, dtype="float32")
    dispatch_model(placed.model, dict(BY_MODULE), force_hooks=True)
    assert all(hasattr(layer, "_hf_hook") for layer in placed.parts.layers)
    edits = {"plain": None, "up": Pushed(1, 0.5), "inside": Pushed(2, 0.5, "neurons")}
    assert list(placed.sweep(REQUESTS, edits)) == list(plain.sweep(REQUESTS, edits))
    for (_, one), (_, two) in zip(
        placed.residuals(REQUESTS, 1), plain.residuals(REQUESTS, 1), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def test_auto_takes_what_this_machine_has(checkpoint: Folder) -> None:
    model = LanguageModel.load(checkpoint("llama3"), device_map="auto", dtype="float32")
    plain = dict(LanguageModel.load(checkpoint("llama3")).log_probabilities(REQUESTS))
    for place, found in model.log_probabilities(REQUESTS):
        np.testing.assert_allclose(found, plain[place], rtol=0, atol=2e-3)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("device_map", "says"),
    [
        ({**BY_MODULE, "model.layers.1": "disk"}, r"1 in `device_map`, such as 'model\.layers\.1'"),
        ({"": "meta"}, "on a disk, or in main memory"),
        ({}, "must map some module"),
        ({"": "cuda:99"}, "an accelerator of this machine"),
        ({"": 99}, "an accelerator of this machine"),
        ({"": "abacus"}, "an accelerator of this machine"),
        ("cpu", "for one device say `device`"),
        ("evenly", "one of auto, balanced"),
    ],
)
def test_a_map_that_cannot_be_followed_is_named(
    device_map: Mapping[str, int | str], says: str, checkpoint: Folder
) -> None:
    with pytest.raises(OptionError, match=says):
        LanguageModel.load(checkpoint("llama3"), device_map=device_map)


@pytest.mark.fault
def test_weights_that_are_carried_in_for_every_batch_are_named(
    checkpoint: Folder, tmp_path: Path
) -> None:
    """As they are where `auto` finds no room: between batches they hold no numbers."""
    model = AutoModelForCausalLM.from_pretrained(
        checkpoint("llama3"),
        device_map={**BY_MODULE, "model.layers.2": "disk"},
        offload_folder=tmp_path,
        dtype=torch.float32,
    )
    with pytest.raises(OptionError, match=r"9, such as model\.layers\.2") as caught:
        refuse_elsewhere(model)
    assert "use more or larger GPUs" in str(caught.value)


def test_a_layer_on_disk_would_give_hooks_no_weights(checkpoint: Folder, tmp_path: Path) -> None:
    """Which is why it is refused."""
    model = AutoModelForCausalLM.from_pretrained(
        checkpoint("llama3"),
        device_map={**BY_MODULE, "model.layers.2": "disk"},
        offload_folder=tmp_path,
        dtype=torch.float32,
    )
    down = model.model.layers[2].mlp.down_proj
    assert isinstance(down, nn.Linear)
    assert down.weight.device.type == "meta"


@pytest.mark.fault
def test_every_device_of_a_map_must_do_the_quantisation(checkpoint: Folder) -> None:
    found = devices_of({"a": "cpu", "b": "cpu", "c": "meta"}, torch.device("cpu"))
    assert [device.type for device in found] == ["cpu", "meta"]
    assert devices_of("auto", torch.device("cpu")) == (torch.device("cpu"),)
    config = AutoModelForCausalLM.from_pretrained(checkpoint("llama3")).config
    with pytest.raises(OptionError, match="runs on cpu and cuda"):
        check_quantize("int8", config, torch.float32, [torch.device("meta")])
