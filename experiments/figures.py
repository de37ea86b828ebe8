"""Every figure of every study, rebuilt: `make figures`.

    python experiments/figures.py --data FOLDER_OF_THE_RELEASED_STUDY

A study whose data are absent is skipped by name.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run every study with its own script; the first failure is the exit code."""
    parser = argparse.ArgumentParser(description="Rebuild the figures of every study.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the released CSV files")
    data = parser.parse_args().data
    worst = run("planted_world", ["--out", HERE / "planted_world" / "results"])
    worst = worst or run("organism", ["--out", HERE / "organism" / "results"])
    worst = worst or run("organism", ["--out", HERE / "organism" / "results"], "steer.py")
    worst = worst or run("methods", ["--out", HERE / "methods" / "results"], "report.py")
    if (data / "gemma_train.csv").exists():
        out = HERE / "kang2025" / "results"
        worst = worst or run("kang2025", ["--data", data, "--out", out])
    else:
        print(f"kang2025 skipped: no released scores in {data}")
    return worst


def run(study: str, options: list[str | Path], script: str = "run.py") -> int:
    """Return the exit code of one study's script."""
    print(f"== {study}/{script}", flush=True)
    command = [sys.executable, HERE / study / script, *options]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
