"""Shards of a survey under interventions hold each missing answer once, and part no class."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from causalvalues.evaluation.groups import Group, groups_of
from causalvalues.steering.document import digest_of
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    ValueVector,
    gated,
    scaled,
)
from causalvalues.study.steering.shards import Shard, Told, cut
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import anchored_roles

ITEMS = inventory("schwartz10")
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))[:5]
ROLES = anchored_roles(ITEMS.system, 20)
PUSH = ValueVector("push", {1: np.ones(4, dtype=np.float32)})
LINE = RolePrompt("You are kind.")
MANY: dict[str, Intervention] = {f"push {n:02}": scaled(PUSH, n + 1) for n in range(23)}
GATE = Gate("now and then", WordDetector(np.ones(8, dtype=np.float32), 0.0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AnswerStore]:
    with AnswerStore.open(tmp_path / "answers.sqlite") as own:
        yield own


def keys_of(group: Group) -> Sequence[bytes]:
    return group.design({"model": "m"}, QUESTIONS, "system", written=False).keys


def shards_of(
    given: Mapping[str, Intervention], store: AnswerStore, *, n_roles: int = 20, n_workers: int = 2
) -> tuple[list[bytes], list[Shard]]:
    """What a survey of the first roles is cut into."""
    roles = ROLES[:n_roles]
    return cut(groups_of(given, roles, {}), roles, keys_of, store, n_workers=n_workers)


def hold(store: AnswerStore, keys: Sequence[bytes]) -> None:
    """Keep some answer for each key."""
    store.put(
        Answer(key, "m", "", "r", "q", log_probabilities=(0.0,), text=None, flags="")
        for key in keys
    )


@pytest.mark.parametrize("n_workers", [1, 2, 7, 100])
def test_every_missing_answer_stands_in_one_block(store: AnswerStore, n_workers: int) -> None:
    given = {**MANY, "line": LINE, "both": Combined((LINE, PUSH))}
    keys, _ = shards_of(given, store)
    assert len(keys) == len(set(keys)) == 20 * 5 * 26
    hold(store, keys[::3])
    again, shards = shards_of(given, store, n_workers=n_workers)
    assert again == keys
    wanted = Counter(key for shard in shards for key in shard.wanted)
    assert set(wanted) == set(keys) - set(keys[::3])
    assert set(wanted.values()) == {1}
    assert len({shard.name for shard in shards}) == len(shards)


def test_roles_are_parted_first_and_conditions_where_workers_would_be_idle(
    store: AnswerStore,
) -> None:
    _, few = shards_of({"push": PUSH, "line": LINE}, store, n_workers=2)
    assert {len(block.conditions) for shard in few for block in shard.blocks} == {1, 2}
    _, screen = shards_of(MANY, store, n_roles=4, n_workers=2)
    assert [len(block.conditions) for shard in screen for block in shard.blocks] == [8, 8, 8]
    _, more = shards_of(MANY, store, n_roles=4, n_workers=12)
    assert len(more) == 12
    _, most = shards_of({"push": PUSH}, store, n_roles=4, n_workers=12)
    assert [shard.blocks[0].conditions for shard in most] == [("",), ("push",)]


@pytest.mark.parametrize(("n_roles", "n_workers"), [(20, 2), (4, 2), (20, 4), (20, 7)])
def test_no_worker_waits_long_for_the_last_one(
    store: AnswerStore, n_roles: int, n_workers: int
) -> None:
    _, shards = shards_of(MANY, store, n_roles=n_roles, n_workers=n_workers)
    busy = [0] * n_workers
    for shard in shards:  # to whoever is free
        busy[busy.index(min(busy))] += len(shard.wanted)
    assert max(busy) <= 1.4 * sum(busy) / n_workers


def test_a_class_is_what_lacks_the_same_conditions(store: AnswerStore) -> None:
    keys, _ = shards_of({"push": PUSH}, store, n_roles=4, n_workers=1)
    hold(store, keys[:7])  # both of the first three questions, then one
    _, shards = shards_of({"push": PUSH}, store, n_roles=4, n_workers=1)
    blocks = [block for shard in shards for block in shard.blocks]
    assert [block.conditions for block in blocks] == [("push",), ("", "push")]
    assert [len(block.wanted) for block in blocks] == [1, 32]


def test_what_a_gate_decides_is_not_parted(store: AnswerStore) -> None:
    one = {**MANY, "gated": gated(PUSH, GATE)}
    _, shards = shards_of(one, store, n_roles=4, n_workers=12)
    assert [block.conditions for shard in shards for block in shard.blocks] == [("", *one)]


def test_nothing_is_left_to_do_where_all_is_held(store: AnswerStore) -> None:
    keys, _ = shards_of(MANY, store)
    hold(store, keys)
    assert shards_of(MANY, store) == (keys, [])


def test_a_shard_brings_the_interventions_that_it_names(store: AnswerStore) -> None:
    _, shards = shards_of({**MANY, "line": LINE}, store, n_workers=3)
    for shard in shards:
        named = {name for block in shard.blocks for name in block.conditions if name}
        assert set(shard.told) == named
        assert all(role in shard.text for role in (shard.blocks[0].roles[0].id, shard.name[:8]))
    sent = Told.of(gated(PUSH, GATE)).intervention
    assert digest_of(sent) == digest_of(gated(PUSH, GATE))
