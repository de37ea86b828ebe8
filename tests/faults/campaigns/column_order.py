"""Columns in another order: the same table gives the same graph."""

from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import ScoreTable, discover
from causalvalues.discovery.column_order import column_order
from causalvalues.discovery.options import ENGINES, Search
from causalvalues.organism.world import random_world

SEARCHES = [(algorithm, engine) for algorithm, engines in ENGINES.items() for engine in engines]
N_WORLDS = 8


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Search each of several worlds once, then again with its columns in other orders."""
    ledger, rng = Ledger("column_order"), np.random.default_rng(seed)
    known: dict[tuple[int, int], np.ndarray] = {}
    for number in range(count):
        which, search = (number // len(SEARCHES)) % N_WORLDS, number % len(SEARCHES)
        table = _table(which, seed)
        algorithm, engine = SEARCHES[search]
        if (which, search) not in known:
            known[which, search] = discover(table, algorithm, engine).marks  # type: ignore[arg-type]
        order = rng.permutation(len(table.names))
        turned = table.select([table.names[at] for at in order])
        found = discover(turned, algorithm, engine).marks  # type: ignore[arg-type]
        if np.array_equal(found, known[which, search][np.ix_(order, order)]):
            ledger.survived()
        else:
            ledger.was_silent(f"{algorithm} of {engine}, world {which}, order {order.tolist()}")
    n_worlds = min(N_WORLDS, -(-count // len(SEARCHES)))
    would = Counter(
        f"{algorithm} of {engine}"
        for which, (algorithm, engine) in product(range(n_worlds), SEARCHES)
        if not column_order(_table(which, seed), search=Search(algorithm, engine)).passed  # type: ignore[arg-type]
    )
    by = ", ".join(f"{name} in {n}" for name, n in sorted(would.items())) or "none"
    return ledger.outcome(
        f"{len(SEARCHES)} algorithms and engines in turn, {n_worlds} worlds; left to visit values "
        f"in the order of the columns, some would have changed: {by} of {n_worlds} worlds"
    )


def _table(which: int, seed: int) -> ScoreTable:
    """Return the scores of one world."""
    world = random_world(6 + which % 3, degree=2.0 + which / 4, seed=seed + which)
    return ScoreTable(world.names, world.latents(400, seed=which).reshape(-1, len(world.names)))


CAMPAIGN = Campaign(
    name="column_order",
    group="numbers",
    fault="the columns of a table in a random order",
    promise="the graph is the same",
    n_full=1000,
    n_small=16,
    work=work,
)
