"""`rescue` saves what can still be read of a damaged file of answers into a new one.

A flipped byte in a row costs that row, and `ask` repairs it. Where the structure of the file itself
is damaged, or its end is cut off, SQLite refuses to read on; the rows around the damage are whole.
Guarantee: the damaged file is left as it is, and only answers whose checksum holds are saved, so
that asking again asks for the rest and nothing else.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from causalvalues.errors import FileError
from causalvalues.survey.answer_row import Answer, answer_of
from causalvalues.survey.responses import SELECT, AnswerStore

__all__ = ["rescue"]

SMALLEST_ROW = 64  # bytes, less than any answer takes
LONGEST_STEP = 64  # rows that are left out at once where nothing can be read


def rescue(damaged: str | Path, to: str | Path) -> int:
    """Return how many answers of a damaged file were saved into a new one."""
    damaged, to = Path(damaged), Path(to)
    if to.exists():
        raise FileError(f"A new file was expected at {to}", found="one that exists")
    if not damaged.is_file():
        raise FileError(f"Answers were expected at {damaged}", found="no such file")
    uri = f"file:{quote(str(damaged))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.text_factory = bytes
    connection.execute("PRAGMA writable_schema = ON")  # a file that is too short is read too
    try:
        answers = list(_readable(connection, damaged.stat().st_size // SMALLEST_ROW))
    finally:
        connection.close()
    if not answers:
        raise FileError(
            f"Nothing can be saved from {damaged}",
            found="not one whole answer",
            remedy="move the file away and ask again",
        )
    with AnswerStore.open(to) as store:
        return store.put(answers)


def _readable(connection: sqlite3.Connection, last: int) -> Iterator[Answer]:
    """Yield every whole answer, stepping over what cannot be read."""
    after, step = 0, 1
    while after <= last:
        try:
            rows = connection.execute(f"{SELECT} WHERE rowid > ? ORDER BY rowid", (after,))
            for number, *cells in rows:
                after, step = max(after, number), 1
                answer = answer_of(cells)
                if answer is not None:
                    yield answer
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            after += step
            step = min(2 * step, LONGEST_STEP)
        else:
            return
