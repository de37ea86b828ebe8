"""Our engines against causal-learn's, on the same rows, in one run: ratios and equal marks.

p = 50, n = 10,000, sparse (mean degree 3); and 1,000 cluster bootstraps of a table shaped like the
released study (101 roles × 11 states, 17 values) against ten causal-learn runs.
"""

import argparse

import numpy as np
import pandas as pd
from planted import sparse_rows
from record import best_of, record, seconds

from causalvalues import ScoreTable, discover, stability
from causalvalues.discovery import libraries
from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.ges import ges_marks
from causalvalues.discovery.pc import pc_marks

FAST = {
    "pc": lambda rows: pc_marks(correlation_matrix(rows), len(rows), uc_priority=2),
    "ges": lambda rows: ges_marks(correlation_matrix(rows), len(rows)),
}
REFERENCE = {
    "pc": lambda rows: libraries.pc_marks(
        rows, alpha=0.01, uc_rule=2, uc_priority=2, max_condition_size=None, rules=None
    ),
    "ges": lambda rows: libraries.ges_marks(rows, penalty=0.5, max_parents=None, rules=None),
}


def engines(algorithm: str, rows: np.ndarray, n_fast: int) -> dict[str, object]:
    """Return both engines' seconds, their ratio, and whether every mark agrees.

    The ratio is of engine to engine, from rows to marks. The whole `discover` call adds guards,
    checks and provenance: on a table just read, and on one it has seen.
    """
    names = tuple(f"V{i}" for i in range(rows.shape[1]))
    fast, reference = FAST[algorithm], REFERENCE[algorithm]
    marks = fast(rows)  # compiled before it is timed
    found = {}

    def run_reference() -> None:
        found["marks"] = reference(rows)

    slow_seconds = seconds(run_reference)
    fast_seconds = best_of(n_fast, lambda: fast(rows))
    seen = ScoreTable(names=names, scores=rows)
    frame = pd.DataFrame(rows, columns=list(names))
    fresh = iter([ScoreTable.from_frame(frame) for _ in range(n_fast)])
    return {
        "n_values": rows.shape[1],
        "n_rows": rows.shape[0],
        "n_edges": int(np.count_nonzero(np.triu(marks))),
        "fast_seconds": fast_seconds,
        "causal_learn_seconds": slow_seconds,
        "ratio": slow_seconds / fast_seconds,
        "identical_marks": bool(np.array_equal(marks, found["marks"])),
        "whole_call_fresh_table_seconds": best_of(n_fast, lambda: discover(next(fresh), algorithm)),
        "whole_call_seen_table_seconds": best_of(n_fast, lambda: discover(seen, algorithm)),
    }


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
    numbers = {algorithm: engines(algorithm, rows, n_fast) for algorithm in ("pc", "ges")}
    record("speed", {**numbers, "bootstrap": bootstraps()})


if __name__ == "__main__":
    main()
