"""A whole survey over an executor: what is missing is cut into shards, mapped, and merged by key.

    merge what a stopped driver left → ask one worker who the model is → cut → map → merge

Guarantee: afterwards the store holds one whole answer for each key, those of `ask` in this process;
what it held before is not asked again, and what a failing run has finished is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from causalvalues.scale.executors import Executor
from causalvalues.scale.gathering import (
    MOST_ANSWERS,
    PER_WORKER,
    Progress,
    Work,
    gather,
    shards_beside,
)
from causalvalues.scale.merging import merge_left
from causalvalues.scale.persistence import Patience, persist
from causalvalues.scale.shard import Model, Shard, Survey, ask_shard, identity_of
from causalvalues.survey.asking import ROLES_AT_ONCE
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["Party", "Progress", "Surveyed", "shards_of", "survey_over"]


@dataclass(frozen=True)
class Party:
    """Roles that are asked under one condition."""

    roles: tuple[Role, ...]
    condition: str = ""
    condition_digest: str = ""


@dataclass(frozen=True)
class Surveyed:
    """Who answered, and how many answers are new."""

    identity: dict[str, str]
    n_asked: int


def survey_over(
    executor: Executor,
    model: Model,
    questions: Sequence[Question],
    parties: Sequence[Party],
    store: AnswerStore,
    *,
    role_place: RolePlace = "system",
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> Surveyed:
    """Return who answered, once the store holds an answer to every question by every role."""
    folder = shards_beside(store)
    store.drop_damaged()
    n_left = merge_left(folder, store)
    identity = _identity(executor, model, patience)
    survey = Survey(model, tuple(sorted(identity.items())), tuple(questions), role_place)
    shards = shards_of(survey, parties, store, n_workers=executor.n_workers)
    n_answers = sum(len(party.roles) for party in parties) * len(questions)
    n_new = gather(
        executor,
        Work(partial(ask_shard, survey=survey, folder=folder), lambda s: s.wanted(survey), _told),
        shards,
        store,
        n_answers=n_answers,
        n_held=n_answers - sum(_n_missing(survey, shard) for shard in shards),
        patience=patience,
        progress=progress,
    )
    return Surveyed(identity, n_left + n_new)


def shards_of(
    survey: Survey, parties: Sequence[Party], store: AnswerStore, *, n_workers: int
) -> list[Shard]:
    """Return what is missing in a store, cut between the chunks in which roles are asked."""
    missing = [_missing_chunks(survey, party, store) for party in parties]
    n_chunks = sum(map(len, missing))
    most = MOST_ANSWERS // (ROLES_AT_ONCE * len(survey.questions))
    size = max(min(n_chunks // (PER_WORKER * n_workers), most), 1)
    return [
        _shard(survey, party, chunks[first : first + size])
        for party, chunks in zip(parties, missing, strict=True)
        for first in range(0, len(chunks), size)
    ]


@dataclass(frozen=True)
class _Chunk:
    """Roles that are asked together, and what is held of their answers."""

    roles: tuple[Role, ...]
    held: frozenset[bytes]


def _missing_chunks(survey: Survey, party: Party, store: AnswerStore) -> list[_Chunk]:
    """Return the chunks of a party that lack an answer."""
    chunks = []
    for first in range(0, len(party.roles), ROLES_AT_ONCE):
        roles = party.roles[first : first + ROLES_AT_ONCE]
        keys = Shard("", roles, party.condition, party.condition_digest).wanted(survey)
        missing = set(store.missing(keys))
        if missing:
            chunks.append(_Chunk(roles, frozenset(keys) - missing))
    return chunks


def _shard(survey: Survey, party: Party, chunks: Sequence[_Chunk]) -> Shard:
    """Return one shard of some chunks."""
    return Shard.of(
        survey,
        tuple(role for chunk in chunks for role in chunk.roles),
        condition=party.condition,
        condition_digest=party.condition_digest,
        held=frozenset[bytes]().union(*(chunk.held for chunk in chunks)),
    )


def _identity(executor: Executor, model: Model, patience: Patience | None) -> dict[str, str]:
    """Return what the model says of itself where it runs, which may be another kind of machine."""
    said: list[dict[str, str]] = []

    def take(_: Model, found: dict[str, str]) -> str:
        said.append(found)
        return ""

    persist(
        executor, identity_of, [model], take=take, name=lambda _: "the model", patience=patience
    )
    return said[0]


def _n_missing(survey: Survey, shard: Shard) -> int:
    """Return how many answers a shard is to bring."""
    return len(shard.roles) * len(survey.questions) - len(shard.held)


def _told(shard: Shard) -> str:
    """Return a shard as a person would point at it."""
    under = f" under {shard.condition}" if shard.condition else ""
    return f"{shard.name[:8]} ({shard.roles[0].id} to {shard.roles[-1].id}{under})"
