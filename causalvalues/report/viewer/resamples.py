"""What resamples said of every pair, kept once for all graphs that were drawn from them.

A page draws the support of edges; an export must hold that of all other pairs as well. A share is
a count of resamples: as a count it is short, and comes back exactly.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from causalvalues.discovery.graph import Support, ValueGraph
from causalvalues.report.viewer.document import GraphView, ResamplesView

__all__ = ["shares_of", "short", "with_resamples"]

MOST_PAIRS = 20_000  # of one table; larger ones would not fit a page
DIGITS = 7


def with_resamples(
    views: Sequence[GraphView], graphs: Sequence[ValueGraph], place: Mapping[str, int]
) -> tuple[list[GraphView], list[ResamplesView]]:
    """Return the views with the places of their tables, and every table once."""
    tables: list[ResamplesView] = []
    number_by_support: dict[int, int] = {}
    for graph in graphs:
        support = graph.support
        if support is not None and id(support) not in number_by_support and _fits(support):
            number_by_support[id(support)] = len(tables)
            tables.append(_table(support, [place[name] for name in graph.names]))
    numbers = [number_by_support.get(id(graph.support)) for graph in graphs]
    pairs = zip(views, numbers, strict=True)
    return [view.model_copy(update={"resamples": number}) for view, number in pairs], tables


def shares_of(support: Support, i: int, j: int) -> tuple[float, float, float, float, float]:
    """Return the shares of one pair, in the order of `SupportView`."""
    return (
        short(support.adjacent[i, j]),
        short(support.directed[i, j]),
        short(support.directed[j, i]),
        short(support.undirected[i, j]),
        short(support.bidirected[i, j]),
    )


def short(number: float | np.floating) -> float:
    """Return a number with as many digits as a page needs."""
    return float(f"{float(number):.{DIGITS}g}")


def _fits(support: Support) -> bool:
    """Return whether the pairs that resamples joined are few enough for a page."""
    return int(np.count_nonzero(np.triu(support.adjacent))) <= MOST_PAIRS


def _table(support: Support, places: Sequence[int]) -> ResamplesView:
    """Return the counts of resamples of every pair that any joined."""
    n = support.n_resamples
    joined = [(int(i), int(j)) for i, j in np.argwhere(np.triu(support.adjacent, k=1))]
    counts = [[_count(share, n) for share in shares_of(support, i, j)] for i, j in joined]
    rows = [(places[i], places[j], *told) for (i, j), told in zip(joined, counts, strict=True)]
    return ResamplesView.model_validate({"n_resamples": n, "unit": support.unit, "pairs": rows})


def _count(share: float, n: int) -> int | float:
    """Return how many of n a share is: whole, unless it is no count at all."""
    nearest = round(share * n)
    return nearest if abs(share * n - nearest) <= 1e-6 * n else share * n
