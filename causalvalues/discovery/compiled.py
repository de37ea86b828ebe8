"""One decorator that compiles a numeric kernel: cached on disk, free of the interpreter lock.

Every kernel of the fast engines goes through here, so that they agree on caching and on
floating-point rules (no fast-math: results must not depend on the compiler's mood).

Two traps of numba's disk cache are closed here and by a test:

    a changed kernel       does not make numba compile the kernels that call it anew; therefore
                           the cached name carries a digest of all kernels' sources
    a kernel with two doors  one called from Python and from another cached kernel can be loaded
                           twice, and then fails; therefore a kernel is called from one side only
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba

__all__ = ["compiled", "never_compiled"]

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")


def compiled(kernel: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Return the kernel as machine code; compiled at its first call, then read from disk."""
    kernel.__qualname__ = f"{kernel.__name__}_{_digest_of_kernels()}"
    return cast(Callable[Inputs, Output], numba.njit(cache=True, nogil=True)(kernel))


def never_compiled() -> bool:
    """Return whether no kernel of this version has been compiled on this machine yet."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).parent)
    return not any(folder.rglob(f"*_{_digest_of_kernels()}*.nbi"))


@cache
def _digest_of_kernels() -> str:
    """Return a digest of every file of this room that holds kernels."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        source = path.read_bytes()
        if b"\n@compiled\n" in source:
            digest.update(source)
    return digest.hexdigest()[:12]
