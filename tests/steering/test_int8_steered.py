"""Hooks act on a quantised model as on a whole one: on activations, never on weights."""

from collections.abc import Callable

import pytest
import tiny_models
import torch
import torchao_apart
from kinds import EVERY, KNOWN, LAYER, logits_of, padded, prompts_of
from torch import Tensor

from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.gradients import flows_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import scaled
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

pytestmark = pytest.mark.skipif(not torchao_apart.is_here(), reason=torchao_apart.SKIPPED)

TEXTS = ("You are a baker who likes quiet mornings and long walks.", "Should I help a stranger?")
KINDS = pytest.mark.parametrize("kind", EVERY)


@pytest.fixture(scope="module", params=["gemma", "llama3"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LanguageModel, LanguageModel]:
    """A model as it was saved, and the same one in int8."""
    folder = tiny_models.save(request.param, tmp_path_factory.mktemp("int8") / request.param)
    whole = LanguageModel.load(folder, device="cpu")
    return whole, LanguageModel.load(folder, device="cpu", quantize="int8")


def after_layers(model: LanguageModel, run: Callable[[], object]) -> list[Tensor]:
    """What leaves each layer in one run."""
    found: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _, entered, left: found.append(left))
        for layer in model.parts.layers
    ]
    run()
    for hook in hooks:
        hook.remove()
    return found


@KINDS
def test_strength_zero_changes_no_bit_and_leaving_restores_every_bit(
    kind: str, both: tuple[LanguageModel, LanguageModel]
) -> None:
    model = both[1]
    ids, mask = padded(prompts_of(model, TEXTS), "left")
    before = logits_of(model.model, ids, mask)
    with steer(model, scaled(EVERY[kind], 0), KNOWN):
        assert torch.equal(logits_of(model.model, ids, mask), before)
    with steer(model, EVERY[kind], KNOWN):
        assert not torch.equal(logits_of(model.model, ids, mask), before)
    assert torch.equal(logits_of(model.model, ids, mask), before)


@KINDS
def test_layers_below_an_edit_keep_every_bit(
    kind: str, both: tuple[LanguageModel, LanguageModel]
) -> None:
    model = both[1]
    ids, mask = padded(prompts_of(model, TEXTS), "left")
    plain = after_layers(model, lambda: logits_of(model.model, ids, mask))
    with steer(model, EVERY[kind], KNOWN):
        steered = after_layers(model, lambda: logits_of(model.model, ids, mask))
    for below in range(LAYER):
        assert torch.equal(steered[below], plain[below])
    assert not torch.equal(steered[LAYER + 1], plain[LAYER + 1])


@KINDS
def test_an_edit_moves_it_as_it_moves_the_whole_model(
    kind: str, both: tuple[LanguageModel, LanguageModel]
) -> None:
    moved = []
    for model in both:
        ids, mask = padded(prompts_of(model, TEXTS), "left")
        before = logits_of(model.model, ids, mask)
        with steer(model, EVERY[kind], KNOWN):
            moved.append((logits_of(model.model, ids, mask) - before)[mask > 0].flatten())
    assert torch.cosine_similarity(*moved, dim=0) > 0.9


def test_gradients_flow_through_quantised_layers(
    both: tuple[LanguageModel, LanguageModel],
) -> None:
    items = inventory("schwartz10")
    questions = tuple(Protocol().questions(items))[:6]
    (role,) = anchored_roles(items.system, 2)[:1]
    asked = [(role, question) for question in questions]
    values = items.system.names
    flows = [list(flows_of(model, asked, LAYER, values=values)) for model in both]
    for whole, quantised in zip(*flows, strict=True):
        assert set(whole.gradients) == set(quantised.gradients)
        for value, one in whole.gradients.items():
            two = quantised.gradients[value]
            assert torch.cosine_similarity(one.flatten(), two.flatten(), dim=0) > 0.9
