"""A smaller half is a part of the larger one, as many items for a value as against it."""

from collections import Counter

import pytest
from fakes import roles_of, small_inventory

from causalvalues.errors import OptionError
from causalvalues.evaluation.fewer import fewer
from causalvalues.evaluation.splits import Half

WHOLE = Half(small_inventory(4), roles_of(6))


def test_small_parts_are_parts_of_larger_ones() -> None:
    before: set[str] = set()
    for n in (1, 2, 4, 9):
        part = fewer(WHOLE, n_roles=n, n_items=n)
        ids = {item.id for item in part.inventory.items}
        counts = Counter((item.value, item.key) for item in part.inventory.items)
        assert set(counts.values()) == {min(n, 4)}
        assert part.roles == WHOLE.roles[:n]
        assert before <= ids
        before = ids
    assert fewer(WHOLE, n_roles=9, n_items=9) == WHOLE


@pytest.mark.fault
def test_nobody_asks_nothing() -> None:
    for n_roles, n_items in ((0, 1), (1, 0)):
        with pytest.raises(OptionError, match="needs a role"):
            fewer(WHOLE, n_roles=n_roles, n_items=n_items)
