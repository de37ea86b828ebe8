"""A `Shard` is one unit of work: some roles under one condition, asked every question by one model.

    survey   who answers what: the model, its identity, the questions; shared by all shards
    shard    roles × condition, named by the keys of the answers that it is to hold
    store    an `AnswerStore` of its own, on the worker's disk, then moved into the run folder

Shards are cut between chunks of `CHUNK` roles, as one process asks them, so that what a model
computes together is the same whoever asks. Guarantee: a shard's file appears whole or not at all;
one that is there and whole is not asked again; a worker whose model is another one is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

from causalvalues.errors import Fault
from causalvalues.provenance import digest_of_bytes
from causalvalues.scale.shard_file import filled
from causalvalues.survey.asking import ask
from causalvalues.survey.design import Design
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = [
    "Model",
    "Shard",
    "Survey",
    "ask_shard",
    "identity_of",
    "opened",
    "refuse_another",
    "shard_path",
]


class Model(Protocol):
    """What a worker opens: it can be hashed and sent to another process."""

    def open(self) -> Respondent:
        """Return the respondent, loaded."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Survey:
    """Who is asked what; the same for every shard."""

    model: Model
    identity: tuple[tuple[str, str], ...]  # what the model says of itself
    questions: tuple[Question, ...]
    role_place: RolePlace = "system"


@dataclass(frozen=True)
class Shard:
    """Some roles under one condition; `held` are the keys that need no answer any more."""

    name: str
    roles: tuple[Role, ...]
    condition: str = ""
    condition_digest: str = ""
    held: frozenset[bytes] = frozenset()

    @classmethod
    def of(
        cls,
        survey: Survey,
        roles: tuple[Role, ...],
        *,
        condition: str = "",
        condition_digest: str = "",
        held: frozenset[bytes] = frozenset(),
    ) -> "Shard":
        """Return the shard, named by what it is to hold."""
        nameless = cls("", roles, condition, condition_digest, held)
        name = digest_of_bytes(*nameless.wanted(survey))[:24]
        return cls(name, roles, condition, condition_digest, held)

    def wanted(self, survey: Survey, identity: Mapping[str, str] | None = None) -> list[bytes]:
        """Return the keys of all that is to be asked."""
        design = Design(
            dict(survey.identity) if identity is None else identity,
            survey.questions,
            self.roles,
            {self.condition: self.condition_digest},
            survey.role_place,
        )
        return [key for key in design.keys if key not in self.held]


def ask_shard(shard: Shard, *, survey: Survey, folder: Path) -> Path:
    """Return the file of a shard in a folder, once it holds every answer."""
    fill = partial(_ask, shard, survey)
    return filled(shard_path(shard, folder), shard.wanted(survey), fill)


def identity_of(model: Model) -> dict[str, str]:
    """Return what a model says of itself, where it runs."""
    return dict(opened(model).identity)


def shard_path(shard: Shard, folder: Path) -> Path:
    """Return where the file of a shard lies in a folder."""
    return folder / f"{shard.name}.sqlite"


@lru_cache(maxsize=1)  # a process holds one model at a time
def opened(model: Model) -> Respondent:
    """Return a model's respondent, opened once per process."""
    return model.open()


def refuse_another(identity: Mapping[str, str], respondent: Respondent) -> None:
    """Raise unless a worker's model is the one that answers are kept under."""
    wanted, found = dict(identity), dict(respondent.identity)
    if wanted != found:
        names = sorted(n for n in wanted | found if wanted.get(n) != found.get(n))
        raise Fault(
            "Every worker must load the same model in the same way",
            found="; ".join(f"{n}: {found.get(n)} here, {wanted.get(n)} first" for n in names),
            remedy="say `revision`, `dtype` and `device` in the study's model",
        )


def _ask(shard: Shard, survey: Survey, store: AnswerStore) -> None:
    """Ask what a shard is to hold, into a store of its own."""
    respondent = opened(survey.model)
    refuse_another(dict(survey.identity), respondent)
    ask(
        respondent,
        survey.questions,
        shard.roles,
        store,
        condition=shard.condition,
        condition_digest=shard.condition_digest,
        role_place=survey.role_place,
        held=shard.held,
    )
