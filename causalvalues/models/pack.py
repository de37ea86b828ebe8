"""A `Pack` is a tree of prompts with their options, and where in it each answer is read.

    bits of a token's key    0      the answer comes next
                             1      after the role
                             2      of an answer, not of the prompt
                             3…18   in the first phrase of the sweep, in the second, …
                             19…    id

so that prompts share a token only where an edit would treat it alike. Guarantee: an answer is read
at the states of its own path, and nowhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.models.chat import Prompt
from causalvalues.models.edit import NOBODY, Tokens
from causalvalues.models.forward import Batch
from causalvalues.models.marks import MOST_PHRASES
from causalvalues.models.options import Continuations
from causalvalues.models.tree import Keys, Tree, plant

__all__ = ["Asked", "Pack", "asked", "batch_of", "pack_of"]

ROUND_TO = 8  # rows of masks start where attention kernels want them

IS_LAST, AFTER_ROLE, IS_ANSWER, PHRASE = 1, 2, 4, 3  # bits; the last is where phrases begin
ID = PHRASE + MOST_PHRASES  # bits below the id


@dataclass(frozen=True, eq=False)
class Asked:
    """One prompt: its place among the requests, its keys, and how options continue it."""

    place: int
    keys: Keys  # (token,)
    continuations: Continuations | None
    n_tokens: int  # of the prompt and of its options' beginnings


@dataclass(frozen=True, eq=False)
class Pack:
    """Prompts in one tree, and every (state, token) pair that their options need."""

    asked: tuple[Asked, ...]
    tree: Tree
    paths: tuple[Keys, ...]  # of each prompt: (token,) → node
    nodes: Keys  # (row,) the nodes whose states are read
    rows: Keys  # (pair,) which of them
    tokens: Keys  # (pair,) the token that is weighed there
    sequences: Keys  # (pair,) the sequence it belongs to, counted over all prompts

    def answers(self, weighed: NDArray[np.float64]) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield place and log-probabilities of options from those of the pairs."""
        n_sequences = int(self.sequences.max(initial=-1)) + 1
        sums = np.zeros(n_sequences)
        np.add.at(sums, self.sequences, weighed)
        start = 0
        for one in self.asked:
            if one.continuations is None:
                continue
            end = start + len(one.continuations.sequences)
            yield one.place, one.continuations.weigh(sums[start:end])
            start = end


def asked(place: int, prompt: Prompt, continuations: Continuations | None) -> Asked:
    """Return a prompt as keys."""
    after = np.arange(len(prompt.ids)) >= prompt.role_end
    keys = (prompt.ids << ID) + AFTER_ROLE * after
    for number, where in enumerate(prompt.in_phrase):
        keys += where.astype(np.int64) << (PHRASE + number)
    keys[-1] += IS_LAST
    branches = _branches(continuations)
    return Asked(
        place,
        keys,
        continuations,
        len(keys) + len({b[:n] for b in branches for n in range(1, len(b) + 1)}),
    )


def pack_of(prompts: Sequence[Asked]) -> Pack:
    """Return prompts and their options' beginnings in one tree."""
    texts: list[Keys] = [one.keys for one in prompts]
    place_of: dict[tuple[int, tuple[int, ...]], int] = {}
    for number, one in enumerate(prompts):
        place_of[number, ()] = number
        for branch in _branches(one.continuations):
            if (number, branch) not in place_of:
                place_of[number, branch] = len(texts)
                keys = (np.array(branch, dtype=np.int64) << ID) + AFTER_ROLE + IS_ANSWER
                texts.append(np.concatenate([one.keys, keys]))
    tree = plant(texts)
    pairs: list[tuple[int, int, int]] = []  # node, token, sequence
    n_sequences = 0
    for number, one in enumerate(prompts):
        length = len(one.keys)
        for sequence in one.continuations.sequences if one.continuations else ():
            path = tree.paths[place_of[number, sequence[:-1]]]
            nodes = path[length - 1 : length - 1 + len(sequence)]
            pairs += [(int(n), t, n_sequences) for n, t in zip(nodes, sequence, strict=True)]
            n_sequences += 1
    table = np.array(pairs, dtype=np.int64).reshape(-1, 3)
    nodes, rows = np.unique(table[:, 0], return_inverse=True)
    return Pack(
        asked=tuple(prompts),
        tree=tree,
        paths=tree.paths[: len(prompts)],
        nodes=nodes,
        rows=rows.astype(np.int64),
        tokens=table[:, 1],
        sequences=table[:, 2],
    )


def batch_of(packs: Sequence[Pack], device: torch.device, phrases: Sequence[str] = ()) -> Batch:
    """Return packs in rows of one length; what fills them up sees only itself."""
    longest = max(len(pack.tree) for pack in packs)
    width = -(-longest // ROUND_TO) * ROUND_TO
    keys, depths = np.zeros((2, len(packs), width), dtype=np.int64)
    ends = np.tile(np.arange(1, width + 1), (len(packs), 1))
    query = np.full_like(keys, NOBODY)
    for row, pack in enumerate(packs):
        inside = slice(len(pack.tree))
        keys[row, inside], depths[row, inside] = pack.tree.keys, pack.tree.depths
        ends[row, inside] = pack.tree.ends
        for path in pack.paths:
            own = slice(0 if len(pack.paths) == 1 else path[-1], pack.tree.ends[path[-1]])
            query[row, own] = path[-1]  # in preorder answers follow the prompt that they answer
    return Batch(
        Tokens(
            ids=_there(keys >> ID, device),
            positions=_there(depths, device),
            after_role=_there(keys & AFTER_ROLE > 0, device),
            is_last=_there(keys & IS_LAST > 0, device),
            is_answer=_there(keys & IS_ANSWER > 0, device),
            in_phrase={
                phrase: _there(keys >> (PHRASE + number) & 1 > 0, device)
                for number, phrase in enumerate(phrases)
            },
            query=_there(query, device),
        ),
        ends=_there(ends, device),
    )


def _branches(continuations: Continuations | None) -> list[tuple[int, ...]]:
    """Return what of the options must be read: all of a sequence but its last token."""
    sequences = continuations.sequences if continuations else ()
    return [sequence[:-1] for sequence in sequences if len(sequence) > 1]


def _there(array: NDArray[np.int64] | NDArray[np.bool_], device: torch.device) -> Tensor:
    """Return an array on a device."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)
