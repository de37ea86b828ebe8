"""A survey under interventions, cut into shards so that every bit is that of one process.

    class   requests of a chunk of 16 roles that lack the same conditions: one process sweeps over
            them together, in batches that their prompts alone decide
    block   a class under some of its conditions; under all, where a gate decides what is swept
    shard   some blocks, about as much work as other shards have; named by the keys of its answers

Roles are parted first: only where there are fewer classes than workers need are conditions parted
as well, since each part computes again what comes before the first edited layer. Guarantee: every
answer that is missing stands in one block, and no class is parted by its requests.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import JsonValue

from causalvalues.evaluation.groups import Group
from causalvalues.provenance import digest_of_bytes
from causalvalues.scale.gathering import MOST_ANSWERS, PER_WORKER
from causalvalues.steering.document import arrays_of, from_dict, to_dict
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.plain import Array
from causalvalues.survey.asking import ROLES_AT_ONCE
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["Block", "Shard", "Told", "cut"]

FEWEST_TOGETHER = 8  # conditions: what they share is then computed again for an eighth, at most


@dataclass(frozen=True, eq=False)
class Told:
    """An intervention as it is sent: its document, and its arrays."""

    document: Mapping[str, JsonValue]
    arrays: Mapping[str, Array]

    @classmethod
    def of(cls, intervention: Intervention) -> "Told":
        """Return an intervention, ready to be sent."""
        return cls(to_dict(intervention), arrays_of(intervention))

    @property
    def intervention(self) -> Intervention:
        """Return the intervention that was sent."""
        return from_dict(self.document, self.arrays)


@dataclass(frozen=True)
class Block:
    """Roles of one chunk, before any lines, under some conditions; `wanted` are the keys."""

    roles: tuple[Role, ...]
    conditions: tuple[str, ...]  # "" is none
    wanted: tuple[bytes, ...]


@dataclass(frozen=True, eq=False)
class Shard:
    """Blocks that one worker asks, and the interventions that they name."""

    name: str
    blocks: tuple[Block, ...]
    told: Mapping[str, Told]

    @property
    def wanted(self) -> tuple[bytes, ...]:
        """Return the keys of all that it is to hold."""
        return tuple(key for block in self.blocks for key in block.wanted)

    @property
    def text(self) -> str:
        """Return the shard as a person would point at it."""
        roles = [role.id for block in self.blocks for role in block.roles]
        named = list(dict.fromkeys(name for block in self.blocks for name in block.conditions))
        under = ", ".join(name or "no intervention" for name in named[:2])
        more = f" and {len(named) - 2} more" if len(named) > 2 else ""
        return f"{self.name[:8]} ({roles[0]} to {roles[-1]} under {under}{more})"


def cut(
    groups: Sequence[Group],
    roles: Sequence[Role],
    keys_of: Callable[[Group], Sequence[bytes]],
    store: AnswerStore,
    *,
    n_workers: int,
) -> tuple[list[bytes], list[Shard]]:
    """Return all keys of a survey, and the shards of what a store lacks; `roles` before any lines.

    keys_of   the keys of a group, role by role, question by question, then conditions
    """
    keys: list[bytes] = []
    classes: list[_Class] = []
    for group in groups:
        for first in range(0, len(roles), ROLES_AT_ONCE):
            last = first + ROLES_AT_ONCE
            chunk = group.between(first, last)
            own = keys_of(chunk)
            keys += own
            classes += _classes(chunk, tuple(roles[first:last]), own, store)
    share = -(-sum(len(each) for each in classes) // (PER_WORKER * n_workers))
    size = max(min(share, MOST_ANSWERS), 1)
    needed = -(-n_workers // max(len(classes), 1))  # parts of each, so that nobody is idle
    parted = [(each, block) for each in classes for block in each.blocks(size, needed)]
    return keys, list(_shards(parted, size))


@dataclass(frozen=True, eq=False)
class _Class:
    """Requests of a chunk that lack the same conditions."""

    group: Group  # of these conditions
    roles: tuple[Role, ...]
    rows: tuple[tuple[bytes, ...], ...]  # a row per request, a key per condition

    def __len__(self) -> int:
        return len(self.rows) * len(self.group.edits)

    def blocks(self, size: int, needed: int) -> Iterator[Block]:
        """Yield the class, parted by conditions where that makes blocks of a size."""
        names = tuple(self.group.edits)
        n_parts = min(-(-len(self) // size), max(len(names) // FEWEST_TOGETHER, needed), len(names))
        if self.group.is_gated:
            n_parts = 1
        ends = [part * len(names) // n_parts for part in range(n_parts + 1)]
        for first, last in pairwise(ends):
            wanted = tuple(key for row in self.rows for key in row[first:last])
            yield Block(self.roles, names[first:last], wanted)


def _classes(
    chunk: Group, roles: tuple[Role, ...], keys: Sequence[bytes], store: AnswerStore
) -> Iterator[_Class]:
    """Yield the requests of a chunk, those that lack the same conditions together."""
    names, missing = tuple(chunk.edits), set(store.missing(keys))
    rows: dict[tuple[str, ...], list[tuple[bytes, ...]]] = {}
    for first in range(0, len(keys), len(names)):
        own = dict(zip(names, keys[first : first + len(names)], strict=True))
        lacking = {name: key for name, key in own.items() if key in missing}
        if lacking:
            rows.setdefault(tuple(lacking), []).append(tuple(lacking.values()))
    for lacked, some in rows.items():
        yield _Class(chunk.only(lacked), roles, tuple(some))


def _shards(parted: Sequence[tuple[_Class, Block]], size: int) -> Iterator[Shard]:
    """Yield blocks in order, as many together as make a size."""
    blocks: list[Block] = []
    known: dict[str, Intervention] = {}
    for each, block in parted:
        if blocks and sum(len(other.wanted) for other in blocks) + len(block.wanted) > size:
            yield _shard(blocks, known)
            blocks = []
        blocks.append(block)
        known |= each.group.interventions
    if blocks:
        yield _shard(blocks, known)


def _shard(blocks: Collection[Block], known: Mapping[str, Intervention]) -> Shard:
    """Return the shard of some blocks."""
    named = dict.fromkeys(name for block in blocks for name in block.conditions if name)
    told = {name: Told.of(known[name]) for name in named}
    name = digest_of_bytes(*(key for block in blocks for key in block.wanted))[:24]
    return Shard(name, tuple(blocks), told)
