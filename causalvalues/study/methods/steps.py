"""What a comparison is at, said by one bar after the other.

Guarantee: a bar ends before the next begins, also when a step raises.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from causalvalues.study.stages import Bar, Progress

__all__ = ["in_steps"]

SAID: Mapping[str, str] = {
    "tuning": "Tuning doses",
    "judging": "Judging on roles and items held out",
    "other forms": "Asking in other forms",
    "open answers": "Reading what is written",
    "opposite prompts": "Telling roles the opposite",
    "capability": "Asking what no value decides",
    "cost": "Counting what answers cost",
}


@contextmanager
def in_steps(bar: Bar, *, before: str = "") -> Iterator[Callable[[str, int, int], None]]:
    """Give what is told of steps: what is done, how much of it, out of how much."""
    with ExitStack() as stack:
        shown: list[tuple[str, Progress]] = []

        def tell(what: str, done: int, of: int) -> None:
            """Show a step, after the one before has ended."""
            if not shown or shown[-1][0] != what:
                stack.close()
                shown.append((what, stack.enter_context(bar(f"{before}{SAID.get(what, what)}"))))
            shown[-1][1](done, of)

        yield tell
