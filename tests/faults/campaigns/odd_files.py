"""Each file of a finished run is cut, emptied, foreign, gone, a folder, or of another time."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.small_run import differences, files_of, go
from causalvalues.errors import FileError

FOREIGN = {
    ".json": b'{"schema": "somebody.else/9", "graph": [1, 2, 3], "stages": []}\n',
    ".yaml": b"name: somebody else's\nlikes: [cats]\n",
    ".csv": b"colour,size\nred,1\n",
    ".parquet": b"PAR1 not quite PAR1",
    ".sqlite": b"SQLite format 3\0" + bytes(84),
}
FUTURE, PAST = 4e9, 1.0  # seconds since 1970: what a clock that is set back leaves behind


def cut(path: Path) -> None:
    """Keep the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    """Keep nothing."""
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    """Put something else there."""
    path.write_bytes(FOREIGN.get(path.suffix, b"something else"))


def gone(path: Path) -> None:
    """Remove it."""
    path.unlink()


def folder_instead(path: Path) -> None:
    """Put a folder there."""
    path.unlink()
    path.mkdir()


def from_the_future(path: Path) -> None:
    """Let it be of a time that is still to come, as where the clock was set back since."""
    os.utime(path, (FUTURE, FUTURE))


def from_long_ago(path: Path) -> None:
    """Let it be older than anything that it was made from."""
    os.utime(path, (PAST, PAST))


ODDITIES: tuple[Callable[[Path], None], ...] = (
    cut,
    emptied,
    foreign,
    gone,
    folder_instead,
    from_the_future,
    from_long_ago,
)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Make one file odd, run again, compare every file."""
    ledger, rng = Ledger("odd_files"), np.random.default_rng(seed)
    whole, path = folder / "whole", folder / "run"
    go(whole)
    known = files_of(whole)
    names = [*known, "answers.sqlite"]
    cases = [(name, oddity) for name in names for oddity in ODDITIES]
    for place in rng.permutation(len(cases))[:count]:
        name, oddity = cases[place]
        said = f"{name} {oddity.__name__.replace('_', ' ')}"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(whole, path)
        oddity(path / name)
        try:
            n_asked = go(path)
        except FileError:
            ledger.survived("named")
            continue
        except Exception as fault:
            ledger.was_lost(f"{said}: {type(fault).__name__}: {fault}")
            continue
        other = differences(files_of(path), known)
        if other:
            ledger.was_silent(f"{said}: {', '.join(other)} are others")
        elif n_asked and name != "answers.sqlite":
            ledger.was_lost(f"{said}: {n_asked} answers were asked again")
        else:
            ledger.survived("asked and made again" if n_asked else "made again")
    return ledger.outcome(f"{len(names)} files, {len(ODDITIES)} oddities")


CAMPAIGN = Campaign(
    name="odd_files",
    group="durability",
    fault="a file of a run cut in half, empty, of another schema, gone, a folder, dated in the "
    "future (a clock set back) or in 1970",
    promise="the error names it, or every file of the run is byte for byte what it was; dates "
    "change nothing",
    n_full=140,
    n_small=3,
    work=work,
)
