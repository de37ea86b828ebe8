"""Shards become part of the run's own store, answer by answer, and their files go.

Guarantee: an answer is taken only with its checksum right; a shard is taken whole, in one
transaction, or not at all; taking it twice is taking it once. A damaged file is removed and named,
so that its shard is asked again.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from causalvalues.errors import FileError
from causalvalues.survey.responses import AnswerStore

__all__ = ["clear", "merge", "merge_left"]


def merge(path: Path, store: AnswerStore, wanted: Sequence[bytes]) -> int:
    """Return how many answers of a shard were new, once all that is wanted is in the store."""
    try:
        with AnswerStore.open(path, to_read=True) as shard:
            n_damaged, n_missing = len(shard.damaged()), len(shard.missing(wanted))
            if n_damaged or n_missing:
                raise FileError(
                    f"A shard holds every answer, whole: {path.name}",
                    found=f"{n_damaged} damaged, {n_missing} of {len(wanted)} missing",
                    remedy="it is asked again",
                )
            n_new = store.put(shard.rows(set(wanted)))
    except FileError:
        if not store.missing(wanted):  # taken before, by a driver that was stopped since
            n_new = 0
        else:
            path.unlink(missing_ok=True)
            raise
    path.unlink(missing_ok=True)
    return n_new


def merge_left(folder: Path, store: AnswerStore) -> int:
    """Return how many answers were new in shards that a stopped driver has left in a folder."""
    n_new = 0
    for path in sorted(folder.glob("*.sqlite")):
        with suppress(FileError):  # a damaged file is gone, and its shard asked again
            n_new += _merge_whole(path, store)
    return n_new


def clear(folder: Path) -> None:
    """Remove a folder of shards, with what killed workers left there."""
    for path in folder.glob(".*.sqlite.*"):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # absent, or another worker's shard has just come
        folder.rmdir()


def _merge_whole(path: Path, store: AnswerStore) -> int:
    """Return how many answers were new, whatever a shard was to hold."""
    try:
        with AnswerStore.open(path, to_read=True) as shard:
            n_new = store.put(shard.rows())
    except FileError:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    return n_new
