"""`fewer` makes a half of items and roles smaller, so that a first look costs little.

Guarantee: what is left is a part of what was there, and a smaller one is a part of a larger one:
answers to few questions are among those to many. Items for and against a value stay as many.
"""

from collections import Counter
from dataclasses import replace

from causalvalues.errors import OptionError
from causalvalues.evaluation.splits import Half

__all__ = ["fewer"]


def fewer(half: Half, *, n_roles: int, n_items: int) -> Half:
    """Return the first roles, and the first items of each value and key; all, if there are less."""
    if min(n_roles, n_items) < 1:
        raise OptionError(
            "A survey needs a role and an item of each key", found=f"{n_roles} and {n_items}"
        )
    counts: Counter[tuple[str, int]] = Counter()
    kept = []
    for item in half.inventory.items:
        counts[item.value, item.key] += 1
        if counts[item.value, item.key] <= n_items:
            kept.append(item)
    return Half(replace(half.inventory, items=tuple(kept)), half.roles[:n_roles])
