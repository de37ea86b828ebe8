"""Does the graph help a method? The same method alone, and as candidates of a graph-guided plan.

    alone      the method fitted to the target, at the dose for the gain
    measured   a plan among the method's own interventions for all values, up and down, that takes
               their measured changes as they are
    guided     the same with their direct parts and the graph learnt from unsteered roles

All three rest on the same tuning answers: the profiles of the doses that give the gain.
Guarantee: a plan uses no intervention of another method, and a gain out of reach is said.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from causalvalues.errors import OutOfReach
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.leaderboard.tuning import Tuned
from causalvalues.planning.candidate import candidates_of
from causalvalues.planning.known import Known, known
from causalvalues.planning.plan import plan
from causalvalues.planning.propagation import Propagation
from causalvalues.steering.intervention import Intervention

__all__ = ["Guidance", "Guided", "plans_of"]

Guidance = Literal["measured", "guided"]
REACH, PARTS, SECONDS = 1.5, 3, 4.0


@dataclass(frozen=True, eq=False)
class Guided:
    """What a plan among one method's interventions came to, or why there is none."""

    method: str
    target: str
    guidance: Guidance
    intervention: Intervention | None
    missed: str = ""

    @property
    def name(self) -> str:
        """Return what a survey calls it."""
        return f"{self.method} raises {self.target}, {self.guidance}"


def plans_of(
    tuned: Sequence[Tuned], propagation: Propagation, *, gain: float, targets: Sequence[str]
) -> list[Guided]:
    """Return the plans of one method that raise each target, with and without the graph."""
    (method,) = {each.fitted.method for each in tuned}
    interventions, profiles = _at_gain(tuned, gain)
    if not interventions:
        missed = f"no dose of {method} leaves the model in good health"
        return [
            Guided(method, target, guidance, None, missed)
            for target in targets
            for guidance in get_args(Guidance)
        ]
    candidates = candidates_of(interventions, profiles, reach=REACH)
    by_guidance: Mapping[Guidance, Known] = {
        "measured": known(candidates, propagation, guided=False),
        "guided": known(candidates, propagation),
    }
    return [
        _planned(method, target, guidance, everything, gain)
        for target in targets
        for guidance, everything in by_guidance.items()
    ]


def _at_gain(
    tuned: Sequence[Tuned], gain: float
) -> tuple[dict[str, Intervention], dict[str, EffectProfile]]:
    """Return each intervention at a rung that gives the gain with room, and its profile there.

    What is added or brought somewhere is measured a rung above, as a plan may use a part of it;
    what is told, at the rung nearest to the gain.
    """
    interventions, profiles = {}, {}
    for each in tuned:
        reach = each.for_gain(gain)
        reach = reach if reach.dose is not None else each.strongest
        if reach.dose is None:
            continue
        above = round(reach.dose) if each.fitted.is_told else math.ceil(reach.dose) + 1
        rung = float(min(max(above, 1), each.curve.largest_healthy_dose))
        name = each.fitted.name
        interventions[name] = each.fitted.on_rung(rung)
        profiles[name] = replace(each.curve.at(rung), name=name)
    return interventions, profiles


def _planned(
    method: str, target: str, guidance: Guidance, everything: Known, gain: float
) -> Guided:
    """Return the plan for one target, or why there is none."""
    try:
        made = plan({target: gain}, (), everything, budget=PARTS, explained=False, seconds=SECONDS)
    except OutOfReach as missed:
        return Guided(method, target, guidance, None, str(missed))
    return Guided(method, target, guidance, made.intervention)
