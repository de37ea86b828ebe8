"""Does the graph depend on the order of the columns? A question that every search can be asked.

PC's later steps settle clashes by who comes first, whatever its collider rule; clear data have no
clashes. The check searches the same evidence with its nodes in random orders and counts the orders
that give other marks.
"""

from dataclasses import replace as replace_fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.discover import rules_for
from causalvalues.discovery.evidence import Evidence, gather
from causalvalues.discovery.graph import Check
from causalvalues.discovery.knowledge import Knowledge, Rules
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.discovery.search import search_marks
from causalvalues.survey.scores import ScoreTable

__all__ = ["CHECK_NAME", "column_order"]

CHECK_NAME = "the same graph in any column order"


def column_order(
    table: ScoreTable,
    *,
    search: Search | None = None,
    knowledge: Knowledge | str | Path | None = None,
    contexts: ContextUse = "pool",
    n_orders: int = 20,
    seed: int = 0,
) -> Check:
    """Return whether random column orders all give the graph of the given order."""
    chosen = Search() if search is None else search
    evidence = gather(table, correlation=chosen.correlation, contexts=contexts)
    rules = rules_for(evidence, knowledge)
    marks = search_marks(evidence, chosen, rules)
    rng = np.random.default_rng(seed)
    n_changed = 0
    for _ in range(n_orders):
        order = rng.permutation(len(evidence.names))
        other = search_marks(_reordered(evidence, order), chosen, _reordered_rules(rules, order))
        n_changed += not np.array_equal(other, marks[np.ix_(order, order)])
    detail = f"{n_changed} of {n_orders} random orders gave other marks"
    return Check(CHECK_NAME, n_changed == 0, detail)


def _reordered(evidence: Evidence, order: NDArray[np.intp]) -> Evidence:
    """Return the evidence with its nodes in another order."""
    return replace_fields(
        evidence,
        names=tuple(evidence.names[i] for i in order),
        kinds=tuple(evidence.kinds[i] for i in order),
        correlation=np.ascontiguousarray(evidence.correlation[np.ix_(order, order)]),
        data=None if evidence.data is None else evidence.data[:, order],
    )


def _reordered_rules(rules: Rules | None, order: NDArray[np.intp]) -> Rules | None:
    """Return the rules for the nodes in another order."""
    if rules is None:
        return None
    grid = np.ix_(order, order)
    return Rules(rules.forbidden[grid], rules.required[grid])
