"""causal-learn's searches behind our interface: the reference engine, and BOSS, GRaSP and FCI.

Guarantee: causal-learn really runs, quietly, and what it returns obeys background knowledge or is
an error. Where it takes no knowledge itself (BOSS, GRaSP), a score that no forbidden graph can win
carries the knowledge in; where even that is not possible (GES), the option is refused.
"""

import io
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.classes import class_of_edges, in_causal_order, with_knowledge
from causalvalues.discovery.knowledge import Rules
from causalvalues.discovery.libraries_pc import as_background, pc_with_knowledge
from causalvalues.discovery.marks import ARROW, TAIL, Marks
from causalvalues.errors import OptionError

__all__ = ["boss_marks", "fci_marks", "ges_marks", "grasp_marks", "pc_marks"]

Floats = NDArray[np.float64]

RUINOUS = 1e9  # more than any likelihood could make good
GRASP_DEPTH = 3
GRASP_WALKS = 10
ONE_AT_A_TIME = threading.RLock()  # the generator and the standard output are shared by threads


def pc_marks(
    rows: Floats,
    *,
    alpha: float,
    uc_rule: int,
    uc_priority: int,
    max_condition_size: int | None,
    rules: Rules | None,
) -> Marks:
    """Return the marks of causal-learn's PC (stable, Fisher-z)."""
    if rules is not None:
        return pc_with_knowledge(
            rows,
            alpha=alpha,
            uc_rule=uc_rule,
            uc_priority=uc_priority,
            max_condition_size=max_condition_size,
            rules=rules,
        )
    from causallearn.search.ConstraintBased.PC import pc

    found = pc(
        rows,
        alpha,
        uc_rule=uc_rule,
        uc_priority=uc_priority,
        show_progress=False,
        max_k=max_condition_size,
    )
    return _marks_of(found.G)


def ges_marks(
    rows: Floats, *, penalty: float, max_parents: int | None, rules: Rules | None
) -> Marks:
    """Return the marks of causal-learn's GES with the BIC."""
    if rules is not None:
        raise OptionError(
            "causal-learn's GES takes no background knowledge",
            found="knowledge, or contexts='joint'",
            remedy="use engine='fast', whose GES obeys it",
        )
    from causallearn.search.ScoreBased.GES import ges

    found = ges(rows, score_func="local_score_BIC", maxP=max_parents, lambda_value=penalty)
    return _marks_of(found["G"])


def fci_marks(
    rows: Floats, *, alpha: float, max_condition_size: int | None, rules: Rules | None
) -> Marks:
    """Return the marks of causal-learn's FCI: circles where data leave a mark open."""
    from causallearn.search.ConstraintBased.FCI import fci

    depth = -1 if max_condition_size is None else max_condition_size
    with quiet():
        found, _ = fci(
            rows,
            alpha=alpha,
            depth=depth,
            show_progress=False,
            background_knowledge=None if rules is None else as_background(rules),
        )
    marks = _marks_of(found)
    if rules is not None:
        # a cause that knowledge rules out is an arrow, not a circle; what it requires stays, though
        # a test may have removed it
        marks[rules.forbidden & (marks != 0)] = ARROW
        marks[rules.required], marks[rules.required.T] = TAIL, ARROW
    return marks


def boss_marks(rows: Floats, *, penalty: float, seed: int, rules: Rules | None) -> Marks:
    """Return the marks of causal-learn's BOSS: the best order of the values, and its class."""
    from causallearn.search.PermutationBased.BOSS import better_mutation, boss
    from causallearn.search.PermutationBased.gst import GST

    with seeded(seed):
        if rules is None:
            found = boss(rows, parameters={"lambda_value": penalty}, verbose=False)
            return _marks_of(found)
        score = RuledScore(rows, penalty, rules)
        order = list(range(rows.shape[1]))
        trees = [GST(node, score) for node in order]
        improved = True
        while improved:
            turn = random.sample(range(len(trees)), len(trees))
            improved = False
            for node in turn:
                improved |= better_mutation(node, order, trees)
    parents_by_node: dict[int, list[int]] = {}
    for place, node in enumerate(order):
        parents_by_node[node] = []
        trees[node].trace(order[:place], parents_by_node[node])
    return _class_with_rules(parents_by_node, rules)


def grasp_marks(rows: Floats, *, penalty: float, seed: int, rules: Rules | None) -> Marks:
    """Return the marks of causal-learn's GRaSP: relaxed sparsest permutation."""
    from causallearn.search.PermutationBased.GRaSP import Order, dfs, grasp
    from causallearn.search.PermutationBased.gst import GST

    with seeded(seed):
        if rules is None:
            parameters = {"lambda_value": penalty}
            return _marks_of(grasp(rows, depth=GRASP_DEPTH, parameters=parameters, verbose=False))
        score = RuledScore(rows, penalty, rules)
        n_nodes = rows.shape[1]
        trees = [GST(node, score) for node in range(n_nodes)]
        order = Order(n_nodes, score)
        for place, node in enumerate(_order_along(rules)):
            order.set(place, int(node))
            parents = order.get_parents(int(node))
            before = [order.get(k) for k in range(place)]
            order.set_local_score(int(node), trees[node].trace(before, parents))
            order.bump_edges(len(parents))
        # a walk gives up on a node after its first refused move, and rules refuse many
        while any(dfs(GRASP_DEPTH - 1, set(), [], order, trees) for _ in range(GRASP_WALKS)):
            pass
    parents_by_node = {node: order.get_parents(node) for node in range(n_nodes)}
    return _class_with_rules(parents_by_node, rules)


class RuledScore:
    """The BIC of a node and its parents, ruinous where the parents break the rules."""

    def __init__(self, rows: Floats, penalty: float, rules: Rules) -> None:
        from causallearn.score.LocalScoreFunction import local_score_BIC_from_cov

        self.data = rows
        self._evidence = (np.cov(rows.T, ddof=0), len(rows))
        self._bic = local_score_BIC_from_cov
        self._parameters = {"lambda_value": penalty}
        self._rules = rules

    def score_nocache(self, node: int, parents: Sequence[int]) -> float:
        """Return the score under the name that the trees call."""
        chosen = list(parents)
        needed = self._rules.required[:, node]
        faults = self._rules.forbidden[chosen, node].sum() + needed.sum() - needed[chosen].sum()
        fit = self._bic(self._evidence, node, chosen, self._parameters)
        return float(fit - RUINOUS * faults)

    score = score_nocache


class HasGraph(Protocol):
    """A causal-learn graph: marks in its own matrix."""

    graph: NDArray[np.generic]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python's shared generator, which these searches shuffle with, and put it back."""
    with quiet():
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


@contextmanager
def quiet() -> Iterator[None]:
    """Send what a library prints nowhere; other threads that would do so wait."""
    with ONE_AT_A_TIME, redirect_stdout(io.StringIO()):
        yield


def _marks_of(graph: HasGraph) -> Marks:
    """Return the marks of a causal-learn graph."""
    return np.asarray(graph.graph).astype(np.int8)


def _order_along(rules: Rules) -> NDArray[np.int64]:
    """Return an order along the required edges, and the only directions left where they agree."""
    one_way = rules.forbidden.T & ~rules.forbidden
    order = in_causal_order(rules.required | one_way)
    return order if len(order) == len(one_way) else in_causal_order(rules.required)


def _class_with_rules(parents_by_node: dict[int, list[int]], rules: Rules) -> Marks:
    """Return the class of the graph with these parents, directed where the rules direct it."""
    edges = np.zeros_like(rules.forbidden)
    for node, parents in parents_by_node.items():
        edges[parents, node] = True
    found = class_of_edges(edges)
    directed = with_knowledge(found, ~(rules.forbidden | rules.required.T))
    return found if directed is None else directed
