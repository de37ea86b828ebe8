"""No decision of the package hangs on the time of day, which may be set back at any moment.

`campaigns/clock_set_back.py` runs under a clock that is; here it is read off the code.
"""

import ast
from pathlib import Path

import pytest

import causalvalues

pytestmark = pytest.mark.fault

ROOM = Path(causalvalues.__file__).parent
TIME_OF_DAY = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"}
TODAY = {"now", "utcnow", "today", "fromtimestamp"}
DATES_OF_FILES = {"st_mtime", "st_ctime", "st_mtime_ns", "st_ctime_ns", "getmtime", "getctime"}
TO_BE_READ = {  # where a person or a server is told of it, and nothing is decided
    "survey/run_lock.py": "since when a process works in a folder",
    "models/served_calls.py": "how long a server wants to be left alone, never below zero",
}


def reads_the_clock(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in TODAY | DATES_OF_FILES:
            return True
        if isinstance(node, ast.Attribute) and ast.unparse(node) in TIME_OF_DAY:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            return True
    return False


def test_the_time_of_day_and_the_dates_of_files_decide_nothing() -> None:
    found = {
        path.relative_to(ROOM).as_posix()
        for path in ROOM.rglob("*.py")
        if reads_the_clock(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(TO_BE_READ)
