"""Fast GES against causal-learn's GES with the BIC: 1,000 random data sets."""

from pathlib import Path
from typing import Any

import numpy as np
from identity import cases, hold_against
from numpy.typing import NDArray
from record import record

from causalvalues.discovery import libraries
from causalvalues.discovery.correlation import correlation_matrix
from causalvalues.discovery.ges import ges_marks
from causalvalues.discovery.marks import Marks
from causalvalues.survey.released import read_released

N_CASES = 1000
RELEASED = Path(__file__).parents[2] / "shared" / "data" / "kang2025"


def options(rng: np.random.Generator) -> dict[str, Any]:
    """Return random options of GES."""
    return {
        "penalty": float(rng.choice([0.5, 0.5, 1.0, 2.0])),
        "max_parents": None if rng.random() < 0.8 else int(rng.integers(1, 4)),
    }


def fast(rows: NDArray[np.float64], chosen: dict[str, Any]) -> Marks:
    """Return our marks."""
    return ges_marks(correlation_matrix(rows), len(rows), **chosen)


def reference(rows: NDArray[np.float64], chosen: dict[str, Any]) -> Marks:
    """Return causal-learn's marks."""
    return libraries.ges_marks(rows, rules=None, **chosen)


def released() -> dict[str, bool]:
    """Return whether both agree on every file of the released study."""
    agree = {}
    for name in ("gemma_train", "gemma_test", "llama_train", "llama_test"):
        path = RELEASED / f"{name}.csv"
        if path.exists():
            rows = read_released(path).scores
            usual = {"penalty": 0.5, "max_parents": None}
            agree[name] = np.array_equal(fast(rows, usual), reference(rows, usual))
    return agree


if __name__ == "__main__":
    found = hold_against(cases(N_CASES, 2, options), fast, reference)
    record("identity_ges", {**found, "released_study_identical": released()})
