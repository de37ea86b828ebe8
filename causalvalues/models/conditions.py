"""A `Condition` of a sweep: its edits in the order in which they act, and where its run begins.

    order    by layer; at one layer gates, then neurons, then the residual; else as given
    start    the layer whose stored residual the run goes on from; -1 is the whole run
             first edit of the residual of layer L: L, whose residual is edited before the run
             first edit inside the MLP of layer L: L - 1, whose residual stays as it is

Guarantee: what an edit is given is its own copy, what it returns has the same shape, type and
device, and an edit that cannot act is refused by the name of its condition before anything runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import torch
from torch import Tensor, nn

from causalvalues.errors import OptionError
from causalvalues.models.architectures import INSIDE_MLP, inside_mlp
from causalvalues.models.edit import Edit, Site, Tokens
from causalvalues.models.marks import MOST_PHRASES

__all__ = ["Condition", "Given", "Point", "Step", "conditions_of", "phrases_of", "refuse_point"]

Given = Edit | Sequence[Edit] | None
SITES: tuple[Site, ...] = get_args(Site)
ORDER: Mapping[Site, int] = {"gates": 0, "neurons": 1, "residual": 2}


@dataclass(frozen=True)
class Point:
    """A place in the model that is read or changed."""

    layer: int
    site: Site = "residual"

    @property
    def order(self) -> tuple[int, int]:
        """Return what sorts points as the model passes them."""
        return self.layer, ORDER[self.site]


@dataclass(frozen=True, eq=False)
class Step:
    """One edit of a condition."""

    condition: str
    edit: Edit

    @property
    def point(self) -> Point:
        """Return what the edit changes."""
        return Point(self.edit.layer, self.edit.site)

    @torch.inference_mode()
    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return what the edit makes of a copy of an activation."""
        found = self.edit(activation.clone(), _on(tokens, activation.device))
        if found.shape != activation.shape:
            raise OptionError(
                f"The edit {self.condition!r} must return an activation of the shape it was given",
                found=f"{tuple(found.shape)} for {tuple(activation.shape)}",
            )
        return found.to(dtype=activation.dtype, device=activation.device)


@dataclass(frozen=True, eq=False)
class Condition:
    """A name, and the steps that act under it; none where nothing is edited."""

    name: str
    steps: tuple[Step, ...]

    @property
    def start(self) -> int:
        """Return the layer whose stored residual the run goes on from; -1 is the whole run."""
        first = self.steps[0].point
        return first.layer if first.site == "residual" else first.layer - 1

    @property
    def alone(self) -> bool:
        """Return whether prompts may share no token under it."""
        return any(step.edit.alone for step in self.steps)

    @property
    def at_start(self) -> tuple[Step, ...]:
        """Return the steps that edit the stored residual itself."""
        return tuple(step for step in self.steps if step.point.layer == self.start)

    @property
    def later(self) -> tuple[Step, ...]:
        """Return the steps that act while the run goes on."""
        return tuple(step for step in self.steps if step.point.layer > self.start)


def conditions_of(edits: Mapping[str, Given], layers: nn.ModuleList) -> tuple[Condition, ...]:
    """Return the conditions of a sweep over a model's layers, checked."""
    return tuple(Condition(name, _steps(name, given, layers)) for name, given in edits.items())


def phrases_of(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Return the phrases whose tokens are asked for by any edit."""
    steps = [step for condition in conditions for step in condition.steps]
    phrases = tuple(sorted({step.edit.phrase for step in steps} - {""}))
    if len(phrases) > MOST_PHRASES:
        raise OptionError(
            f"The edits of one sweep may ask for {MOST_PHRASES} phrases",
            found=str(len(phrases)),
            remedy="sweep over fewer conditions at a time",
        )
    return phrases


def _steps(name: str, given: Given, layers: nn.ModuleList) -> tuple[Step, ...]:
    """Return the steps of one condition in the order in which they act."""
    edits = () if given is None else given if isinstance(given, Sequence) else (given,)
    steps = [Step(name, edit) for edit in edits]
    for step in steps:
        _refuse(step, layers)
    return tuple(sorted(steps, key=lambda step: step.point.order))


def _refuse(step: Step, layers: nn.ModuleList) -> None:
    """Raise unless an edit says what it changes, and the model has that."""
    what = f"The edit {step.condition!r}"
    missing = [
        name for name in ("layer", "site", "phrase", "alone") if not hasattr(step.edit, name)
    ]
    if missing or not callable(step.edit):
        raise OptionError(
            f"{what} must be callable and have a layer, a site, a phrase and `alone`",
            found=f"a {type(step.edit).__name__} without {', '.join(missing) or 'a call'}",
        )
    refuse_point(step.point, layers, what)


def refuse_point(point: Point, layers: nn.ModuleList, what: str) -> None:
    """Raise unless a model has a point."""
    if not 0 <= point.layer < len(layers):
        raise OptionError(
            f"{what} needs a layer from 0 to {len(layers) - 1}", found=str(point.layer)
        )
    if point.site not in SITES:
        raise OptionError(f"{what} needs a site: {', '.join(SITES)}", found=repr(point.site))
    if point.site != "residual" and inside_mlp(layers[point.layer], point.site) is None:
        raise OptionError(
            f"{what} needs a model whose layers have `{INSIDE_MLP[point.site]}`",
            found=f"none in a {type(layers[point.layer]).__name__}",
            remedy="use the residual of this model instead of its neurons",
        )


def _on(tokens: Tokens, device: torch.device) -> Tokens:
    """Return tokens on a device; the same ones if they are there."""
    if tokens.ids.device == device:
        return tokens
    return replace(
        tokens,
        ids=tokens.ids.to(device),
        positions=tokens.positions.to(device),
        after_role=tokens.after_role.to(device),
        is_last=tokens.is_last.to(device),
        is_answer=tokens.is_answer.to(device),
        in_phrase={name: where.to(device) for name, where in tokens.in_phrase.items()},
        query=None if tokens.query is None else tokens.query.to(device),
    )
