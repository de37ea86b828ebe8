"""How large an edit is where it acts: what every method spends, in one currency.

    at a layer   mean over the tokens reached of ‖Δh‖ / ‖h‖; Δh is what the edits of this layer
                 change of its output, those of earlier layers active with and without
    in all       √ Σ of squares over layers

So moved neurons count by what the residual gets of it. Prompts are read as a survey reads them,
with their options; an answer that was written is a request whose one option it is: `answered`.
Gates are taken as open. Lines that a role is told have no size inside the model: there is no number
then, and a reason. Guarantee: an edit that changes nothing is exactly 0 large; a request counts the
same alone and among others.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.edit import Edit, Site, Tokens
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.edits import Move, edits_of
from causalvalues.steering.intervention import Intervention, RolePrompt, parts_of
from causalvalues.steering.scope import reached
from causalvalues.survey.request import Request

__all__ = ["EditNorm", "answered", "edit_norm", "edit_norms"]


@dataclass(frozen=True)
class EditNorm:
    """How large an edit is, in norms of the residual; or why that cannot be told."""

    value: float  # NaN where it is unscored
    by_layer: Mapping[int, float] = field(default_factory=dict)
    length_by_layer: Mapping[int, float] = field(default_factory=dict)  # mean ‖Δh‖ itself
    n_tokens: int = 0  # reached, over all layers
    unscored: str = ""

    @classmethod
    def without(cls, reason: str) -> "EditNorm":
        """Return a norm without a number, and why."""
        return cls(math.nan, unscored=reason)


def edit_norm(
    model: LanguageModel,
    intervention: Intervention,
    requests: Sequence[Request],
    dictionaries: Mapping[str, Dictionary] | None = None,
) -> EditNorm:
    """Return how large an intervention is over some requests."""
    (found,) = edit_norms(model, [intervention], requests, dictionaries)
    return found


def edit_norms(
    model: LanguageModel,
    interventions: Sequence[Intervention],
    requests: Sequence[Request],
    dictionaries: Mapping[str, Dictionary] | None = None,
) -> list[EditNorm]:
    """Return how large each of some interventions is, from one sweep."""
    if not requests:
        raise OptionError("An edit is measured where it acts, on requests", found="none")
    told = [any(isinstance(p, RolePrompt) for p in parts_of(each)) for each in interventions]
    ladders = [
        _Ladder(() if is_told else edits_of(each, dictionaries or {}))
        for each, is_told in zip(interventions, told, strict=True)
    ]
    conditions = {
        f"{place}, {rung}": steps
        for place, ladder in enumerate(ladders)
        for rung, steps in enumerate(ladder.conditions)
    }
    for _ in model.sweep(requests, conditions) if conditions else ():
        for ladder in ladders:
            ladder.keep()  # a batch came to its end
    return [
        EditNorm.without("lines that a role is told have no size inside the model")
        if is_told
        else ladder.norm()
        for is_told, ladder in zip(told, ladders, strict=True)
    ]


def answered(requests: Sequence[Request], texts: Sequence[str]) -> list[Request]:
    """Return requests that were answered by texts: edits of written tokens act on these."""
    return [replace(asked, options=(text,)) for asked, text in zip(requests, texts, strict=True)]


@dataclass(frozen=True, eq=False)
class _Watch:
    """An edit that changes nothing: it shows what leaves a layer. No two prompts share a token."""

    layer: int
    see: Callable[[Tensor, Tokens], None]
    site: Site = "residual"
    phrase: str = ""
    alone: bool = True

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the activation as it is."""
        self.see(activation, tokens)
        return activation


@dataclass(eq=False)
class _Layer:
    """What the edits of one layer change, batch by batch."""

    moves: tuple[Move, ...]
    before: Tensor | None = None  # of the batch that is run
    last: Tensor | None = None  # sums over the batch that was run
    total: Tensor = field(default_factory=lambda: torch.zeros(3, dtype=torch.float64))

    def see_before(self, activation: Tensor, _: Tokens) -> None:
        """Keep what leaves the layer without its own edits."""
        self.before, self.last = activation, None

    def see_after(self, activation: Tensor, tokens: Tokens) -> None:
        """Add up by how much, against that, the layer's own edits change it."""
        if self.before is None:
            return
        masks = torch.stack([reached(move.scope, tokens) for move in self.moves])
        mask = masks.any(dim=0)
        if tokens.query is not None:
            mask &= tokens.query >= 0  # what fills up rows belongs to no prompt
        own = self.before[mask.to(self.before.device)].double()
        length = (activation[mask.to(activation.device)].double() - own).norm(dim=-1)
        ratio = length / own.norm(dim=-1).clamp(min=1e-30)
        n_tokens = torch.tensor(float(len(own)), dtype=torch.float64)
        self.last = torch.stack([ratio.sum().cpu(), length.sum().cpu(), n_tokens])
        self.before = None

    def keep(self) -> None:
        """Count the batch, once: one for which memory ran out is run again, and not counted."""
        if self.last is not None:
            self.total, self.last = self.total + self.last, None


class _Ladder:
    """Conditions of a sweep, each with the edits of one layer more than the one before."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self.layers = {
            layer: _Layer(tuple(move for move in moves if move.layer == layer))
            for layer in sorted({move.layer for move in moves})
        }

    @property
    def conditions(self) -> list[list[Edit]]:
        """Return the edits of each condition, and who watches: before a layer acts, and after."""
        if not self.layers:
            return []
        first = next(iter(self.layers))
        found: list[list[Edit]] = [[_Watch(first, self.layers[first].see_before)]]
        active: list[Edit] = []
        for layer, follows in [*pairwise(self.layers), (max(self.layers), None)]:
            active = [*active, *self.layers[layer].moves]
            watches = [_Watch(layer, self.layers[layer].see_after)]
            if follows is not None:
                watches.append(_Watch(follows, self.layers[follows].see_before))
            found.append([*active, *watches])
        return found

    def keep(self) -> None:
        """Count the batch that was run."""
        for layer in self.layers.values():
            layer.keep()

    def norm(self) -> EditNorm:
        """Return how large the edits are."""
        sums = {layer: each.total.tolist() for layer, each in self.layers.items()}
        acting = {layer: (r / n, length / n) for layer, (r, length, n) in sums.items() if n}
        if not acting:
            return EditNorm.without("none of its tokens is in these requests")
        by_layer = {layer: ratio for layer, (ratio, _) in acting.items()}
        return EditNorm(
            math.sqrt(sum(ratio**2 for ratio in by_layer.values())),
            by_layer,
            {layer: length for layer, (_, length) in acting.items()},
            int(sum(n for _, _, n in sums.values())),
        )
