"""Jobs of a Slurm of one node, begun here on this machine, are cancelled while they work.

Where Slurm is not installed or does not start, nothing is injected, and the note says so.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.killed_workers import Killer, shared
from causalvalues.scale.slurm import SlurmExecutor

from scripted_models import Slow  # isort: skip  (of tests/scale)
from slurm_here import NoSlurm, SlurmHere  # isort: skip  (of tests/scale)


class Canceller(Killer):
    """Cancels one of the jobs that run, every now and then."""

    pause = (0.2, 1.0)

    def kill(self, pid: str) -> None:
        """Cancel a job by `scancel`."""
        said = _said("squeue", "-h", "-r", "-t", "R", "-o", "%i").split()
        running = sorted(set(said) - self.killed)
        if running:
            job = running[int(self.rng.integers(len(running)))]
            _said("scancel", job)
            self.killed.add(job)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Share surveys until so many jobs were cancelled; compare with one process alone."""
    ledger, rng = Ledger("cancelled_jobs"), np.random.default_rng(seed)
    try:
        with a_cluster():
            note = shared(
                ledger, count, rng, folder,
                lambda: SlurmExecutor(
                    folder / "jobs", "here", n_workers=2,
                    look_every_seconds=0.1, ask_every_seconds=1.0,
                ),
                Canceller, Slow, "ended before its task did",
            )  # fmt: skip
    except NoSlurm as fault:
        return ledger.outcome(f"not run here: {fault}")
    return ledger.outcome(note)


@contextmanager
def a_cluster() -> Iterator[None]:
    """A cluster that the commands of Slurm find; its daemons write until the very end."""
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        cluster = SlurmHere.start(Path(folder))
        os.environ["SLURM_CONF"] = str(cluster.configuration)
        try:
            yield
        finally:
            del os.environ["SLURM_CONF"]
            cluster.stop()


def _said(*words: str) -> str:
    """What a command of Slurm says."""
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stdout


CAMPAIGN = Campaign(
    name="cancelled_jobs",
    group="durability",
    fault="`scancel` of a job of a Slurm cluster of one node, of two that share a survey",
    promise="another try follows, or one error says what failed and the same command goes on; the "
    "answers are those of one process",
    n_full=8,
    n_small=0,  # tests/scale/test_slurm_arrays.py kills one
    work=work,
)
