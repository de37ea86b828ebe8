"""Workers that share a survey are killed while they work.

What kills, and whom, is a `Killer`'s; `shared` is what every campaign of workers does around it.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues.errors import WorkFailed
from causalvalues.scale.executors import Executor, InProcess
from causalvalues.scale.persistence import Patience
from causalvalues.scale.processes import Processes
from causalvalues.scale.shard import Model
from causalvalues.scale.surveying import survey_over
from causalvalues.survey.responses import AnswerStore

sys.path.append(str(Path(__file__).parents[2] / "scale"))

from scripted_models import PARTIES, QUESTIONS, Steady, contents

PATIENCE = Patience(n_tries=3)
MOST_KILLS = 4  # of one survey


class Killer(threading.Thread):
    """Kills one of those who wrote into the log last, every now and then."""

    pause = (0.002, 0.05)  # seconds between two looks, at least and at most

    def __init__(self, log: Path, rng: np.random.Generator, most: int) -> None:
        super().__init__(daemon=True)
        self.log, self.rng, self.most = log, rng, most
        self.killed: set[str] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set() and len(self.killed) < self.most:
            time.sleep(float(self.rng.uniform(*self.pause)))
            lines = self.log.read_text(encoding="utf-8").split() if self.log.exists() else []
            if lines:
                self.kill(lines[-1])

    def kill(self, pid: str) -> None:
        """Kill the process that answered last."""
        if pid not in self.killed and pid != str(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
                self.killed.add(pid)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Share surveys until so many workers were killed; compare with one process alone."""
    ledger, rng = Ledger("killed_workers"), np.random.default_rng(seed)
    note = shared(ledger, count, rng, folder, lambda: Processes(2), Killer, Steady, "signal 9")
    return ledger.outcome(note)


def shared(
    ledger: Ledger,
    count: int,
    rng: np.random.Generator,
    folder: Path,
    open_workers: Callable[[], Processes | Executor],
    killer_of: Callable[[Path, np.random.Generator, int], Killer],
    model: Callable[[Path], Model],
    reason: str,
) -> str:
    """What was seen; surveys are shared until so many workers were killed in them."""
    known = surveyed(InProcess(), folder / "known", Steady)
    n_surveys = n_given_up = 0
    while ledger.n_injected < count:
        n_surveys += 1
        place, workers = folder / f"{n_surveys}", open_workers()
        place.mkdir()
        killer = killer_of(place / "log", rng, min(MOST_KILLS, count - ledger.n_injected))
        killer.start()
        try:
            surveyed(workers, place, model)
        except WorkFailed as fault:
            n_given_up += 1
            if reason not in str(fault):
                ledger.was_lost(f"gave up without saying why: {fault}")
        finally:
            killer.over.set()
            killer.join()
            workers.close()  # type: ignore[union-attr]
        if surveyed(InProcess(), place, Steady) != known:
            ledger.was_silent(f"survey {n_surveys} holds other answers")
        for _ in killer.killed:
            ledger.survived()
    return (
        f"in {n_surveys} surveys of two workers, {n_given_up} of which gave up in one named "
        f"error and were gone on with; all hold the {len(known)} answers of one process"
    )


def surveyed(
    executor: Processes | Executor, place: Path, model: Callable[[Path], Model]
) -> dict[bytes, tuple[float, ...]]:
    """All answers of the survey, over an executor."""
    place.mkdir(exist_ok=True)
    with AnswerStore.open(place / "answers.sqlite") as store:
        survey_over(executor, model(place / "log"), QUESTIONS, PARTIES, store, patience=PATIENCE)
    return contents(place / "answers.sqlite")


CAMPAIGN = Campaign(
    name="killed_workers",
    group="durability",
    fault="`kill -9` of a worker, of two that share a survey",
    promise="another takes its place, or one error says what failed and the same command goes on; "
    "the answers are those of one process",
    n_full=40,
    n_small=2,
    work=work,
)
