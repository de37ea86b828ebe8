"""In bfloat16 on a card: strength 0 changes no bit, leaving restores every bit, nothing stays."""

from collections.abc import Iterator

import pytest
import tiny_models
import torch
from card import DEVICE, on_card
from kinds import EVERY, KNOWN, LAYER, logits_of, padded, prompts_of
from torch import Tensor, nn

from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import scaled

pytestmark = [pytest.mark.gpu, on_card]

TEXTS = ("You are a baker who likes quiet mornings and long walks.", "Should I help a stranger?")
KINDS = pytest.mark.parametrize("kind", EVERY)


@pytest.fixture(scope="module", params=["gemma", "llama3"])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LanguageModel:
    """A tiny model in bfloat16 on the card."""
    folder = tiny_models.save(request.param, tmp_path_factory.mktemp("card") / request.param)
    return LanguageModel.load(folder, device=DEVICE, dtype="bfloat16")


def batch_of(model: LanguageModel) -> tuple[Tensor, Tensor]:
    ids, mask = padded(prompts_of(model, TEXTS), "left")
    return ids.to(DEVICE), mask.to(DEVICE)


def n_hooks(model: nn.Module) -> int:
    return sum(len(each._forward_hooks) + len(each._forward_pre_hooks) for each in model.modules())


def bits_of(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The weights as whole numbers, so that each bit counts."""
    for name, weight in model.state_dict().items():
        yield name, weight.view(torch.int16 if weight.element_size() == 2 else torch.int32).clone()


def after_layers(model: LanguageModel, ids: Tensor, mask: Tensor) -> list[Tensor]:
    """What leaves each layer in one run."""
    found: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _, entered, left: found.append(left))
        for layer in model.parts.layers
    ]
    logits_of(model.model, ids, mask)
    for hook in hooks:
        hook.remove()
    return found


@KINDS
def test_strength_zero_changes_no_bit(kind: str, model: LanguageModel) -> None:
    ids, mask = batch_of(model)
    before = logits_of(model.model, ids, mask)
    with steer(model, scaled(EVERY[kind], 0), KNOWN):
        assert torch.equal(logits_of(model.model, ids, mask), before)


@KINDS
def test_leaving_restores_every_bit_and_leaves_no_hook(kind: str, model: LanguageModel) -> None:
    ids, mask = batch_of(model)
    weights, hooks = dict(bits_of(model.model)), n_hooks(model.model)
    before = logits_of(model.model, ids, mask)
    with steer(model, EVERY[kind], KNOWN):
        assert not torch.equal(logits_of(model.model, ids, mask), before)
    with pytest.raises(ZeroDivisionError), steer(model, EVERY[kind], KNOWN):
        _ = logits_of(model.model, ids, mask)[1 // 0]
    assert n_hooks(model.model) == hooks
    assert torch.equal(logits_of(model.model, ids, mask), before)
    assert all(torch.equal(weights[name], each) for name, each in bits_of(model.model))


@KINDS
def test_layers_below_an_edit_keep_every_bit(kind: str, model: LanguageModel) -> None:
    ids, mask = batch_of(model)
    plain = after_layers(model, ids, mask)
    with steer(model, EVERY[kind], KNOWN):
        steered = after_layers(model, ids, mask)
    assert all(torch.equal(steered[below], plain[below]) for below in range(LAYER))
    assert not torch.equal(steered[LAYER + 1], plain[LAYER + 1])


def test_weights_stay_on_the_card_in_bfloat16(model: LanguageModel) -> None:
    kinds = {(each.device.type, each.dtype) for each in model.model.parameters()}
    assert kinds == {(torch.device(DEVICE).type, torch.bfloat16)}
