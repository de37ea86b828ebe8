"""How active gates are in people towards a dimension, and in people away from it.

A model plays a person as a description tells them (system) and answers a situation (user). Each
person answers as many situations, in turn; those at the same place on either side answer the same
ones, so that the sides differ in the people. Guarantee: a seed gives the same requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causalvalues.contrasts.insight import Description, Insight, Situation
from causalvalues.errors import OptionError
from causalvalues.methods.activation_frequency import ROOM, GateActivity, gate_activity
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Message, Request

__all__ = ["TwoSides", "two_sides"]


@dataclass(frozen=True, eq=False)
class TwoSides:
    """The gates of either side of a dimension."""

    dimension: str
    towards: GateActivity
    away: GateActivity


def two_sides(
    model: LanguageModel,
    insight: Insight,
    *,
    dimension: str,
    situations_each: int = 4,
    max_new_tokens: int = 64,
    room: int = ROOM,
    seed: int = 0,
) -> TwoSides:
    """Return how active gates are on either side of a dimension that an insight has texts for.

    room   bytes of activations that are kept for quantiles; see `activation_frequency`
    """
    situations = insight.situations_of(dimension)
    towards, away = insight.of(dimension, "towards"), insight.of(dimension, "away")
    if not (towards and away and situations):
        raise OptionError(
            "A dimension is located by descriptions of both directions, and situations",
            found=f"{len(towards)}, {len(away)} and {len(situations)} for {dimension!r}",
            remedy=f"take one of {', '.join(insight.dimensions)}",
        )
    if situations_each < 1:
        raise OptionError("A person answers a situation or more", found=str(situations_each))
    order = np.random.default_rng(seed).permutation(len(situations))
    asked = [situations[place] for place in order]

    def read(people: Sequence[Description]) -> GateActivity:
        """Return the gates of one side."""
        requests = _requests(people, asked, situations_each)
        return gate_activity(model, requests, max_new_tokens=max_new_tokens, room=room, seed=seed)

    return TwoSides(dimension, read(towards), read(away))


def _requests(
    people: Sequence[Description], situations: Sequence[Situation], each: int
) -> list[Request]:
    """Return what people are asked: so many situations each, or all there are."""
    n = min(each, len(situations))
    return [
        Request((Message("system", person.text), Message("user", asked.text)))
        for place, person in enumerate(people)
        for asked in (situations[(place * n + step) % len(situations)] for step in range(n))
    ]
