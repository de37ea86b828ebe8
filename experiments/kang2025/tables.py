"""The paper's two tables, in its own shape, from any of its graphs.

    table 1   per feature and value: roles whose score rose / fell / stayed, train then test
    table 2   among the rows in which v changed, how often each other value changed too:
              mean over v's descendants (expected) and over all other values (unexpected)

`prompt`: each named test role, unsteered, against the first of them. `sae`: one test role under
each feature, against itself unsteered. `ours` is the found graph, `refs` the hand-made one.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from study import SAE_ROLE, Study, contexts, leads_to, roles

from causalvalues import ScoreTable, ValueGraph
from causalvalues.discovery.marks import Bools
from causalvalues.evaluation.side_effects import co_change, expected_unexpected
from causalvalues.survey.released import NO_ROLE

__all__ = ["FAMILIES", "cells", "co_change", "prompt_changes", "sae_changes", "table_1", "table_2"]

Floats = NDArray[np.float64]
FAMILIES = ("prompt", "sae")


def table_1(study: Study) -> pd.DataFrame:
    """Return the published table 1: one row per feature, one column per value."""
    counts = [_rose_fell_stayed(table) for table in (study.train, study.test)]
    features = sorted(counts[0], key=float)
    rows = [
        [
            "/".join(str(int(n)) for part in counts for n in part[feature][:, value])
            for value in range(study.train.n_values)
        ]
        for feature in features
    ]
    return pd.DataFrame(rows, index=[float(f) for f in features], columns=list(study.train.names))


def table_2(study: Study) -> pd.DataFrame:
    """Return the published table 2: eight rows, one column per value."""
    rates = {"prompt": co_change(prompt_changes(study.test)), "sae": co_change(sae_changes(study))}
    rows = {}
    for family in FAMILIES:
        for label, graph in (("ours", study.graph), ("refs", study.human)):
            found = cells(graph, rates[family])
            for side, row in zip(("expected", "unexpected"), found, strict=True):
                rows[f"mean_scorechange__{family}_{label}_{side}"] = row
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(study.train.names))


def cells(graph: ValueGraph, rates: Floats) -> tuple[Floats, Floats]:
    """Return, per value, the mean rate over its descendants and over all other values."""
    return expected_unexpected(leads_to(graph), rates)


def prompt_changes(test: ScoreTable, baseline: str | None = None) -> Bools:
    """Return which values differ between each named role and a baseline role, unsteered."""
    named = test.rows(np.flatnonzero((contexts(test) == "") & (roles(test) != NO_ROLE)))
    first = roles(named)[0] if baseline is None else baseline
    changed: Bools = named.scores != named.scores[roles(named) == first]
    return changed


def sae_changes(study: Study, role: str = SAE_ROLE) -> Bools:
    """Return which values each feature changed in one test role."""
    own = study.test.rows(np.flatnonzero(roles(study.test) == role))
    steered = contexts(own) != ""
    changed: Bools = own.scores[steered] != own.scores[~steered]
    return changed


def _rose_fell_stayed(table: ScoreTable) -> dict[str, Floats]:
    """Return, per feature, how many roles rose, fell and stayed: (3, value)."""
    frame = table.to_frame().set_index(["context", "cluster"])
    unsteered = frame.loc[""]
    found = {}
    for feature in np.unique(contexts(table)):
        if feature != "":
            change = frame.loc[feature].to_numpy() - unsteered.loc[frame.loc[feature].index]
            found[str(feature)] = np.array(
                [(change > 0).sum(axis=0), (change < 0).sum(axis=0), (change == 0).sum(axis=0)]
            )
    return found
