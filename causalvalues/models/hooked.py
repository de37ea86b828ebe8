"""What is read or changed while a model runs: hooks on its own modules, gone afterwards.

    residual   a hook on the layer, after it ran
    neurons    a hook on `mlp.down_proj`, before it runs
    gates      a hook on `mlp.act_fn`, after it ran

Hooks at one point act in the order in which they were put there, so that what is read after an
edit is what the edit left. Guarantee: on leaving, the modules hold no hook of these, also when
something fails between; an edit that did not act exactly once in a run is a fault.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from causalvalues.errors import Fault, HookNeverFired
from causalvalues.models.architectures import INSIDE_MLP, inside_mlp
from causalvalues.models.conditions import Point, Step
from causalvalues.models.edit import Tokens

__all__ = ["acting", "kept", "kept_rows"]

See = Callable[[Tensor], Tensor | None]  # none: what was seen stays as it is


@contextmanager
def acting(layers: nn.ModuleList, steps: Sequence[Step], tokens: Tokens) -> Iterator[None]:
    """Let edits act on every run until leaving, which must be one run."""
    actors = [_Actor(step, tokens) for step in steps]
    with _watched(layers, [(actor.step.point, actor) for actor in actors]):
        yield
    for actor in actors:
        if actor.n_acted != 1:
            point, name = actor.step.point, actor.step.condition
            raise (Fault if actor.n_acted else HookNeverFired)(
                "An edit must reach the model once for every run",
                found=f"{actor.n_acted} times at layer {point.layer} ({point.site}) of {name!r}",
            )


@contextmanager
def kept(layers: nn.ModuleList, keep: Collection[Point]) -> Iterator[dict[Point, Tensor]]:
    """Give a mapping that fills with what is seen at each point to keep."""
    found: dict[Point, Tensor] = {}
    with _watched(layers, [(point, _Keeper(point, found)) for point in keep]):
        yield found


@contextmanager
def kept_rows(
    layers: nn.ModuleList, keep: Collection[Point], places: Tensor
) -> Iterator[dict[Point, Tensor]]:
    """Give a mapping that fills with what is seen at each point at one token of every row."""
    found: dict[Point, Tensor] = {}
    with _watched(layers, [(point, _RowKeeper(point, places, found)) for point in keep]):
        yield found


@dataclass(eq=False)
class _Actor:
    """An edit that acts on what it sees, and counts how often."""

    step: Step
    tokens: Tokens
    n_acted: int = 0

    def __call__(self, seen: Tensor) -> Tensor:
        self.n_acted += 1
        return self.step(seen, self.tokens)


@dataclass(frozen=True, eq=False)
class _Keeper:
    """Stores what it sees."""

    point: Point
    found: dict[Point, Tensor]

    def __call__(self, seen: Tensor) -> None:
        self.found[self.point] = seen


@dataclass(frozen=True, eq=False)
class _RowKeeper:
    """Stores what it sees at one token of every row; the rest may go."""

    point: Point
    places: Tensor  # (batch,)
    found: dict[Point, Tensor]

    def __call__(self, seen: Tensor) -> None:
        rows = torch.arange(len(self.places), device=seen.device)
        self.found[self.point] = seen[rows, self.places.to(seen.device)]


@contextmanager
def _watched(layers: nn.ModuleList, watchers: Sequence[tuple[Point, See]]) -> Iterator[None]:
    """Show what passes some points to whoever wants to see it."""
    hooks: list[RemovableHandle] = []
    try:
        for point, see in watchers:
            hooks.append(_hook(layers, point, see))
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _hook(layers: nn.ModuleList, point: Point, see: See) -> RemovableHandle:
    """Return a hook that shows what passes a point."""
    layer = layers[point.layer]
    if point.site == "residual":
        return layer.register_forward_hook(lambda _, entered, left: see(left))
    inside = inside_mlp(layer, point.site)
    if inside is None:
        raise Fault(f"A layer must have `{INSIDE_MLP[point.site]}`", found=type(layer).__name__)
    if point.site == "gates":
        return inside.register_forward_hook(lambda _, entered, left: see(left))
    return inside.register_forward_pre_hook(lambda _, entered: see(entered[0]))
