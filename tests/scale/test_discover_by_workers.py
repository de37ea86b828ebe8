"""`causalvalues discover --workers`: the same file, and nothing left behind when it is stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from drawn_here import ROLES

WORDS = [sys.executable, "-m", "causalvalues", "discover", "scores.csv", "--cluster", "cluster"]
SLOW = ["--algorithm", "ges", "--engine", "causal-learn", "--resamples", "5000"]
LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with scores."""
    ROLES.to_csv(tmp_path / "scores.csv")
    return tmp_path


def test_workers_write_the_same_file(folder: Path) -> None:
    for name, more in (("one.json", []), ("two.json", ["--workers", "2"])):
        words = [*WORDS, "--resamples", "70", "--permutations", "20", "-o", name, *more]
        outcome = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert outcome.returncode == 0, outcome.stderr
    one, two = (without_revision(folder / name) for name in ("one.json", "two.json"))
    assert one == two
    assert sorted(path.name for path in folder.iterdir()) == ["one.json", "scores.csv", "two.json"]


@pytest.mark.fault
def test_ctrl_c_leaves_no_worker_and_no_file(folder: Path) -> None:
    listening = f"{LISTENING} from causalvalues.cli import main; main()"
    words = [sys.executable, "-c", listening, *WORDS[3:], *SLOW, "--workers", "2"]
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) as driver:
        workers = two_workers_of(driver)
        time.sleep(0.5)
        driver.send_signal(signal.SIGINT)
        clock = time.monotonic()
        _, said = driver.communicate(timeout=60)
    assert driver.returncode == 130, said
    assert time.monotonic() - clock < 10
    assert not any(map(lives, workers))
    assert [path.name for path in folder.iterdir()] == ["scores.csv"]


def without_revision(path: Path) -> bytes:
    """The bytes of a graph, but for the commit of the package, where others may be at work."""
    return re.sub(rb'"revision": .*', b"", path.read_bytes())


def two_workers_of(driver: "subprocess.Popen[str]") -> set[int]:
    """The processes that a driver has started, once there are two."""
    told = Path(f"/proc/{driver.pid}/task/{driver.pid}/children")
    until = time.monotonic() + 120
    while time.monotonic() < until and driver.poll() is None:
        found = {int(word) for word in told.read_text(encoding="utf-8").split()}
        if len(found) == 2 and all("scale.serving" in command_of(one) for one in found):
            return found
        time.sleep(0.05)
    raise AssertionError("no two workers")


def command_of(process: int) -> str:
    """The command of a process; nothing of one that has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def lives(process: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
