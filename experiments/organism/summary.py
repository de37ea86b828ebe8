"""Tables of the steering study, with intervals, from what came of every run.

python experiments/organism/summary.py --out experiments/organism/results
"""

import argparse
import sys
from pathlib import Path

from steering_tables import tables_of

from causalvalues.provenance import write_atomically
from causalvalues.report.figure_manifest import Source
from causalvalues.survey.cells import csv_of

ROOT = Path(__file__).parents[2]
RUNS = Path(__file__).parent / "results" / "steering_runs"
DIGITS = 6


def main() -> int:
    """Write the tables."""
    parser = argparse.ArgumentParser(description="Tables of the steering study, from its runs.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of what is done")
    options = parser.parse_args()
    paths = [
        write_atomically(options.out / f"{name}.csv", csv_of(table.round(DIGITS)))
        for name, table in tables_of(options.runs).items()
    ]
    runs = sorted(options.runs.glob("*-*/*.parquet"))
    source = Source(
        Path(__file__), ROOT, tuple(runs), {}, {"resampling": 0},
        ("causalvalues", "numpy", "pandas", "pyarrow"),
    )  # fmt: skip
    source.write(options.out / "summary.manifest.json", paths)
    for path in paths:
        print(f"Wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
