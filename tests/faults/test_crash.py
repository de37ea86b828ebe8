"""A killed process leaves the old graph or the new one, never half of either."""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from causalvalues import ValueGraph
from causalvalues.errors import FileError

WRITER = """
import sys
import numpy as np
from causalvalues import ValueGraph
names = [f"V{i}" for i in range(150)]
print("ready", flush=True)
while True:
    for size in (0, 150):
        marks = np.zeros((150, 150), dtype=np.int8)
        upper = np.triu_indices(size, 1)
        marks[upper], marks.T[upper] = -1, 1
        ValueGraph.from_matrix(marks, names).to_json(sys.argv[1])
"""


@pytest.mark.fault
@pytest.mark.parametrize("attempt", range(6))
def test_a_kill_while_writing_leaves_a_whole_graph(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / "graph.json"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        while not path.exists():
            time.sleep(0.01)
        time.sleep(0.05 + 0.037 * attempt)
        writer.send_signal(signal.SIGKILL)
    assert ValueGraph.from_json(path).n_edges in (0, 150 * 149 // 2)


@pytest.mark.fault
def test_a_flipped_byte_never_ends_in_a_stack_trace(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    path = ValueGraph.from_edges(names, [("a", "b"), ("b", "c")]).to_json(tmp_path / "graph.json")
    whole = path.read_bytes()
    rng = np.random.default_rng(11)
    for place in rng.integers(0, len(whole), 200):
        damaged = bytearray(whole)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(FileError):
            ValueGraph.from_json(path)
