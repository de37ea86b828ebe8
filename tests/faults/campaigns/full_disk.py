"""A run on a disk that is too small, and the same command when there is room again.

tmpfs      a file system of so many bytes, where this machine lets one be mounted
file size  no file may grow beyond so many bytes (RLIMIT_FSIZE), everywhere
"""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import nursery
from campaigns.small_run import differences, files_of, go, whole_run
from causalvalues.errors import FileError
from causalvalues.survey.responses import AnswerStore

SMALLEST, LARGEST = 20_000, 6_000_000


def run_within(folder: str, n_bytes: str, log: str) -> None:
    """Run where no file may be larger (0: as large as the disk lets it), and say how it ended."""
    if int(n_bytes):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(n_bytes), int(n_bytes)))
    try:
        told = f"whole: {go(Path(folder))}"  # so many were asked
    except FileError as fault:
        told = f"named: {fault}"
    except Exception as fault:
        told = f"raised: {type(fault).__name__}: {fault}"
    Path(log).write_text(told, encoding="utf-8")


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Fill disks of so many sizes; nothing is drawn by chance."""
    ledger, log = Ledger("full_disk"), folder / "log"
    known = files_of(whole_run())
    sizes = np.geomspace(SMALLEST, LARGEST, max(count, 2)).astype(int)[:count]
    for number, size in enumerate(sizes):
        log.unlink(missing_ok=True)
        with small_disk(folder / f"disk-{number}", int(size)) as disk:
            limit = 0 if disk.mounted and number % 2 == 0 else int(size)
            if limit:
                disk.grow()
            code = nursery().start(run_within, disk.place / "run", limit, log).wait()
            told = log.read_text(encoding="utf-8") if log.exists() else f"exit code {code}"
            disk.grow()
            n_held = held(disk.place / "run" / "answers.sqlite")
            assert nursery().start(run_within, disk.place / "run", 0, log).wait() == 0
            went_on = log.read_text(encoding="utf-8")
            other = differences(files_of(disk.place / "run"), known)
        how = "too small a disk" if not limit else "too small a limit on files"
        if other:
            ledger.was_silent(f"{size} bytes: then {', '.join(other)} are others")
        elif went_on != f"whole: {TOTAL - n_held}":
            ledger.was_silent(f"{size} bytes: {n_held} held, then {went_on}")
        elif told.startswith("whole"):
            ledger.survived("had room enough")
        elif told.startswith("named"):
            ledger.survived(f"named ({how})")
        else:
            ledger.was_lost(f"{size} bytes: {told}")
    return ledger.outcome(f"sizes from {SMALLEST} to {LARGEST} bytes")


def held(path: Path) -> int:
    """How many answers a store holds."""
    if not path.exists():
        return 0
    with AnswerStore.open(path) as store:
        return len(store)


TOTAL = (60 + 20) * 80


class Disk:
    """A folder, on a small file system of its own where one could be mounted."""

    def __init__(self, place: Path, n_bytes: int) -> None:
        place.mkdir()
        self.place = place
        self.mounted = self._mount("-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", str(place))

    def grow(self) -> None:
        """Make room."""
        if self.mounted:
            assert self._mount("-o", "remount,size=100m", str(self.place))

    def give_back(self) -> None:
        """Take it off."""
        if self.mounted:
            subprocess.run(["umount", str(self.place)], check=True)

    def _mount(self, *words: str) -> bool:
        try:
            said = subprocess.run(["mount", *words], capture_output=True, check=False)
        except OSError:
            return False
        return said.returncode == 0


@contextmanager
def small_disk(place: Path, n_bytes: int) -> Iterator[Disk]:
    """A disk, until it is left."""
    disk = Disk(place, n_bytes)
    try:
        yield disk
    finally:
        disk.give_back()


CAMPAIGN = Campaign(
    name="full_disk",
    group="durability",
    fault="a disk, or a limit on the size of files, that a run does not fit into, of 20 sizes",
    promise="the error names the file that found no room, and with room again the same command "
    "asks nothing that was kept and ends with every file as on a large disk",
    n_full=20,
    n_small=1,
    work=work,
)
