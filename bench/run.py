"""Run every benchmark in turn, each in a process of its own; results go to bench/results/."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "first_call",
    "viewer",
    "speed",
    "engine_speed",
    "quantised",
    "gpu",
    "scale_estimate",
    "scale_paper",
    "scale_draws",
    "scale_screen",
    "steering_overhead",
    "steering_kinds",
    "extraction",
    "memory",
    "growth",
    "calibration",
    "identity_pc",
    "identity_ges",
)


def main() -> int:
    """Run the chosen benchmarks; stop at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=SCRIPTS, help=f"of {', '.join(SCRIPTS)}")
    for name in parser.parse_args().names:
        start = time.perf_counter()
        outcome = subprocess.run([sys.executable, str(HERE / f"{name}.py")], cwd=HERE, check=False)
        print(f"== {name}: {time.perf_counter() - start:.0f} s", flush=True)
        if outcome.returncode:
            return outcome.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
