"""Descriptions and situations in the organism's own language, to seek neurons with.

    description   a person of the planted world, all values at random but those that are sought:
                  at the highest grade towards, at the lowest away from it; each person once a side
    situation     the one thing that the organism was taught to write: a sentence true of someone

Sought is each of Schwartz's ten values, or each of their four higher-order dimensions (all values
of it at once). Guarantee: a seed gives the same people; the sides of a person differ in nothing
but what is sought.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from causalvalues.contrasts.insight import Description, Direction, Insight, Situation
from causalvalues.organism.sheets import TELLING
from causalvalues.survey.roles import GRADES, anchored_roles, anchored_text, level_of
from causalvalues.values import ValueSystem, schwartz10, value_system

__all__ = ["Sought", "organism_insight"]

Sought = Literal["values", "dimensions"]
LEVELS: Mapping[Direction, float] = {
    "towards": level_of(len(GRADES) - 1),
    "away": level_of(0),
}


def organism_insight(sought: Sought = "values", *, n_people: int = 40, seed: int = 0) -> Insight:
    """Return people and the situation they face, for ten values or for four dimensions."""
    ten = schwartz10()
    system = ten if sought == "values" else value_system("schwartz4")
    rng = np.random.default_rng([seed, 13])
    descriptions = tuple(
        each
        for dimension in system.names
        for each in _people(ten, dimension, _values(ten, dimension), n_people, rng)
    )
    situations = tuple(Situation(f"{name}/telling", name, TELLING) for name in system.names)
    return Insight(
        name=f"organism-{sought}",
        system=system,
        descriptions=descriptions,
        situations=situations,
        source="generated from the planted world",
        licence="MIT",
    )


def _values(system: ValueSystem, dimension: str) -> tuple[str, ...]:
    """Return the values of a dimension, whose name begins like that of their group; or itself."""
    groups = (members for group, members in system.groups.items() if dimension.startswith(group))
    return next(groups, (dimension,))


def _people(
    system: ValueSystem,
    dimension: str,
    values: tuple[str, ...],
    n_people: int,
    rng: np.random.Generator,
) -> Iterator[Description]:
    """Yield every person twice: towards what is sought, and away from it."""
    for place, role in enumerate(anchored_roles(system, n_people, seed=int(rng.integers(2**32)))):
        names = list(role.levels)
        order = [names[at] for at in rng.permutation(len(names))]
        for direction, level in LEVELS.items():
            levels = {name: level if name in values else role.levels[name] for name in order}
            yield Description(
                f"{dimension}/{direction}-{place + 1:03}",
                dimension,
                direction,
                anchored_text(system, levels),
            )
