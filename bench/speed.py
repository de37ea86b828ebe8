"""Our engines against causal-learn's, on the same rows, in one run: ratios and equal marks.

p = 50, n = 10,000, sparse (mean degree 3); and 1,000 cluster bootstraps of a table shaped like the
released study (101 roles × 11 states, 17 values) against ten causal-learn runs.
"""

import argparse

import numpy as np
from planted import sparse_rows
from record import best_of, record, seconds

from causalvalues import ScoreTable, discover, stability
from causalvalues.discovery.options import Search


def engines(algorithm: str, rows: np.ndarray, n_fast: int) -> dict[str, object]:
    """Return both engines' seconds, their ratio, and whether every mark agrees."""
    table = ScoreTable(names=tuple(f"V{i}" for i in range(rows.shape[1])), scores=rows)
    fast = discover(table, algorithm, "fast")  # compiled before it is timed
    reference = {}

    def run_reference() -> None:
        reference["marks"] = discover(table, algorithm, "causal-learn").marks

    slow_seconds = seconds(run_reference)
    fast_seconds = best_of(n_fast, lambda: discover(table, algorithm, "fast"))
    return {
        "n_values": rows.shape[1],
        "n_rows": rows.shape[0],
        "n_edges": fast.n_edges,
        "fast_seconds": fast_seconds,
        "causal_learn_seconds": slow_seconds,
        "ratio": slow_seconds / fast_seconds,
        "identical_marks": bool(np.array_equal(fast.marks, reference["marks"])),
    }


def search_only(algorithm: str, rows: np.ndarray, n_fast: int) -> dict[str, float]:
    """Return the seconds of the fast search alone, without guards and correlations."""
    from causalvalues.discovery.evidence import gather
    from causalvalues.discovery.search import search_marks

    table = ScoreTable(names=tuple(f"V{i}" for i in range(rows.shape[1])), scores=rows)
    evidence = gather(table)
    search = Search(algorithm=algorithm)
    return {"search_only_seconds": best_of(n_fast, lambda: search_marks(evidence, search))}


def bootstraps() -> dict[str, object]:
    """Return the seconds of 1,000 fast cluster bootstraps and of ten causal-learn runs."""
    rng = np.random.default_rng(3)
    roles = np.repeat(np.arange(101), 11)
    scores = sparse_rows(17, 101, degree=3, seed=3)[roles] + 0.3 * rng.standard_normal((1111, 17))
    names = tuple(f"V{i}" for i in range(17))
    table = ScoreTable(names=names, scores=scores, clusters=roles.astype(str))
    stability(table, n_resamples=10)
    fast = best_of(3, lambda: stability(table, n_resamples=1000))
    slow = seconds(lambda: [discover(table, "pc", "causal-learn") for _ in range(10)])
    return {
        "fast_1000_bootstraps_seconds": fast,
        "causal_learn_10_runs_seconds": slow,
        "ratio_per_run": (slow / 10) / (fast / 1000),
    }


def main() -> None:
    """Time everything and write bench/results/speed.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20, help="runs of the fast engine")
    n_fast = parser.parse_args().repeats
    rows = sparse_rows(50, 10_000, degree=3, seed=1)
    numbers = {
        algorithm: {**engines(algorithm, rows, n_fast), **search_only(algorithm, rows, n_fast)}
        for algorithm in ("pc", "ges")
    }
    record("speed", {**numbers, "bootstrap": bootstraps()})


if __name__ == "__main__":
    main()
