"""`MoveByProbes`: the least change of an activation that brings what probes read to their targets.

    one probe                 δ = g w / ‖w‖²,  g = max(0, target − w·a − b)
    one probe, within bounds  δ_i = clip(λ w_i, low − a_i, high − a_i), λ the least that is enough
    several probes            δ = Wᵀ λ, λ ≥ 0 by Hildreth's rows: min ‖δ‖ subject to W δ ≥ g

A query's change is found where its answer begins, at the last token of its prompt, and serves all
tokens of the query that the scope reaches. Guarantee: an activation that probes already read as
asked keeps its bits; bounds are never crossed, and what lies outside them is not pulled in.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from causalvalues.errors import Fault, OptionError
from causalvalues.models.edit import Site, Tokens
from causalvalues.steering.gate import Gate
from causalvalues.steering.moves import Row, Scoped
from causalvalues.steering.probe_edit import Solve
from causalvalues.steering.scope import reached
from causalvalues.steering.where import Scope

__all__ = ["MoveByProbes", "least_change", "least_change_within"]

N_ROUNDS = 200  # of Hildreth's rows; few values are moved at once


@dataclass(frozen=True, eq=False)
class MoveByProbes(Scoped):
    """Moves a residual, or neurons, until probes read their targets."""

    layer: int
    name: str
    site: Site
    weights: Row  # (probe · read,) row by row
    biases: Row  # (probe,)
    targets: Row  # (probe,) logits
    solve: Solve
    share: float
    scope: Scope
    reads: Row | None = None  # (read,) int64; none reads all there is
    moves: Row | None = None  # (moved,) int64: places among those that are read
    low: Row | None = None  # (moved,)
    high: Row | None = None  # (moved,)
    of_sae: bool = False
    gate: Gate | None = None

    @property
    def alone(self) -> bool:
        """Return whether what it does to a token depends on what its prompt says later."""
        return self.solve == "query" and self.scope.precedes_answer

    @cached_property
    def n_probes(self) -> int:
        """Return how many probes there are."""
        return len(self.biases.numbers)

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        """Return the activation (batch, token, width or neuron), moved."""
        self._check_width(activation)
        if self.share == 0:
            return activation
        mask = reached(self.scope, tokens).to(activation.device)
        change = self._changes(activation, tokens, mask)  # (batch, token, moved)
        if self.reads is None:
            moved = (activation.float() + change).to(activation.dtype)
            return torch.where(mask[..., None], moved, activation)
        places = self._moved_places(activation.device)
        own = activation[..., places]
        moved = torch.where(mask[..., None], (own.float() + change).to(activation.dtype), own)
        return activation.index_copy(activation.dim() - 1, places, moved)

    def _changes(self, activation: Tensor, tokens: Tokens, mask: Tensor) -> Tensor:
        """Return (batch, token, moved) what is added where a scope reaches."""
        sources, rows = self._sources(tokens, mask), activation.flatten(0, 1)
        here = mask & (sources >= 0)
        asked, which = torch.unique(sources[here], return_inverse=True)
        found = self.share * self._change(rows[asked])
        changes = found.new_zeros(*mask.shape, found.shape[-1])
        changes[here] = found[which]
        if self.solve == "query" and tokens.memory is not None:
            if bool((sources >= 0).all()):
                tokens.memory[self] = self.share * self._change(rows[sources[:, 0]])
            else:  # answers whose prompt was read before
                changes[mask] = tokens.memory[self].to(changes)[mask.nonzero()[:, 0]]
        return changes

    def _sources(self, tokens: Tokens, mask: Tensor) -> Tensor:
        """Return (batch, token) the place, rows end to end, of the token whose reading decides."""
        n_rows, width = mask.shape
        place = torch.arange(n_rows * width, device=mask.device).view(n_rows, width)
        if self.solve == "token":
            return place
        if tokens.query is None:
            raise Fault(
                "An edit for each query must know whose token is whose", found="nobody told"
            )
        query = tokens.query.to(mask.device)
        return torch.where(query >= 0, place[:, :1] + query, query)

    def _change(self, own: Tensor) -> Tensor:
        """Return (row, moved) the least change of activations (row, width or neuron)."""
        device = own.device
        read = own.float() if self.reads is None else own[:, self.reads.on(device)].float()
        weights = self.weights.on(device).view(self.n_probes, -1)
        gaps = self.targets.on(device) - read @ weights.T - self.biases.on(device)
        if self.moves is None:
            return least_change(weights, gaps)
        inside = self.moves.on(device)
        weights, free = weights[:, inside], read[:, inside]
        if self.low is None or self.high is None:
            return least_change(weights, gaps)
        low = torch.minimum(self.low.on(device) - free, torch.zeros_like(free))
        high = torch.maximum(self.high.on(device) - free, torch.zeros_like(free))
        return least_change_within(weights[0], gaps[:, 0], low, high)

    def _moved_places(self, device: torch.device) -> Tensor:
        """Return (moved,) the neurons that move."""
        if self.reads is None or self.moves is None:
            raise Fault("Neurons that move are named", found="none")
        return self.reads.on(device)[self.moves.on(device)]

    def _check_width(self, activation: Tensor) -> None:
        """Raise unless the activation has all that is read."""
        width = activation.shape[-1]
        if self.reads is None:
            needed = len(self.weights.numbers) // self.n_probes
            fits = needed == width
        else:
            needed = int(self.reads.numbers.max()) + 1
            fits = needed <= width
        if not fits:
            raise OptionError(
                f"{self.name} must fit what it is read from, {width} wide",
                found=f"{needed} wide",
                remedy="use one that was made for this model",
            )


def least_change(weights: Tensor, gaps: Tensor) -> Tensor:
    """Return (row, width) the shortest δ with W δ ≥ gaps.

    weights (probe, width), gaps (row, probe). A row without a positive gap gets zeros.
    """
    gram = weights @ weights.T
    sizes = gram.diagonal()
    pulls = torch.zeros_like(gaps)
    for _ in range(1 if len(sizes) == 1 else N_ROUNDS):
        for probe, size in enumerate(sizes):
            short = gaps[:, probe] - pulls @ gram[:, probe]
            step = torch.where(size > 0, short / size.clamp(min=1e-30), 0.0)
            pulls[:, probe] = (pulls[:, probe] + step).clamp(min=0.0)
    return pulls @ weights


def least_change_within(weights: Tensor, gaps: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return (row, n) the shortest δ with w·δ ≥ gap and low ≤ δ ≤ high; as far as bounds let it.

    weights (n,), gaps (row,), low ≤ 0 ≤ high (row, n). w·δ(λ) grows with λ, by w_i² for every
    place that is not yet at its bound: the λ that is enough is found between two such points.
    """
    room = torch.where(weights >= 0, high, -low)  # how far each place may go its way
    ends = torch.where(weights != 0, room / weights.abs().clamp(min=1e-30), 0.0)  # its λ there
    order = ends.argsort(dim=1)
    ends = ends.gather(1, order)
    squares = weights.square().expand_as(ends).gather(1, order)
    before = ends * squares  # what a place gives once it is at its bound
    given = before.cumsum(1) - before  # by those that ended earlier
    free = squares.flip(1).cumsum(1).flip(1)  # of those that have not
    reach = given + free * ends  # w·δ at each end; grows along the row
    place = (reach < gaps[:, None]).sum(1, keepdim=True)  # the first end that is enough
    inside = place.clamp(max=ends.shape[1] - 1)
    slope = free.gather(1, inside).clamp(min=1e-30)
    pull = (gaps[:, None] - given.gather(1, inside)) / slope
    pull = torch.where(place < ends.shape[1], pull, ends[:, -1:])
    pull = pull.clamp(min=0.0)
    found: Tensor = torch.where(gaps[:, None] > 0, pull * weights, 0.0)
    return torch.minimum(torch.maximum(found, low), high)
