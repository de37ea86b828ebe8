"""`gather` maps work over shards and takes each one's answers into the run's own store.

    map → a shard's file → merged by key, whole → progress;  what failed is tried again

Guarantee: afterwards the store holds every answer that some shard wants, and no file of a shard is
left; what a failing round has finished is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from causalvalues.errors import FileError
from causalvalues.scale.executors import Executor
from causalvalues.scale.merging import clear, merge
from causalvalues.scale.persistence import Patience, persist
from causalvalues.survey.responses import AnswerStore

__all__ = ["MOST_ANSWERS", "PER_WORKER", "Progress", "Work", "gather", "shards_beside"]

Progress = Callable[[int, int], None]
Shard = TypeVar("Shard")

SHARDS = "shards"
PER_WORKER = 4  # shards, so that nobody waits long for the last one
MOST_ANSWERS = 50_000  # of a shard: what a worker that dies takes with it


@dataclass(frozen=True)
class Work(Generic[Shard]):
    """What is done with each shard, the keys of the answers it brings, and what it is called."""

    ask: Callable[[Shard], Path]
    wanted: Callable[[Shard], Sequence[bytes]]
    name: Callable[[Shard], str]


def shards_beside(store: AnswerStore) -> Path:
    """Return the folder beside a store into which workers move their shards."""
    return store.path.parent / SHARDS


def gather(
    executor: Executor,
    work: Work[Shard],
    shards: Sequence[Shard],
    store: AnswerStore,
    *,
    n_answers: int,
    n_held: int,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> int:
    """Return how many answers are new, once the store holds those of every shard.

    Progress counts from the `n_held` of all `n_answers` that the store had before.
    """
    desk = _Desk(work, store, n_answers, n_held, progress)
    persist(executor, work.ask, shards, take=desk.take, name=work.name, patience=patience)
    clear(shards_beside(store))
    return desk.n_new


class _Desk(Generic[Shard]):
    """Where shards come in and are merged, and progress is told."""

    def __init__(
        self,
        work: Work[Shard],
        store: AnswerStore,
        total: int,
        done: int,
        progress: Progress | None,
    ) -> None:
        self.n_new = 0
        self._work, self._store = work, store
        self._total, self._done, self._progress = total, done, progress
        self._report()

    def take(self, shard: Shard, path: Path) -> str:
        """Return what is wrong with a shard's file, "" once all of it is in the store."""
        wanted = self._work.wanted(shard)
        try:
            self.n_new += merge(path, self._store, wanted)
        except FileError as fault:
            return str(fault)
        self._done += len(wanted)
        self._report()
        return ""

    def _report(self) -> None:
        """Say how far the survey is."""
        if self._progress is not None:
            self._progress(self._done, self._total)
