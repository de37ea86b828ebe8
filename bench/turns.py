"""Turns: several ways to do a thing are timed one after the other, again and again.

A number is a median with its extremes; a ratio is taken within each turn, so that what slows the
machine slows both of its sides.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

__all__ = ["Clock", "in_turns", "ratio", "spread"]


class Clock:
    """Prints what begins, and how long the case has run."""

    def __init__(self, name: str) -> None:
        self.name, self.start = name, time.perf_counter()

    def __call__(self, what: str) -> None:
        print(f"[{time.perf_counter() - self.start:5.0f} s] {self.name}: {what}", flush=True)


def in_turns(
    ways: Mapping[str, Callable[[], float]], *, n_turns: int, say: Clock
) -> dict[str, list[float]]:
    """Return what each way measured, turn by turn."""
    found: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(n_turns):
        for way, work in ways.items():
            say(f"turn {turn + 1} of {n_turns}: {way}")
            found[way].append(work())
    return found


def spread(numbers: Sequence[float]) -> dict[str, float]:
    """Return the median of some numbers and their extremes."""
    return {"median": median(numbers), "lowest": min(numbers), "highest": max(numbers)}


def ratio(numbers: Sequence[float], to: Sequence[float]) -> dict[str, float]:
    """Return the spread of the ratios within each turn."""
    return spread([one / two for one, two in zip(numbers, to, strict=True)])
