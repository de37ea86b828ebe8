"""What a user waits for: imports, help, the first compiled call, and the command line when warm."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from planted import sparse_rows
from record import best_of, record, seconds

COMMAND = [sys.executable, "-m", "causalvalues"]


def run(arguments: list[str], *, cache: str | None = None) -> None:
    """Run the command line quietly; an optional folder keeps the compiled engines."""
    surroundings = dict(os.environ)
    if cache is not None:
        surroundings["NUMBA_CACHE_DIR"] = cache
    subprocess.run([*COMMAND, *arguments], check=True, capture_output=True, env=surroundings)


def main() -> None:
    """Time everything and write bench/results/first_call.json."""
    with tempfile.TemporaryDirectory() as folder:
        scores = Path(folder) / "scores.csv"
        rows = np.round(sparse_rows(10, 500, degree=2, seed=2), 3)
        pd.DataFrame(rows, columns=[f"V{i}" for i in range(10)]).to_csv(scores, index=False)
        graph = str(Path(folder) / "graph.json")
        numbers = {"help_seconds": best_of(3, lambda: run(["--help"]))}
        for algorithm in ("pc", "ges"):
            words = ["discover", str(scores), "--algorithm", algorithm, "-o", graph]
            cold = str(Path(folder) / f"cache_{algorithm}")
            first = seconds(lambda words=words, cold=cold: run(words, cache=cold))
            warm = best_of(3, lambda words=words, cold=cold: run(words, cache=cold))
            numbers[f"{algorithm}_first_call_seconds"] = first
            numbers[f"{algorithm}_warm_seconds"] = warm
            numbers[f"{algorithm}_compile_seconds"] = first - warm
    record("first_call", numbers)


if __name__ == "__main__":
    main()
