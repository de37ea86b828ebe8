"""A process that asks is killed at any moment, and those that go on after it are killed as well.

Each survey is asked by up to six processes that are killed, then by one that is not. A process
notes, key by key, which answers it was told are kept; after every kill the answers are read from a
copy of the files, so that the next process finds them as the kill left them.
"""

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import nursery
from campaigns.small_survey import ITEMS, QUESTIONS, ROLES, respondent
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.asking import ask
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scoring import score

MOST_KILLS = 6  # of one survey
KEY_BYTES = 32
FIRST, LATER = "while nothing was kept yet", "while going on from what was kept"
Row = tuple[bytes, ...]  # every cell as it lies there, the key first


class Telling(AnswerStore):
    """A store that notes in a file which answers it has acknowledged."""

    log = -1

    def put(self, answers: Iterable[Answer]) -> int:
        told = list(answers)
        n_new = super().put(told)
        os.write(self.log, b"".join(answer.key for answer in told))
        return n_new


def asking(path: str, log: str) -> None:
    """Ask all that is not held, and note what is acknowledged."""
    with Telling.open(path) as store:
        store.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        ask(respondent(), QUESTIONS, ROLES, store)


@dataclass
class Survey:
    """A survey that is killed again and again, and what its processes said."""

    path: Path
    known: dict[bytes, Row]
    told: set[bytes] = field(default_factory=set)  # acknowledged, by whichever process
    twice: set[bytes] = field(default_factory=set)  # acknowledged by two

    def asked(self, *, killed_after: float | None = None) -> int:
        """The exit code of a process that asks and may be killed."""
        log = self.path.with_suffix(".log")
        log.unlink(missing_ok=True)
        child = nursery().start(asking, self.path, log)
        if killed_after is not None:
            time.sleep(killed_after)
            child.signal()
        code, said = child.wait(), log.read_bytes() if log.exists() else b""
        whole = range(0, len(said) - KEY_BYTES + 1, KEY_BYTES)
        keys = {said[at : at + KEY_BYTES] for at in whole}
        self.twice |= self.told & keys
        self.told |= keys
        return code

    def fault(self) -> str:
        """What a kill has done, "" where nothing."""
        rows = rows_of(self.path)
        held = {row[0]: row for row in rows}
        gone, changed = self.told - held.keys(), [k for k in held if held[k] != self.known.get(k)]
        if len(held) < len(rows) or self.twice:
            return f"{len(rows)} rows hold {len(held)} answers, {len(self.twice)} asked twice"
        if gone or changed:
            return f"{len(gone)} acknowledged answers are gone, {len(changed)} changed"
        return ""


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Kill until so many died; each survey is then asked to its end, and compared."""
    ledger, rng = Ledger("killed_asking"), np.random.default_rng(seed)
    all_asked, all_held = seconds_to_ask(folder), seconds_to_ask(folder)
    known, table = {row[0]: row for row in rows_of(folder / "known")}, table_of(folder / "known")
    n_surveys = n_after = 0
    while ledger.n_injected < count:
        survey = Survey(folder / f"{n_surveys}.sqlite", known)
        for _ in range(min(MOST_KILLS, count - ledger.n_injected)):
            n_before, share = len(survey.told), 1 - len(survey.told) / len(known)
            longest = all_held + (all_asked - all_held) * share
            if survey.asked(killed_after=float(rng.uniform(0, longest))) != -signal.SIGKILL:
                break
            fault = survey.fault()
            ledger.was_silent(fault) if fault else ledger.survived(LATER if n_before else FIRST)
            n_after += n_before < len(survey.told)
        code, fault = survey.asked(), survey.fault()
        n_held = len(rows_of(survey.path))
        if code or fault or n_held != len(known) or table_of(survey.path) != table:
            ledger.was_silent(f"exit code {code}, {n_held} answers at the end; {fault}")
        n_surveys += 1
    return ledger.outcome(
        f"{n_after} killed after the process itself had kept some; {n_surveys} surveys of "
        f"{len(known)} answers, each killed up to {MOST_KILLS} times and then ended"
    )


def seconds_to_ask(folder: Path) -> float:
    """How long a process takes that is not killed."""
    nursery().load(())  # it has begun
    clock = time.monotonic()
    if Survey(folder / "known", {}).asked():
        raise RuntimeError("a survey that was not killed did not end")
    return time.monotonic() - clock


def rows_of(path: Path) -> list[Row]:
    """Every row of a store as SQLite has it, read from a copy."""
    aside = path.with_suffix(".copy")
    for ending in ("", "-wal"):
        Path(f"{aside}{ending}").unlink(missing_ok=True)
        if Path(f"{path}{ending}").exists():
            shutil.copyfile(f"{path}{ending}", f"{aside}{ending}")
    if not aside.exists():
        return []  # killed before it began
    with closing(sqlite3.connect(aside)) as copy:
        if not copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'answers'").fetchone()[
            0
        ]:
            return []
        return copy.execute("SELECT * FROM answers").fetchall()


def table_of(path: Path) -> bytes:
    """The scores of a survey as a file's bytes."""
    with AnswerStore.open(path, to_read=True) as store:
        responses = Responses.of(store.rows(), QUESTIONS)
    table = score(responses, QUESTIONS, how="expected", names=ITEMS.system.names)
    return table.to_parquet(path.with_suffix(".parquet")).read_bytes()


CAMPAIGN = Campaign(
    name="killed_asking",
    group="durability",
    fault="`kill -9` at a random moment of asking, and of going on after a kill",
    promise="every acknowledged answer is there once, with its bytes, none is asked twice, and the "
    "final table is byte for byte that of an uninterrupted run",
    n_full=200,
    n_small=8,
    work=work,
)
