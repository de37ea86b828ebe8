"""An `Executor` maps work over tasks, in whatever order they end; a fault is an outcome.

    InProcess      here, one after the other
    Processes      on this machine, one process per worker or per GPU     scale.processes
    RayExecutor    actors of a Ray cluster, each holding a model          scale.ray_executor
    SlurmExecutor  job arrays of a Slurm cluster, through submitit        scale.slurm

What an executor holds (processes, actors, models) lasts from one `map` to the next, until `close`.
Guarantee: `map` yields one outcome for each task, also for those whose worker was killed.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from causalvalues.scale.outcome import Outcome, attempted

__all__ = ["Executor", "InProcess"]

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(Protocol):
    """Whoever maps work over tasks."""

    @property
    def n_workers(self) -> int:
        """Return how many tasks are worked on at once."""

    def map(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Generator[Outcome[Result], None, None]:
        """Yield what became of each task; closing it early stops what is under way."""

    def close(self) -> None:
        """Let go of all that is held."""


@dataclass(frozen=True)
class InProcess:
    """Tasks one after the other, here."""

    n_workers: int = 1

    def map(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Generator[Outcome[Result], None, None]:
        """Yield what became of each task, in order."""
        for place, task in enumerate(tasks):
            yield attempted(work, task, place)

    def close(self) -> None:
        """Let go of nothing: nothing is held."""
