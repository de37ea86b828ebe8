"""`split` parts items and roles in two, so that what was chosen on one half is judged on the other.

Per value and key, items go to one half or the other, as many of either key as the value has in
both: a liking for one answer cancels out in each half as it did in the whole.
Guarantee: no item and no role stands in both halves; every value of the inventory has items for
and against it in both, if it had two of each; a seed gives the same halves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from causalvalues.errors import OptionError
from causalvalues.survey.inventory import Inventory, Item
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.roles import Role

__all__ = ["Half", "Split", "split"]


@dataclass(frozen=True)
class Half:
    """Items and roles that belong together."""

    inventory: Inventory
    roles: tuple[Role, ...]

    def questions(self, protocol: Protocol) -> tuple[Question, ...]:
        """Return the questions that a protocol makes of this half's items."""
        return tuple(protocol.questions(self.inventory))

    def of(self, questions: Sequence[Question]) -> tuple[Question, ...]:
        """Return those of some questions that are about this half's items alone."""
        own = {item.id for item in self.inventory.items}
        return tuple(
            question
            for question in questions
            if set(question.factors.get("item", question.id).split(" | ")) <= own
        )


@dataclass(frozen=True)
class Split:
    """One half to choose on, one to judge on."""

    calibration: Half
    held_out: Half


def split(
    inventory: Inventory,
    roles: Sequence[Role],
    *,
    seed: int = 0,
    shares: tuple[float, float] = (0.5, 0.5),
) -> Split:
    """Return the halves; `shares` are those of calibration and held-out, what is left is in none.

    halves = split(inventory("schwartz10"), roles, seed=1)
    halves.calibration.questions(Protocol(orders=("given",))), halves.held_out.questions(Protocol())
    """
    if not all(share > 0 for share in shares) or sum(shares) > 1 + 1e-9:
        raise OptionError("`shares` are above 0 and add up to 1 at most", found=str(shares))
    rng = np.random.default_rng(seed)
    items: tuple[set[str], set[str]] = (set(), set())
    for alike in _alike(inventory):
        order = [alike[place].id for place in rng.permutation(len(alike))]
        what = f"items {'for' if alike[0].key > 0 else 'against'} {alike[0].value}"
        first, second = _sizes(len(order), shares, what)
        items[0].update(order[:first])
        items[1].update(order[first : first + second])
    first, second = _sizes(len(roles), shares, "roles")
    placed = rng.permutation(len(roles))
    chosen = set(placed[:first].tolist()), set(placed[first : first + second].tolist())
    calibration, held_out = (
        Half(
            replace(inventory, items=tuple(item for item in inventory.items if item.id in own)),
            tuple(role for place, role in enumerate(roles) if place in who),
        )
        for own, who in zip(items, chosen, strict=True)
    )
    return Split(calibration, held_out)


def _alike(inventory: Inventory) -> list[list[Item]]:
    """Return the items of each value and key that has any."""
    groups = [
        [item for item in inventory.of(value) if item.key == key]
        for value in inventory.system.names
        for key in (1, -1)
    ]
    return [group for group in groups if group]


def _sizes(n_things: int, shares: tuple[float, float], what: str) -> tuple[int, int]:
    """Return how many things go to each half, one or more."""
    if n_things < 2:
        raise OptionError(f"Two halves need two {what} or more", found=str(n_things))
    first = min(max(round(n_things * shares[0]), 1), n_things - 1)
    whole = abs(sum(shares) - 1) < 1e-9
    second = n_things - first if whole else max(round(n_things * shares[1]), 1)
    return first, min(second, n_things - first)
