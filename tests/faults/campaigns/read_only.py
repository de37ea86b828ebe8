"""Folders and files that may be read and not written, by a process that is not root."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import nursery
from campaigns.small_run import differences, files_of, go, whole_run
from causalvalues.errors import FileError
from causalvalues.study.reporting import report_of
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.responses import AnswerStore

NOBODY = 65534
LOCKED = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


def write(folder: Path) -> None:
    """Begin a run, or go on with it."""
    go(folder)


def read_report(folder: Path) -> None:
    """Gather the report of a run."""
    report_of(folder)


def read_scores(folder: Path) -> None:
    """Read what steering starts from."""
    Surveyed.of(folder)


def read_answers(folder: Path) -> None:
    """Read every answer."""
    with AnswerStore.open(folder / "answers.sqlite", to_read=True) as store:
        assert sum(1 for _ in store.rows()) == (60 + 20) * 80


def powerless(name: str, folder: str, log: str) -> None:
    """Do something without the rights of root, and say how it ended."""
    told = "done"
    handle = os.open(log, os.O_WRONLY | os.O_CREAT)
    if os.getuid() == 0:
        if name == "write":
            go(Path(log).with_suffix(".loaded"))  # nobody may not even read where Python lies
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        getattr(sys.modules[__name__], name)(Path(folder))
    except FileError as fault:
        told = f"named: {fault}"
    except Exception as fault:
        told = f"raised: {type(fault).__name__}: {fault}"
    os.write(handle, told.encode())


CASES: tuple[tuple[Callable[[Path], None], bool, str, str], ...] = (
    # what is done, in a finished run or a new folder, what cannot be written, how it must end
    (write, False, ".", "named"),
    (write, True, ".", "named"),
    (write, True, "answers.sqlite", "done"),
    (write, True, "answers.sqlite.lock", "named"),
    (read_report, True, ".", "done"),
    (read_scores, True, ".", "done"),
    (read_answers, True, ".", "done"),
)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Try each case; there is nothing random."""
    ledger = Ledger("read_only")
    folder = Path(tempfile.mkdtemp(prefix="read-only-"))  # under a folder that all may enter
    folder.chmod(0o755)
    known = files_of(whole_run())
    for number, (what, finished, locked, end) in enumerate(CASES[:count]):
        path, log = folder / f"{number}", folder / f"{number}.log"
        shutil.copytree(whole_run(), path) if finished else path.mkdir()
        shutil.copytree(whole_run(), log.with_suffix(".loaded"))
        lock(path, locked)
        code = nursery().start(powerless, what.__name__, path, log).wait()
        told = log.read_text(encoding="utf-8") if code == 0 else f"exit code {code}"
        said = f"{what.__name__} where {locked} cannot be written"
        changed = differences(files_of(path), known if finished else {})
        if changed:
            ledger.was_silent(f"{said}: {', '.join(changed)} changed")
        elif told.startswith(end):
            ledger.survived(f"{'read' if end == 'done' else 'named'}")
        else:
            ledger.was_lost(f"{said}: {told}")
        unlock(path)
    shutil.rmtree(folder)
    return ledger.outcome()


def lock(folder: Path, name: str) -> None:
    """Let a folder with all that is in it, or one file alone, be read only."""
    inside = sorted(folder.rglob("*")) if name == "." else []
    if os.getuid() == 0 and name != ".":
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    for path in (*inside, folder / name):
        path.chmod(LOCKED | (0o111 if path.is_dir() else 0))


def unlock(folder: Path) -> None:
    """Let it be removed again."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


CAMPAIGN = Campaign(
    name="read_only",
    group="durability",
    fault="a run folder, its answers or its lock that may be read and not written",
    promise="writing ends in an error that names the place; a finished run is read all the same",
    n_full=len(CASES),
    n_small=2,
    work=work,
)
