"""Every small set of values that an intervention may change directly, weighed exactly.

    y = parts_s · S_s + N(0, I),   parts_s ~ N(0, I)  on a set s, under every draw of B
    log P(s | y) = log P(s) + ½ leanᵀ A⁻¹ lean − ½ log |A| + const,   A = I + S_s S_sᵀ, lean = S_s y

Sets are padded to one size with a value that is seen by nothing, so that all of them, under all
draws, are weighed at once by one small Cholesky factor each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Supports", "Weighed", "every_support", "weigh"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

MOST_SUPPORTS = 20_000


@dataclass(frozen=True, eq=False)
class Supports:
    """Sets of values, each padded with `n_values` to the same size."""

    members: Places  # (support, slot)
    n_values: int

    @property
    def sizes(self) -> Places:
        """Return (support,) how many values each set holds."""
        return np.asarray((self.members < self.n_values).sum(axis=1), dtype=np.int64)

    def spread_out(self, by_slot: Floats) -> Floats:
        """Return (draw, value) the sums of numbers (draw, support, slot) over sets, by value."""
        found = np.zeros((len(by_slot), self.n_values + 1))
        for slot in range(self.members.shape[1]):
            holds = np.arange(self.n_values + 1) == self.members[:, slot, None]
            found += by_slot[..., slot] @ holds
        return found[:, :-1]


@dataclass(frozen=True, eq=False)
class Weighed:
    """How likely each set is, and the parts it would have."""

    logs: Floats  # (draw, support), up to a constant
    fits: Floats  # (draw, support, slot), the mean of the parts given the set


def every_support(n_values: int, open_values: Sequence[int], most: int) -> Supports:
    """Return every set of at most so many values; fewer where that would be too many sets."""
    sets: list[tuple[int, ...]] = []
    for size in range(most + 1):
        more = list(combinations(open_values, size))
        if len(sets) + len(more) > MOST_SUPPORTS:
            break
        sets += more
    n_slots = max(map(len, sets))
    members = np.full((len(sets), n_slots), n_values, dtype=np.int64)
    for row, each in enumerate(sets):
        members[row, : len(each)] = each
    return Supports(members, n_values)


def weigh(supports: Supports, gram: Floats, lean: Floats, share: float) -> Weighed:
    """Return the weight of every set; gram (draw, value, value) = S Sᵀ, lean (draw, value) = S y.

    `share` is the probability that a value belongs to the set.
    """
    gram, lean = _padded(gram, lean)
    members, n_slots = supports.members, supports.members.shape[1]
    factor: dict[tuple[int, int], Floats] = {}  # (draw, support) each
    forward: list[Floats] = []
    logs = np.zeros((len(gram), len(members)))
    for i in range(n_slots):
        for j in range(i + 1):
            entry = gram[:, members[:, i], members[:, j]]
            entry = entry - sum((factor[i, k] * factor[j, k] for k in range(j)), np.zeros(1))
            factor[i, j] = np.sqrt(1.0 + entry) if i == j else entry / factor[j, j]
        left = lean[:, members[:, i]]
        left = left - sum((factor[i, k] * forward[k] for k in range(i)), np.zeros(1))
        forward.append(left / factor[i, i])
        logs += 0.5 * np.square(forward[i]) - np.log(factor[i, i])
    fits = np.zeros((*logs.shape, n_slots))
    for i in reversed(range(n_slots)):
        later = sum((factor[k, i] * fits[..., k] for k in range(i + 1, n_slots)), np.zeros(1))
        fits[..., i] = (forward[i] - later) / factor[i, i]
    sizes = supports.sizes
    prior = sizes * np.log(share) + (supports.n_values - sizes) * np.log1p(-share)
    return Weighed(logs + prior, fits)


def _padded(gram: Floats, lean: Floats) -> tuple[Floats, Floats]:
    """Return both with one more value, which nothing sees."""
    wider = np.zeros((len(gram), gram.shape[1] + 1, gram.shape[2] + 1))
    wider[:, :-1, :-1] = gram
    return wider, np.column_stack([lean, np.zeros(len(lean))])
