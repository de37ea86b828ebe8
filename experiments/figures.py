"""Rebuild every figure and table of every study, or check that they are what they say.

    python experiments/figures.py --data DIR [--again] [--long]
    python experiments/figures.py --check [--data DIR]

A study whose data are not there is computed by nobody and drawn from its committed results.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gallery import write_gallery
from rebuilding import checked, rebuilt
from stages import EXPERIMENTS, ROOT, STAGES


def main() -> int:
    """Rebuild or check; what differs in the end is the exit code."""
    parser = argparse.ArgumentParser(description="Rebuild or check the figures of every study.")
    parser.add_argument("--data", type=Path, default=None, help="folder of the released CSV files")
    parser.add_argument("--check", action="store_true", help="make nothing, compare digests")
    parser.add_argument("--again", action="store_true", help="compute also what has not changed")
    parser.add_argument("--long", action="store_true", help="run stages that take hours, too")
    options = parser.parse_args()
    data = options.data if options.data and (options.data / "gemma_train.csv").exists() else None
    if not options.check:
        code = rebuilt(
            STAGES, EXPERIMENTS, run, tell, data=data, again=options.again, long=options.long
        )
        if code:
            return code
        tell(f"Wrote {write_gallery(EXPERIMENTS)}")
    found = checked(STAGES, EXPERIMENTS, data=data)
    for difference in found:
        print(difference, file=sys.stderr)
    tell("Every figure, table and result is what its manifest says." if not found else "")
    return 1 if found else 0


def run(command: Sequence[str]) -> int:
    """Return the exit code of a script, run from the root of the checkout.

    One thread adds numbers in one order, so that machines with more cores write the same bytes.
    """
    around = {**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *command], check=False, cwd=ROOT, env=around).returncode


def tell(line: str) -> None:
    """Print a line at once."""
    if line:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
