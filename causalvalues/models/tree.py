"""A `Tree` holds token sequences with every shared prefix once, in an order that attention can use.

    nodes stand in preorder: a node, then all that follows from it
    depth(node)    its position in every sequence that passes through it
    end(node)      one past its last descendant
    node i is an ancestor of node j, or j itself, exactly when  i ≤ j < end(i)

So a mask over all pairs of nodes needs one number per node. Guarantee: every sequence is the path
to its last node, and no tree with fewer nodes holds the same sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Keys", "Tree", "in_order", "plant", "shared_length"]

Keys = NDArray[np.int64]  # (token,)


@dataclass(frozen=True, eq=False)
class Tree:
    """Sequences as paths: what stands at each node, how deep, and where its descendants end."""

    keys: Keys  # (node,)
    depths: Keys  # (node,)
    ends: Keys  # (node,)
    paths: tuple[Keys, ...]  # for each sequence, in the order it was given: (token,) → node

    def __len__(self) -> int:
        return len(self.keys)


def plant(sequences: Sequence[Keys]) -> Tree:
    """Return the smallest tree in which every sequence is a path from the root."""
    order = in_order(sequences)
    total = sum(len(sequence) for sequence in sequences)
    keys, depths, ends = (np.zeros(total, dtype=np.int64) for _ in range(3))
    paths: dict[int, Keys] = {}
    size, path, before = 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for place in order:
        sequence = sequences[place]
        shared = shared_length(before, sequence)
        ends[path[shared:]] = size
        new = np.arange(size, size + len(sequence) - shared)
        keys[new], depths[new] = sequence[shared:], np.arange(shared, len(sequence))
        path = np.concatenate([path[:shared], new])
        paths[place], before, size = path, sequence, size + len(new)
    ends[path] = size
    ordered = tuple(paths[place] for place in range(len(sequences)))
    return Tree(keys[:size].copy(), depths[:size].copy(), ends[:size].copy(), ordered)


def in_order(sequences: Sequence[Keys]) -> list[int]:
    """Return the places of sequences in lexicographic order; keys must not be negative."""
    written = [sequence.astype(">i8").tobytes() for sequence in sequences]
    return sorted(range(len(sequences)), key=written.__getitem__)


def shared_length(one: Keys, two: Keys) -> int:
    """Return how many keys two sequences share from their start."""
    length = min(len(one), len(two))
    differs = one[:length] != two[:length]
    first = int(differs.argmax()) if length else 0
    return first if length and differs[first] else length
