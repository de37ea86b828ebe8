"""What a library writes past Python stays out of standard output."""

import os
import subprocess
import sys

CODE = """
import os
from causalvalues.planning.quiet import nothing_written
print("before")
with nothing_written():
    os.write(1, b"noise")
print("after")
"""


def test_noise_is_swallowed_and_nothing_else() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "before\nafter\n"
    assert os.fstat(1)
