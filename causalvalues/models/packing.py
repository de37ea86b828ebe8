"""Which prompts are computed together: cuts that cost least, then batches that fit.

    cost of a pack of T tokens = linear · T + attention · T²      (floating-point operations)
        linear      2 × the weights of the decoder layers
        attention   (4 × width of a head + softmax) × heads × layers
        softmax     what else a pair costs in that time, measured: 100, or 1,300 where attention
                    is written out step by step
    tokens of prompts i…j = length(i) + Σ_{i<t≤j} (length(t) − shared(t))

A larger pack computes a shared prefix less often, but attends to tokens that the mask hides. The
cuts of sorted prompts are the cheapest there are under the budget, found by dynamic programming.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cost", "batches", "cuts"]

FUSED, STEPWISE = 100.0, 1300.0
FEW = 32  # tokens that cost less than a run of their own

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Cost:
    """Operations per token, and per pair of tokens."""

    linear: float
    attention: float

    @classmethod
    def of_layers(
        cls, *, weights: int, n_layers: int, n_heads: int, head: int, stepwise: bool
    ) -> "Cost":
        """Return the cost of so many layers with so many weights in all."""
        pair = 4.0 * head + (STEPWISE if stepwise else FUSED)
        return cls(linear=2.0 * weights, attention=pair * n_heads * n_layers)

    def of(self, n_tokens: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the operations that packs of so many tokens take."""
        return self.linear * n_tokens + self.attention * n_tokens**2


def cuts(lengths: Counts, shared: Counts, *, budget: int, cost: Cost) -> list[slice]:
    """Return the packs of sorted prompts that cost least; none exceeds the budget if it can.

    lengths (prompt,) counts all tokens of a prompt and its options, shared (prompt,) those that the
    prompt before has too. A prompt longer than the budget stands alone.
    """
    n = len(lengths)
    added = np.cumsum(lengths - shared)
    best = np.zeros(n + 1)  # cost of the first prompts
    start = np.zeros(n + 1, dtype=np.int64)
    first = 0  # earliest start whose pack still fits: sizes grow as the start moves back
    for last in range(n):
        sizes = lengths[first : last + 1] + (added[last] - added[first : last + 1])
        fits = sizes <= budget
        fits[-1] = True
        first += int(fits.argmax())
        sizes = sizes[-(last + 1 - first) :].astype(np.float64)
        total = best[first : last + 1] + cost.of(sizes)
        cheapest = int(total.argmin())
        best[last + 1], start[last + 1] = total[cheapest], first + cheapest
    packs, end = [], n
    while end:
        packs.append(slice(int(start[end]), end))
        end = int(start[end])
    return packs[::-1]


def batches(sizes: Sequence[int], *, budget: int) -> list[list[int]]:
    """Return places grouped so that group × longest stays within the budget, alike sizes first.

    A row is filled up to the longest of its group: by a quarter at most, or by a few tokens.
    """
    order = sorted(range(len(sizes)), key=lambda place: -sizes[place])
    groups: list[list[int]] = []
    for place in order:
        longest = sizes[groups[-1][0]] if groups else 0
        is_alike = sizes[place] >= min(0.8 * longest, longest - FEW)
        if groups and is_alike and (len(groups[-1]) + 1) * longest <= budget:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
