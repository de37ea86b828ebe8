"""Twelve faults of data, put to every algorithm and to every stage that takes a table."""

import warnings
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import ScoreTable, discover, effects, nulls, stability
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.options import ENGINES, Search
from causalvalues.errors import CausalValuesWarning, InputError
from causalvalues.report.viewer.viewer import view

Scores = np.ndarray
NAMES = ("a", "b", "c", "d", "e")
N_ROWS = 240
NAMED, UNTOLD = "a named error", "silent: a graph without a word"
REPEATED, BY_CLUSTER = "rows repeated within roles", ("stability", "effects")


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Put faults to stages, each time with other numbers, until so many were put."""
    ledger = Ledger("data_faults")
    cases = list(product(FAULTS, _stages()))
    stages = dict(_stages())
    for number in range(count):
        fault, (stage, _) = cases[number % len(cases)]
        rng = np.random.default_rng([seed, number])
        told = _told(FAULTS[fault], stages[stage], rng)
        if fault == REPEATED and stage in BY_CLUSTER and told == UNTOLD:
            told = "resampled by role, which is the answer to it"
        what = f"{fault} in {stage}: {told}"
        if told.startswith("silent"):
            ledger.was_silent(what)
        elif told.startswith("lost"):
            ledger.was_lost(what)
        else:
            ledger.survived(told)
    return ledger.outcome(f"{len(FAULTS)} faults, {len(stages)} algorithms and stages")


def _told(
    make: Callable[[np.random.Generator], ScoreTable],
    stage: Callable[[ScoreTable], ValueGraph],
    rng: np.random.Generator,
) -> str:
    """Return what came of a fault."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = stage(make(rng))
        except InputError:
            return NAMED
        except Exception as fault:
            return f"lost: {type(fault).__name__} {fault!s:.80}"
    named = any(issubclass(each.category, CausalValuesWarning) for each in said)
    if _has_nan(found):
        return "silent: a number of the graph is NaN"
    if found.n_edges == 0:
        return "silent: an empty graph"
    return "a graph with a named warning" if named else UNTOLD


def _has_nan(graph: ValueGraph) -> bool:
    """Return whether any number of a graph is none."""
    numbers = [graph.marks.astype(float).ravel()]
    if graph.support is not None:
        numbers.append(np.ravel(graph.support.adjacent))
    numbers += [np.array([each.low, each.high]) for each in graph.effects]
    return not all(np.isfinite(each).all() for each in numbers)


def _stages() -> list[tuple[str, Callable[[ScoreTable], ValueGraph]]]:
    """Return every algorithm and engine, and every stage that takes a table."""
    few = {"n_resamples": 6, "seed": 1}
    known = ValueGraph.from_edges(NAMES, list(pairwise(NAMES)))

    def searched(algorithm: str, engine: str) -> Callable[[ScoreTable], ValueGraph]:
        return lambda table: discover(table, algorithm, engine)  # type: ignore[arg-type]

    def nulled(table: ScoreTable) -> ValueGraph:
        nulls(table, n_permutations=6, seed=1)
        return discover(table)

    def viewed(table: ScoreTable) -> ValueGraph:
        view(known, scores=table, n_draws=6)
        table.validate()
        return known

    pairs = [(name, engine) for name, engines in ENGINES.items() for engine in engines]
    return [
        *((f"{name}, {engine}", searched(name, engine)) for name, engine in pairs),
        ("spearman", lambda table: discover(table, correlation="spearman")),
        ("polychoric", lambda table: discover(table, correlation="polychoric")),
        ("preset", lambda table: discover(table, preset="kang2025")),
        ("stability", lambda table: stability(table, search=Search(), **few).consensus),  # type: ignore[arg-type]
        ("nulls", nulled),
        ("effects", lambda table: _with_effects(known, table)),
        ("validate", lambda table: _validated(table, known)),
    ]


def _with_effects(graph: ValueGraph, table: ScoreTable) -> ValueGraph:
    """Return the graph with its effects in a table."""
    from dataclasses import replace

    found = effects(table, graph, n_resamples=6, seed=1)
    return replace(graph, effects=tuple(found.effects))


def _validated(table: ScoreTable, known: ValueGraph) -> ValueGraph:
    table.validate()
    return known


def _good(rng: np.random.Generator, n_rows: int = N_ROWS) -> Scores:
    """Return scores of a chain, of roles that differ."""
    scores = rng.standard_normal((n_rows, len(NAMES)))
    for at in range(1, len(NAMES)):
        scores[:, at] += 0.8 * scores[:, at - 1]
    return scores


def _table(scores: Scores, clusters: np.ndarray | None = None) -> ScoreTable:
    return ScoreTable(NAMES[: scores.shape[1]], scores, clusters=clusters)


def _cell(value: float) -> Callable[[np.random.Generator], ScoreTable]:
    def make(rng: np.random.Generator) -> ScoreTable:
        scores = _good(rng)
        scores[rng.integers(N_ROWS), rng.integers(5)] = value
        return _table(scores)

    return make


def _column(change: Callable[[Scores], Scores | float]) -> Callable[..., ScoreTable]:
    def make(rng: np.random.Generator) -> ScoreTable:
        scores = _good(rng)
        place = int(rng.integers(1, 5))
        scores[:, place] = change(np.delete(scores, place, axis=1))
        return _table(scores)

    return make


def _near_constant(rng: np.random.Generator) -> ScoreTable:
    scores = np.round(_good(rng), 1)
    kept = scores[:, 4].copy()
    scores[:, 4] = 1.0
    scores[0, 4] = kept[0] + 7
    return _table(scores)


def _near_duplicate(rng: np.random.Generator) -> ScoreTable:
    scores = _good(rng)
    scores[:, 3] = scores[:, 2] + 1e-4 * rng.standard_normal(N_ROWS)
    return _table(scores)


def _centred(rng: np.random.Generator) -> ScoreTable:
    scores = _good(rng)
    return _table(scores - scores.mean(axis=1, keepdims=True))


def _repeated_rows(rng: np.random.Generator) -> ScoreTable:
    scores = np.repeat(_good(rng, 40), 6, axis=0) + 1e-3 * rng.standard_normal((240, 5))
    return _table(scores, np.repeat([f"r{at}" for at in range(40)], 6))


FAULTS: dict[str, Callable[[np.random.Generator], ScoreTable]] = {
    "a missing score": _cell(np.nan),
    "an infinite score": _cell(np.inf),
    "a score too large to square": _cell(-1e200),
    "a constant column": _column(lambda others: 0.1),
    "a nearly constant column": _near_constant,
    "a column twice": _column(lambda others: others[:, 0]),
    "a column twice, negated and scaled": _column(lambda others: 3 - 2 * others[:, 1]),
    "a nearly equal column": _near_duplicate,
    "a sum of columns": _column(lambda others: others[:, 0] + others[:, 1]),
    "rows centred": _centred,
    "fewer rows than values": lambda rng: _table(_good(rng, int(rng.integers(0, 8)))),
    REPEATED: _repeated_rows,
}

CAMPAIGN = Campaign(
    name="data_faults",
    group="numbers",
    fault="twelve faults of data, to every algorithm and engine and every stage with a table",
    promise="a named error, or a graph under a named warning, without NaN and not empty",
    n_full=1020,
    n_small=204,
    work=work,
)
