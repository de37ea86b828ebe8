"""Small pages with numbers in them: influences drawn at random, chains, and what is read back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from causalvalues import ValueGraph
from causalvalues.discovery.graph import Effect
from causalvalues.report.viewer import Influence, document_of, page_of
from causalvalues.report.viewer.document import ViewerDocument

CHAIN = ValueGraph.from_edges(("a", "b", "c", "d"), [("a", "b"), ("b", "c"), ("a", "c")])
WEIGHTS = ((0.5, 0.8, -0.1), (0.6, 0.7, -0.1), (0.4, 0.9, -0.1))  # a → b, b → c, a → c
PAIRS = np.array([(0, 1), (1, 2), (0, 2)])


def chain_influence(weights: tuple[tuple[float, ...], ...] = WEIGHTS) -> Influence:
    """Draws along a → b → c and a → c; d stands alone."""
    return Influence(CHAIN.names, PAIRS, np.array(weights), "three made-up draws")


def random_influence(n_values: int, n_pairs: int, n_draws: int, *, seed: int) -> Influence:
    """Draws in which every graph is acyclic, but not the same one: a pair runs either way."""
    random = np.random.default_rng(seed)
    joined = np.argwhere(np.triu(np.ones((n_values, n_values)), k=1))
    joined = joined[random.choice(len(joined), n_pairs, replace=False)]
    pairs = np.concatenate([joined, joined[:, ::-1]])
    weights = np.zeros((n_draws, len(pairs)))
    for draw in weights:
        place = np.argsort(random.permutation(n_values))
        causal = place[pairs[:, 0]] < place[pairs[:, 1]]
        draw[causal] = random.normal(0, 0.4, causal.sum())
    names = tuple(f"value {number}" for number in range(n_values))
    return Influence(names, pairs, weights, f"{n_draws} random draws")


def graph_of(influence: Influence) -> ValueGraph:
    """The graph that joins what an influence joins, directions open."""
    marks = np.zeros((len(influence.names), len(influence.names)), np.int8)
    marks[influence.pairs[:, 0], influence.pairs[:, 1]] = -1
    marks[influence.pairs[:, 1], influence.pairs[:, 0]] = -1
    return ValueGraph(names=influence.names, marks=marks)


def chain_effects() -> tuple[Effect, ...]:
    """Total effects of a: clear on b, not clear on c, none on d."""
    return (
        Effect("a", "b", 0.5, 0.5, 0.4, 0.6, "by hand"),
        Effect("a", "c", -0.2, 0.4, -0.3, 0.5, "by hand"),
        Effect("a", "d", 0.0, 0.0, 0.0, 0.0, "by hand"),
    )


def with_parts(document: ViewerDocument, **parts: object) -> str:
    """The page of a document with some parts replaced."""
    return page_of(document.model_copy(update=parts))


def chain_page(**options: Any) -> str:
    """The page of the chain with its three draws."""
    return page_of(document_of(CHAIN, influence=chain_influence(), **options))


def open_tab(page: Any, panel: str) -> None:
    """Go to a panel, as a user does."""
    page.locator(f"[role=tab][aria-controls='{panel}']").click()


def told(row: Any) -> tuple[float, float, float]:
    """The change of a row and its interval, with all their digits."""
    return tuple(float(row.get_attribute(f"data-{part}")) for part in ("change", "low", "high"))  # type: ignore[return-value]


def by_name(influence: Influence, settings: Mapping[int, float]) -> dict[str, float]:
    """Settings by the names of values."""
    return {influence.names[place]: by for place, by in settings.items()}
