"""`tune` finds out what every dose of every method does to the roles and items set aside for it.

    rung k          the k-th dose of a method's ladder; rung 0 does nothing
    budget          rungs × roles × questions answers for every method and value, the same for all
    edit norm       how large the edit is where it acts, in norms of the residual; none for lines

A dose for a gain, or for a norm, is read off between rungs that leave the model in good health.
Guarantee: no test answer is seen here; every answer is kept, and the same call again asks nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from causalvalues.errors import OptionError
from causalvalues.evaluation.dose_curve import DoseCurve, Reach
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.leaderboard.sheets import Sheet
from causalvalues.methods.fitted import Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.survey.asking import Progress
from causalvalues.survey.responses import AnswerStore

__all__ = ["Norms", "Tuned", "tune"]

Norms = Callable[[Sequence[Intervention]], Sequence[float]]  # NaN where there is no edit


@dataclass(frozen=True, eq=False)
class Tuned:
    """A fitted method, and what each rung of its ladder did."""

    fitted: Fitted
    curve: DoseCurve  # "doses" are rungs
    norms: tuple[float, ...]  # of each rung
    n_answers: int  # that tuning took

    def for_gain(self, gain: float) -> Reach:
        """Return the rung that changes the value by a gain, or why none does."""
        asked = gain if self.fitted.direction == "raise" else -gain
        return self.curve.dose_for(self.fitted.value, asked)

    def for_norm(self, norm: float) -> Reach:
        """Return the rung whose edit has a norm, or why none has."""
        if np.isnan(self.norms).any():
            return Reach(None, f"{self.fitted.name} has no edit norm")
        healthy = self.norms[: len(self.curve.healthy_doses)]
        rising = np.maximum.accumulate([0.0, *healthy])
        if norm > rising[-1]:
            most = f"the edit norm is {rising[-1]:.2f} at most, in good health"
            return Reach(None, f"out of reach: {most}")
        return Reach(float(np.interp(norm, rising, np.arange(len(rising)))))

    @property
    def strongest(self) -> Reach:
        """Return the strongest healthy rung."""
        rung = self.curve.largest_healthy_dose
        return Reach(rung) if rung else Reach(None, "no rung leaves the model in good health")


def tune(
    model: LanguageModel,
    fitted: Sequence[Fitted],
    sheet: Sheet,
    store: AnswerStore,
    *,
    names: Sequence[str],
    norms: Norms,
    dictionaries: Mapping[str, Dictionary] | None = None,
    progress: Progress | None = None,
) -> list[Tuned]:
    """Return every method with the curve of its doses; methods are asked one after the other."""
    if len({each.name for each in fitted}) < len(fitted):
        raise OptionError("A method is tuned once for each value", found="one twice")
    found: list[Tuned] = []
    total = sum(len(each.doses) for each in fitted) * sheet.n_answers
    done = 0
    for each in fitted:
        ladder = {f"{each.name} · {dose:g}": each.at(dose) for dose in each.doses}
        profiles = measure(
            model, ladder, sheet.questions, sheet.roles, store,
            dictionaries=dictionaries, names=names,
        )  # fmt: skip
        found.append(_tuned(each, ladder, profiles, norms, sheet))
        done += len(ladder) * sheet.n_answers
        if progress is not None:
            progress(done, total)
    return found


def _tuned(
    fitted: Fitted,
    ladder: Mapping[str, Intervention],
    profiles: Mapping[str, EffectProfile],
    norms: Norms,
    sheet: Sheet,
) -> Tuned:
    """Return one method with its curve over rungs."""
    rungs = tuple(float(place) for place in range(1, len(ladder) + 1))
    curve = DoseCurve(fitted.name, rungs, tuple(profiles[name] for name in ladder))
    return Tuned(fitted, curve, tuple(norms(list(ladder.values()))), len(ladder) * sheet.n_answers)
