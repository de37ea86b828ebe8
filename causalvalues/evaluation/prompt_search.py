"""`search_prompts` finds the role prompts that move a target and little else, by halving.

    gain         mean over target values of the change, each turned to the wished side
    collateral   mean |change| over the values to be held
    standing     gain − weight · collateral

All prompts are measured with few roles and items; the better half is measured with twice as many,
and so on. Guarantee: only items and roles of the given half are asked, so that the held-out half
stays unseen; the same search again asks nothing; a prompt that breaks the model comes last.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from causalvalues.errors import OptionError
from causalvalues.evaluation.fewer import fewer
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.evaluation.splits import Half
from causalvalues.steering.intervention import RolePrompt
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["PromptSearch", "Standing", "search_prompts"]

ONE_ORDER = Protocol(orders=("given",))


@dataclass(frozen=True)
class Standing:
    """How a prompt did in the last round that it was in."""

    name: str
    standing: float
    gain: float
    collateral: float
    round: int  # from 1
    n_answers: int  # of that round, under the prompt
    healthy: bool


@dataclass(frozen=True, eq=False)
class PromptSearch:
    """The ranking, the best prompt first, and the largest measurement of each prompt."""

    ranking: tuple[Standing, ...]
    profiles: Mapping[str, EffectProfile]

    @property
    def best(self) -> str:
        """Return the name of the best prompt."""
        return self.ranking[0].name

    def to_frame(self) -> pd.DataFrame:
        """Return one row per prompt, the best first."""
        return pd.DataFrame([asdict(each) for each in self.ranking])


def search_prompts(
    model: Respondent,
    prompts: Mapping[str, RolePrompt],
    target: Mapping[str, float],
    half: Half,
    store: AnswerStore,
    *,
    hold: Sequence[str] | None = None,
    weight: float = 1.0,
    n_best: int = 3,
    n_roles: int = 4,
    n_items: int = 1,
    protocol: Protocol = ONE_ORDER,
    progress: Progress | None = None,
) -> PromptSearch:
    """Return how prompts stand; `target` names values and the wished side of each, +1 or −1.

    `n_roles` and `n_items` (of each value and key) are those of the first round; `hold` are all
    other values unless named. The search ends when `n_best` are left, or everything was asked.
    """
    held = _held(target, hold, half, prompts, n_best)
    left, standings, profiles = list(prompts), dict[str, Standing](), dict[str, EffectProfile]()
    for number, part in enumerate(_growing(half, n_roles, n_items), start=1):
        found = measure(
            model, {name: prompts[name] for name in left}, part.questions(protocol), part.roles,
            store, names=half.inventory.system.names, role_place=protocol.role_place,
            progress=progress,
        )  # fmt: skip
        profiles |= found
        standings |= {n: _standing(p, target, held, weight, number) for n, p in found.items()}
        if len(left) <= n_best:
            break
        sound = sorted((standings[n] for n in left if standings[n].healthy), key=_order)
        left = [each.name for each in sound[: max(math.ceil(len(left) / 2), n_best)]]
        if not left:
            break
    return PromptSearch(tuple(sorted(standings.values(), key=_order)), profiles)


def _growing(half: Half, n_roles: int, n_items: int) -> list[Half]:
    """Return parts of a half, each with twice the roles, then twice the items, up to the whole."""
    most_items = max(
        sum(item.value == name and item.key == key for item in half.inventory.items)
        for name in half.inventory.system.names
        for key in (1, -1)
    )
    parts = [fewer(half, n_roles=n_roles, n_items=n_items)]
    while n_roles < len(half.roles) or n_items < most_items:
        if n_roles < len(half.roles):
            n_roles *= 2
        else:
            n_items *= 2
        parts.append(fewer(half, n_roles=n_roles, n_items=n_items))
    return parts


def _standing(
    profile: EffectProfile,
    target: Mapping[str, float],
    held: Sequence[str],
    weight: float,
    number: int,
) -> Standing:
    """Return how a prompt stands after a round."""
    gain = float(np.mean([np.sign(side) * profile.of(value) for value, side in target.items()]))
    collateral = float(np.mean([abs(profile.of(value)) for value in held])) if held else 0.0
    return Standing(
        profile.name,
        gain - weight * collateral,
        gain,
        collateral,
        number,
        profile.n_answers,
        profile.healthy,
    )


def _order(each: Standing) -> tuple[bool, int, float, str]:
    """Return what prompts are sorted by: whole ones, who came further, who stood better."""
    return not each.healthy, -each.round, -each.standing, each.name


def _held(
    target: Mapping[str, float],
    hold: Sequence[str] | None,
    half: Half,
    prompts: Mapping[str, RolePrompt],
    n_best: int,
) -> tuple[str, ...]:
    """Return the values whose changes count as collateral."""
    asked = {item.value for item in half.inventory.items}
    names = tuple(name for name in half.inventory.system.names if name in asked)
    held = tuple(name for name in names if name not in target) if hold is None else tuple(hold)
    strangers = sorted({*target, *held} - set(names))
    if strangers or not target or set(target) & set(held):
        raise OptionError(
            f"Targets and held values are different ones of {', '.join(names)}",
            found=", ".join(strangers) or str(sorted(set(target) & set(held)) or "no target"),
        )
    if not all(np.isfinite(side) and side != 0 for side in target.values()):
        raise OptionError("A target has a wished side, +1 or −1", found=str(dict(target)))
    if not prompts or n_best < 1:
        raise OptionError(
            "A search needs prompts, and one or more to find", found=f"{len(prompts)} and {n_best}"
        )
    return held
