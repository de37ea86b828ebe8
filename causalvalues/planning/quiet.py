"""Keeps a library's own lines out of standard output: HiGHS writes some whatever it is told.

Guarantee: what Python itself wrote before comes out first, and the descriptor is the same after,
also on errors. Where there is no descriptor (a notebook, a closed stream) nothing is done.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["nothing_written"]

OUTPUT = 1


@contextmanager
def nothing_written() -> Iterator[None]:
    """Send what is written to descriptor 1 nowhere, for a while."""
    try:
        sys.stdout.flush()
        own = os.dup(OUTPUT)
    except (OSError, ValueError):
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, OUTPUT)
        yield
    finally:
        os.dup2(own, OUTPUT)
        os.close(own)
        os.close(nowhere)
