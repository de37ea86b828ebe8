"""Layers that stand aside: a run that starts from a stored residual, or stops after a layer.

A layer that stands aside is replaced in the model's list by a module that passes on what it gets,
or the residual that was stored; this works for every architecture whose layers are a list.
Guarantee: on leaving, the list holds the same objects as before, also when something fails between;
a residual that was never passed on is a fault. One thread at a time: the list is the model's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from causalvalues.errors import Fault

__all__ = ["Resume", "resumed", "stopped"]


@dataclass(frozen=True, eq=False)
class Resume:
    """The residual (batch, token, width) that is to leave a layer, whatever enters it."""

    layer: int
    residual: Tensor


class Aside(nn.Module):
    """A layer that stands aside; what else is asked of it, the layer itself answers."""

    def __init__(self, layer: nn.Module, residual: Tensor | None = None) -> None:
        super().__init__()
        self.__dict__["layer"] = layer  # not a part of this module: its weights stay where they are
        self.__dict__["residual"] = residual
        self.n_passed = 0

    def forward(self, entering: Tensor, *_: object, **__: object) -> Tensor:
        """Return the stored residual, or what entered."""
        self.n_passed += 1
        stored: Tensor | None = self.__dict__["residual"]
        return entering if stored is None else stored

    def __getattr__(self, name: str) -> object:  # type: ignore[override]
        return getattr(self.__dict__["layer"], name)


@contextmanager
def resumed(layers: nn.ModuleList, resume: Resume) -> Iterator[None]:
    """Hold the layers up to one aside, and let that one give the stored residual."""
    speaker = Aside(layers[resume.layer], resume.residual)
    silent = {place: Aside(layers[place]) for place in range(resume.layer)}
    with _replaced(layers, {**silent, resume.layer: speaker}):
        yield
    if speaker.n_passed != 1:
        raise Fault(
            "An edit must reach the model once for every run",
            found=f"{speaker.n_passed} times at layer {resume.layer}",
        )


@contextmanager
def stopped(layers: nn.ModuleList, *, after: int) -> Iterator[None]:
    """Hold the layers after one aside."""
    with _replaced(layers, {p: Aside(layers[p]) for p in range(after + 1, len(layers))}):
        yield


@contextmanager
def _replaced(layers: nn.ModuleList, by_place: dict[int, Aside]) -> Iterator[None]:
    """Put other modules in some places of a list, and the same ones back."""
    own = {place: layers[place] for place in by_place}
    try:
        for place, aside in by_place.items():
            layers[place] = aside
        yield
    finally:
        for place, layer in own.items():
            layers[place] = layer
