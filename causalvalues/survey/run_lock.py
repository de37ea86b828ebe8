"""A `RunLock` lets one process at a time ask for a run, and says to the others who it is.

The lock is advisory and the system's own: it ends with the process that holds it, however that
process ends, so a dead process never stands in the way. The file beside the answers only says who
holds it. Guarantee: of two processes that ask for one run, one works and one is told its number.
"""

import fcntl
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from causalvalues.errors import FileError

__all__ = ["RunLock"]


@dataclass(frozen=True)
class RunLock:
    """A held lock; `release` gives it back."""

    path: Path
    handle: int

    @classmethod
    def take(cls, answers: Path) -> Self:
        """Return the lock of a file of answers, or raise and say which process holds it."""
        path = answers.with_name(answers.name + ".lock")
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as fault:
            raise FileError(
                f"Answers were to be kept at {answers}",
                found=fault.strerror or str(fault),
                remedy="name a folder that can be written to",
            ) from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
            os.close(handle)
            raise FileError(
                f"One process at a time may ask for {answers}",
                found=holder or fault.strerror or str(fault),
                remedy="wait until it ends or stop it, then run the same command again",
            ) from fault
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}, since {started}\n".encode(), 0)
        return cls(path, handle)

    def release(self) -> None:
        """Give the lock back; the file stays, since removing it would let two in at once."""
        os.ftruncate(self.handle, 0)
        os.close(self.handle)
