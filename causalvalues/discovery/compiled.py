"""One decorator that compiles a numeric kernel: cached on disk, free of the interpreter lock.

Every kernel of the fast engines goes through here, so that they agree on caching and on
floating-point rules (no fast-math: results must not depend on the compiler's mood).
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

__all__ = ["compiled"]

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")


def compiled(kernel: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Return the kernel as machine code; compiled at its first call, then read from disk."""
    return cast(Callable[Inputs, Output], numba.njit(cache=True, nogil=True)(kernel))
