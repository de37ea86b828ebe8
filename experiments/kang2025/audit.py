"""The honest part: what the released scores still say once roles are clusters and chance is asked.

Every function returns plain numbers for findings.json; run.py names them and writes them.
"""

from dataclasses import replace as replace_fields

import numpy as np
import pandas as pd
from chance import SIDES, mean_of
from numpy.typing import NDArray
from pydantic import JsonValue
from study import Study, contexts, leads_to, roles
from tables import FAMILIES, cells, co_change, prompt_changes, sae_changes

from causalvalues import ScoreTable, ValueGraph, discover, nulls, stability
from causalvalues.discovery.column_order import orders_that_differ
from causalvalues.discovery.nulls import NullResult
from causalvalues.discovery.options import Search
from causalvalues.discovery.stability import StabilityResult
from causalvalues.evaluation.health import health_of_scores
from causalvalues.evaluation.health_rules import faults_of

__all__ = [
    "broken_features",
    "column_orders",
    "edge_null",
    "held_out",
    "our_defaults",
    "single_rows",
    "support",
]

Floats = NDArray[np.float64]
Numbers = dict[str, JsonValue]
PUBLISHED = Search.preset("kang2025")


def support(study: Study, n_resamples: int, seed: int) -> tuple[Numbers, StabilityResult]:
    """Return the bootstrap by role of the published search."""
    found = stability(study.train, search=PUBLISHED, n_resamples=n_resamples, seed=seed)
    adjacent = found.support.adjacent[np.triu(study.graph.marks != 0)]
    numbers: Numbers = {
        "n_edges": study.graph.n_edges,
        "edges_with_support_above_half": int((adjacent >= 0.5).sum()),
        "edges_with_support_above_95_percent": int((adjacent >= 0.95).sum()),
        "mean_adjacency_support": float(adjacent.mean()),
        "mean_direction_support": float(found.support.directed[study.graph.directed].mean()),
        "orientation_stability": found.orientation_stability,
        "cyclic": bool(study.graph.cycle),
        "cycle": list(study.graph.cycle),
    }
    return numbers, found


def edge_null(study: Study, n_permutations: int, seed: int) -> NullResult:
    """Return the number of edges that remain when blocks of roles are shuffled per value."""
    return nulls(study.train, search=PUBLISHED, n_permutations=n_permutations, seed=seed)


def single_rows(study: Study, n_draws: int, seed: int) -> Numbers:
    """Return how many edges one row per role leaves: unsteered, and any one state at random."""
    table = study.train
    unsteered = table.rows(np.flatnonzero(contexts(table) == ""))
    rng = np.random.default_rng(seed)
    rows_by_role = [np.flatnonzero(roles(table) == role) for role in np.unique(roles(table))]
    counts = [
        _n_edges(table.rows(np.array([rng.choice(rows) for rows in rows_by_role])))
        for _ in range(n_draws)
    ]
    return {
        "n_rows": unsteered.n_rows,
        "edges_unsteered": _n_edges(unsteered),
        "edges_random_state_mean": float(np.mean(counts)),
        "edges_random_state_interval": [float(q) for q in np.quantile(counts, [0.025, 0.975])],
    }


def column_orders(study: Study, n_orders: int, seed: int) -> Numbers:
    """Return how many random column orders change the published graph, and the one of rule 2."""
    found: Numbers = {"n_orders": n_orders}
    for label, search in (("published", PUBLISHED), ("uc_rule_2", Search(alpha=0.05))):
        found[f"{label}_graph_changed"] = orders_that_differ(
            study.train, search, n_orders=n_orders, seed=seed
        )
    return found


def broken_features(study: Study) -> Numbers:
    """Return features that broke the model, by the rules that every steered model is judged by."""
    table = study.train
    spread = {
        str(feature): float(table.scores[contexts(table) == feature].std())
        for feature in np.unique(contexts(table))
    }
    frame = table.to_frame().set_index(["context", "cluster"])
    broken = [feature for feature in spread if feature and faults_of(_health(frame, feature))]
    found: Numbers = {"features": list(broken), "spread_by_feature": dict(spread)}
    for feature in broken:
        smaller = study.without(int(feature))
        lost = leads_to(study.graph) & ~leads_to(smaller.graph)
        scores = table.scores[contexts(table) == feature]
        found[feature] = {
            "mean_score": float(scores.mean()),
            "share_of_scores_exactly_zero": float((scores == 0).mean()),
            "largest_mean_of_a_value": float(np.abs(scores.mean(axis=0)).max()),
            "strongest_decrease_of_n_values": _strongest_decrease(study).count(feature),
            "n_edges_without_it": smaller.graph.n_edges,
            "cycle_without_it": list(smaller.graph.cycle),
            "reachable_pairs": int(leads_to(study.graph).sum()),
            "reachable_pairs_lost_without_it": int(lost.sum()),
            "table_2_means_without_it": _means(smaller),
        }
    return found


def held_out(study: Study, n_splits: int, seed: int) -> Numbers:
    """Return how well the graph of half the roles predicts that of the other half, and of test."""
    rng = np.random.default_rng(seed)
    names = np.unique(roles(study.train))
    shared: dict[str, list[float]] = {"adjacent": [], "directed": [], "by_chance": []}
    for _ in range(n_splits):
        half = rng.permutation(names)[: len(names) // 2]
        inside = np.isin(roles(study.train), half)
        one, two = (
            _search(study.train.rows(np.flatnonzero(rows)), PUBLISHED) for rows in (inside, ~inside)
        )
        shared["adjacent"].append(_jaccard(one.marks != 0, two.marks != 0))
        shared["directed"].append(_jaccard(one.directed, two.directed))
        order = rng.permutation(len(one.names))
        other_names = (two.marks != 0)[np.ix_(order, order)]
        shared["by_chance"].append(_jaccard(one.marks != 0, other_names))
    refit = _search(study.test, PUBLISHED)
    return {
        "n_splits": n_splits,
        "adjacency_shared_by_halves": float(np.mean(shared["adjacent"])),
        "arrows_shared_by_halves": float(np.mean(shared["directed"])),
        "adjacency_shared_by_chance": float(np.mean(shared["by_chance"])),
        "test_roles_n_edges": refit.n_edges,
        "adjacency_shared_with_test_roles": _jaccard(study.graph.marks != 0, refit.marks != 0),
        "arrows_shared_with_test_roles": _jaccard(study.graph.directed, refit.directed),
    }


def our_defaults(study: Study, n_resamples: int, seed: int) -> tuple[Numbers, ValueGraph]:
    """Return what the package's own defaults say of the same rows: alpha .01, rule 2, support."""
    graph = discover(study.train)
    found = stability(study.train, n_resamples=n_resamples, seed=seed)
    null = nulls(study.train, n_permutations=n_resamples, seed=seed)
    numbers: Numbers = {
        "n_edges": graph.n_edges,
        "cycle": list(graph.cycle),
        "orientation_stability": found.orientation_stability,
        "consensus_edges_at_half": found.consensus.n_edges,
        "edges_with_support_above_95_percent": int(
            (np.triu(found.support.adjacent, 1) >= 0.95).sum()
        ),
        "null": null.to_dict(),
    }
    return numbers, replace_fields(graph, support=found.support)


def _health(frame: pd.DataFrame, feature: str) -> dict[str, float]:
    """Return the health of one feature: its roles' scores beside their own without it."""
    under = frame.loc[feature]
    return health_of_scores(frame.loc[""].loc[under.index].to_numpy(), under.to_numpy())


def _means(study: Study) -> dict[str, JsonValue]:
    """Return the row means of table 2 under our graph."""
    rates = {"prompt": co_change(prompt_changes(study.test)), "sae": co_change(sae_changes(study))}
    return {
        f"{family}_{side}": mean_of(row)
        for family in FAMILIES
        for side, row in zip(SIDES, cells(study.graph, rates[family]), strict=True)
    }


def _strongest_decrease(study: Study) -> list[str]:
    """Return, per value, the feature under which most training roles fell."""
    frame = study.train.to_frame().set_index(["context", "cluster"])
    unsteered = frame.loc[""]
    features = [f for f in np.unique(contexts(study.train)) if f != ""]
    fell = [
        (frame.loc[f].to_numpy() < unsteered.loc[frame.loc[f].index].to_numpy()).sum(axis=0)
        for f in features
    ]
    return [str(features[i]) for i in np.argmax(fell, axis=0)]


def _search(table: ScoreTable, search: Search) -> ValueGraph:
    """Return the graph of a search with the given options."""
    from causalvalues.discovery.discover import discover_with

    return discover_with(search, table)


def _n_edges(table: ScoreTable) -> int:
    """Return the number of edges of the published search."""
    return _search(table, PUBLISHED).n_edges


def _jaccard(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> float:
    """Return the shared part of two sets of pairs."""
    return float((one & two).sum() / max((one | two).sum(), 1))
