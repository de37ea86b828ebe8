"""`Processes` maps work over processes of this machine, one per worker, each on its own GPU.

Workers are fresh Pythons, so that a model is loaded once in each and nothing is shared; GPUs are
dealt out in turn, processor threads evenly. Guarantee: a worker that dies takes its task alone with
it, and another worker takes its place; none outlives the driver by more than a task.
"""

import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar, cast

from causalvalues.errors import OptionError
from causalvalues.scale.outcome import Outcome

if TYPE_CHECKING:
    Line = Connection[Any, Any]
else:
    Line = Connection

__all__ = ["Processes", "gpus"]

Task = TypeVar("Task")
Result = TypeVar("Result")

LAST_WORDS = 300  # characters of what a worker said before it died
GRACE_IN_SECONDS = 5.0
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class Processes:
    """So many workers; started with the first task, kept until `close`."""

    n_workers: int = 2
    devices: tuple[str, ...] = ()  # as CUDA_VISIBLE_DEVICES names them; none: all see all
    _workers: list["_Worker"] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.n_workers < 1:
            raise OptionError("`n_workers` must be 1 or more", found=str(self.n_workers))

    @classmethod
    def on_all_gpus(cls, n_workers: int | None = None) -> Self:
        """Return one worker per GPU of this machine, or so many that share them in turn."""
        devices = gpus()
        return cls(n_workers or len(devices) or 1, devices)

    def map(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Generator[Outcome[Result], None, None]:
        """Yield what became of each task; a worker that dies is replaced."""
        waiting = deque(enumerate(tasks))
        busy: dict[Line, tuple[_Worker, int]] = {}
        try:
            while waiting or busy:
                for worker in self._idle(busy.keys(), len(waiting)):
                    place, task = waiting.popleft()
                    busy[worker.line] = worker, place
                    worker.give(work, task)
                for line in wait(list(busy)):
                    worker, place = busy.pop(cast("Line", line))
                    yield replace(self._heard(worker), place=place)
        finally:
            for worker, _ in busy.values():
                self._lose(worker)

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _idle(self, busy: Iterable[Line], n_wanted: int) -> list["_Worker"]:
        """Return workers without a task, at most as many as are wanted, started where needed."""
        lines = set(busy)
        idle = [worker for worker in self._workers if worker.line not in lines]
        while len(idle) < n_wanted and len(self._workers) < self.n_workers:
            seat = min(set(range(self.n_workers)) - {worker.seat for worker in self._workers})
            worker = _Worker.start(seat, self._environment(seat))
            self._workers.append(worker)
            idle.append(worker)
        return idle[:n_wanted]

    def _environment(self, seat: int) -> dict[str, str]:
        """Return what a worker sees: its GPU, its share of the threads, the driver's packages."""
        n_threads = max((os.cpu_count() or 1) // self.n_workers, 1)
        told = {name: str(n_threads) for name in THREADS if name not in os.environ}
        if self.devices:
            told["CUDA_VISIBLE_DEVICES"] = self.devices[seat % len(self.devices)]
        told["PYTHONSAFEPATH"] = "1"  # what lies in the working folder shadows no package
        told["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        return {**os.environ, **told}

    def _heard(self, worker: "_Worker") -> Outcome[Any]:
        """Return what a worker says; what can be told of its death where it says nothing."""
        try:
            return worker.hear()
        except (EOFError, OSError):
            fault = worker.last_words()
            self._lose(worker)
            return Outcome(0, fault=fault)

    def _lose(self, worker: "_Worker") -> None:
        """Do without a worker."""
        worker.kill()
        self._workers.remove(worker)


@dataclass(eq=False)
class _Worker:
    """A process, the line to it, and what it says aside; `work` is the last that it was told."""

    seat: int
    process: subprocess.Popen[bytes]
    line: Line
    aside: IO[bytes]
    work: Callable[[Any], Any] | None = None

    @classmethod
    def start(cls, seat: int, environment: Mapping[str, str]) -> "_Worker":
        """Return a worker that waits for tasks; Ctrl-C reaches it through the driver alone."""
        ours, theirs = Pipe()
        aside = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the worker is ended)
        process = subprocess.Popen(
            [sys.executable, "-m", "causalvalues.scale.serving", str(theirs.fileno())],
            env=dict(environment),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=aside,
            stderr=aside,
            start_new_session=True,
        )
        theirs.close()
        return cls(seat, process, ours, aside)

    def give(self, work: Callable[[Task], Result], task: Task) -> None:
        """Hand a task over, and the work where it is another than before, as it may be large.

        A worker that has died meanwhile is found out on hearing it.
        """
        known, self.work = work is self.work, work
        with suppress(BrokenPipeError, ConnectionResetError):
            self.line.send((None if known else work, task))

    def hear(self) -> Outcome[Any]:
        """Return what became of its task."""
        outcome: Outcome[Any] = self.line.recv()
        return outcome

    def last_words(self) -> str:
        """Return how it died, and the end of what it said."""
        try:
            code = self.process.wait(GRACE_IN_SECONDS)
        except subprocess.TimeoutExpired:
            return "a worker closed its line, and lived on"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        self.aside.seek(0)
        said = self.aside.read().decode(errors="replace").strip()[-LAST_WORDS:]
        return f"a worker was ended by {how}" + (f": {said.splitlines()[-1]}" if said else "")

    def kill(self) -> None:
        """End it at once."""
        self.line.close()
        self.process.kill()
        self.process.wait()
        self.aside.close()

    def end(self) -> None:
        """End it as it likes, and at once where that takes long."""
        self.line.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE_IN_SECONDS)
        self.kill()


def gpus() -> tuple[str, ...]:
    """Return the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return tuple(name.strip() for name in told.split(",") if name.strip())
    found = Path("/proc/driver/nvidia/gpus")
    return tuple(str(place) for place in range(len(list(found.glob("*")))))
