"""`Entry`s of a comparison: each tuned method at the dose that makes the comparison fair.

    equal gain    the dose that moves the target by the gain that is asked, as tuning saw it
    equal norm    the dose whose edit is as large as that of the other methods: for a value, the
                  median over methods of the norm that the gain takes
    strongest     the strongest dose that leaves the model in good health
    control       of an entry at equal gain: as large an edit that knows nothing of the value

Guarantee: an entry that cannot be had is kept, with the reason in words; doses come from tuning
alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from causalvalues.evaluation.dose_curve import Reach
from causalvalues.leaderboard.tuning import Tuned
from causalvalues.methods.fitted import Fitted
from causalvalues.steering.intervention import Intervention

__all__ = ["Comparison", "Control", "Entry", "entries_of"]

Comparison = Literal["equal gain", "equal norm", "strongest", "control"]
Control = Callable[[Fitted, Intervention], Intervention | None]  # none where there is no control


@dataclass(frozen=True, eq=False)
class Entry:
    """One method for one value in one comparison; without an intervention where it missed."""

    tuned: Tuned
    comparison: Comparison
    intervention: Intervention | None
    rung: float = float("nan")
    missed: str = ""

    @property
    def fitted(self) -> Fitted:
        """Return the method that was fitted."""
        return self.tuned.fitted

    @property
    def name(self) -> str:
        """Return what a survey calls it."""
        return f"{self.fitted.name}, {self.comparison}"

    @property
    def norm(self) -> float:
        """Return the edit norm at its rung, read off between those of whole rungs."""
        rungs = np.arange(len(self.tuned.norms) + 1)
        return float(np.interp(self.rung, rungs, [0.0, *self.tuned.norms]))


def entries_of(
    tuned: Sequence[Tuned], *, gain: float, control: Control | None = None
) -> tuple[Entry, ...]:
    """Return every entry of every comparison, in the order of the methods."""
    norm_by_value = _norms(tuned, gain)
    found: list[Entry] = []
    for each in tuned:
        value, direction = each.fitted.value, each.fitted.direction
        equal = _entry(each, "equal gain", each.for_gain(gain))
        found += [equal, _entry(each, "strongest", each.strongest)]
        if not each.fitted.is_told:
            norm = norm_by_value.get((value, direction))
            reach = each.for_norm(norm) if norm else Reach(None, "no method reaches the gain")
            found.append(_entry(each, "equal norm", reach))
        if control is not None and equal.intervention is not None:
            other = control(each.fitted, equal.intervention)
            if other is not None:
                found.append(Entry(each, "control", other, equal.rung))
    return tuple(found)


def _entry(tuned: Tuned, comparison: Comparison, reach: Reach) -> Entry:
    """Return the entry at a rung, or the reason why there is none."""
    if reach.dose is None or reach.dose <= 0:
        return Entry(tuned, comparison, None, missed=reach.reason or "no dose was needed")
    return Entry(tuned, comparison, tuned.fitted.on_rung(reach.dose), reach.dose)


def _norms(tuned: Sequence[Tuned], gain: float) -> Mapping[tuple[str, str], float]:
    """Return, for each value and direction, the median norm that the gain takes."""
    taken: dict[tuple[str, str], list[float]] = {}
    for each in tuned:
        reach = each.for_gain(gain)
        if reach.dose is not None and not each.fitted.is_told:
            norm = Entry(each, "equal gain", None, reach.dose).norm
            taken.setdefault((each.fitted.value, each.fitted.direction), []).append(norm)
    return {key: float(np.median(norms)) for key, norms in taken.items()}
