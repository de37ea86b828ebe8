"""Random data sets on which a fast engine must return causal-learn's marks, mark for mark.

5 to 60 values (small ones more often: the reference is slow), 50 to 100,000 rows (log-uniform);
half sparse, half dense (dense ones up
to 14 values, where causal-learn still ends in seconds). Prints the first data sets that differ.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from planted import sparse_rows

from causalvalues.discovery.marks import Marks

__all__ = ["Case", "cases", "hold_against"]

MOST_NEIGHBOURS = 9  # beyond this the reference walks 2^10 subsets a pair, in Python, for hours
Answer = Callable[[NDArray[np.float64], dict[str, Any]], Marks]


@dataclass(frozen=True)
class Case:
    """One data set and the options it is searched with."""

    n_values: int
    n_rows: int
    degree: float
    seed: int
    options: dict[str, Any]

    def rows(self) -> NDArray[np.float64]:
        """Return the rows."""
        return sparse_rows(self.n_values, self.n_rows, degree=self.degree, seed=self.seed)


def cases(
    n_cases: int, seed: int, options: Callable[[np.random.Generator], dict[str, Any]]
) -> Iterator[Case]:
    """Yield random cases."""
    rng = np.random.default_rng(seed)
    for place in range(n_cases):
        dense = place % 2 == 1
        most = 14 if dense else 60
        n_values = round(5 * (most / 5) ** (rng.random() ** 1.7))
        n_rows = round(50 * 2000 ** rng.random())
        degree = rng.uniform(2.5, 5.0) if dense else rng.uniform(0.5, 2.0)
        yield Case(
            n_values=n_values,
            n_rows=max(n_rows, n_values + 5),
            degree=min(degree, n_values - 1),
            seed=int(rng.integers(2**31)),
            options=options(rng),
        )


def hold_against(tried: Iterator[Case], fast: Answer, reference: Answer) -> dict[str, Any]:
    """Return how many cases agree, where the others differ, and the seconds of both sides."""
    n_cases, n_left_out, differing = 0, 0, []
    spent = {"fast": 0.0, "causal-learn": 0.0}
    sizes: list[int] = []
    for case in tried:
        rows = case.rows()
        marks = {}
        for name, answer in (("fast", fast), ("causal-learn", reference)):
            start = time.perf_counter()
            marks[name] = answer(rows, case.options)
            spent[name] += time.perf_counter() - start
            if np.count_nonzero(marks["fast"], axis=1).max() > MOST_NEIGHBOURS:
                break
        if len(marks) < 2:
            n_left_out += 1
            continue
        n_cases += 1
        sizes.append(case.n_values)
        if not np.array_equal(marks["fast"], marks["causal-learn"]):
            differing.append(vars(case))
            print(f"differs: {case}", flush=True)
        if n_cases % 20 == 0:
            print(f"{n_cases} data sets, {len(differing)} differ", flush=True)
    return {
        "n_data_sets": n_cases,
        "n_identical": n_cases - len(differing),
        "n_left_out_for_a_hub": n_left_out,
        "differing": differing,
        "values": {
            "smallest": min(sizes),
            "median": float(np.median(sizes)),
            "largest": max(sizes),
        },
        "seconds": spent,
    }
