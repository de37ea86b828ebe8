"""Layers that stood aside are back afterwards, whatever happened; halved work is done once."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import tiny_models
import torch
from torch import Tensor, nn

from causalvalues.errors import Fault
from causalvalues.models.conditions import Point
from causalvalues.models.edit import Site, Tokens
from causalvalues.models.hooked import kept
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.memory import in_halves
from causalvalues.models.replay import Resume, resumed, stopped


def stack() -> nn.ModuleList:
    torch.manual_seed(0)
    return nn.ModuleList(nn.Linear(3, 3) for _ in range(4))


def run(layers: nn.ModuleList, entering: Tensor) -> Tensor:
    for layer in layers:
        entering = layer(entering)
    return entering


def test_a_run_goes_on_from_a_stored_residual() -> None:
    layers, entering = stack(), torch.ones(1, 2, 3)
    with kept(layers, (Point(1),)) as found:
        whole = run(layers, entering)
    with resumed(layers, Resume(1, found[Point(1)])):
        assert torch.equal(run(layers, torch.zeros(1, 2, 3)), whole)
    with stopped(layers, after=1):
        assert torch.equal(run(layers, entering), found[Point(1)])


def test_the_layers_are_back_when_something_fails_between() -> None:
    layers = stack()
    before = list(layers)
    resume = Resume(2, torch.zeros(1, 2, 3))
    with (
        pytest.raises(ValueError, match="between"),
        resumed(layers, resume),
        kept(layers, (Point(3),)),
    ):
        raise ValueError("between")
    assert all(one is two for one, two in zip(layers, before, strict=True))
    assert not any(layer._forward_hooks for layer in layers)
    assert list(layers.state_dict()) == list(stack().state_dict())


def test_a_layer_aside_still_answers_for_itself() -> None:
    layers = stack()
    with stopped(layers, after=0):
        assert layers[3].in_features == 3


@pytest.mark.fault
def test_a_residual_that_nobody_reads_is_a_fault() -> None:
    layers = stack()
    with pytest.raises(Fault, match="0 times"), resumed(layers, Resume(1, torch.zeros(1, 2, 3))):
        pass


@pytest.mark.fault
def test_an_edit_that_fails_leaves_the_model_as_it_was(
    loaded: Callable[[str], LanguageModel],
) -> None:
    @dataclass(frozen=True)
    class Failing:
        layer: int
        site: Site = "residual"
        phrase: str = ""
        alone: bool = False

        def __call__(self, residual: Tensor, tokens: Tokens) -> Tensor:
            raise ZeroDivisionError

    model, requests = loaded("gemma2"), tiny_models.requests()
    before, layers = dict(model.log_probabilities(requests)), list(model.parts.layers)
    with pytest.raises(ZeroDivisionError):
        list(model.sweep(requests, {"failing": Failing(1)}))
    assert all(one is two for one, two in zip(layers, model.parts.layers, strict=True))
    assert dict(model.log_probabilities(requests)) == before


@pytest.mark.parametrize(("n", "room"), [(0, 1), (1, 1), (5, 1), (7, 3), (9, 100)])
def test_halved_work_is_done_once_and_in_order(n: int, room: int) -> None:
    work = list(range(n))

    def do(part: list[int]) -> list[int]:
        if len(part) > room:
            raise MemoryError
        return part

    def halve(part: list[int]) -> tuple[list[int], list[int]]:
        return part[: len(part) // 2], part[len(part) // 2 :]

    assert [each for part in in_halves(work, do, halve) for each in part] == work
