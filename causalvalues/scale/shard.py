"""A `Shard` is one unit of work: some roles under one condition, asked every question by one model.

    survey   who answers what: the model, its identity, the questions; shared by all shards
    shard    roles × condition, named by the keys of the answers that it is to hold
    store    an `AnswerStore` of its own, on the worker's disk, then moved into the run folder

Shards are cut between chunks of `CHUNK` roles, as one process asks them, so that what a model
computes together is the same whoever asks. Guarantee: a shard's file appears whole or not at all;
one that is there and whole is not asked again; a worker whose model is another one is refused.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from causalvalues.errors import Fault, FileError
from causalvalues.provenance import digest_of_bytes, digest_of_file
from causalvalues.survey.asking import ask
from causalvalues.survey.design import Design
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["Model", "Shard", "Survey", "ask_shard", "identity_of", "is_whole", "shard_path"]


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
    path = shard_path(shard, folder)
    if is_whole(path, shard.wanted(survey)):
        return path
    respondent = _opened(survey.model)
    _refuse_another(survey, respondent)
    with tempfile.TemporaryDirectory(prefix="causalvalues-shard-") as own:
        local = Path(own) / path.name
        with AnswerStore.open(local) as store:
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
        _in_one_file(local)
        return _moved(local, path)


def identity_of(model: Model) -> dict[str, str]:
    """Return what a model says of itself, where it runs."""
    return dict(_opened(model).identity)


def shard_path(shard: Shard, folder: Path) -> Path:
    """Return where the file of a shard lies in a folder."""
    return folder / f"{shard.name}.sqlite"


def is_whole(path: Path, wanted: list[bytes]) -> bool:
    """Return whether a file is a store that holds all that is wanted, undamaged."""
    if not path.is_file():
        return False
    try:
        with AnswerStore.open(path, to_read=True) as store:
            return not store.missing(wanted) and not store.damaged()
    except FileError:
        return False


@lru_cache(maxsize=1)  # a process holds one model at a time
def _opened(model: Model) -> Respondent:
    """Return a model's respondent, opened once per process."""
    return model.open()


def _refuse_another(survey: Survey, respondent: Respondent) -> None:
    """Raise unless a worker's model is the one that answers are kept under."""
    wanted, found = dict(survey.identity), dict(respondent.identity)
    if wanted != found:
        names = sorted(n for n in wanted | found if wanted.get(n) != found.get(n))
        raise Fault(
            "Every worker must load the same model in the same way",
            found="; ".join(f"{n}: {found.get(n)} here, {wanted.get(n)} first" for n in names),
            remedy="say `revision`, `dtype` and `device` in the study's model",
        )


def _in_one_file(path: Path) -> None:
    """Turn a closed store into a plain file, which a reader on a shared disk needs no lock for."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()


def _moved(source: Path, target: Path) -> Path:
    """Return the target after the whole source stands there, checked, in one step."""
    try:
        return _copied(source, target)
    except OSError as fault:
        raise FileError(
            f"A shard was to be kept at {target}",
            found=fault.strerror or str(fault),
            remedy="free some room, then run the same command again",
        ) from fault


def _copied(source: Path, target: Path) -> Path:
    """Return the target after a copy beside it was synced, compared, and renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    copy = Path(name)
    try:
        with os.fdopen(handle, "wb") as written, source.open("rb") as read:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())
        if digest_of_file(copy) != digest_of_file(source):
            raise FileError(f"A copy must be what was copied: {target}", found="other bytes")
        copy.replace(target)
    finally:
        copy.unlink(missing_ok=True)
    return target
