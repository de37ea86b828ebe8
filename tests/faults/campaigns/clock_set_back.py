"""The clock is set back by a year while a run is stopped, or while it works (by libfaketime).

Only the time of day is another; a process's own seconds go on, as they do where a clock is set.
Where libfaketime is not installed, nothing is injected, and the note says so.
"""

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import Nursery
from campaigns.small_run import differences, files_of, go, whole_run

RIGHT, BACK = "+0", "-365d"
A_YEAR = 364 * 24 * 3600.0  # at least


def clocked(folder: str, log: str) -> None:
    """Run, and say what the clock showed before and after."""
    started = time.time()
    go(Path(folder))
    Path(log).write_text(f"{started} {time.time()}", encoding="utf-8")


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Set the clock back before a killed run is gone on with, or at a random moment of a run."""
    ledger, rng = Ledger("clock_set_back"), np.random.default_rng(seed)
    preload, clock = _preload(), folder / "clock"
    if not preload:
        return ledger.outcome("not run here: libfaketime is not installed (Debian: faketime)")
    known, log = files_of(whole_run()), folder / "log"
    clock.write_text(RIGHT, encoding="utf-8")
    faked = {
        "LD_PRELOAD": preload,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with Nursery("campaigns.small_run", faked) as nursery:
        before = time.monotonic()
        assert nursery.start(clocked, folder / "timed", log).wait() == 0
        longest = time.monotonic() - before
        for place in range(count):
            path, while_it_works = folder / f"{place}", place % 2 == 0
            clock.write_text(RIGHT, encoding="utf-8")
            child = nursery.start(clocked, path, log)
            time.sleep(float(rng.uniform(0, longest / 2)))
            if not while_it_works:
                child.signal()
                child.wait()
            clock.write_text(BACK, encoding="utf-8")
            if not while_it_works:
                child = nursery.start(clocked, path, log)
            true, code = time.time(), child.wait()
            started, ended = map(float, log.read_text(encoding="utf-8").split())
            was_back = ended < (started if while_it_works else true - A_YEAR)
            other = differences(files_of(path), known)
            if code or not was_back:
                ledger.was_lost(f"exit code {code}, from {started} to {ended}")
            elif other:
                ledger.was_silent(f"{', '.join(other)} are others")
            else:
                ledger.survived("while it worked" if while_it_works else "between two processes")
    return ledger.outcome("the clock was seen to be set back in each")


def _preload() -> str:
    """What is to be loaded before all else, "" where it is not installed."""
    path = shutil.which("faketime")
    if path is None:
        return ""
    said = subprocess.run([path, "-f", RIGHT, "env"], capture_output=True, text=True, check=False)
    lines = said.stdout.splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith("LD_PRELOAD=")), "")


CAMPAIGN = Campaign(
    name="clock_set_back",
    group="durability",
    fault="a clock that is set back by a year while a run works, or before it is gone on with",
    promise="the run ends with every file byte for byte as by a clock that is right",
    n_full=12,
    n_small=0,  # test_clock.py: no decision hangs on the time of day
    work=work,
)
