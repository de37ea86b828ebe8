"""Bootstraps and nulls over workers: the bytes of threads, whoever draws and whoever dies."""

import os
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from drawn_here import EVERY, QUICK, ROLES, WORLD, Deadly, drawn, quick_in_threads
from numpy.typing import NDArray

from causalvalues import ScoreTable, stability
from causalvalues.discovery.draws import Batch, Draws, Progress, in_threads
from causalvalues.discovery.effects import Covariances
from causalvalues.discovery.nulls import Permutations
from causalvalues.discovery.options import Search
from causalvalues.discovery.products import n_product_threads, products_in
from causalvalues.discovery.resampling import Resamples, source_of
from causalvalues.errors import OptionError, TooFewRows, WorkFailed
from causalvalues.scale.drawing import Over
from causalvalues.scale.executors import InProcess
from causalvalues.scale.persistence import Patience
from causalvalues.scale.processes import Processes


@dataclass(frozen=True)
class Coins:
    """Draws of a few coins, so many together."""

    n_together: int = 4

    def draw(self, rng: np.random.Generator, n_draws: int) -> list[int]:
        return [int(number) for number in rng.integers(0, 1000, size=n_draws)]

    def given(self, drawn: list[int], wanted: slice) -> Iterator[int]:
        yield from drawn[wanted]


class Forged:
    """Draws of which one batch begins where another does."""

    n_draws = 16

    def here(self, *, progress: Progress | None = None) -> list[int]:
        raise AssertionError("not shared")

    def seconds_here(self, enough: float) -> float:
        return 2.0

    def batches(self, size: int) -> list[Batch]:
        one, *rest = Draws(Coins(), same, self.n_draws, seed=1).batches(size)
        return [replace(one, before=rest[-1].before), *rest]

    def answers(self, batch: Batch) -> list[int]:
        return Draws(Coins(), same, self.n_draws, seed=1).answers(batch)


def same(coin: int) -> int:
    return coin


def slow(coin: int) -> int:
    time.sleep(0.01)
    return coin


def digits(draw: tuple[NDArray[np.float64], int]) -> bytes:
    return draw[0].tobytes()


def faulty(coin: int) -> int:
    raise RuntimeError("the coin stands on its edge")


def refused(coin: int) -> int:
    raise OptionError("A coin has two sides", found="three")


@pytest.fixture(scope="module")
def workers() -> Iterator[Processes]:
    """Two processes."""
    processes = Processes(2)
    yield processes
    processes.close()


@pytest.fixture(scope="module")
def known() -> dict[str, bytes]:
    """What threads of this process find."""
    return drawn(EVERY, in_threads)


@pytest.mark.parametrize("n_workers", [1, 3])
def test_batches_in_this_process_give_the_bytes_of_threads(
    n_workers: int, known: dict[str, bytes]
) -> None:
    assert drawn(EVERY, Over(InProcess(n_workers))) == known


def test_two_processes_give_the_bytes_of_threads(
    workers: Processes, known: dict[str, bytes]
) -> None:
    assert drawn(EVERY, Over(workers)) == known


def test_a_worker_whose_products_take_fewer_threads_finds_the_same_digits() -> None:
    draws = Draws(Covariances(source_of(WORLD.sample(300, seed=1))), digits, 64, seed=1)
    with products_in(2):
        known, (batch,) = in_threads(draws), draws.batches(64)
    with products_in(1):
        assert draws.answers(batch) == known
        assert n_product_threads() == 1


@pytest.mark.fault
def test_a_killed_worker_costs_no_draw(
    workers: Processes, known: dict[str, bytes], tmp_path: Path
) -> None:
    found = drawn(QUICK, Over(Deadly(workers, tmp_path, n_deaths=2)))
    assert (tmp_path / "death-1").exists()
    assert found == {name: known[name] for name in QUICK}


@pytest.mark.parametrize("n_draws", [1, 3, 4, 5, 8, 23])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 100])
@pytest.mark.parametrize("n_together", [1, 4])
def test_batches_hold_every_draw_once_however_they_are_cut(
    n_draws: int, size: int, n_together: int
) -> None:
    draws = Draws(Coins(n_together), same, n_draws, seed=5)
    batches = draws.batches(size)
    assert [place for b in batches for place in range(b.first, b.stop)] == list(range(n_draws))
    assert all(b.stop - b.first <= max(size, n_together) for b in batches)
    assert [coin for b in batches for coin in draws.answers(b)] == in_threads(draws)


def test_covariances_of_too_many_units_are_drawn_alike() -> None:
    """Without moments each draw passes over the rows."""
    scores = np.random.default_rng(1).standard_normal((330_000, 10))
    table = ScoreTable(names=tuple("abcdefghij"), scores=scores)
    assert source_of(table).moments is None
    one, two = (
        stability(table, n_resamples=3, seed=1, spread=spread)
        for spread in (in_threads, Over(InProcess()))
    )
    assert np.array_equal(one.support.adjacent, two.support.adjacent)
    assert np.array_equal(one.n_edges, two.n_edges)


def test_what_is_sent_holds_the_table_once_and_no_draw() -> None:
    size = ROLES.scores.nbytes
    source = source_of(ROLES)
    assert source.moments is not None
    assert source.moments.products.nbytes > 2 * size
    sent = pickle.dumps(Draws(Resamples(source, Search()), repr, 1000, seed=1).answers)
    assert len(sent) < 2 * size
    lot = Permutations(ROLES.scores, source.codes)
    draws = Draws(lot, repr, 1000, seed=1)
    assert len(pickle.dumps((draws.answers, draws.batches(100)))) < 2 * size
    again = pickle.loads(pickle.dumps(source))
    assert np.array_equal(again.moments.products, source.moments.products)


def test_progress_counts_draws_up_to_their_number() -> None:
    told: list[tuple[int, int]] = []
    Over(InProcess(2))(Draws(Coins(), same, 70, seed=1), progress=lambda *each: told.append(each))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert len(told) >= 8
    assert told[-1] == (70, 70)


def test_several_batches_for_each_worker() -> None:
    for n_workers in (1, 2, 16):
        size = -(-1000 // (4 * n_workers))
        batches = Draws(Coins(), same, 1000, seed=1).batches(size)
        assert 3 * n_workers < len(batches) <= 8 * n_workers


def test_what_ends_sooner_here_is_not_shared() -> None:
    draws = Draws(Coins(), slow, 40, seed=1)
    seconds = draws.seconds_here(10.0)
    assert 0.01 * 40 / (os.cpu_count() or 1) <= seconds < 10.0
    never = Deadly(InProcess(), Path("nowhere"))  # would end the tests
    assert Over(never, worth_seconds=10.0)(draws) == in_threads(draws)
    with pytest.raises(AssertionError, match="not shared"):
        Over(InProcess(), worth_seconds=3.0)(Forged())


def test_a_first_draw_that_takes_long_is_enough_to_know() -> None:
    asked: list[int] = []

    def noted(coin: int) -> int:
        asked.append(coin)
        return slow(coin)

    assert Draws(Coins(), noted, 1000, seed=1).seconds_here(0.5) >= 0.5
    assert len(asked) == 1
    Draws(Coins(), noted, 1, seed=1).seconds_here(100.0)
    assert len(asked) == 2


def test_no_draws_are_refused() -> None:
    with pytest.raises(TooFewRows, match="at least one draw"):
        Draws(Coins(), same, 0, seed=1)


@pytest.mark.fault
def test_what_fails_is_named_with_its_draws_and_its_place() -> None:
    draws = Draws(Coins(), faulty, 8, seed=1)
    with pytest.raises(WorkFailed) as found:
        Over(InProcess(), Patience(n_tries=2))(draws)
    assert "the batch of draws 1 to 2" in found.value.found
    assert "the coin stands on its edge" in found.value.found
    assert "process" in found.value.found
    assert "draws the same" in str(found.value)


@pytest.mark.fault
def test_what_no_other_try_can_help_ends_at_once() -> None:
    with pytest.raises(WorkFailed, match=r"batch of draws 1 to 2 is not.*two sides"):
        Over(InProcess())(Draws(Coins(), refused, 8, seed=1))


@pytest.mark.fault
def test_a_worker_that_draws_otherwise_is_refused() -> None:
    with pytest.raises(WorkFailed, match=r"must draw the same.*one environment"):
        Over(InProcess(), Patience(n_tries=1))(Forged())


def test_quick_kinds_are_the_same_each_time(known: dict[str, bytes]) -> None:
    assert quick_in_threads() == {name: known[name] for name in QUICK}
