"""Planted worlds, and what interventions did in them as roles would show it."""

from collections.abc import Sequence

import numpy as np

from causalvalues.evaluation.profile import EffectProfile
from causalvalues.organism.world import World
from causalvalues.planning.propagation import Propagation

CHAIN = World.from_edges("abc", [("a", "b", 0.6), ("b", "c", 0.6)])


def true_propagation(world: World, n_draws: int = 50) -> Propagation:
    """The world's own weights, without any doubt."""
    weights = np.repeat(world.weights[None], n_draws, axis=0)
    return Propagation(world.names, weights, np.full(len(world.names), 0.5))


def totals_of(world: World) -> np.ndarray:
    """(I − B)⁻¹ of the world."""
    return world.total_effects() + np.eye(len(world.names))


def profile_of(
    world: World,
    change: Sequence[float] | np.ndarray,
    *,
    n_roles: int = 20,
    noise: float = 0.1,
    seed: int = 0,
    name: str = "moved",
) -> EffectProfile:
    """A profile of roles that all change so, each with its own error."""
    rng = np.random.default_rng([seed, 99])
    error = noise * rng.standard_normal((n_roles, len(world.names)))
    roles = tuple(f"role-{place}" for place in range(n_roles))
    return EffectProfile(name, world.names, np.asarray(change) + error, roles, n_roles)
