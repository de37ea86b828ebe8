"""The released study as data: which rows the paper kept, its graph, and what follows from a graph.

One row is one role under one steering state: none, or one of ten SAE features. The paper's graph
is causal-learn's PC at level .05 with its defaults; edges without one direction count both ways.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from causalvalues import ScoreTable, ValueGraph, discover
from causalvalues.discovery.marks import Bools, adjacent_pairs, directed_pairs, reachable
from causalvalues.errors import FileError
from causalvalues.evaluation.side_effects import leads_to
from causalvalues.survey.released import read_released

__all__ = [
    "FEATURES",
    "MODELS",
    "SAE_ROLE",
    "Study",
    "follows",
    "leads_to",
    "load",
    "reduced_edges",
]

Model = Literal["gemma", "llama"]
MODELS: tuple[Model, ...] = ("gemma", "llama")
FEATURES: dict[Model, tuple[int, ...]] = {
    "gemma": (14351, 1025, 2965, 10096, 1341, 1975, 10605, 14049, 1312, 4752),
    "llama": (49202, 58305, 8546, 12477, 7754, 9332, 1897, 62769, 47207, 54606),
}
SAE_ROLE = "Mary Holt"  # the one test role of the published SAE table


@dataclass(frozen=True, eq=False)
class Study:
    """One model's scores, the graph the paper's method finds in them, and the reference graph."""

    model: Model
    train: ScoreTable
    test: ScoreTable
    graph: ValueGraph
    human: ValueGraph

    def without(self, feature: int) -> "Study":
        """Return the study as if a feature had never been used."""
        train, test = (
            table.rows(np.flatnonzero(contexts(table) != str(feature)))
            for table in (self.train, self.test)
        )
        return Study(self.model, train, test, discover(train, preset="kang2025"), self.human)


def load(data: Path, model: Model) -> Study:
    """Return the study of one model from the folder with the released files."""
    train = read_released(data / f"{model}_train.csv", features=FEATURES[model])
    test = read_released(data / f"{model}_test.csv", features=FEATURES[model])
    human = ValueGraph.from_edges(train.names, _edges_of(data, "human1"))
    return Study(model, train, test, discover(train, preset="kang2025"), human)


def contexts(table: ScoreTable) -> NDArray[np.str_]:
    """Return the feature of each row; empty = unsteered."""
    return table.contexts if table.contexts is not None else np.full(table.n_rows, "")


def roles(table: ScoreTable) -> NDArray[np.str_]:
    """Return the role of each row."""
    return table.clusters if table.clusters is not None else np.full(table.n_rows, "")


def follows(graph: ValueGraph) -> Bools:
    """Return [i, j] true where the paper draws an arrow from i to j."""
    return adjacent_pairs(graph.marks) & ~directed_pairs(graph.marks).T


def reduced_edges(graph: ValueGraph) -> list[tuple[str, str]]:
    """Return arrows that keep every reachability, each needed; where cycles stand, one choice."""
    arrows = follows(graph)
    closure = reachable(arrows)
    for i, j in np.argwhere(arrows):
        arrows[i, j] = False
        if not np.array_equal(reachable(arrows), closure):
            arrows[i, j] = True
    return [(graph.names[i], graph.names[j]) for i, j in np.argwhere(arrows)]


def published_closure(data: Path, names: Sequence[str]) -> Bools:
    """Return the closure of the graph that was published for Gemma."""
    arrows = np.zeros((len(names), len(names)), dtype=np.bool_)
    for cause, effect in _edges_of(data, "gemma"):
        arrows[list(names).index(cause), list(names).index(effect)] = True
    closure = reachable(arrows)
    np.fill_diagonal(closure, False)
    return closure


def _edges_of(data: Path, name: str) -> list[tuple[str, str]]:
    """Return the edges of one graph in the released file of graphs."""
    path = data / "published_gemma_graph.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [(cause, effect) for cause, effect in document["edges"][name]]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise FileError(
            f"The released graphs were expected at {path}", found=f"{type(fault).__name__}: {fault}"
        ) from fault
