"""`persist` asks an executor until every task has its result, or patience ends.

A task that failed is tried again in the next round, by whoever is free. A fault that another try
cannot help, such as a prompt that is too long, ends the work at once. Guarantee: what could not be
done ends in one error that says what failed, how often, where and why; everything that was done
until then was taken.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from causalvalues.errors import OptionError, WorkFailed
from causalvalues.scale.executors import Executor
from causalvalues.scale.outcome import Outcome

__all__ = ["Patience", "persist"]

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_NAMED = 4  # faults that a summary tells apart
ON = "look at what failed, then run the same command again: what was done is kept"


@dataclass(frozen=True)
class Patience:
    """How often one task is tried, and how many tries are made again in all."""

    n_tries: int = 3
    n_again: int | None = None  # None: as many as there are tasks, ten at least

    def __post_init__(self) -> None:
        if self.n_tries < 1 or (self.n_again is not None and self.n_again < 0):
            raise OptionError(
                "A task is tried once or more, and again 0 times or more",
                found=f"n_tries={self.n_tries}, n_again={self.n_again}",
            )


def persist(
    executor: Executor,
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    take: Callable[[Task, Result], str],
    name: Callable[[Task], str] = str,
    patience: Patience | None = None,
    remedy: str = ON,
) -> None:
    """Return when every result was taken; raise `WorkFailed` where patience ends first.

    `take` says in words what is wrong with a result, "" where nothing is; `remedy`, what to do
    where something was given up.
    """
    patience = patience or Patience()
    ledger = _Ledger([name(task) for task in tasks], patience, remedy)
    places = list(range(len(tasks)))
    while places:
        with closing(executor.map(work, [tasks[place] for place in places])) as outcomes:
            for outcome in outcomes:
                place = places[outcome.place]
                fault = outcome.fault
                if not fault and outcome.result is not None:
                    fault = take(tasks[place], outcome.result)
                if fault:
                    ledger.note(place, fault, outcome)
        places = ledger.to_try_again()
    ledger.refuse_unfinished()


@dataclass
class _Ledger:
    """What went wrong with which task, and which may be tried again."""

    names: list[str]
    patience: Patience
    remedy: str
    faults: dict[int, list[str]] = field(default_factory=dict)
    failed: list[int] = field(default_factory=list)  # in this round
    given_up: list[int] = field(default_factory=list)
    n_again: int = 0

    def note(self, place: int, fault: str, outcome: Outcome[Result]) -> None:
        """Note a fault; raise where it lasts."""
        where = f" (on {outcome.where})" if outcome.where else ""
        self.faults.setdefault(place, []).append(fault.rstrip(".") + where)
        if outcome.lasting:
            raise WorkFailed(
                f"Every part of the work must be possible: {self.names[place]} is not",
                found=fault,
                remedy="another try would end the same: change what it says",
            )
        self.failed.append(place)

    def to_try_again(self) -> list[int]:
        """Return what the next round tries; the rest is given up."""
        failed, self.failed = self.failed, []
        some = self.patience.n_again
        left = (max(len(self.names), 10) if some is None else some) - self.n_again
        again = [p for p in failed if len(self.faults[p]) < self.patience.n_tries][: max(left, 0)]
        self.n_again += len(again)
        self.given_up += [place for place in failed if place not in set(again)]
        return again

    def refuse_unfinished(self) -> None:
        """Raise where something was given up."""
        if self.given_up:
            n_tries = sum(len(self.faults[place]) for place in self.given_up)
            raise WorkFailed(
                f"All {len(self.names)} parts of the work must be done",
                found=f"{len(self.given_up)} were given up after {n_tries} tries: "
                + "; ".join(self._summary()),
                remedy=self.remedy,
            )

    def _summary(self) -> list[str]:
        """Return the last faults, the commonest first, with the parts that they befell."""
        last = {place: self.faults[place][-1] for place in self.given_up}
        common = Counter(last.values()).most_common()
        lines = []
        for fault, count in common[:MOST_NAMED]:
            first = next(self.names[place] for place, said in last.items() if said == fault)
            more = f" and {count - 1} more" if count > 1 else ""
            lines.append(f"{first}{more}: {fault}")
        if len(common) > MOST_NAMED:
            lines.append(f"and {len(common) - MOST_NAMED} other faults")
        return lines
