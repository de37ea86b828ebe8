"""Tables of the methods side by side, with intervals, from the committed results of every run.

python experiments/methods/summary.py --out experiments/methods/results
"""

import argparse
import sys
from pathlib import Path

import pandas as pd
from tables import (
    csv,
    curves,
    distance,
    falls,
    gate_table,
    gathered,
    guidance,
    leaderboard,
    truth,
    variants,
)

from causalvalues.report.figure_manifest import Source

ROOT = Path(__file__).parents[2]
RUNS = Path(__file__).parent / "results" / "runs"
DIGITS = 6


def main() -> int:
    """Write the tables."""
    parser = argparse.ArgumentParser(description="Tables of the methods side by side.")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of what is done")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    options = parser.parse_args()
    paths = [
        csv(table, options.out / f"{name}.csv", digits=DIGITS)
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


def tables_of(runs: Path) -> dict[str, pd.DataFrame]:
    """Return all tables by name; those of variants and gates where these were run."""
    entries, profiles = gathered(runs, "entries"), gathered(runs, "profiles")
    tables = {
        "leaderboard": leaderboard(entries),
        "guidance": guidance(entries),
        "distance": distance(profiles),
        "distance_fall": falls(profiles),
        "truth": truth(profiles),
        "curves": curves(gathered(runs, "tuning")),
    }
    varied = gathered(runs, "variant_entries")
    if len(varied):
        tables |= {"variants": variants(varied), "gates": gate_table(gathered(runs, "gates"))}
    return tables


if __name__ == "__main__":
    sys.exit(main())
