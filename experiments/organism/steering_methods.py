"""Four ways to choose an intervention, from the same candidates and the same answers.

    unguided   the candidate that moves the target most, scaled to the gain
    measured   the programme on measured profiles, added up; what was not asked counts as unmoved
    guided     the programme on direct parts and the graph learnt from the same roles
    oracle     the programme on the planted graph and profiles measured with every answer there is

`guided` and `measured` see the same answers; the oracle alone knows the planted model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OutOfReach
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.candidate import candidates_of, together
from causalvalues.planning.known import Known, known
from causalvalues.planning.plan import plan
from causalvalues.planning.planned import Plan
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.unguided import unguided as best_alone
from causalvalues.steering.intervention import Intervention

Floats = NDArray[np.float64]
FAMILIES = ("role prompts", "features", "both")
GAIN, REACH, PARTS = 0.3, 1.5, 3


@dataclass(frozen=True)
class Task:
    """Move one value by so much and leave all others where they are."""

    target: str
    gain: float

    @property
    def name(self) -> str:
        """Return the task in words."""
        return f"{'raise' if self.gain > 0 else 'lower'} {self.target}"


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a method chose: the intervention, and what it expects where it says so."""

    method: str
    intervention: Intervention
    expected: Plan | None = None


def tasks_of(names: Sequence[str]) -> list[Task]:
    """Return twenty tasks: each value up and down."""
    return [Task(name, sign * GAIN) for name in names for sign in (1, -1)]


def all_known(
    interventions: Mapping[str, Intervention],
    profiles: Mapping[str, EffectProfile],
    propagation: Propagation,
    *,
    guided: bool = True,
) -> Known:
    """Return what profiles tell of all candidates, with or without the graph."""
    return known(candidates_of(interventions, profiles, reach=REACH), propagation, guided=guided)


def of_family(everything: Known, family: str) -> Known:
    """Return the candidates of one family."""
    keep = [
        place
        for place, candidate in enumerate(everything.candidates)
        if family == "both" or candidate.is_told == (family == "role prompts")
    ]
    return replace(
        everything,
        candidates=tuple(everything.candidates[place] for place in keep),
        parts=tuple(everything.parts[place] for place in keep),
    )


def planned(method: str, everything: Known, task: Task) -> Proposal | None:
    """Return what the programme proposes, or None where the gain is out of reach."""
    try:
        made = plan(
            {task.target: task.gain}, (), everything, budget=PARTS, explained=False, seconds=4.0
        )
    except OutOfReach:
        return None
    return Proposal(method, made.intervention, made)


def unguided(everything: Known, task: Task) -> Proposal | None:
    """Return the candidate with the largest measured effect on the target, at a fitting dose."""
    doses = best_alone(everything.candidates, task.target, task.gain)
    return Proposal("unguided", together(everything.candidates, doses)) if doses else None
