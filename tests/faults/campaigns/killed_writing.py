"""A run is killed at each of its write points and stages, once each, and goes on every time.

A point is a file of the run folder that is opened to write, renamed or removed, told by the audit
events of Python itself, or a stage that begins. What SQLite writes is `killed_asking`'s.
"""

import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.processes import nursery
from campaigns.small_run import Files, differences, ended, files_of, go, whole_run
from causalvalues.provenance import digest_of_file
from causalvalues.study.stages import Progress

GROWING = {"study.yaml", "stages.json", "manifest.json", "report.html", "report.json"}
N_POINTS = 66  # that a run had when they were counted; a full count takes all there are
TO_WRITE = os.O_WRONLY | os.O_RDWR


def mortal(folder: str, log: str) -> None:
    """Run, and die at the first point that is not in the log yet, after noting it there."""
    handle = os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    known = set(os.pread(handle, 10**6, 0).decode().splitlines())
    seen: Counter[str] = Counter()

    def reach(point: str) -> None:
        seen[point] += 1
        numbered = f"{point} #{seen[point]}"
        if numbered not in known:
            os.write(handle, f"{numbered}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(event: str, told: tuple[object, ...]) -> None:
        point = point_of(event, told, folder)
        if point:
            reach(point)

    @contextmanager
    def stage(label: str) -> Iterator[Progress]:
        reach(f"begin {label}")
        yield lambda _done, _total: None

    sys.addaudithook(hear)
    go(Path(folder), stage)


def point_of(event: str, told: tuple[object, ...], folder: str) -> str:
    """What a write point is called, "" where an event is none."""
    if event == "open":
        path, _, flags = told
        path = path if isinstance(flags, int) and flags & TO_WRITE else None
    elif event == "os.rename":
        path = told[1]
    elif event == "os.remove":
        path = told[0]
    else:
        return ""
    if not isinstance(path, str | Path) or not str(path).startswith(folder + os.sep):
        return ""
    name = re.sub(r"(^|/)\.(.+)\.\w{8}$", r"\1\2 beside", str(path)[len(folder) + 1 :])
    return f"{event} {name}"


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Kill at one more point each time; all of them where the count is full."""
    ledger, log = Ledger("killed_writing"), folder / "points"
    known, is_over = files_of(whole_run()), False
    while not is_over and (ledger.n_injected < count or count >= N_POINTS):
        code = nursery().start(mortal, folder / "run", log).wait()
        is_over = code != -signal.SIGKILL
        if not is_over:
            fault = what_is_wrong(folder / "run", known)
            point = log.read_text(encoding="utf-8").splitlines()[-1]
            ledger.was_silent(f"{fault} after {point}") if fault else ledger.survived()
    other = differences(ended(folder / "run"), known)
    if other or code not in (0, -signal.SIGKILL):
        ledger.was_silent(f"exit code {code}, {', '.join(other)} at the end")
    every = (
        "all points that a run reaches, the next went to its end" if is_over else "there are more"
    )
    return ledger.outcome(f"{every}; at the end every file is byte for byte as without a kill")


def what_is_wrong(folder: Path, known: Files) -> str:
    """Which file a killed run left as none should be, "" where none."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".", "answers.sqlite"))
    }
    halves = [n for n, each in found.items() if n not in GROWING and each != known.get(n)]
    if halves:
        return f"{halves[0]} is neither absent nor whole"
    if "stages.json" in found:
        json.loads(found["stages.json"])
    if "manifest.json" in found:
        digests = json.loads(found["manifest.json"])["digests"]
        wrong = [name for name, digest in digests.items() if not holds(folder / name, digest)]
        wrong = [name for name in wrong if not name.startswith("report.")]  # tells of the manifest
        return f"a manifest names {wrong[0]}, which is another" if wrong else ""
    return ""


def holds(path: Path, digest: str) -> bool:
    """Whether a file is there and has a digest."""
    return path.is_file() and digest_of_file(path) == digest


CAMPAIGN = Campaign(
    name="killed_writing",
    group="durability",
    fault="`kill -9` of a run at every write point (a file opened, renamed or removed) and at the "
    "beginning of every stage",
    promise="no file is half written, a manifest that is there is true, and the same command ends "
    "the run with every file as without a kill",
    n_full=N_POINTS,
    n_small=2,
    work=work,
)
