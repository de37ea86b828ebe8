"""What a role of the planted world holds true, and how likely it is to give each answer.

    e      exogenous parts: the grade a role's text gives each value, in the units of the world
    v      the values themselves: v = v B + e; a settled value is set, its causes cut off
    e'     v (I − B): the exogenous parts that give the same v, settled or not
    P      a = ½ v·key + noise, noise normal, rounded to the options of the question

This is the truth that the embedded models learn and are scored against. There is no yes-saying in
it and no noise between askings, so that what a model shows of either is the model's own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from causalvalues.discovery.classes import in_causal_order
from causalvalues.organism.world import SCALE, World
from causalvalues.survey.roles import GRADES, Role, grade_of, level_of

__all__ = ["exogenous", "level_in_world", "option_probabilities", "settled_to", "true_values"]

Floats = NDArray[np.float64]

LEVELS = np.array([level_of(grade) for grade in range(len(GRADES))])
SPREAD = float(np.sqrt(np.mean(LEVELS**2)))  # of levels when every grade is as frequent


def level_in_world(grade: NDArray[np.int64]) -> Floats:
    """Return grades as standard deviations."""
    levels: Floats = LEVELS[grade] / SPREAD
    return levels


def exogenous(world: World, grades: NDArray[np.int64]) -> Floats:
    """Return e (role, value) for grades (role, value): each as wide as the world's disturbances."""
    parts: Floats = level_in_world(grades) * np.sqrt(world.disturbances)
    return parts


def settled_to(world: World, e: Floats, setting: Floats) -> Floats:
    """Return v (role, value): what is set, and what follows; NaN in `setting` sets nothing."""
    v = np.zeros_like(e)
    for effect in in_causal_order(world.weights != 0):
        caused = v @ world.weights[:, effect] + e[:, effect]
        v[:, effect] = np.where(np.isnan(setting[:, effect]), caused, setting[:, effect])
    return v


def true_values(
    world: World, roles: Sequence[Role], *, settled: dict[str, float] | None = None
) -> Floats:
    """Return v (role, value) of anchored roles, each with the same values settled to a level."""
    grades = np.array([[grade_of(role.levels[name]) for name in world.names] for role in roles])
    setting = np.full(grades.shape, np.nan)
    for name, level in (settled or {}).items():
        setting[:, world.names.index(name)] = level_in_world(np.array(grade_of(level)))
    return settled_to(world, exogenous(world, grades), setting)


def option_probabilities(world: World, leaning: Floats, n_options: int) -> Floats:
    """Return P (…, option) for leanings v·key (…,), from full agreement to full disagreement."""
    edges = 1 - 2 * (np.arange(n_options - 1) + 0.5) / (n_options - 1)  # descending
    if n_options == 2:
        edges = np.array([0.0])
    above = ndtr((SCALE * leaning[..., None] - edges) / world.item_noise)
    padded = np.concatenate([np.zeros((*above.shape[:-1], 1)), above], axis=-1)
    padded = np.concatenate([padded, np.ones((*above.shape[:-1], 1))], axis=-1)
    shares: Floats = np.diff(padded, axis=-1)
    return shares
