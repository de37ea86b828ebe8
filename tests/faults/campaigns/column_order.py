"""Columns in another order: the same table gives the same graph."""

from collections import Counter
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import ScoreTable, discover
from causalvalues.discovery.column_order import column_order
from causalvalues.discovery.options import ENGINES, Search
from causalvalues.organism.world import random_world

SEARCHES = [(algorithm, engine) for algorithm, engines in ENGINES.items() for engine in engines]


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Search each of several worlds once, then again with its columns in other orders."""
    ledger, rng = Ledger("column_order"), np.random.default_rng(seed)
    changed: Counter[str] = Counter()
    known: dict[tuple[int, int], np.ndarray] = {}
    for number in range(count):
        which, search = (number // len(SEARCHES)) % 8, number % len(SEARCHES)
        world = random_world(6 + which % 3, degree=2.0 + which / 4, seed=seed + which)
        scores = world.latents(400, seed=which).reshape(-1, len(world.names))
        table = ScoreTable(world.names, scores)
        algorithm, engine = SEARCHES[search]
        if (which, search) not in known:
            known[which, search] = discover(table, algorithm, engine).marks  # type: ignore[arg-type]
        order = rng.permutation(len(world.names))
        turned = table.select([world.names[at] for at in order])
        found = discover(turned, algorithm, engine).marks  # type: ignore[arg-type]
        if np.array_equal(found, known[which, search][np.ix_(order, order)]):
            ledger.survived("unchanged")
        elif not column_order(table, search=Search(algorithm, engine), n_orders=40).passed:  # type: ignore[arg-type]
            changed[f"{algorithm} of {engine}"] += 1
            ledger.survived("changed, which the check of column order tells")
        else:
            ledger.was_silent(f"{algorithm} of {engine}, world {which}, order {order.tolist()}")
    by = ", ".join(f"{n} by {name}" for name, n in sorted(changed.items())) or "none"
    return ledger.outcome(f"{len(SEARCHES)} algorithms and engines in turn; changed: {by}")


CAMPAIGN = Campaign(
    name="column_order",
    group="numbers",
    fault="the columns of a table in a random order",
    promise="the graph is the same, or the check of column order says that it may not be",
    n_full=1000,
    n_small=64,
    work=work,
)
