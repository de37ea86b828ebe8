"""The engine: answers are weighed in one prefill, whatever prompts share is computed once.

    prompts are sorted, cut into packs of least cost, each pack a tree; packs run in batches
    log P(sequence | prompt) = Σ log P(token | prompt, tokens before), read off the tree
    a sweep runs the layers below the edits once, and the rest once per condition

Guarantee: the answers are those of the plain forward of each prompt alone, up to rounding; under
an edit that changes nothing they are the unedited ones bit for bit. A batch that does not fit into
memory is halved, with its answers lost or given twice never.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.errors import PromptTooLong
from causalvalues.models.conditions import Condition, Point, Step
from causalvalues.models.forward import Batch, Compute, Pass
from causalvalues.models.memory import in_halves
from causalvalues.models.pack import Asked, Pack, batch_of, pack_of
from causalvalues.models.packing import Cost, batches, cuts
from causalvalues.models.replay import Resume
from causalvalues.models.tree import in_order, shared_length

__all__ = ["Answer", "Engine", "Tally"]

Answer = tuple[str, int, tuple[float, ...]]  # condition, place, log-probability of each option
Rows = NDArray[np.float32]  # (token, width or neuron)


@dataclass
class Tally:
    """How many tokens there were; computed ones count by the share of layers that ran."""

    asked: int = 0  # if every prompt were computed alone
    least: int = 0  # if everything that is shared were computed once
    computed: float = 0.0


@dataclass(eq=False)
class Engine:
    """A model that runs batches, how much it may take at once, and what it has done so far."""

    compute: Compute
    n_layers: int
    cost: Cost
    budget: int  # tokens of one batch; halved when memory runs out
    device: torch.device
    tally: Tally = field(default_factory=Tally)

    def answers(
        self,
        asked: Sequence[Asked],
        conditions: Sequence[Condition],
        phrases: Sequence[str] = (),
        *,
        alone: bool = False,
    ) -> Iterator[Answer]:
        """Yield what every prompt answers under every condition, batch by batch.

        alone: no two prompts share a token
        """

        def weighed(packs: list[Pack]) -> list[Answer]:
            return self._weighed(packs, batch_of(packs, self.device, phrases), conditions)

        for batch in self._batches(asked, alone=alone):
            for found in in_halves(batch, weighed, self._halved):
                yield from found

    def activations(
        self,
        asked: Sequence[Asked],
        point: Point,
        steps: Sequence[Step] = (),
        phrases: Sequence[str] = (),
    ) -> Iterator[tuple[int, Rows]]:
        """Yield what passes a point of the model at every token of each prompt."""

        def read(packs: list[Pack]) -> list[tuple[int, Rows]]:
            return self._read(packs, batch_of(packs, self.device, phrases), point, steps)

        for batch in self._batches(asked, alone=any(step.edit.alone for step in steps)):
            for found in in_halves(batch, read, self._halved):
                yield from found

    def _batches(self, asked: Sequence[Asked], *, alone: bool = False) -> Iterator[list[Pack]]:
        """Yield packs that are computed together."""
        keys = [one.keys for one in asked]
        ordered = [asked[place] for place in in_order(keys)]
        shared = [0] + [shared_length(one.keys, two.keys) for one, two in pairwise(ordered)]
        lengths = np.array([one.n_tokens for one in ordered], dtype=np.int64)
        self.tally.asked += int(lengths.sum())
        self.tally.least += int(lengths.sum()) - sum(shared)
        if alone:
            pieces = [slice(place, place + 1) for place in range(len(ordered))]
        else:
            pieces = cuts(lengths, np.array(shared), budget=self.budget, cost=self.cost)
        packs = [pack_of(ordered[piece]) for piece in pieces]
        for group in batches([len(pack.tree) for pack in packs], budget=self.budget):
            yield [packs[place] for place in group]

    def _weighed(
        self, packs: list[Pack], batch: Batch, conditions: Sequence[Condition]
    ) -> list[Answer]:
        """Return the answers of packs under every condition."""
        unedited = self._unedited(batch, conditions)
        found: list[Answer] = []
        for condition in conditions:
            if condition.steps:
                states = self._edited(batch, condition, unedited.kept)
            else:
                states = unedited.states
            if states is not None:
                found += [(condition.name, *answer) for answer in self._scored(packs, states)]
        return found

    def _unedited(self, batch: Batch, conditions: Sequence[Condition]) -> Pass:
        """Return the run without edits, as far as it is needed, and where other runs go on from."""
        starts = {condition.start for condition in conditions if condition.steps} - {-1}
        to_end = any(not condition.steps for condition in conditions)
        if not starts and not to_end:
            return Pass(None, {})
        self._count(batch, self.n_layers if to_end else max(starts) + 1)
        return self.compute.forward(batch, keep={Point(each) for each in starts}, to_end=to_end)

    def _edited(
        self, batch: Batch, condition: Condition, kept: Mapping[Point, Tensor]
    ) -> Tensor | None:
        """Return the states under a condition that edits."""
        resume = None
        if condition.start >= 0:
            residual = kept[Point(condition.start)]
            for step in condition.at_start:
                residual = step(residual, batch.tokens)
            resume = Resume(condition.start, residual)
        self._count(batch, self.n_layers - condition.start - 1)
        return self.compute.forward(batch, resume=resume, steps=condition.later).states

    def _scored(self, packs: list[Pack], states: Tensor) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield place and log-probabilities of every prompt of some packs."""
        wanted = [
            states[row, torch.from_numpy(p.nodes).to(states.device)] for row, p in enumerate(packs)
        ]
        for pack, rows in zip(packs, wanted, strict=True):
            pairs = (torch.from_numpy(each).to(states.device) for each in (pack.rows, pack.tokens))
            weighed = self.compute.weigh(rows, *pairs)
            yield from pack.answers(weighed.double().cpu().numpy())

    def _read(
        self, packs: list[Pack], batch: Batch, point: Point, steps: Sequence[Step]
    ) -> list[tuple[int, Rows]]:
        """Return what passes a point for every prompt of some packs."""
        found = self.compute.forward(batch, keep=(point,), steps=steps, to_end=False)
        self._count(batch, point.layer + 1)
        rows = found.kept[point].float().cpu().numpy()
        return [
            (one.place, rows[row][path])
            for row, pack in enumerate(packs)
            for one, path in zip(pack.asked, pack.paths, strict=True)
        ]

    def _halved(self, packs: list[Pack]) -> tuple[list[Pack], list[Pack]]:
        """Return two halves of a batch; later batches are at most half as large."""
        self.budget = max(sum(len(pack.tree) for pack in packs) // 2, 1)
        if len(packs) > 1:
            middle = len(packs) // 2
            return packs[:middle], packs[middle:]
        asked = packs[0].asked
        if len(asked) == 1:
            raise PromptTooLong(
                "A prompt and its options must fit into memory",
                found=f"{len(packs[0].tree)} tokens, for which memory ran out",
                remedy="use a smaller dtype or model, a device with more memory, or shorter texts",
            )
        middle = len(asked) // 2
        return [pack_of(asked[:middle])], [pack_of(asked[middle:])]

    def _count(self, batch: Batch, n_layers: int) -> None:
        """Count tokens that were computed through some layers."""
        self.tally.computed += batch.n_tokens * n_layers / self.n_layers
