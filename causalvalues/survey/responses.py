"""The `AnswerStore` is one SQLite file that keeps every answer: what is in it is never asked again.

Rows are only ever appended, in transactions, in WAL mode with `synchronous=FULL`: once `put` has
returned, its rows are on the disk, whatever becomes of the process or of the machine. There is no
index on the disk that could disagree with the rows: which keys are held, and where, is read, with
every checksum, from the rows themselves; a few answers among many are then read where they stand.

Guarantee: a row that `put` acknowledged is found again, or, where the file was damaged, known to be
damaged; nothing else is lost with it. A file that is no such store ends in a sentence.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from causalvalues.errors import FileError
from causalvalues.survey.answer_row import Answer, answer_of, cells_of
from causalvalues.survey.database import connect_to_read, connect_to_write, file_error, in_sentences
from causalvalues.survey.run_lock import RunLock

__all__ = ["AnswerStore"]

INSERT = "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SELECT = (
    "SELECT rowid, key, model, condition, role, question, log_probabilities, text, flags, checksum "
    "FROM answers"
)
SELECT_SOME = f"{SELECT} WHERE rowid IN ({{marks}}) ORDER BY rowid"
LAST = "SELECT coalesce(max(rowid), 0) FROM answers"
AT_ONCE = 500  # rows that are asked for in one statement
FEW = 0.25  # of all answers: so many are read one by one, more in one go


class AnswerStore:
    """Answers by key, in one file; one process writes, any number may read."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: RunLock | None) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._held: dict[bytes, int] | None = None  # key → row
        self._damaged: dict[int, bytes] = {}

    @classmethod
    def open(cls, path: str | Path, *, to_read: bool = False) -> Self:
        """Return the store in a file, made where there is none; `to_read` needs no lock."""
        path = Path(path)
        if to_read:
            return cls(path, connect_to_read(path), None)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise file_error(path, fault) from fault
        lock = RunLock.take(path)
        try:
            return cls(path, connect_to_write(path), lock)
        except BaseException:
            lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __len__(self) -> int:
        return len(self._known())

    def missing(self, keys: Iterable[bytes]) -> list[bytes]:
        """Return the keys without a whole answer, in the given order."""
        held = self._known()
        return [key for key in keys if key not in held]

    def damaged(self) -> list[bytes]:
        """Return the keys, as they now read, of the rows whose checksum fails."""
        self._known()
        return list(self._damaged.values())

    def drop_damaged(self) -> int:
        """Return how many damaged rows were removed, so that they can be asked again."""
        self._known()
        rows = [(row,) for row in self._damaged]
        if rows:
            with self._transaction():
                self._connection.executemany("DELETE FROM answers WHERE rowid = ?", rows)
            self._damaged.clear()
        return len(rows)

    def put(self, answers: Iterable[Answer]) -> int:
        """Return how many answers were new; when this returns they are on the disk, all of them.

        An answer whose key is held is left out: the first one stands.
        """
        held = self._known()
        new = {answer.key: answer for answer in answers if answer.key not in held}
        if new:
            with self._transaction():
                (last,) = self._connection.execute(LAST).fetchone()
                self._connection.executemany(INSERT, map(cells_of, new.values()))
            held.update({key: last + 1 + place for place, key in enumerate(new)})
        return len(new)

    def rows(self, keys: Collection[bytes] | None = None) -> Iterator[Answer]:
        """Yield every answer, or those with the given keys, in the order they were kept."""
        wanted = None if keys is None else set(keys)
        seen: set[bytes] = set()
        for _, answer, _ in self._scan(self._places(wanted)):
            if answer is None:
                raise FileError(
                    f"Every answer in {self.path} must be as it was kept",
                    found="rows whose checksum fails",
                    remedy="ask again with the same command: only those rows are asked",
                )
            if answer.key not in seen and (wanted is None or answer.key in wanted):
                seen.add(answer.key)
                yield answer

    def _places(self, wanted: set[bytes] | None) -> list[int] | None:
        """Return the rows of a small part of all answers, in order; None where all are read."""
        if wanted is None or self._held is None or len(wanted) > FEW * len(self._held):
            return None
        return sorted(self._held[key] for key in wanted if key in self._held)

    def _known(self) -> dict[bytes, int]:
        """Return the rows of all whole answers by their keys, read once."""
        if self._held is None:
            held: dict[bytes, int] = {}
            self._damaged.clear()
            for row, answer, key in self._scan():
                if answer is None:
                    self._damaged[row] = key
                else:
                    held.setdefault(answer.key, row)
            self._held = held
        return self._held

    def _scan(
        self, places: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Answer | None, bytes]]:
        """Yield each row's number, its answer (None where damaged) and the key it shows."""
        with in_sentences(self.path):
            for row, *cells in self._read(places):
                key = cells[0] if isinstance(cells[0], bytes) else b""
                yield row, answer_of(cells), key

    def _read(self, places: Sequence[int] | None) -> Iterator[tuple[Any, ...]]:
        """Yield the cells of some rows, or of all, in the order they were kept.

        One by one: `yield from` would close its cursor, also after the store itself was closed.
        """
        if places is None:
            for cells in self._connection.execute(SELECT):
                yield cells
            return
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            marks = ", ".join("?" * len(some))
            for cells in self._connection.execute(SELECT_SOME.format(marks=marks), some):
                yield cells

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Do all or nothing; leaving it without an error means that it is on the disk."""
        with in_sentences(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
