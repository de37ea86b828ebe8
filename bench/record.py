"""What every benchmark writes: its numbers beside the machine that gave them."""

import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from causalvalues.provenance import versions_of, write_atomically

__all__ = ["RESULTS", "best_of", "environment", "record", "seconds"]

RESULTS = Path(__file__).parent / "results"


def environment() -> dict[str, Any]:
    """Return the processor, the cores and the versions behind a number."""
    packages = ("causalvalues", "causal-learn", "numpy", "scipy", "numba", "gadjid")
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "n_cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "library default"),
        "versions": versions_of(packages),
    }


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best_of(n_runs: int, work: Callable[[], object]) -> float:
    """Return the shortest of several calls: the least disturbed one."""
    return min(seconds(work) for _ in range(n_runs))


def record(name: str, numbers: dict[str, Any]) -> Path:
    """Return the path after the numbers are written beside their environment."""
    document = {"name": name, "numbers": numbers, "environment": environment()}
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    print(f"{name}: {json.dumps(numbers, indent=1)}", flush=True)
    return write_atomically(RESULTS / f"{name}.json", text)


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
