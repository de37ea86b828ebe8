"""A run is stopped by Ctrl-C or by the system at any moment, and must end at once.

scripted   a process of the nursery, whose run takes a second or two
command    `python -m causalvalues run study.yaml` with the embedded organism, as a terminal starts
           it: the signal may come while Python, the packages or the model are loaded
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import WITHOUT_GIT, nursery
from campaigns.small_run import Files, differences, files_of, go
from causalvalues.errors import Interrupted

MOST_SECONDS = 2.0
STOPPED = 130  # the exit code
MOST_STOPS = 4  # of one run
STARTING = 0.1  # of the seconds of a command: until it listens to Ctrl-C, Python itself ends it
LAST = "manifest.json"  # what a command names when all its work is done
STUDY = """name: stopped
model: {name: organism/gemma}
roles: {n_roles: 24}
protocol: {orders: [given]}
discovery: {n_resamples: 0, n_permutations: 0}
truth: planted
"""
Way = Literal["scripted", "command"]


def stoppable(folder: str) -> None:
    """Run as the command line does: Ctrl-C has an exit code of its own."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # none where begun in the background
    try:
        go(Path(folder))
    except (Interrupted, KeyboardInterrupt):
        raise SystemExit(STOPPED) from None


@dataclass
class Stops:
    """Runs of one way that are stopped, and how long the slowest took to end."""

    way: Way
    folder: Path
    slowest: float = 0.0
    slowest_at: float = 0.0
    n_runs: int = 0
    longest: float = field(init=False)
    known: Files = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "study.yaml").write_text(STUDY, encoding="utf-8")
        clock = time.monotonic()
        self.known = self.ended("known")
        self.longest = time.monotonic() - clock

    def ended(self, name: str) -> Files:
        """Every file of a run that nobody stops."""
        if self._started(name).wait():
            raise RuntimeError(f"a run that nobody stopped did not end: {self.said(name)}")
        return files_of(self.folder / name)

    def stop(self, name: str, number: signal.Signals, seconds: float) -> tuple[int, float]:
        """The exit code of a run that is sent a signal, and the seconds until it ended."""
        process = self._started(name)
        time.sleep(seconds)
        clock = time.monotonic()
        process.signal(number)
        code, took = process.wait(), time.monotonic() - clock
        if code and took > self.slowest:
            self.slowest, self.slowest_at = took, seconds
        return code, took

    def others(self, name: str) -> str:
        """What a run that was stopped holds that it should not, "" where nothing."""
        return ", ".join(differences(self.ended(name), self.known))

    def said(self, name: str) -> str:
        """What the last command has said."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _started(self, name: str) -> "_Process":
        if self.way == "scripted":
            return nursery().start(stoppable, self.folder / name)
        return _Command.start(self.folder, name)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Stop by turns in both ways; runs go on until they end, and are compared."""
    ledger, rng = Ledger("stopped"), np.random.default_rng(seed)
    nursery().load([__name__])  # a process listens from its first moment
    ways: tuple[Way, ...] = ("scripted", "command")
    notes = []
    for place, way in enumerate(ways):
        share = (count + 1 - place) // len(ways)
        if share:
            stops = Stops(way, folder / way)
            stop_some(stops, share, ledger, rng)
            notes.append(
                f"{way}: {stops.n_runs} runs of {stops.longest:.1f} s, the slowest ended "
                f"{stops.slowest:.2f} s after its signal"
            )
    return ledger.outcome(*notes)


def stop_some(stops: Stops, count: int, ledger: Ledger, rng: np.random.Generator) -> None:
    """Stop until so many were; each run is stopped up to four times, then ended."""
    n_stopped = 0
    while n_stopped < count:
        name, most = f"{stops.n_runs}", min(MOST_STOPS, count - n_stopped)
        for _ in range(most):
            number = (signal.SIGINT, signal.SIGTERM)[n_stopped % 2]
            seconds = float(rng.uniform(0, stops.longest))
            code, took = stops.stop(name, number, seconds)
            if code == 0:
                stops.longest = min(stops.longest, seconds)  # it had ended
                break
            n_stopped += 1
            if code == -signal.SIGINT and (
                seconds < STARTING * stops.longest or LAST in stops.said(name)
            ):
                ledger.survived("SIGINT (before the command listened, or after its last word)")
                continue
            fault = what_is_wrong(code, took, number, stops.said(name), stops.way)
            said = f"{stops.way}, {number.name} after {seconds:.2f} s: {fault}"
            ledger.was_lost(said) if fault else ledger.survived(f"{number.name} ({stops.way})")
        other = stops.others(name)
        if other:
            ledger.was_silent(f"{stops.way}: {other} are others after being stopped")
        stops.n_runs += 1


def what_is_wrong(code: int, took: float, number: signal.Signals, said: str, way: Way) -> str:
    """How a run that was stopped ended as none should, "" where as it should."""
    if took > MOST_SECONDS:
        return f"it took {took:.1f} s"
    if number == signal.SIGTERM:
        return "" if code == -number else f"exit code {code}"
    if code != STOPPED:
        return f"exit code {code}: {said[-200:]}"
    told = way == "scripted" or any(
        w in " ".join(said.split()) for w in ("Stopped.", "What to do:")
    )
    traced = said[max(said.find("Traceback") - 200, 0) :][:900] if "Traceback" in said else ""
    return "" if told and not traced else f"it says {traced or said[-200:]!r}"


class _Process:
    """What both ways start: see `Child`."""

    def signal(self, number: int) -> None: ...
    def wait(self) -> int: ...


@dataclass
class _Command(_Process):
    """A command in a session of its own; Ctrl-C reaches all of it, as from a terminal."""

    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls, folder: Path, name: str) -> "_Command":
        words = [sys.executable, "-m", "causalvalues", "run", "study.yaml", "--out", name]
        with (folder / f"{name}.log").open("wb") as log:
            return cls(
                subprocess.Popen(
                    words,
                    cwd=folder,
                    env=os.environ | WITHOUT_GIT | {"NO_COLOR": "1", "OMP_NUM_THREADS": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_listening,
                )
            )

    def signal(self, number: int) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def wait(self) -> int:
        return self.process.wait()


def _listening() -> None:
    """Let Ctrl-C be heard, also where this was begun in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


CAMPAIGN = Campaign(
    name="stopped",
    group="durability",
    fault="Ctrl-C (SIGINT) or SIGTERM at a random moment of a run, also of the command while it "
    "loads Python, packages and the model",
    promise="it ends within 2 s, by exit code 130 or by the signal, and the same command ends the "
    "run with every file byte for byte as without it",
    n_full=60,
    n_small=1,
    work=work,
)
