"""A respondent that reads who it is from its role's lines; it answers as the planted world says."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from planted import WORLD, _weighed

from causalvalues.organism.respondents import true_values
from causalvalues.study.plan import (
    DiscoveryPlan,
    ModelPlan,
    ProtocolPlan,
    RolesPlan,
    Study,
)
from causalvalues.study.run import run
from causalvalues.survey.credits import main_value
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Request
from causalvalues.survey.roles import GRADES, SETTLED, Role, level_of
from causalvalues.survey.scripted import ScriptedRespondent

ITEMS = inventory("schwartz10")
QUESTIONS = {each.text: each for each in Protocol().questions(ITEMS)}
STUDY = Study(
    name="read",
    model=ModelPlan(name="reader"),
    roles=RolesPlan(n_roles=120, seed=2),
    protocol=ProtocolPlan(orders=("given",)),
    discovery=DiscoveryPlan(algorithm="ges", penalty=1.0, n_resamples=0, n_permutations=0),
    truth="planted",
)


@cache
def values_of(text: str) -> np.ndarray:
    """What the lines of a role make of its values; a later line counts more than an earlier one."""
    levels, settled = dict.fromkeys(WORLD.names, 0.0), {}
    for line in text.splitlines():
        for value in ITEMS.system.values:
            said = line.removeprefix(value.definition).strip()
            if said in GRADES:
                levels[value.name] = level_of(GRADES.index(said))
            elif said in SETTLED:
                settled[value.name] = level_of(SETTLED.index(said))
    return true_values(WORLD, [Role("", text, levels=levels)], settled=settled)[0]


def reader(**options: object) -> ScriptedRespondent:
    """A respondent that can be told lines, and not steered inside."""
    known: dict[tuple[int, float], np.ndarray] = {}

    def weigh(request: Request) -> Sequence[float]:
        role, asked = (message.text for message in request.messages)
        question = QUESTIONS[asked]
        value = main_value(question)
        return _weighed(question, value, values_of(role)[WORLD.names.index(value)], known)

    return ScriptedRespondent(weigh, identity={"model": "reader"}, **options)  # type: ignore[arg-type]


def surveyed_folder(folder: Path) -> Path:
    """A run folder with scores and a graph."""
    run(STUDY, folder, respondent=reader())
    return folder
