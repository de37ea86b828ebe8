"""Candidates in the planted chain a → b → c, measured without much noise."""

import numpy as np
from moved_worlds import CHAIN, profile_of, totals_of, true_propagation

from causalvalues.evaluation.profile import EffectProfile
from causalvalues.organism.world import World
from causalvalues.planning.candidate import Candidate, candidates_of
from causalvalues.planning.propagation import Propagation
from causalvalues.steering.intervention import Intervention, RolePrompt, ValueVector


def shifted(world: World, direct: dict[str, float], **options: float) -> EffectProfile:
    """The profile of an intervention that shifts some values itself."""
    change = np.array([direct.get(name, 0.0) for name in world.names]) @ totals_of(world)
    return profile_of(world, change, noise=0.01, **options)  # type: ignore[arg-type]


def vector(name: str) -> ValueVector:
    """Some vector; what it does is what its profile says."""
    return ValueVector(name, {0: np.ones(4, dtype=np.float32)})


def chain_candidates() -> tuple[tuple[Candidate, ...], Propagation]:
    """A feature that raises a, one that lowers b, one of both, and lines that settle b."""
    interventions: dict[str, Intervention] = {
        "raises a": vector("raises a"),
        "lowers b": vector("lowers b"),
        "moves c": vector("moves c"),
        "b stays": RolePrompt("It is settled that b is as it is.", {"b": 0.0}),
        "b falls": RolePrompt("It is settled that b is low.", {"b": -0.8}),
    }
    direct = {
        "raises a": {"a": 0.4},
        "lowers b": {"b": -0.3},
        "moves c": {"c": 0.2},
        "b stays": {},
        "b falls": {"b": -0.5},
    }
    profiles = {
        name: EffectProfile(
            name, CHAIN.names, shifted(CHAIN, moved, seed=place).differences,
            tuple(f"role-{i}" for i in range(20)), 60,
        )
        for place, (name, moved) in enumerate(direct.items())
    }  # fmt: skip
    return candidates_of(interventions, profiles, reach=1.5), true_propagation(CHAIN)
