"""`SlurmExecutor` maps work over a job array of a Slurm cluster, submitted by submitit.

Each job of the array takes every so-many-th task, loads its model once, and writes what became of
each task into a folder that all machines see: results come in one by one. Whether a job still lives
is asked of `squeue`, so that no accounting database is needed. Guarantee: a job that is killed or
runs out of time fails its unfinished tasks alone; jobs end with whoever waits for them.
"""

import os
import pickle
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from causalvalues.errors import OptionError
from causalvalues.scale.outcome import Outcome, attempted

__all__ = ["SlurmExecutor"]

Task = TypeVar("Task")
Result = TypeVar("Result")

MISSING = "pip install 'causalvalues[scale]'"
UNKNOWN = "Invalid job id"  # squeue, of jobs that ended some time ago
LAST_WORDS = 300  # characters of what a job said before it ended
GRACE_IN_SECONDS = 3.0  # until what a job wrote last is seen here


@dataclass(frozen=True)
class SlurmExecutor:
    """So many jobs of one array; `folder` is on a disk that all machines see."""

    folder: Path
    partition: str | None = None  # None: the cluster's own default
    n_workers: int = 4
    gpus_per_worker: int = 0
    minutes: int = 240  # of a job; what is unfinished then is tried again in another one
    look_every_seconds: float = 0.5  # into the folder
    ask_every_seconds: float = 10.0  # the queue

    def __post_init__(self) -> None:
        if self.n_workers < 1:
            raise OptionError("`n_workers` must be 1 or more", found=str(self.n_workers))

    def map(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Generator[Outcome[Result], None, None]:
        """Yield what became of each task; those of a job that ends before are faults."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.folder, prefix="array-"))  # nobody else reads it
        n_jobs = min(self.n_workers, len(tasks))
        slices = [list(enumerate(tasks))[first::n_jobs] for first in range(n_jobs)]
        jobs: list[str] = []
        pending: dict[str, set[int]] = {}
        try:
            jobs += self._submitted(partial(do_each, work, folder), slices, folder)
            pending |= {
                job: {place for place, _ in each} for job, each in zip(jobs, slices, strict=True)
            }
            yield from self._outcomes(pending, folder)
        finally:
            if any(pending.values()):
                _run("scancel", *{job.split("_")[0] for job in jobs})
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                self.folder.rmdir()

    def close(self) -> None:
        """Let go of nothing: every array has ended."""

    def _outcomes(self, pending: dict[str, set[int]], folder: Path) -> Iterator[Outcome[Any]]:
        """Yield outcomes as their files appear, and faults for what ended jobs have left."""
        asked = time.monotonic()
        while any(pending.values()):
            time.sleep(self.look_every_seconds)
            yield from _arrived(pending, folder)
            if time.monotonic() - asked < self.ask_every_seconds:
                continue
            ended = _ended([job for job, places in pending.items() if places])
            asked = time.monotonic()
            if ended:
                time.sleep(GRACE_IN_SECONDS)
                yield from _arrived(pending, folder)
            for job in ended:
                said = _last_words(folder, job)
                for place in sorted(pending[job]):
                    yield Outcome(place, fault=f"job {job} ended before its task did{said}")
                pending[job].clear()

    def _submitted(
        self, work: Callable[[Any], None], slices: Sequence[Any], folder: Path
    ) -> list[str]:
        """Return the ids of the jobs of an array."""
        try:
            import submitit
        except ImportError as fault:
            raise OptionError(
                "Sharing work over Slurm needs the package submitit",
                found=str(fault),
                remedy=MISSING,
            ) from fault
        try:
            executor = submitit.SlurmExecutor(folder=folder)
            executor.update_parameters(**self._parameters())
            return [str(job.job_id) for job in executor.map_array(work, slices)]
        except (RuntimeError, submitit.core.utils.FailedJobError, OSError) as fault:
            raise OptionError(
                "A Slurm cluster was expected to take jobs",
                found=str(fault).strip().splitlines()[-1],
                remedy="run this where sbatch and srun work, and name a partition of `sinfo`",
            ) from fault

    def _parameters(self) -> dict[str, Any]:
        """Return what is asked of Slurm for each job."""
        path = os.pathsep.join(each for each in sys.path if each)
        asked: dict[str, Any] = {
            "job_name": "causalvalues",
            "time": self.minutes,
            "array_parallelism": self.n_workers,
            "setup": [f"export PYTHONSAFEPATH=1 PYTHONPATH={shlex.quote(path)}"],
        }
        if self.partition is not None:
            asked["partition"] = self.partition
        if self.gpus_per_worker:
            asked["gpus_per_node"] = self.gpus_per_worker
        return asked


def do_each(
    work: Callable[[Task], Result], folder: Path, tasks: Sequence[tuple[int, Task]]
) -> None:
    """Do tasks one after the other; each outcome appears in the folder in one step."""
    for place, task in tasks:
        outcome = replace(attempted(work, task, place), where=f"job {os.environ['SLURM_JOB_ID']}")
        handle, name = tempfile.mkstemp(dir=folder, prefix=".outcome-")
        with os.fdopen(handle, "wb") as stream:
            pickle.dump(outcome, stream)
        Path(name).replace(_outcome_file(folder, place))


def _outcome_file(folder: Path, place: int) -> Path:
    """Return where the outcome of a task is written."""
    return folder / f"outcome-{place}"


def _arrived(pending: dict[str, set[int]], folder: Path) -> Iterator[Outcome[Any]]:
    """Yield the outcomes that have appeared."""
    os.utime(folder)  # a shared disk then shows what is new
    for places in pending.values():
        for place in sorted(places):
            path = _outcome_file(folder, place)
            if path.exists():
                outcome: Outcome[Any] = pickle.loads(path.read_bytes())
                places.discard(place)
                path.unlink()
                yield outcome


def _ended(jobs: Sequence[str]) -> list[str]:
    """Return the jobs that are neither waiting nor running; none where the cluster is silent."""
    arrays = sorted({job.split("_")[0] for job in jobs})
    alive: set[str] = set()
    for array in arrays:
        answer = _run("squeue", "-h", "-r", "-j", array, "-o", "%i")
        if answer.returncode and UNKNOWN not in answer.stderr:
            return []
        alive |= set(answer.stdout.split())
    return [job for job in jobs if job not in alive]


def _last_words(folder: Path, job: str) -> str:
    """Return the end of what a job said, where it said something."""
    for path in sorted(folder.glob(f"{job}_*.err")):
        said = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        own = [line for line in said if not line.startswith(("srun:", "slurmstepd:"))]
        if own or said:
            return f": {(own or said)[-1][:LAST_WORDS]}"
    return ""


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Return what a command of Slurm says."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as fault:
        return subprocess.CompletedProcess(words, 1, "", str(fault))
