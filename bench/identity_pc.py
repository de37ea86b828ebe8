"""Fast PC against causal-learn's PC: every collider rule and priority, 1,300 random data sets."""

from pathlib import Path
from typing import Any

import numpy as np
from identity import cases, hold_against
from numpy.typing import NDArray
from record import record

from causalvalues.discovery import libraries
from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.marks import Marks
from causalvalues.discovery.pc import pc_marks
from causalvalues.survey.released import read_released

N_CASES = 1300
RELEASED = Path(__file__).parents[2] / "shared" / "data" / "kang2025"
PRIORITIES = {0: (-1, 0, 1, 2, 3, 4), 1: (-1, 0, 1, 2, 3, 4), 2: (-1, 2, 3, 4)}


def options(rng: np.random.Generator) -> dict[str, Any]:
    """Return random options of PC."""
    rule = int(rng.integers(3))
    return {
        "alpha": float(rng.choice([0.001, 0.01, 0.05, 0.1])),
        "uc_rule": rule,
        "uc_priority": int(rng.choice(PRIORITIES[rule])),
        "max_condition_size": None if rng.random() < 0.8 else int(rng.integers(1, 4)),
    }


def fast(rows: NDArray[np.float64], chosen: dict[str, Any]) -> Marks:
    """Return our marks."""
    return pc_marks(correlation_matrix(rows), len(rows), **chosen)


def reference(rows: NDArray[np.float64], chosen: dict[str, Any]) -> Marks:
    """Return causal-learn's marks."""
    return libraries.pc_marks(rows, rules=None, **chosen)


def released() -> dict[str, bool]:
    """Return whether both agree on every file of the released study, under every option."""
    agree = {}
    for name in ("gemma_train", "gemma_test", "llama_train", "llama_test"):
        path = RELEASED / f"{name}.csv"
        if not path.exists():
            continue
        rows = read_released(path).scores
        tried = [
            {"alpha": 0.05, "uc_rule": rule, "uc_priority": priority, "max_condition_size": None}
            for rule, priorities in PRIORITIES.items()
            for priority in priorities
        ]
        agree[name] = all(np.array_equal(fast(rows, o), reference(rows, o)) for o in tried)
    return agree


if __name__ == "__main__":
    found = hold_against(cases(N_CASES, 1, options), fast, reference)
    record("identity_pc", {**found, "released_study_identical": released()})
