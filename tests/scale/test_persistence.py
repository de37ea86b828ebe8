"""Patience: what is tried again, how often, and what is said when it ends."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence

import pytest

from causalvalues.errors import OptionError, WorkFailed
from causalvalues.scale.executors import InProcess
from causalvalues.scale.outcome import Outcome, attempted
from causalvalues.scale.persistence import Patience, persist

TASKS = list(range(12))


def taken(done: list[int]) -> Callable[[int, int], str]:
    """What takes results, and finds nothing wrong."""

    def take(task: int, result: int) -> str:
        done.append(result)
        return ""

    return take


class Flaky:
    """Work that fails so often for some tasks."""

    def __init__(self, n_faults: dict[int, int]) -> None:
        self.left = Counter(n_faults)
        self.tried: Counter[int] = Counter()

    def __call__(self, task: int) -> int:
        self.tried[task] += 1
        if self.left[task]:
            self.left[task] -= 1
            raise RuntimeError("a cable is loose")
        return task


class Backwards(InProcess):
    """An executor that ends its tasks in another order."""

    def map(self, work, tasks):  # type: ignore[no-untyped-def]
        for place in reversed(range(len(tasks))):
            yield attempted(work, tasks[place], place)


def test_every_result_is_taken_once_whatever_their_order() -> None:
    done: list[int] = []
    persist(Backwards(), Flaky({}), TASKS, take=taken(done))
    assert done == TASKS[::-1]


def test_only_what_failed_is_tried_again() -> None:
    done: list[int] = []
    work = Flaky({3: 2, 7: 1})
    persist(InProcess(), work, TASKS, take=taken(done))
    assert sorted(done) == TASKS
    assert work.tried == Counter(TASKS) + Counter({3: 2, 7: 1})


def test_a_task_is_tried_as_often_as_patience_says_and_the_others_are_done() -> None:
    done: list[int] = []
    work = Flaky({3: 99, 7: 99})
    with pytest.raises(WorkFailed) as found:
        persist(InProcess(), work, TASKS, take=taken(done), patience=Patience(n_tries=4))
    assert work.tried[3] == work.tried[7] == 4
    assert sorted(done) == [task for task in TASKS if task not in (3, 7)]
    assert "2 were given up after 8 tries" in found.value.found
    assert "3 and 1 more: RuntimeError: a cable is loose" in found.value.found


def test_patience_has_an_end_in_all() -> None:
    work = Flaky(dict.fromkeys(TASKS, 99))
    with pytest.raises(WorkFailed, match="12 were given up after 17 tries"):
        persist(InProcess(), work, TASKS, take=taken([]), patience=Patience(n_again=5))


def test_a_result_that_is_found_wanting_is_made_again() -> None:
    faults = ["a byte is wrong", ""]
    work = Flaky({})
    persist(InProcess(), work, [1], take=lambda task, result: faults.pop(0))
    assert work.tried[1] == 2


def test_a_fault_of_the_users_making_is_not_tried_again() -> None:
    tried = []

    def work(task: int) -> int:
        tried.append(task)
        raise OptionError("A role must be short", found="a long one")

    with pytest.raises(WorkFailed, match=r"part 0 is not.*A role must be short"):
        persist(InProcess(), work, TASKS, take=taken([]), name=lambda task: f"part {task}")
    assert tried == [0]


def test_an_executor_that_stops_early_is_closed() -> None:
    closed = []

    class Noting(InProcess):
        def map(  # type: ignore[override]
            self, work: Callable[[int], int], tasks: Sequence[int]
        ) -> Generator[Outcome[int], None, None]:
            try:
                yield from super().map(work, tasks)
            finally:
                closed.append(True)

    def broken(task: int, result: int) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        persist(Noting(), Flaky({}), TASKS, take=broken)
    assert closed == [True]


@pytest.mark.parametrize("wrong", [{"n_tries": 0}, {"n_again": -1}])
def test_patience_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="tried once or more"):
        Patience(**wrong)
