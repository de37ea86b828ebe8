"""The worker's side of `Processes`: work and task come in, what became of them goes back.

    python -m causalvalues.scale.serving HANDLE      the end of a pipe that the driver handed down

Work is said with its first task alone. A worker ends when the driver closes the pipe, or is gone.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from causalvalues.scale.outcome import attempted

__all__ = ["serve"]

Work = Callable[[object], object]


def serve(line: "Connection[object, tuple[Work | None, object]]") -> None:
    """Do what comes down a line until it is closed."""
    work: Work | None = None
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            told, task = line.recv()
            work = work if told is None else told
            if work is not None:
                line.send(attempted(work, task, 0))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
