"""One search: the one call from evidence and options to marks.

`discover` runs a search once; `stability` and `nulls` run the same search on resampled evidence.
Guarantee: a fast engine sees the correlations and the number of rows, nothing else; columns in
another order give the same marks.
"""

import numpy as np

from causalvalues.discovery.evidence import Evidence
from causalvalues.discovery.knowledge import Rules
from causalvalues.discovery.marks import Marks
from causalvalues.discovery.options import Search
from causalvalues.discovery.visiting_order import visiting_order

__all__ = ["Search", "marks_as_ordered", "search_marks"]


def search_marks(evidence: Evidence, search: Search, rules: Rules | None = None) -> Marks:
    """Return the marks that a search finds in the evidence, obeying the rules."""
    order = visiting_order(evidence.names, evidence.kinds)
    if order == tuple(range(len(order))):
        return marks_as_ordered(evidence, search, rules)
    rules = None if rules is None else rules.in_order(order)
    marks = marks_as_ordered(evidence.in_order(order), search, rules)
    back = np.argsort(order)
    return marks[np.ix_(back, back)]


def marks_as_ordered(evidence: Evidence, search: Search, rules: Rules | None = None) -> Marks:
    """Return the marks where nodes are visited in the order in which the evidence has them."""
    if search.engine == "fast":
        return _fast_marks(evidence, search, rules)
    return _library_marks(evidence, search, rules)


def _fast_marks(evidence: Evidence, search: Search, rules: Rules | None) -> Marks:
    """Return the marks of one of our own engines, which see the correlations only."""
    forbidden = None if rules is None else rules.forbidden
    required = None if rules is None else rules.required
    if search.algorithm == "pc":
        from causalvalues.discovery.pc import pc_marks

        return pc_marks(
            evidence.correlation,
            evidence.n_rows,
            alpha=search.alpha,
            uc_rule=search.uc_rule,
            uc_priority=search.uc_priority,
            max_condition_size=search.max_condition_size,
            forbidden=forbidden,
            required=required,
        )
    if search.algorithm == "ges":
        from causalvalues.discovery.ges import ges_marks

        return ges_marks(
            evidence.correlation,
            evidence.n_rows,
            penalty=search.penalty,
            max_parents=search.max_parents,
            forbidden=forbidden,
            required=required,
        )
    from causalvalues.discovery.xges import xges_marks

    return xges_marks(
        evidence.correlation,
        evidence.n_rows,
        penalty=search.penalty,
        forbidden=forbidden,
        required=required,
    )


def _library_marks(evidence: Evidence, search: Search, rules: Rules | None) -> Marks:
    """Return the marks of a causal-learn algorithm, which sees rows."""
    from causalvalues.discovery import libraries

    rows = evidence.rows()
    if search.algorithm == "pc":
        return libraries.pc_marks(
            rows,
            alpha=search.alpha,
            uc_rule=search.uc_rule,
            uc_priority=search.uc_priority,
            max_condition_size=search.max_condition_size,
            rules=rules,
        )
    if search.algorithm == "ges":
        return libraries.ges_marks(
            rows, penalty=search.penalty, max_parents=search.max_parents, rules=rules
        )
    if search.algorithm == "fci":
        return libraries.fci_marks(
            rows, alpha=search.alpha, max_condition_size=search.max_condition_size, rules=rules
        )
    permutation_search = (
        libraries.boss_marks if search.algorithm == "boss" else libraries.grasp_marks
    )
    return permutation_search(rows, penalty=search.penalty, seed=search.seed, rules=rules)
