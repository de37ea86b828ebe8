"""What became of a task: its result, or what went wrong in words.

Faults travel as words because workers are other processes, on other machines: what they raise
need not exist here. Guarantee: `attempted` returns, whatever the work raises.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from causalvalues.errors import CausalValuesError, FileError, InputError, ServerError

__all__ = ["Outcome", "attempted"]

Task = TypeVar("Task")
Result = TypeVar("Result")

PASSING = (FileError, ServerError)  # a full disk, a busy server: another try may help


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What became of the task at a place; `fault` is empty where there is a result."""

    place: int
    result: Result | None = None
    fault: str = ""
    lasting: bool = False  # trying again cannot help
    where: str = ""  # machine and process


def attempted(work: Callable[[Task], Result], task: Task, place: int) -> Outcome[Result]:
    """Return what became of a task in this process."""
    where = f"{socket.gethostname()}, process {os.getpid()}"
    try:
        return Outcome(place, work(task), where=where)
    except CausalValuesError as fault:
        lasting = isinstance(fault, InputError) and not isinstance(fault, PASSING)
        return Outcome(place, fault=str(fault), lasting=lasting, where=where)
    except Exception as fault:
        return Outcome(place, fault=f"{type(fault).__name__}: {fault}", where=where)
