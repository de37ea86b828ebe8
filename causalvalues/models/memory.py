"""Work that does not fit into memory is halved and goes on.

Guarantee: every part of the work gives its result once; what cannot be halved any further ends in
the error that the halving names; other faults pass through.
"""

import gc
from collections.abc import Callable, Iterator
from typing import TypeVar

import torch

__all__ = ["in_halves", "is_out_of_memory"]

SAYS_SO = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)

Work = TypeVar("Work")
Result = TypeVar("Result")


def in_halves(
    work: Work,
    run: Callable[[Work], Result],
    halve: Callable[[Work], tuple[Work, Work]],
) -> Iterator[Result]:
    """Yield the results of the work, in one piece or in as many as memory asks for."""
    waiting = [work]
    while waiting:
        part = waiting.pop()
        try:
            result = run(part)
        except (RuntimeError, MemoryError) as fault:
            if not is_out_of_memory(fault):
                raise
        else:
            yield result
            continue
        _release()  # outside the handler, which still holds the tensors of the failed run
        waiting += reversed(halve(part))


def is_out_of_memory(fault: BaseException) -> bool:
    """Return whether a fault says that memory ran out, on whatever device."""
    if isinstance(fault, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(fault, RuntimeError) and any(said in str(fault) for said in SAYS_SO)


def _release() -> None:
    """Give back what failed work left behind."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
