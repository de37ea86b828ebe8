"""Draws over an executor: bootstraps and nulls in batches, each drawn again where it is answered.

    stability(table, spread=Over(Processes(4)))      likewise `nulls` and `effects`

Batches are several for each worker, so that nobody waits long for the last one. Guarantee: the
answers are those of threads in one process, in order; a worker that dies takes its batch alone
with it, and what could not be drawn ends in one error that says which draws, where and why.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from causalvalues.scale.executors import Executor
from causalvalues.scale.persistence import Patience, persist

__all__ = ["WORTH_SECONDS", "Draws", "Over"]

Progress = Callable[[int, int], None]
Batch = TypeVar("Batch", bound=Hashable)
Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)

PER_WORKER = 4  # batches
WORTH_SECONDS = 5.0  # until workers have loaded what they need
AGAIN = "look at what failed, then run the same command again: it draws the same"


class Draws(Protocol[Batch, Answer_co]):
    """Draws that can be told in batches, as those of discovery."""

    @property
    def n_draws(self) -> int:
        """Return how many draws there are."""

    def here(self, *, progress: Progress | None = None) -> Sequence[Answer_co]:
        """Return the answers of this process."""

    def seconds_here(self, enough: float) -> float:
        """Return about how long that takes; more than `enough` may be less."""

    def batches(self, size: int) -> list[Batch]:
        """Return all draws in batches of about a size."""

    def answers(self, batch: Batch) -> Sequence[Answer_co]:
        """Return the answers of a batch."""


@dataclass(frozen=True)
class Over:
    """Whoever spreads draws over an executor, which is left open; None: this process alone.

    What this process ends sooner than workers could begin, it draws by itself.
    """

    executor: Executor | None
    patience: Patience | None = None
    worth_seconds: float = 0.0  # of this process; 0: every draw is worth sharing

    def __call__(
        self, draws: Draws[Batch, Answer], *, progress: Progress | None = None
    ) -> Sequence[Answer]:
        """Return the answers to all draws, in order."""
        worth = self.worth_seconds
        if self.executor is None or (worth and draws.seconds_here(worth) < worth):
            return draws.here(progress=progress)
        return self._shared(self.executor, draws, progress)

    def _shared(
        self, executor: Executor, draws: Draws[Batch, Answer], progress: Progress | None
    ) -> list[Answer]:
        """Return the answers of workers."""
        batches = draws.batches(-(-draws.n_draws // (PER_WORKER * executor.n_workers)))
        found: dict[Batch, Sequence[Answer]] = {}
        n_done = 0

        def take(batch: Batch, answers: Sequence[Answer]) -> str:
            nonlocal n_done
            found[batch] = answers
            n_done += len(answers)
            if progress is not None:
                progress(n_done, draws.n_draws)
            return ""

        persist(executor, draws.answers, batches, take=take, patience=self.patience, remedy=AGAIN)
        return [answer for batch in batches for answer in found[batch]]
