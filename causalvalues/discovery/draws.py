"""Draws that can be drawn again: a batch of them is told by where the generator stood before.

    Lot      what is drawn from: everything random of some draws, then what each is answered from
    Draws    a lot, how many draws, from which seed, and what is asked of each
    Batch    some draws in a row, as another process needs them to draw the same
    Spread   whoever answers all draws: threads here, or workers elsewhere (scale.drawing)

A permuted table is as large as the table, so that no draw is ever sent: the generator's state is,
and what is drawn from. Guarantee: the answers are the same, in the same order, whoever gives them;
a worker that draws otherwise is refused.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from causalvalues.discovery.products import n_product_threads, products_in
from causalvalues.errors import Fault, TooFewRows

__all__ = ["Batch", "Draws", "Lot", "Progress", "Spread", "in_threads"]

Progress = Callable[[int, int], None]
State = Mapping[str, Any]  # as numpy tells it of a generator
Drawn = TypeVar("Drawn")
Given = TypeVar("Given")
Given_co = TypeVar("Given_co", covariant=True)
Answer = TypeVar("Answer")

REPORT_EVERY = 16  # draws


class Lot(Protocol[Drawn, Given_co]):
    """What is drawn from; some draws are made together, where one matrix product serves all."""

    @property
    def n_together(self) -> int:
        """Return how many draws are made together; fewer at the end."""

    def draw(self, rng: np.random.Generator, n_draws: int) -> Drawn:
        """Return everything random of the next draws."""

    def given(self, drawn: Drawn, wanted: slice) -> Iterator[Given_co]:
        """Yield what each wanted one of the draws made together is answered from."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some draws in a row, and how the generator stands before and after."""

    first: int
    stop: int  # the one after the last
    start: int  # the first of those that are made together with `first`
    before: State  # draw `start`
    after: State  # those that are made together with the last
    n_product_threads: int  # of the driver, on which last digits depend

    def __str__(self) -> str:
        return f"the batch of draws {self.first + 1} to {self.stop}"


@dataclass(frozen=True, eq=False)
class Draws(Generic[Drawn, Given, Answer]):
    """Draws, and what is asked of each; can be sent to another process."""

    lot: Lot[Drawn, Given]
    answer: Callable[[Given], Answer]
    n_draws: int
    seed: int

    def __post_init__(self) -> None:
        if self.n_draws < 1:
            raise TooFewRows("Resampling needs at least one draw", found="none")

    def given(self) -> Iterator[Given]:
        """Yield what each draw is answered from."""
        rng = np.random.default_rng(self.seed)
        for _, n_now in self._steps(0, self.n_draws):
            yield from self.lot.given(self.lot.draw(rng, n_now), slice(None))

    def here(self, *, progress: Progress | None = None) -> Sequence[Answer]:
        """Return the answers to all draws, of threads of this process."""
        return in_threads(self, progress=progress)

    def seconds_here(self, enough: float) -> float:
        """Return about how long `here` takes, after a draw or two; more than `enough` may be less.

        The second one counts, where the first did not take long enough by itself: it compiles.
        """
        given, seconds = self.given(), 0.0
        for _ in range(min(self.n_draws, 2)):
            if seconds < enough:
                clock = time.perf_counter()
                one = next(given)
                made = time.perf_counter()
                self.answer(one)
                each = made - clock + (time.perf_counter() - made) / (os.cpu_count() or 1)
                seconds = each * self.n_draws
        return seconds

    def batches(self, size: int) -> list[Batch]:
        """Return all draws in batches of about a size."""
        n_steps = max(size // self.lot.n_together, 1)  # of a batch, where it is that large
        size = min(max(size, 1), self.lot.n_together) * n_steps
        stands, n_threads = self._stands(), n_product_threads()
        found = []
        for place in range(0, len(stands) - 1, n_steps):
            start, before = stands[place]
            stop, after = stands[min(place + n_steps, len(stands) - 1)]
            found += [
                Batch(first, min(first + size, stop), start, before, after, n_threads)
                for first in range(start, stop, size)
            ]
        return found

    def answers(self, batch: Batch) -> list[Answer]:
        """Return the answers of a batch, which is drawn again."""
        with products_in(batch.n_product_threads):
            return list(_answered(self.answer, self._again(batch), n_threads=_own_threads()))

    def _again(self, batch: Batch) -> Iterator[Given]:
        """Yield what each draw of a batch is answered from."""
        rng = np.random.default_rng()
        rng.bit_generator.state = batch.before
        for start, n_now in self._steps(batch.start, batch.stop):
            drawn = self.lot.draw(rng, n_now)
            wanted = slice(max(batch.first - start, 0), batch.stop - start)
            yield from self.lot.given(drawn, wanted)
        if rng.bit_generator.state != batch.after:
            raise Fault(
                "Every worker must draw the same",
                found=f"other draws than those of the driver, with numpy {np.__version__}",
                remedy="give all machines one environment",
            )

    def _stands(self) -> list[tuple[int, State]]:
        """Return how the generator stands between those that are made together, and at the end."""
        rng = np.random.default_rng(self.seed)
        found = [(0, rng.bit_generator.state)]
        for start, n_now in self._steps(0, self.n_draws):
            self.lot.draw(rng, n_now)
            found.append((start + n_now, rng.bit_generator.state))
        return found

    def _steps(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the first of the draws made together, and how many these are."""
        for first in range(start, stop, self.lot.n_together):
            yield first, min(self.lot.n_together, self.n_draws - first)


class Spread(Protocol):
    """Whoever answers draws."""

    def __call__(
        self, draws: Draws[Any, Any, Answer], *, progress: Progress | None = None
    ) -> Sequence[Answer]:
        """Return the answers to all draws, in order."""


def in_threads(
    draws: Draws[Any, Any, Answer], *, progress: Progress | None = None
) -> Sequence[Answer]:
    """Return the answers of threads of this process: compiled kernels let them run side by side."""
    answers: list[Answer] = []
    for answer in _answered(draws.answer, draws.given(), n_threads=os.cpu_count() or 1):
        answers.append(answer)
        n_done = len(answers)
        if progress is not None and (n_done % REPORT_EVERY == 0 or n_done == draws.n_draws):
            progress(n_done, draws.n_draws)
    return answers


def _answered(
    answer: Callable[[Given], Answer], given: Iterator[Given], *, n_threads: int
) -> Iterator[Answer]:
    """Yield the answers in order."""
    waiting: deque[Future[Answer]] = deque()  # short, so that few draws are held at a time
    with ThreadPoolExecutor(max_workers=n_threads) as pool:
        for one in given:
            waiting.append(pool.submit(answer, one))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _own_threads() -> int:
    """Return how many threads a worker may use: as many as it is told, as its libraries are."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return max(int(told), 1) if told.isdigit() else 1
