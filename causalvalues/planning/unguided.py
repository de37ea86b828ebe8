"""`unguided` is what one would do without a graph: the candidate that moves the target most.

    added   at the dose that by its own measured effect gives the gain, within reach
    told    as it is; of several lines the one whose effect is nearest to the gain

Guarantee: it is chosen from the same candidates and the same measurements as a plan is; broken ones
are left out here as there.
"""

from collections.abc import Sequence

import numpy as np

from causalvalues.planning.candidate import Candidate

__all__ = ["unguided"]


def unguided(candidates: Sequence[Candidate], target: str, gain: float) -> dict[str, float] | None:
    """Return the dose of the one candidate by its name; None where none moves the target so."""
    able = [c for c in candidates if c.profile.healthy and _able(c, target, gain)]
    told = [each for each in able if each.is_told]
    added = [each for each in able if not each.is_told]
    best = [
        *sorted(told, key=lambda each: abs(_effect(each, target) - gain))[:1],
        *sorted(added, key=lambda each: -abs(_effect(each, target)))[:1],
    ]
    if not best:
        return None
    chosen = max(best, key=lambda each: abs(_effect(each, target)))
    dose = 1.0 if chosen.is_told else gain / _effect(chosen, target)
    return {chosen.name: round(float(np.clip(dose, chosen.low, chosen.high)), 3)}


def _able(candidate: Candidate, target: str, gain: float) -> bool:
    """Return whether some dose of a candidate moves the target in the wanted direction."""
    effect = _effect(candidate, target)
    return effect * gain > 0 or (effect != 0 and candidate.low < 0)


def _effect(candidate: Candidate, target: str) -> float:
    """Return what a candidate was measured to do to the target, 0 where nobody asked."""
    effect = candidate.profile.of(target)
    return effect if np.isfinite(effect) else 0.0
