"""The process that shares a survey between workers is killed, and the same command given again."""

import time
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.killed_workers import surveyed
from campaigns.processes import nursery
from causalvalues.scale.executors import InProcess
from causalvalues.scale.processes import Processes

from scripted_models import Slow, Steady  # isort: skip  (of tests/scale)

MOST_KILLS = 3  # of one survey
PATIENCE_IN_SECONDS = 30.0


def drive(folder: str) -> None:
    """Share a survey between two workers."""
    surveyed(Processes(2), Path(folder), Slow)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Kill drivers until so many died; workers must end, and surveys are gone on with."""
    ledger, rng = Ledger("killed_drivers"), np.random.default_rng(seed)
    known = surveyed(InProcess(), folder / "known", Steady)
    nursery().load(())  # it has begun
    clock, slowest, n_workers, n_surveys = time.monotonic(), 0.0, 0, 0
    assert nursery().start(drive, folder / "timed").wait() == 0
    longest = time.monotonic() - clock
    while ledger.n_injected < count:
        place = folder / f"{n_surveys}"
        for _ in range(min(MOST_KILLS, count - ledger.n_injected)):
            driver = nursery().start(drive, place)
            time.sleep(float(rng.uniform(0, longest)))
            workers = children_of(driver.pid)
            driver.signal()
            if driver.wait() == 0:
                break  # it had ended
            took = seconds_until_ended(workers)
            slowest, n_workers = max(slowest, took), n_workers + len(workers)
            if took < PATIENCE_IN_SECONDS:
                ledger.survived("with workers" if workers else "before it had workers")
            else:
                ledger.was_lost(f"a worker outlived its driver by {took:.0f} s")
        code = nursery().start(drive, place).wait()
        if code or surveyed(InProcess(), place, Steady) != known:
            ledger.was_silent(f"survey {n_surveys} ends in {code}, or holds other answers")
        n_surveys += 1
    return ledger.outcome(
        f"{n_workers} workers lost their driver, the last ended {slowest:.1f} s after it; "
        f"{n_surveys} surveys hold the {len(known)} answers of one process"
    )


def children_of(pid: int) -> list[Path]:
    """Where the system tells of the processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        if (told := _told(path)) and int(told[1]) == pid:
            found.append(path)
    return found


def seconds_until_ended(processes: list[Path]) -> float:
    """How long it takes until none of some processes lives; patience at most."""
    clock = time.monotonic()
    while any((told := _told(path)) and told[0] != "Z" for path in processes):
        if time.monotonic() - clock > PATIENCE_IN_SECONDS:
            break
        time.sleep(0.01)
    return time.monotonic() - clock


def _told(path: Path) -> list[str]:
    """State and parent of a process, and more; nothing of one that has ended."""
    try:
        return (path / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


CAMPAIGN = Campaign(
    name="killed_drivers",
    group="durability",
    fault="`kill -9` of the process that shares a survey between two workers",
    promise="its workers end by themselves, and the same command ends the survey with the answers "
    "of one process",
    n_full=20,
    n_small=0,  # tests/scale/test_sharing_work.py kills one
    work=work,
)
