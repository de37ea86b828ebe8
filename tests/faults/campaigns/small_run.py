"""A run that takes three seconds, and what it must hold whatever befell it on the way.

`whole_run` is one that nothing befell, made once: a campaign compares with it, or damages a copy.
"""

import atexit
import json
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from campaigns.processes import nursery
from causalvalues.provenance import Manifest
from causalvalues.study.plan import Study
from causalvalues.study.run import run
from causalvalues.study.stages import Bar, silent

sys.path.append(str(Path(__file__).parents[2] / "study"))

from planted import planted

STUDY = Study.model_validate(
    {
        "name": "faulted",
        "model": {"name": "planted"},
        "roles": {"n_roles": 60},
        "protocol": {"orders": ["given"]},
        "settled": {"n_roles": 20, "values": ["power"]},
        "discovery": {"n_resamples": 0, "n_permutations": 0},
        "truth": "planted",
    }
)
CHANGING = ("answers.sqlite", "answers.sqlite.lock", "answers.sqlite-wal", "answers.sqlite-shm")
REVISION = Manifest.of("run").revision  # told once: commits may come while a campaign lasts
Files = dict[str, bytes]


def go(folder: Path, bar: Bar = silent) -> int:
    """How many answers were asked, once a run has ended."""
    return run(STUDY, folder, bar=bar, respondent=planted(STUDY)).n_asked


def first(folder: str, modules: str) -> None:
    """Run, and say in a file which modules that took."""
    go(Path(folder))
    Path(modules).write_text("\n".join(sorted(sys.modules)), encoding="utf-8")


@cache
def whole_run() -> Path:
    """The folder of a run that a process of the shared nursery ended; it is not to be touched."""
    place = Path(tempfile.mkdtemp(prefix="whole-run-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    if nursery().start(first, place / "run", place / "modules").wait():
        raise RuntimeError("a run that nothing befell did not end")
    nursery().load((place / "modules").read_text(encoding="utf-8").split("\n"))
    return place / "run"


def go_on(folder: str) -> None:
    """Run to the end."""
    go(Path(folder))


def ended(folder: Path) -> Files:
    """Every file of a run, once the shared nursery has ended it."""
    if nursery().start(go_on, folder).wait():
        raise RuntimeError("a run that was gone on with did not end")
    return files_of(folder)


def files_of(folder: Path) -> Files:
    """Every file of a run that must not depend on its history, by name."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in CHANGING
    }
    if "stages.json" in found:  # stages stand there in the order in which they ended
        told = json.dumps(json.loads(found["stages.json"]), sort_keys=True)
        found["stages.json"] = told.encode()
    return found


def differences(found: Files, known: Files) -> list[str]:
    """The names of files that are not what they should be."""
    return sorted(name for name in found | known if found.get(name) != known.get(name))
