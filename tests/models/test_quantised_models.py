"""A model with int8 weights answers nearly as before, packed as alone, and says what it is."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tiny_models
import torch
import torchao_apart
from naive import log_probabilities
from torch import Tensor, nn

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.verify import verify
from causalvalues.study.plan import ModelPlan
from causalvalues.study.respondents import public_identity, respondent_of
from causalvalues.survey.design import Design
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

pytestmark = pytest.mark.skipif(not torchao_apart.is_here(), reason=torchao_apart.SKIPPED)

KINDS = ("gemma", "gemma2", "gemma3", "llama3", "mistral", "qwen3")
REQUESTS = tiny_models.requests()
ITEMS = inventory("schwartz10")


@pytest.fixture(scope="module", params=KINDS)
def both(
    request: pytest.FixtureRequest, checkpoint: Callable[[str], Path]
) -> tuple[LanguageModel, LanguageModel]:
    """A model as it was saved, and the same one in int8."""
    folder = checkpoint(request.param)
    whole = LanguageModel.load(folder, device="cpu")
    return whole, LanguageModel.load(folder, device="cpu", quantize="int8")


def matrices(model: LanguageModel) -> Iterator[tuple[Tensor, Tensor]]:
    """Each matrix of the layers with its whole numbers and its scales."""
    for module in model.parts.layers.modules():
        if isinstance(module, nn.Linear):
            yield module.weight.qdata, module.weight.scale


def n_bytes(layers: nn.ModuleList) -> int:
    """The bytes that weights of layers take."""
    parts = [
        part
        for weight in layers.parameters()
        for part in (getattr(weight, "qdata", weight), getattr(weight, "scale", None))
    ]
    return sum(part.numel() * part.element_size() for part in parts if part is not None)


def test_each_row_is_whole_numbers_times_a_scale(both: tuple[LanguageModel, ...]) -> None:
    whole, quantised = both
    linear = [each for each in whole.parts.layers.modules() if isinstance(each, nn.Linear)]
    for module, (numbers, scale) in zip(linear, matrices(quantised), strict=True):
        assert numbers.dtype == torch.int8
        assert scale.shape == (len(numbers), 1)
        away = (numbers * scale - module.weight).abs()
        assert (away <= scale * 0.501).all()


def test_all_but_the_matrices_of_the_layers_stays_as_it_is(
    both: tuple[LanguageModel, ...],
) -> None:
    whole, quantised = both
    before, after = whole.model.state_dict(), quantised.model.state_dict()
    inside = {id(weight) for weight in quantised.parts.layers.parameters() if weight.ndim > 1}
    left = [
        name
        for name, weight in quantised.model.named_parameters(remove_duplicate=False)
        if id(weight) not in inside and "vision" not in name  # which no question reaches
    ]
    assert left
    assert all(torch.equal(before[name], after[name]) for name in left)
    assert quantised.parts.head.weight.dtype == torch.float32


def test_packed_it_answers_as_alone(both: tuple[LanguageModel, ...]) -> None:
    model = both[1]
    for place, found in model.log_probabilities(REQUESTS):
        alone = log_probabilities(model, REQUESTS[place])
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-4)


def test_what_is_asked_beside_it_changes_no_answer(both: tuple[LanguageModel, ...]) -> None:
    model = both[1]
    narrow = replace(model, engine=replace(model.engine, budget=64))
    found = dict(narrow.log_probabilities(REQUESTS))
    for place, expected in model.log_probabilities(REQUESTS):
        np.testing.assert_allclose(found[place], expected, rtol=0, atol=1e-4)


def test_it_answers_nearly_as_before(both: tuple[LanguageModel, ...]) -> None:
    """Weights of these models are large, so that rounding them moves more than in trained ones."""
    whole, quantised = both
    found = dict(quantised.log_probabilities(REQUESTS))
    away = [np.abs(np.subtract(found[i], each)) for i, each in whole.log_probabilities(REQUESTS)]
    assert 1e-4 < np.concatenate(away).max() < 0.6


def test_weights_of_layers_take_little_more_than_a_quarter(
    both: tuple[LanguageModel, ...],
) -> None:
    whole, quantised = (n_bytes(model.parts.layers) for model in both)
    assert 0.25 < quantised / whole < 0.4  # matrices are 32 wide here: scales take an eighth more
    assert both[0].engine.cost == both[1].engine.cost


def test_how_it_was_quantised_is_part_of_what_answers_are_kept_under(
    both: tuple[LanguageModel, ...],
) -> None:
    whole, quantised = (model.identity for model in both)
    assert dict(quantised) == {**whole, "quantize": "int8 by torchao, a scale for each row"}
    questions = tuple(Protocol().questions(ITEMS))
    roles = anchored_roles(ITEMS.system, 2)
    keys = [Design(each, questions, roles, {"": ""}).keys for each in (whole, quantised)]
    assert not set(keys[0]) & set(keys[1])


def test_a_study_says_it_and_its_manifest_too() -> None:
    asked = respondent_of(ModelPlan(name="organism/gemma", device="cpu", quantize="int8"))
    said = public_identity(asked.identity)
    assert said["quantize"] == "int8 by torchao, a scale for each row"
    assert said["dtype"] == "float32"


def test_bfloat16_can_be_quantised_too(checkpoint: Callable[[str], Path]) -> None:
    model = LanguageModel.load(checkpoint("gemma"), device="cpu", dtype="bfloat16", quantize="int8")
    assert model.model.dtype == torch.bfloat16
    answers = dict(model.log_probabilities(REQUESTS))
    assert len(answers) == len(REQUESTS)


@pytest.mark.parametrize("device_map", ["auto", {"": "cpu"}])
def test_it_can_be_spread_as_well(
    device_map: Literal["auto"] | dict[str, int | str], checkpoint: Callable[[str], Path]
) -> None:
    folder = checkpoint("llama3")
    plain = LanguageModel.load(folder, device="cpu", quantize="int8", dtype="float32")
    spread = LanguageModel.load(folder, device_map=device_map, quantize="int8", dtype="float32")
    assert dict(spread.identity) == dict(plain.identity)
    for place, found in spread.log_probabilities(REQUESTS):
        expected = dict(plain.log_probabilities(REQUESTS))[place]
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)


def test_matrices_that_are_no_linear_layers_are_refused(checkpoint: Callable[[str], Path]) -> None:
    with pytest.raises(OptionError, match=r"12 of 12 as they were, such as 0\.attn\.c_attn"):
        LanguageModel.load(checkpoint("gpt2"), device="cpu", quantize="int8")


def test_the_check_on_loading_finds_one_matrix_that_was_left(
    checkpoint: Callable[[str], Path],
) -> None:
    model = LanguageModel.load(checkpoint("llama3"), device="cpu", quantize="int8")
    down = model.parts.layers[1].mlp.down_proj
    down.weight = nn.Parameter(down.weight.dequantize(), requires_grad=False)
    with pytest.raises(OptionError, match=r"1 of 21 as they were, such as 1\.mlp\.down_proj"):
        verify(model.model, model.parts, "int8")


def test_a_large_activation_would_not_fit_into_float16(checkpoint: Callable[[str], Path]) -> None:
    """Which is why float16 is refused: whole numbers are summed up before they are scaled."""
    model = LanguageModel.load(checkpoint("llama3"), device="cpu", quantize="int8")
    numbers, scale = next(matrices(model))
    entering = torch.sign(numbers[0].float()) * 40
    assert (entering @ numbers[0].float()).abs() > torch.finfo(torch.float16).max
    assert (entering @ (numbers[0] * scale[0])).abs() < 1e4
    config = json.loads((checkpoint("llama3") / "config.json").read_text(encoding="utf-8"))
    assert "quantization_config" not in config
