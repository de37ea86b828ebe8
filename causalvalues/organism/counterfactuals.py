"""What roles hold true in a batch of lessons, and what would be true if a register were written.

at the parts    e'_S := x     v = e' (I − B)⁻¹: everything downstream follows
at the values   v_S := x      nothing else follows
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.organism.respondents import exogenous, level_in_world, settled_to
from causalvalues.organism.world import World
from causalvalues.survey.roles import GRADES

__all__ = ["People", "Write", "drawn_people", "drawn_write"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SETTLED_PER_ROLE = 0.4  # on average
SHARES_WRITTEN = (0.1, 0.4, 1.0)  # of a document's registers
WIDEST = 2.5  # standard deviations, of levels that no role may ever have


@dataclass(frozen=True, eq=False)
class People:
    """Roles of the world: what their texts say, and what is true of them."""

    grades: Ints  # (role, value)
    settled: Ints  # (role, value): the grade a value is set to, or −1
    parts: Floats  # e' (role, value)
    values: Floats  # v (role, value)


@dataclass(frozen=True, eq=False)
class Write:
    """Registers to overwrite, with what, and what follows; all (role, value)."""

    at_parts: Bools
    parts: Floats
    at_values: Bools
    values: Floats
    before: Floats  # v after the parts were written, before the values are
    result: Floats  # v that the answers follow


def drawn_people(world: World, n_roles: int, rng: np.random.Generator) -> People:
    """Return roles with every grade as likely, some with a value or two settled."""
    shape = n_roles, len(world.names)
    grades: Ints = rng.integers(len(GRADES), size=shape, dtype=np.int64)
    is_set: Bools = rng.random(shape) < SETTLED_PER_ROLE / len(world.names)
    settled = np.where(is_set, rng.integers(len(GRADES), size=shape), -1)
    setting = np.where(is_set, level_in_world(settled), np.nan)
    values = settled_to(world, exogenous(world, grades), setting)
    return People(grades, settled, values @ (np.eye(shape[1]) - world.weights), values)


def drawn_write(world: World, people: People, share: float, rng: np.random.Generator) -> Write:
    """Return writes for a share of the roles, half at the parts and half at the values.

    What is written is another role's, or any level at all.
    """
    n, k = people.values.shape
    where: Ints = np.asarray(rng.choice(3, size=(n, 1), p=[1 - share, share / 2, share / 2]))
    some = rng.random((n, k)) < rng.choice(SHARES_WRITTEN, size=(n, 1))
    some[np.arange(n), rng.integers(k, size=n)] = True
    other, foreign = rng.permutation(n), rng.random((n, 1)) < 0.5
    free = rng.uniform(-WIDEST, WIDEST, size=(n, k))
    new_parts = np.where(foreign, people.parts[other], free)
    new_values = np.where(foreign, people.values[other], free)
    at_parts, at_values = some & (where == 1), some & (where == 2)
    parts = np.where(at_parts, new_parts, people.parts)
    before = parts @ np.linalg.inv(np.eye(k) - world.weights)
    result = np.where(at_values, new_values, before)
    return Write(at_parts, new_parts, at_values, new_values, before, result)
