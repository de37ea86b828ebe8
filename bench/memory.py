"""Peak memory of a discovery against the size of its table, each in a process of its own."""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

from record import record

SHAPES = ((50, 100_000), (50, 1_000_000), (450, 100_000))


def measure(n_values: int, n_rows: int, algorithm: str) -> dict[str, float]:
    """Return the peak of this process before and after one discovery, in bytes."""
    from planted import sparse_rows

    from causalvalues import ScoreTable, discover

    names = tuple(f"V{i}" for i in range(n_values))
    small = sparse_rows(n_values, 4 * n_values + 100, degree=2, seed=1)
    discover(ScoreTable(names=names, scores=small), algorithm)  # compiled and imported
    rows = sparse_rows(n_values, n_rows, degree=2, seed=1)
    before = _resident()
    table = ScoreTable(names=names, scores=rows)
    discover(table, algorithm)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"data_bytes": rows.nbytes, "peak_bytes": peak, "before_bytes": before}


def _resident() -> int:
    """Return the memory this process holds now, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    """Measure every shape and write bench/results/memory.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=3, metavar=("P", "N", "ALGORITHM"))
    one = parser.parse_args().one
    if one:
        print(json.dumps(measure(int(one[0]), int(one[1]), one[2])))
        return
    numbers = []
    for n_values, n_rows in SHAPES:
        words = [sys.executable, __file__, "--one", str(n_values), str(n_rows), "pc"]
        answer = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        sizes = json.loads(answer.splitlines()[-1])
        # the rows handed in count once: what discovery holds = peak − interpreter before the rows
        interpreter = sizes["before_bytes"] - sizes["data_bytes"]
        held = sizes["peak_bytes"] - interpreter
        numbers.append(
            {
                "n_values": n_values,
                "n_rows": n_rows,
                "data_mebibytes": sizes["data_bytes"] / 2**20,
                "peak_mebibytes": sizes["peak_bytes"] / 2**20,
                "peak_over_data": held / sizes["data_bytes"],
            }
        )
    record("memory", {"pc": numbers})


if __name__ == "__main__":
    main()
