"""How the file of an `AnswerStore` is opened, and what is said where it cannot be.

WAL with `synchronous=FULL`: a commit is on the disk when it returns, so it outlives a killed
process and a power cut alike (`NORMAL` would keep the first promise only). Guarantee: the database
of another application, or of a newer version, is left as it is; every error of SQLite becomes a
sentence that names the file and what to do.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from causalvalues.errors import FileError

__all__ = ["connect_to_read", "connect_to_write", "file_error", "in_sentences"]

APPLICATION = 0x43564153  # "CVAS"
SCHEMA = 1
WAIT_IN_SECONDS = 10.0

CREATE = (
    "CREATE TABLE answers (key BLOB NOT NULL, model TEXT NOT NULL, condition TEXT NOT NULL, "
    "role TEXT NOT NULL, question TEXT NOT NULL, log_probabilities BLOB NOT NULL, text TEXT, "
    "flags TEXT NOT NULL, checksum BLOB NOT NULL)"
)
ANOTHER_FOLDER = "name a folder that exists and can be written to"
REMEDIES = {  # by what SQLite says
    "full": "free some room and run the same command again: nothing that was kept is lost",
    "locked": "close the other program that has the file open, then run the same command again",
    "readonly": ANOTHER_FOLDER,
    "unable to open": ANOTHER_FOLDER,
    "disk i/o": "check the disk and its room, then run the same command again",
}
LOST = "put back a copy, or save what is whole with causalvalues.survey.rescue, then ask again"


def connect_to_write(path: Path) -> sqlite3.Connection:
    """Return a connection to a store, laid out where the file is new."""
    with in_sentences(path):
        connection, new = _opened(path, "mode=rwc")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            if new:
                _lay_out(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that changes nothing; works in a folder that cannot be written to."""
    if not path.is_file():
        raise FileError(
            f"Answers were expected at {path}", found="no such file", remedy="check the path"
        )
    with in_sentences(path):
        try:
            connection, new = _opened(path, "mode=ro")
        except sqlite3.OperationalError:
            if path.with_name(path.name + "-wal").exists():  # its last answers are in there
                raise
            connection, new = _opened(path, "immutable=1")
    if new:
        connection.close()
        raise FileError(f"Answers were expected at {path}", found="an empty file", remedy=LOST)
    return connection


def _opened(path: Path, how: str) -> tuple[sqlite3.Connection, bool]:
    """Return a connection, and whether its database is empty; a stranger's is refused."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None, timeout=WAIT_IN_SECONDS
    )
    try:
        new = _is_new(path, connection)
    except BaseException:
        connection.close()
        raise
    connection.text_factory = bytes  # text is decoded after its checksum was found right
    return connection, new


def _is_new(path: Path, connection: sqlite3.Connection) -> bool:
    """Return whether a database is empty; raise where it is not a store, or is a newer one."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == 0 and n_tables == 0:
        return True
    if application != APPLICATION:
        raise FileError(
            f"Answers were expected at {path}",
            found="the database of another application",
            remedy="name another file",
        )
    if schema > SCHEMA:
        raise FileError(
            f"{path} must have layout {SCHEMA}",
            found=f"layout {schema}, of a newer version",
            remedy="update causalvalues",
        )
    return False


def _lay_out(connection: sqlite3.Connection) -> None:
    """Make the table and sign the file, in one transaction: a kill leaves it empty or whole."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(CREATE)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


@contextmanager
def in_sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a sentence that names the file."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        raise file_error(path, fault) from fault


def file_error(path: Path, fault: sqlite3.Error | UnicodeDecodeError | OSError) -> FileError:
    """Return the error for a store that cannot be used, with what to do about it."""
    if isinstance(fault, OSError):
        said, remedy = fault.strerror or str(fault), ANOTHER_FOLDER
    elif isinstance(fault, UnicodeDecodeError):  # SQLite names a damaged layout as it reads
        said, remedy = "a layout that was damaged", LOST
    else:
        said = str(fault)
        remedy = next((r for words, r in REMEDIES.items() if words in said.lower()), LOST)
    return FileError(f"Answers were to be kept at {path}", found=said, remedy=remedy)
