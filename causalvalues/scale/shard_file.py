"""The file of a shard: a store of a worker's own, filled on its disk, then moved into the folder.

    filled   open a store → `fill` asks into it → into one file → copied, synced, compared, renamed

Guarantee: the file appears whole or not at all; one that is there and whole is not filled again.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from causalvalues.errors import FileError
from causalvalues.provenance import digest_of_file
from causalvalues.survey.responses import AnswerStore

__all__ = ["filled", "is_whole"]


def filled(path: Path, wanted: Sequence[bytes], fill: Callable[[AnswerStore], None]) -> Path:
    """Return the file of a shard, once it holds every answer that is wanted."""
    if is_whole(path, wanted):
        return path
    with tempfile.TemporaryDirectory(prefix="causalvalues-shard-") as own:
        local = Path(own) / path.name
        with AnswerStore.open(local) as store:
            fill(store)
        _in_one_file(local)
        return _moved(local, path)


def is_whole(path: Path, wanted: Sequence[bytes]) -> bool:
    """Return whether a file is a store that holds all that is wanted, undamaged."""
    if not path.is_file():
        return False
    try:
        with AnswerStore.open(path, to_read=True) as store:
            return not store.missing(wanted) and not store.damaged()
    except FileError:
        return False


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
