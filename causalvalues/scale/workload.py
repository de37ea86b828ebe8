"""What a survey will make an engine compute, counted on its prompts without a model.

Prompts are sorted, cut into packs and filled into batches as the engine does it; only what runs
through the layers is left out. Guarantee: with the model's own tokenizer the tokens of a survey are
those that a run computes; with `words`, where there is none at hand, they are an estimate.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np

from causalvalues.models.packing import Cost, batches, cuts
from causalvalues.models.tree import Keys, in_order, plant, shared_length
from causalvalues.survey.request import Request

__all__ = ["Tokens", "Workload", "words", "workload"]

Tokens = Callable[[Sequence[Request]], Sequence[Keys]]  # the tokens of each prompt

WINDOW = 1024  # requests that the engine sorts and packs together
TURN = 5  # tokens of a template around each turn
MORE = 30  # of a hundred words that are two tokens: 1.3 tokens a word


@dataclass(frozen=True)
class Workload:
    """What is computed, summed over prompts."""

    n_prompts: float = 0
    tokens_asked: float = 0  # if every prompt were computed alone
    tokens_computed: float = 0  # what is shared once, rows filled up
    pairs: float = 0  # of tokens that attend to each other, masked ones too

    def __add__(self, other: "Workload") -> "Workload":
        return Workload(*(a + b for a, b in zip(_cells(self), _cells(other), strict=True)))

    def times(self, factor: float) -> "Workload":
        """Return so many times this work."""
        return Workload(*(factor * cell for cell in _cells(self)))


def workload(requests: Sequence[Request], tokens: Tokens, *, cost: Cost, budget: int) -> Workload:
    """Return the work of some requests that are asked together."""
    said = [tuple(message.text for message in request.messages) for request in requests]
    order = sorted(range(len(requests)), key=said.__getitem__)
    total = Workload()
    for first in range(0, len(order), WINDOW):
        window = [requests[place] for place in order[first : first + WINDOW]]
        total += _of_window(tokens(window), cost, budget)
    return total


def words(requests: Sequence[Request]) -> list[Keys]:
    """Return stand-ins for tokens: 1.3 for each word, the same for the same words."""
    return [np.array(list(_ids(request)), dtype=np.int64) for request in requests]


def _ids(request: Request) -> Iterator[int]:
    """Yield the stand-ins of a prompt, turn by turn, and of the turn that is to be answered."""
    for message in request.messages:
        yield from range(TURN)
        for word in re.findall(r"\S+", message.text):
            digest = crc32(word.encode())
            yield TURN + digest
            if digest % 100 < MORE:
                yield TURN + digest + 1
    yield from range(TURN)


def _of_window(prompts: Sequence[Keys], cost: Cost, budget: int) -> Workload:
    """Return the work of prompts that are packed together; the last token is each one's own."""
    keys = [np.append(2 * prompt[:-1], 2 * prompt[-1] + 1) for prompt in prompts]
    ordered = [keys[place] for place in in_order(keys)]
    lengths = np.array([len(each) for each in ordered], dtype=np.int64)
    shared = np.array([0] + [shared_length(a, b) for a, b in pairwise(ordered)], dtype=np.int64)
    sizes = [
        len(plant(ordered[piece])) for piece in cuts(lengths, shared, budget=budget, cost=cost)
    ]
    filled = [(len(g), max(sizes[p] for p in g)) for g in batches(sizes, budget=budget)]
    return Workload(
        len(prompts),
        float(lengths.sum()),
        float(sum(rows * size for rows, size in filled)),
        float(sum(rows * size**2 for rows, size in filled)),
    )


def _cells(work: Workload) -> tuple[float, ...]:
    """Return the numbers of a workload."""
    return work.n_prompts, work.tokens_asked, work.tokens_computed, work.pairs
