"""`Entry`s of a comparison: each tuned method at the dose that makes the comparison fair.

    equal gain    the dose that moves the target by the gain that is asked, as tuning saw it
    equal norm    the dose whose edit is as large as that of the other methods: for a value, the
                  median over methods of the norm that the gain takes
    strongest     the strongest dose that leaves the model in good health
    control       of an entry at equal gain: as large an edit that knows nothing of the value

Guarantee: an entry that cannot be had is kept, with the reason in words; doses come from tuning
alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from causalvalues.errors import InputError
from causalvalues.evaluation.dose_curve import Reach
from causalvalues.leaderboard.tuning import Tuned
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.steering.intervention import Intervention

__all__ = ["Comparison", "Control", "Entry", "entries_of"]

Comparison = Literal["equal gain", "equal norm", "strongest", "control"]
Control = Callable[[Fitted, Intervention], Intervention | None]  # none where there is no control
Target = tuple[str, Direction]  # a value, and where it is to go


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
    at_gain = [_entry(each, "equal gain", each.for_gain(gain)) for each in tuned]
    norm_by_target = _norms(at_gain)
    found: list[Entry] = []
    for own in at_gain:
        found += [own, _entry(own.tuned, "strongest", own.tuned.strongest)]
        if not own.fitted.is_told:
            norm = norm_by_target.get(_target(own))
            reach = own.tuned.for_norm(norm) if norm else Reach(None, "no edit reaches the gain")
            found.append(_entry(own.tuned, "equal norm", reach))
        if control is not None and own.intervention is not None:
            found += _controls(own, own.intervention, control)
    return tuple(found)


def _entry(tuned: Tuned, comparison: Comparison, reach: Reach) -> Entry:
    """Return the entry at a rung, or the reason why there is none."""
    if reach.dose is None or reach.dose <= 0:
        return Entry(tuned, comparison, None, missed=reach.reason or "no dose was needed")
    return Entry(tuned, comparison, tuned.fitted.on_rung(reach.dose), reach.dose)


def _controls(own: Entry, intervention: Intervention, control: Control) -> Iterator[Entry]:
    """Yield the control of an entry, or the reason why there is none; nothing for lines."""
    try:
        other = control(own.fitted, intervention)
    except InputError as fault:
        yield Entry(own.tuned, "control", None, missed=str(fault))
        return
    if other is not None:
        yield Entry(own.tuned, "control", other, own.rung)


def _norms(at_gain: Sequence[Entry]) -> Mapping[Target, float]:
    """Return, for each value and direction, the median norm that the gain takes."""
    taken: dict[Target, list[float]] = {}
    for each in at_gain:
        if np.isfinite(each.norm):  # neither out of reach nor a line
            taken.setdefault(_target(each), []).append(each.norm)
    return {target: float(np.median(norms)) for target, norms in taken.items()}


def _target(entry: Entry) -> Target:
    """Return what an entry is for."""
    return entry.fitted.value, entry.fitted.direction
