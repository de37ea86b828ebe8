"""In which order a search visits values: that of their system, whatever order a table has.

    values of one system of the package   as their system has them
    other names                           sorted, the numbers in them by size
    contexts                              after all values, as they are: sorted already

Searches settle clashes by who comes first. Guarantee: the same columns in another order are visited
in the same order, and so give the same graph; whether another one would give another is for
`column_order` to say.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from causalvalues.discovery.graph import NodeKind
from causalvalues.values import system_of

__all__ = ["visiting_order"]

NUMBER = re.compile(r"(\d+)")


@lru_cache(maxsize=64)  # a thousand resamples ask about the same nodes
def visiting_order(names: tuple[str, ...], kinds: tuple[NodeKind, ...]) -> tuple[int, ...]:
    """Return the places of the nodes, in the order in which they are visited."""
    values = [place for place, kind in enumerate(kinds) if kind == "value"]
    others = [place for place, kind in enumerate(kinds) if kind != "value"]
    system = system_of(names[place] for place in values)
    if system is not None:
        rank = {name: place for place, name in enumerate(system.names)}
        return (*sorted(values, key=lambda place: rank[names[place]]), *others)
    return (*sorted(values, key=lambda place: _by_numbers(names[place])), *others)


def _by_numbers(name: str) -> tuple[Sequence[tuple[int, str]], str]:
    """Return what names are sorted by, so that "v2" comes before "v10"."""
    parts = NUMBER.split(name)  # words and numbers in turn
    return [(int(p), "") if at % 2 else (-1, p) for at, p in enumerate(parts)], name
