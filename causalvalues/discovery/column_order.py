"""Would a search give the same graph in any column order? A question that each can be asked.

PC's later steps settle clashes by who comes first, whatever its collider rule; clear data have no
clashes. `search_marks` visits values in an order of their own, so that no table's order matters;
the check lets a search visit the same evidence in random orders, and counts those that give other
marks: directions that the order alone decides.
"""

from pathlib import Path

import numpy as np

from causalvalues.discovery.discover import rules_for
from causalvalues.discovery.evidence import gather
from causalvalues.discovery.graph import Check
from causalvalues.discovery.knowledge import Knowledge
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.discovery.search import marks_as_ordered
from causalvalues.survey.scores import ScoreTable

__all__ = ["CHECK_NAME", "column_order", "orders_that_differ"]

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
    """Return whether random orders of the columns would all give one graph."""
    chosen = Search() if search is None else search
    n_changed = orders_that_differ(
        table, chosen, knowledge=knowledge, contexts=contexts, n_orders=n_orders, seed=seed
    )
    detail = f"{n_changed} of {n_orders} random orders gave other marks"
    return Check(CHECK_NAME, n_changed == 0, detail)


def orders_that_differ(
    table: ScoreTable,
    search: Search,
    *,
    knowledge: Knowledge | str | Path | None = None,
    contexts: ContextUse = "pool",
    n_orders: int = 20,
    seed: int = 0,
) -> int:
    """Return how many random orders of visiting give other marks than that of the table."""
    evidence = gather(table, correlation=search.correlation, contexts=contexts)
    rules = rules_for(evidence, knowledge)
    marks = marks_as_ordered(evidence, search, rules)
    rng = np.random.default_rng(seed)
    n_changed = 0
    for _ in range(n_orders):
        order = rng.permutation(len(evidence.names)).tolist()
        turned = None if rules is None else rules.in_order(order)
        other = marks_as_ordered(evidence.in_order(order), search, turned)
        n_changed += not np.array_equal(other, marks[np.ix_(order, order)])
    return n_changed
