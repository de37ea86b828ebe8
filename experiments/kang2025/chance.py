"""Table 2 against chance: is "expected" more than "unexpected" because of the graph, or the shape?

The same graph under other names is the null; every role as the baseline in turn shows what the
choice of one role did.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import JsonValue
from study import Study, roles
from tables import FAMILIES, cells, co_change, prompt_changes, sae_changes

from causalvalues import ValueGraph
from causalvalues.discovery.nulls import RelabelledNull, relabelled_null
from causalvalues.survey.released import NO_ROLE

__all__ = ["SIDES", "all_roles", "chance_of_table_2", "mean_of"]

Floats = NDArray[np.float64]
Numbers = dict[str, JsonValue]
SIDES = ("expected", "unexpected")


def chance_of_table_2(
    study: Study, n_relabellings: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the relabelled-graph p-value of every cell of table 2, and of its row means.

    Expected cells are held against as high, unexpected cells against as low, by chance; the
    difference of the means against as large.
    """
    rates = {"prompt": co_change(prompt_changes(study.test)), "sae": co_change(sae_changes(study))}
    names = study.train.names
    by_cell: dict[str, Floats] = {}
    summary = []
    for family in FAMILIES:
        for label, graph in (("ours", study.graph), ("refs", study.human)):
            null = relabelled_null(
                graph, _statistics(rates[family]), n_relabellings=n_relabellings, seed=seed
            )
            p = null.p_values
            for place, side in enumerate(SIDES):
                row = p[place * len(names) : (place + 1) * len(names)]
                by_cell[f"mean_scorechange__{family}_{label}_{side}"] = row
            summary.append(_summary(null, p, f"{family}_{label}"))
    cells_frame = pd.DataFrame.from_dict(by_cell, orient="index", columns=list(names))
    return cells_frame, pd.DataFrame(summary)


def all_roles(study: Study, n_relabellings: int, seed: int) -> pd.DataFrame:
    """Return table 2's means with every test role as the baseline in turn, not one.

    p: as often do relabelled graphs reach the difference, averaged over the same roles.
    """
    named = [str(r) for r in dict.fromkeys(roles(study.test).tolist()) if r != NO_ROLE]
    changes: dict[str, Callable[[str], NDArray[np.bool_]]] = {
        "prompt": lambda role: prompt_changes(study.test, role),
        "sae": lambda role: sae_changes(study, role),
    }
    rows = []
    for family in FAMILIES:
        rates = [co_change(changes[family](role)) for role in named]
        for label, graph in (("ours", study.graph), ("refs", study.human)):
            null = relabelled_null(
                graph, _differences(rates), n_relabellings=n_relabellings, seed=seed
            )
            means = np.array([[mean_of(side) for side in cells(graph, r)] for r in rates])
            gap = means[:, 0] - means[:, 1]
            rows.append(
                {
                    "comparison": f"{family}_{label}",
                    "n_roles": len(named),
                    "expected": float(np.nanmean(means[:, 0])),
                    "unexpected": float(np.nanmean(means[:, 1])),
                    "difference": float(np.nanmean(gap)),
                    "sd_over_roles": float(np.nanstd(gap, ddof=1)),
                    "roles_with_positive_difference": int((gap > 0).sum()),
                    "p_difference": float(null.p_values[0]),
                }
            )
    return pd.DataFrame(rows)


def _differences(rates: list[Floats]) -> Callable[[ValueGraph], float]:
    """Return the statistic of a graph: expected minus unexpected, mean over roles."""

    def difference(graph: ValueGraph) -> float:
        sides = [cells(graph, of_role) for of_role in rates]
        return mean_of(np.array([mean_of(one) - mean_of(two) for one, two in sides]))

    return difference


def _statistics(rates: Floats) -> Callable[[ValueGraph], Floats]:
    """Return the statistic of a graph: its cells, means and difference; large speaks for it."""

    def statistics(graph: ValueGraph) -> Floats:
        expected, unexpected = cells(graph, rates)
        means = mean_of(expected), mean_of(unexpected)
        return np.array([*expected, *-unexpected, means[0], -means[1], means[0] - means[1]])

    return statistics


def _summary(null: RelabelledNull, p: Floats, name: str) -> dict[str, object]:
    """Return the means of one pair of rows with their p-values."""
    expected, unexpected, difference = null.observed[-3:]
    return {
        "comparison": name,
        "expected": expected,
        "unexpected": -unexpected,
        "difference": difference,
        "difference_by_chance": float(np.nanmean(null.draws[:, -1])),
        "p_expected": p[-3],
        "p_unexpected": p[-2],
        "p_difference": p[-1],
        "n_cells_p_below_05": int((p[:-3] < 0.05).sum()),
        "n_cells_scored": int(np.isfinite(p[:-3]).sum()),
    }


def mean_of(row: Floats) -> float:
    """Return the mean of the scored cells, NaN where none is."""
    return float(np.nanmean(row)) if np.isfinite(row).any() else float("nan")
