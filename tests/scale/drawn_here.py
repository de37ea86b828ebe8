"""Bootstraps and nulls of every kind, small: what must be the same whoever draws them."""

import os
import signal
import warnings
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from causalvalues import Knowledge, ScoreTable, discover, effects, nulls, stability
from causalvalues.discovery.draws import Spread, in_threads
from causalvalues.discovery.options import Search
from causalvalues.organism.world import planted_world
from causalvalues.scale.executors import Executor
from causalvalues.scale.outcome import Outcome

WORLD = planted_world()
NAMES = WORLD.names[:5]
ROLES = WORLD.sample(40, n_states=4, seed=1)
STEERED = WORLD.sample(60, interventions=[{"security": 1.5}], seed=3)
FEW = ROLES.select(NAMES)
WEIGHTED = ScoreTable(names=FEW.names, scores=FEW.scores, weights=np.linspace(0.5, 1.5, 160))
ORDINAL = ScoreTable(
    names=FEW.names,
    scores=np.digitize(FEW.scores, (-0.3, 0.3)).astype(float),
    clusters=FEW.clusters,
)
KNOWN = Knowledge(required=("stimulation -> hedonism",))


def _support(table: ScoreTable, spread: Spread, n: int, search: Search, **more: Any) -> bytes:
    found = stability(table, n_resamples=n, search=search, seed=2, spread=spread, **more)
    shares = found.support
    parts = (shares.adjacent, shares.directed, shares.undirected, shares.bidirected, found.n_edges)
    return b"".join(part.tobytes() for part in parts)


def _null(table: ScoreTable, spread: Spread, n: int, search: Search) -> bytes:
    found = nulls(table, n_permutations=n, search=search, seed=2, spread=spread)
    return found.edges.tobytes() + found.dependence.tobytes()


def _effects(table: ScoreTable, spread: Spread, n: int, search: Search | None) -> bytes:
    graph = discover(table)
    return repr(
        effects(table, graph, n_resamples=n, search=search, seed=2, spread=spread).effects
    ).encode()


REFERENCE = Search(engine="causal-learn")
QUICK: dict[str, Callable[[Spread], bytes]] = {
    "roles": lambda spread: _support(ROLES, spread, 150, Search()),
    "null": lambda spread: _null(ROLES, spread, 30, Search()),
    "effects": lambda spread: _effects(ROLES, spread, 100, None),
}
EVERY: dict[str, Callable[[Spread], bytes]] = {
    **QUICK,
    "rows": lambda spread: _support(ROLES, spread, 20, Search("ges"), by="row"),
    "weights": lambda spread: _support(WEIGHTED, spread, 20, Search()),
    "contexts": lambda spread: _support(STEERED, spread, 20, Search(), contexts="joint"),
    "knowledge": lambda spread: _support(FEW, spread, 20, Search("xges"), knowledge=KNOWN),
    "polychoric": lambda spread: _support(ORDINAL, spread, 5, Search(correlation="polychoric")),
    "causal-learn": lambda spread: _support(FEW, spread, 10, REFERENCE),
    "boss": lambda spread: _support(FEW, spread, 10, Search("boss", seed=4)),
    "null of weights": lambda spread: _null(WEIGHTED, spread, 5, Search(correlation="spearman")),
    "null by causal-learn": lambda spread: _null(FEW, spread, 5, REFERENCE),
    "effects of searches": lambda spread: _effects(ROLES, spread, 20, Search()),
}


def drawn(kinds: dict[str, Callable[[Spread], bytes]], spread: Spread) -> dict[str, bytes]:
    """What is found of each kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few rows of few roles
        return {name: kind(spread) for name, kind in kinds.items()}


def quick_in_threads() -> dict[str, bytes]:
    """What threads of this process find."""
    return drawn(QUICK, in_threads)


@dataclass(frozen=True)
class Deadly:
    """An executor whose workers are killed as they end a task, so many times in all."""

    executor: Executor
    folder: Path
    n_deaths: int = 1

    @property
    def n_workers(self) -> int:
        return self.executor.n_workers

    def map(
        self, work: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Generator[Outcome[Any], None, None]:
        yield from self.executor.map(partial(dying, work, self.folder, self.n_deaths), tasks)

    def close(self) -> None:
        self.executor.close()


def dying(work: Callable[[Any], Any], folder: Path, n_deaths: int, task: Any) -> Any:
    """The result of a task; none where a death is left, which is taken once."""
    result = work(task)
    for place in range(n_deaths):
        try:
            (folder / f"death-{place}").touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
    return result
