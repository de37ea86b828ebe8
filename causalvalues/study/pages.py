"""The pages of a run: viewer.html, and report.html, which holds the viewer.

Guarantee: one process at a time writes them; they are made from what is in the folder now, and
made anew only where that changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causalvalues.study.keeping import ANSWERS
from causalvalues.study.reporting import write_report
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.study.stages import Bar, silent
from causalvalues.survey.run_lock import RunLock

__all__ = ["write_pages"]

VIEWED = (ANSWERS, "scores.parquet", "graph.json")  # without which there is nothing to view


def write_pages(folder: Path, *, bar: Bar = silent) -> tuple[Path, ...]:
    """Return the pages of a run, and report.json; a run without a graph has no viewer yet.

    write_pages(Path("runs/first"))
    """
    run = RunFolder.of(folder)  # refused before anything is written beside it
    with _alone(folder):
        viewed = _viewed(folder, bar) if run.has(*VIEWED) else ()
        return (*viewed, *write_report(folder))


def _viewed(folder: Path, bar: Bar) -> tuple[Path, ...]:
    """Return the viewer of a run, which loads more than its report does."""
    from causalvalues.study.viewing import write_viewer

    return write_viewer(folder, bar=bar)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder."""
    lock = RunLock.take(folder / ANSWERS)
    try:
        yield
    finally:
        lock.release()
