"""A process that asks is killed at any moment, and the one that goes on is killed as well."""

import os
import sqlite3
import time
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import Nursery
from campaigns.small_survey import ITEMS, QUESTIONS, Contents, ask_all
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scoring import score

SLOWEST = 1.1  # times as long as a whole survey takes


def asking(store: str, log: str) -> None:
    """Ask, and note in a file how many answers of this process are acknowledged."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    ask_all(Path(store), lambda done, _: (os.pwrite(handle, b"%9d" % done, 0), None)[1])


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Kill until so many died; each survey is asked until it is whole, and compared."""
    ledger, rng, log = Ledger("killed_asking"), np.random.default_rng(seed), folder / "log"
    n_wholes = 0
    with Nursery(__name__) as nursery:
        clock = time.monotonic()
        assert nursery.start(asking, folder / "known.sqlite", log).wait() == 0
        longest = (time.monotonic() - clock) * SLOWEST
        known, table = ask_all(folder / "known.sqlite")[0], table_of(folder / "known.sqlite")
        while ledger.n_injected < count:
            path = folder / f"{n_wholes}.sqlite"
            while ledger.n_injected < count:
                before = held(path)
                log.unlink(missing_ok=True)
                child = nursery.start(asking, path, log)
                if not child.killed_after(float(rng.uniform(0, longest))):
                    break
                fault = what_is_wrong(path, before + acknowledged(log), known)
                ledger.was_silent(fault) if fault else ledger.survived()
            found, _ = ask_all(path)
            if found != known or table_of(path) != table:
                ledger.was_silent("the table of a survey that was killed is another one")
            n_wholes += 1
    return ledger.outcome(
        f"{n_wholes} surveys of {len(known)} answers went through these kills, the tables of all "
        "are byte for byte that of one that was not killed"
    )


def what_is_wrong(path: Path, least: int, known: Contents) -> str:
    """What a kill has done to a store, "" where nothing."""
    if held(path) < least:
        return f"{held(path)} answers are held, {least} were acknowledged"
    if not path.exists():
        return ""  # killed before it began
    connection = sqlite3.connect(path)
    (rows, keys), table = (0, 0), "SELECT count(*) FROM sqlite_master WHERE name = 'answers'"
    if connection.execute(table).fetchone()[0]:
        rows, keys = connection.execute(
            "SELECT count(*), count(DISTINCT key) FROM answers"
        ).fetchone()
    connection.close()
    if rows != keys:
        return f"{rows} rows hold {keys} answers"
    with AnswerStore.open(path) as store:
        wrong = [row for row in store.rows() if known.get(row.key) != row.log_probabilities]
        return f"{len(store.damaged()) + len(wrong)} answers changed" if wrong else ""


def held(path: Path) -> int:
    """How many answers a store holds."""
    if not path.exists():
        return 0
    with AnswerStore.open(path) as store:
        return len(store)


def acknowledged(log: Path) -> int:
    """How many answers a process said were kept."""
    said = log.read_bytes() if log.exists() else b""
    return int(said) if said else 0


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
    promise="no acknowledged answer is lost, none is kept twice, and the final table is byte for "
    "byte that of an uninterrupted run",
    n_full=200,
    n_small=12,
    work=work,
)
