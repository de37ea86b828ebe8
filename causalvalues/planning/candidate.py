"""A `Candidate` is an intervention that a plan may use, with what was measured of it at dose 1.

What is added can be given at any dose within reach of what was measured; a line is told or not. A
line that settles values cuts them off from their causes. Guarantee: broken ones are named, never
planned with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    SaeFeature,
    ValueVector,
    parts_of,
    scaled,
)

__all__ = ["Candidate", "candidates_of", "together"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """An intervention at dose 1, its profile, and the doses at which it may be used."""

    intervention: Intervention
    profile: EffectProfile
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise OptionError("Doses run from low to high", found=f"{self.low} to {self.high}")

    @property
    def name(self) -> str:
        """Return what the candidate is called."""
        return self.profile.name

    @property
    def settles(self) -> tuple[str, ...]:
        """Return the values that its lines settle."""
        prompts = [p for p in parts_of(self.intervention) if isinstance(p, RolePrompt)]
        return tuple(dict.fromkeys(value for prompt in prompts for value in prompt.settles))

    @property
    def is_told(self) -> bool:
        """Return whether it has a line, which is told or not."""
        return any(isinstance(part, RolePrompt) for part in parts_of(self.intervention))

    @property
    def is_added(self) -> bool:
        """Return whether all of it is added, so that it can be taken away as well."""
        return all(
            isinstance(part, ValueVector) or (isinstance(part, SaeFeature) and part.mode == "add")
            for part in parts_of(self.intervention)
        )


def candidates_of(
    interventions: Mapping[str, Intervention],
    profiles: Mapping[str, EffectProfile],
    *,
    reach: float = 1.0,
) -> tuple[Candidate, ...]:
    """Return the candidates of measured interventions; what is added, also at doses below 0.

    `reach` is up to how many times the measured dose may be used.
    """
    found = []
    for name, intervention in interventions.items():
        plain = Candidate(intervention, profiles[name])
        if plain.is_added:
            found.append(Candidate(intervention, profiles[name], -reach, reach))
        elif plain.is_told:
            found.append(plain)
        else:
            found.append(Candidate(intervention, profiles[name], 0.0, min(reach, 1.0)))
    return tuple(found)


def together(candidates: Sequence[Candidate], dose_by_name: Mapping[str, float]) -> Intervention:
    """Return the intervention that gives some candidates at their doses, hooks before lines."""
    used = [each for each in candidates if each.name in dose_by_name]
    if not used:
        raise OptionError("A combination needs a candidate", found="none")
    parts = [
        each.intervention if each.is_told else scaled(each.intervention, dose_by_name[each.name])
        for each in sorted(used, key=lambda each: each.is_told)
    ]
    return parts[0] if len(parts) == 1 else Combined(tuple(parts))
