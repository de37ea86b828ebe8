"""What a worker does for steering: its model and autoencoders stay open from one task to the next.

    introduced    who the model is, and whether it sweeps
    ask_shard     some roles under some interventions, into a shard's file
    with_model    any work on the model in it: neutral texts, the control of a plan

Guarantee: a worker whose model, autoencoder or package is another one is refused, by keys that
differ where they would have to be the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

from causalvalues.errors import Fault
from causalvalues.evaluation.groups import groups_of
from causalvalues.evaluation.surveying import ask_group, sweeps
from causalvalues.scale.shard import Model, opened, refuse_another
from causalvalues.scale.shard_file import filled
from causalvalues.steering.intervention import Intervention
from causalvalues.study.steering.control import control_of_plan
from causalvalues.study.steering.halves import Sheet
from causalvalues.study.steering.shards import Block, Shard, Told
from causalvalues.study.steering.steerable import Steerable, inside
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.responses import AnswerStore

__all__ = ["Introduced", "Screen", "ask_shard", "control", "divergence", "introduced", "with_model"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class Introduced:
    """What a model says of itself where it runs."""

    identity: Mapping[str, str]
    sweeps: bool


@dataclass(frozen=True)
class Screen:
    """Who is asked what, with which autoencoders; the same for every shard."""

    model: Model
    saes: tuple[str, ...]
    identity: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]
    role_place: RolePlace


def introduced(model: Model) -> Introduced:
    """Return what a model says of itself."""
    respondent = opened(model)
    return Introduced(dict(respondent.identity), sweeps(respondent))


def ask_shard(shard: Shard, *, screen: Screen, folder: Path) -> Path:
    """Return the file of a shard in a folder, once it holds every answer."""
    return filled(folder / f"{shard.name}.sqlite", shard.wanted, partial(_ask, shard, screen))


def with_model(
    numbered: tuple[int, Callable[[Steerable], Result]], *, model: Model, saes: tuple[str, ...]
) -> Result:
    """Return what some work on a model and its autoencoders comes to."""
    _, work = numbered
    return work(_readied(model, saes))


def divergence(steerable: Steerable, *, told: Mapping[str, Told]) -> dict[str, float]:
    """Return how far each intervention moves the model on neutral texts."""
    from causalvalues.evaluation.neutral import neutral_divergence

    hooked = {name: each.intervention for name, each in told.items()}
    return neutral_divergence(
        inside(steerable.respondent), hooked, dictionaries=steerable.dictionaries
    )


def control(steerable: Steerable, *, told: Told, sheet: Sheet, seed: int) -> Told:
    """Return the control of a plan's intervention."""
    return Told.of(control_of_plan(told.intervention, steerable, sheet, seed=seed))


@lru_cache(maxsize=1)  # a process holds one model at a time
def _readied(model: Model, saes: tuple[str, ...]) -> Steerable:
    """Return a model with its autoencoders, opened once per process."""
    return Steerable.of(opened(model), saes)


def _ask(shard: Shard, screen: Screen, store: AnswerStore) -> None:
    """Ask what a shard is to hold, into a store of its own."""
    steerable = _readied(screen.model, screen.saes)
    refuse_another(dict(screen.identity), steerable.respondent)
    known = {name: each.intervention for name, each in shard.told.items()}
    for block in shard.blocks:
        _ask_block(block, known, steerable, screen, store)
    absent = store.missing(shard.wanted)
    if absent:
        raise Fault(
            "A worker must know answers by the same keys as the process that shares them out",
            found=f"{len(absent)} of {len(shard.wanted)} other ones",
            remedy="give every machine the same autoencoders and the same causalvalues",
        )


def _ask_block(
    block: Block,
    known: Mapping[str, Intervention],
    steerable: Steerable,
    screen: Screen,
    store: AnswerStore,
) -> None:
    """Ask one block as one process asks its class."""
    own = {name: known[name] for name in block.conditions if name}
    groups = groups_of(own, block.roles, steerable.dictionaries)
    group = next(each for each in groups if set(block.conditions) <= set(each.edits))
    ask_group(
        steerable.respondent, group.only(block.conditions), screen.questions, store,
        dictionaries=steerable.dictionaries, role_place=screen.role_place,
        held=_AllBut(block.wanted),
    )  # fmt: skip


class _AllBut:
    """Every key but some."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = frozenset(keys)

    def __contains__(self, key: object) -> bool:
        return key not in self._keys
