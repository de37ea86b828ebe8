"""`MoveByProbes`: the least change of an activation that brings what probes read to their targets.

    one probe                 δ = g w / ‖w‖²,  g = max(0, target − w·a − b)
    one probe, within bounds  δ_i = clip(λ w_i, low − a_i, high − a_i), λ the least that is enough
    several probes            δ = Wᵀ λ, λ ≥ 0 by Hildreth's rows: min ‖δ‖ subject to W δ ≥ g

A query's change is found where its answer begins, at the last token of its prompt, and serves all
tokens of the query that the scope reaches. Guarantee: an activation that probes already read as
asked keeps its bits; bounds are never crossed but by rounding, whatever the share, and what lies
outside them is not pulled in. Of probes that contradict each other the last is heeded.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from causalvalues.errors import Fault, OptionError
from causalvalues.models.edit import NOBODY, Site, Tokens
from causalvalues.steering.gate import Gate
from causalvalues.steering.moves import Row, Scoped
from causalvalues.steering.probe_edit import Solve
from causalvalues.steering.scope import reached
from causalvalues.steering.where import Scope

__all__ = ["MoveByProbes", "least_change", "least_change_within"]

MOST_ROUNDS, ENOUGH = 1000, 1e-9  # of Hildreth's rows; what is left of all gaps


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
        rows, mask = activation.flatten(0, 1), reached(self.scope, tokens).to(activation.device)
        if self.solve == "query":
            places, steps = self._by_query(rows, tokens, mask)
        else:
            places = mask.flatten().nonzero()[:, 0]
            steps = self._change(rows[places])
        if self.reads is None:
            moved = rows.index_copy(0, places, _added(rows[places], steps))
        else:
            where = places[:, None], self._moved_places(activation.device)
            moved = rows.index_put(where, _added(rows[where], steps))
        return moved.view_as(activation)

    def _by_query(self, rows: Tensor, tokens: Tokens, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return (place,) the tokens that move, rows end to end, and (place, moved) by how much."""
        if tokens.query is None:
            raise Fault(
                "An edit for each query must know whose token is whose", found="nobody told"
            )
        query = tokens.query.to(rows.device)
        starts = torch.arange(0, mask.numel(), mask.shape[1], device=rows.device)
        places = (mask & (query != NOBODY)).flatten().nonzero()[:, 0]
        if tokens.memory is None:  # a row is a tree of whole queries
            last = (starts[:, None] + query).flatten()[places]
            asked, which = torch.unique(last, return_inverse=True)
            return places, self._change(rows[asked])[which]
        known = tokens.memory.get(self)
        if known is None and bool((query[:, 0] >= 0).any()):
            known = self._change(rows[starts + query[:, 0].clamp(min=0)])
            tokens.memory[self] = known
        if known is not None and len(known) == len(starts):
            return places, known[places // mask.shape[1]]
        if len(places):
            raise OptionError(
                "An edit for each query must see the prompt that is answered",
                found="an answer whose prompt was read outside its block",
                remedy="read the prompt and write its answer in one block, or solve by token",
            )
        return places, self._change(rows[places])

    def _change(self, own: Tensor) -> Tensor:
        """Return (row, moved) the least change of activations (row, width or neuron), shared."""
        device = own.device
        read = own.float() if self.reads is None else own[:, self.reads.on(device)].float()
        weights = self.weights.on(device).view(self.n_probes, -1)
        gaps = self.targets.on(device) - read @ weights.T - self.biases.on(device)
        if self.moves is None:
            return self.share * least_change(weights, gaps)
        inside = self.moves.on(device)
        weights, free = weights[:, inside], read[:, inside]
        if self.low is None or self.high is None:
            return self.share * least_change(weights, gaps)
        low = (self.low.on(device) - free).clamp(max=0.0)
        high = (self.high.on(device) - free).clamp(min=0.0)
        change = self.share * least_change_within(weights[0], gaps[:, 0], low, high)
        return torch.minimum(torch.maximum(change, low), high)

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
    if len(gram) == 1:
        return gaps.clamp(min=0.0) / gram.clamp(min=1e-30) * weights
    return _pulls(gram.double().cpu(), gaps.double().cpu()).to(weights) @ weights


def _pulls(gram: Tensor, gaps: Tensor) -> Tensor:
    """Return (row, probe) λ ≥ 0, of Wᵀ λ the shortest that fills the gaps; few numbers, exactly."""
    pulls, sizes = torch.zeros_like(gaps), gram.diagonal()
    enough = ENOUGH * float(gaps.detach().clamp(min=0.0).sum())
    for _ in range(MOST_ROUNDS):
        before = pulls.clone()
        for probe in sizes.nonzero()[:, 0].tolist():
            short = gaps[:, probe] - pulls @ gram[:, probe]
            pulls[:, probe] = (pulls[:, probe] + short / sizes[probe]).clamp(min=0.0)
        if float(((pulls - before) * sizes).detach().abs().sum()) <= enough:
            break
    return pulls


def _added(own: Tensor, steps: Tensor) -> Tensor:
    """Return activations with steps added in float32; what is not moved keeps its bits."""
    return torch.where(steps == 0, own, (own.float() + steps).to(own.dtype))


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
