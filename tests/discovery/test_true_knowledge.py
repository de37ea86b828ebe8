"""Knowledge that is true of a world leads every search to the world's class, directed by it."""

import warnings

import numpy as np
import pytest

from causalvalues import Knowledge, ScoreTable, discover
from causalvalues.discovery.classes import with_knowledge
from causalvalues.discovery.discover import discover_with
from causalvalues.discovery.evidence import rows_with_correlation
from causalvalues.discovery.options import Algorithm, Search
from causalvalues.errors import CyclicGraph, DependentRows
from causalvalues.organism.world import World, planted_world, random_world

SEARCHES = [
    *[Search(uc_rule=rule) for rule in (0, 1, 2)],
    *[Search(engine="causal-learn", uc_rule=rule) for rule in (0, 1, 2)],
    *[Search(algorithm=name) for name in ("ges", "xges", "boss", "grasp")],
]


def label(search: Search) -> str:
    return f"{search.algorithm}-{search.engine}-{search.uc_rule}"


def exact_rows(world: World, n_rows: int = 50_000) -> ScoreTable:
    """Rows whose correlations are exactly those of the world."""
    spread = world.total_effects() + np.eye(len(world.names))
    exact = spread.T @ np.diag(world.disturbances) @ spread
    return ScoreTable(names=world.names, scores=rows_with_correlation(exact, n_rows))


def is_clear(search: Search, world: World) -> bool:
    """Whether the search finds the class without any knowledge, as it does of most worlds."""
    found = discover_with(search, exact_rows(world))
    return np.array_equal(found.marks, world.graph_class().marks)


def true_knowledge(world: World, seed: int) -> Knowledge:
    """A few of the world's edges, a few pairs it has apart, and tiers along its order."""
    rng = np.random.default_rng(seed)
    names, edges = world.names, world.weights != 0
    causes = [f"{names[i]} -> {names[j]}" for i, j in np.argwhere(edges)]
    apart = np.argwhere(np.triu(~(edges | edges.T), 1))
    later = [f"{names[j]} -> {names[i]}" for i, j in np.argwhere(edges)]
    ancestors = np.linalg.inv(np.eye(len(names)) - edges) > 0.5
    depth = ancestors.sum(axis=0)  # a cause has fewer ancestors than its effects
    half = float(np.median(depth))
    early = tuple(n for n, d in zip(names, depth, strict=True) if d <= half)
    late = tuple(n for n, d in zip(names, depth, strict=True) if d > half)
    return Knowledge(
        tiers=(early, late) if seed % 2 and late else (),
        required=tuple(rng.permutation(causes)[:1].tolist()),
        forbidden=(
            *rng.permutation(later)[:2].tolist(),
            *(f"{names[i]} -- {names[j]}" for i, j in rng.permutation(apart)[:1]),
        ),
    )


@pytest.mark.parametrize("search", SEARCHES, ids=label)
def test_true_knowledge_directs_the_class_and_spoils_nothing(search: Search) -> None:
    n_tried = 0
    for seed in range(10):
        world = random_world(6, degree=2.0, seed=60 + seed)
        if not is_clear(search, world):
            continue
        known = true_knowledge(world, seed)
        allowed = ~known.rules(world.names).forbidden & ~known.rules(world.names).required.T
        expected = with_knowledge(world.graph_class().marks, allowed)
        assert expected is not None
        found = discover_with(search, exact_rows(world), knowledge=known)
        assert np.array_equal(found.marks, expected), known
        n_tried += 1
    assert n_tried >= 8


@pytest.mark.parametrize("search", SEARCHES, ids=label)
def test_a_total_order_leaves_no_direction_open(search: Search) -> None:
    n_tried = 0
    for seed in range(6):
        world = random_world(6, degree=2.0, seed=80 + seed)
        if not is_clear(search, world):
            continue
        ancestors = (np.linalg.inv(np.eye(6) - (world.weights != 0)) > 0.5).sum(axis=0)
        order = [world.names[i] for i in np.argsort(ancestors, kind="stable")]
        known = Knowledge(tiers=tuple((name,) for name in order))
        found = discover_with(search, exact_rows(world), knowledge=known)
        assert np.array_equal(found.marks, world.graph().marks)
        n_tried += 1
    assert n_tried >= 4


@pytest.mark.parametrize("algorithm", ["pc", "ges", "xges", "boss", "grasp", "fci"])
def test_interventions_are_causes_of_what_they_set(algorithm: Algorithm) -> None:
    table = planted_world().sample(500, interventions=[{"security": 1.5}, {"power": -1.5}], seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DependentRows)
        warnings.simplefilter("ignore", CyclicGraph)
        found = discover(table, algorithm, contexts="joint")
    contexts = [i for i, kind in enumerate(found.kinds) if kind == "context"]
    assert [found.names[i] for i in contexts] == ["do(power=-1.5)", "do(security=+1.5)"]
    assert not found.directed[:, contexts].any()
    assert (found.marks[np.ix_(contexts, contexts)] == 0).all()
    for context, value in zip(contexts, ("power", "security"), strict=True):
        effects = np.flatnonzero(found.marks[:, context] == 1)
        assert found.index(value) in effects
