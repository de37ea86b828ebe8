"""Processes that may be killed, forked from one that has loaded all there is to load.

A fresh Python would take seconds to begin; a fork of this one takes none, and is a process like any
other: it has its own files, locks and signals, and dies alone. None of them knows a git checkout,
so that a commit while a campaign lasts changes no file of a run.
"""

import atexit
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Self

__all__ = ["WITHOUT_GIT", "Child", "Nursery", "nursery"]

PATIENCE_IN_SECONDS = 60.0
WITHOUT_GIT = {"GIT_DIR": os.devnull}
SHARED = "campaigns.small_run,campaigns.small_survey"


@cache
def nursery() -> "Nursery":
    """The nursery that campaigns share, which ends with this process."""
    shared = Nursery(SHARED).__enter__()
    atexit.register(shared.__exit__)
    return shared


@dataclass
class Nursery:
    """A process that forks others, after it has loaded modules; used as a context."""

    loaded: str  # with commas
    surroundings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        told = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__, self.loaded],
            env={
                **os.environ,
                "PYTHONPATH": told,
                "OMP_NUM_THREADS": "1",
                **WITHOUT_GIT,
                **self.surroundings,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def load(self, modules: Iterable[str]) -> None:
        """Load what its processes would else load one by one, where it can be loaded alone."""
        self._asked(["load", *modules])

    def start(self, work: Callable[..., None], *arguments: object) -> "Child":
        """A process that does some work."""
        words = ["start", work.__module__, work.__name__, *map(str, arguments)]
        return Child(int(self._asked(words)), self)

    def wait(self, pid: int) -> int:
        """The exit code of a process, below 0 for a signal, once it has ended."""
        return os.waitstatus_to_exitcode(int(self._asked(["wait", str(pid)])))

    def ended(self, pid: int) -> bool:
        """Whether a process has ended; it can still be waited for."""
        return self._asked(["ended", str(pid)]) == "True"

    def _asked(self, words: list[str]) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        """The next line that it says."""
        assert self._process.stdout is not None
        there, _, _ = select.select([self._process.stdout], [], [], PATIENCE_IN_SECONDS)
        if not there:
            raise TimeoutError("a process did not end")
        return self._process.stdout.readline().strip()


@dataclass(frozen=True)
class Child:
    """A process, which is waited for once."""

    pid: int
    nursery: Nursery

    def signal(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit code."""
        return self.nursery.wait(self.pid)

    def killed_after(self, seconds: float) -> bool:
        """Whether it was killed, before it had ended."""
        time.sleep(seconds)
        self.signal()
        return self.wait() == -signal.SIGKILL


def serve() -> None:
    """Fork and wait, as standard input says."""
    for name in sys.argv[1].split(","):
        importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        what, *words = json.loads(line)
        if what == "start":
            print(_forked(*words), flush=True)
        elif what == "wait":
            print(os.waitpid(int(words[0]), 0)[1], flush=True)
        elif what == "load":
            print(_load(words), flush=True)
        else:
            told = os.waitid(os.P_PID, int(words[0]), os.WEXITED | os.WNOHANG | os.WNOWAIT)
            print(told is not None, flush=True)


def _load(modules: list[str]) -> int:
    """How many modules could be loaded."""
    n_loaded = 0
    for name in modules:
        with suppress(Exception):
            importlib.import_module(name)
            n_loaded += 1
    return n_loaded


def _forked(module: str, name: str, *arguments: str) -> int:
    """The number of a process that does the work."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        getattr(importlib.import_module(module), name)(*arguments)
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
