"""`verify` asks again: does a plan do what it was expected to do, on items and roles it never saw?

    predicted   the plan's own draws                       measured   a fresh survey under the plan
    control     a random direction of the same norm, where the plan has hooks
    bystanders  each intervention of the plan alone, where that is asked for

Guarantee: roles and items are the caller's held-out ones; every answer is kept in the store, so the
same call again asks nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from causalvalues.errors import OptionError
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.planned import Plan
from causalvalues.provenance import write_atomically
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.readings import How
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["SteeringReport", "collateral_of", "verify"]

Floats = NDArray[np.float64]
Verdict = Literal["as predicted", "missed", "not measured"]
SCHEMA = "causalvalues.steering-report/1"
PLANNED, CONTROL = "plan", "random direction"


@dataclass(frozen=True, eq=False)
class SteeringReport:
    """What a plan did on held-out items and roles, beside what was expected of it."""

    plan: Plan
    measured: EffectProfile
    control: EffectProfile | None = None

    @property
    def gain(self) -> dict[str, float]:
        """Return what each target gained."""
        return {value: self.measured.of(value) for value in self.plan.targets}

    @property
    def collateral(self) -> dict[str, float]:
        """Return the mean |change| of held values, of all that are no target, and by role."""
        hold = self.plan.hold or tuple(self._bystanders)
        return {
            "held": collateral_of(self.measured, hold),
            "all others": collateral_of(self.measured, tuple(self._bystanders)),
            "all others, role by role": collateral_of(
                self.measured, tuple(self._bystanders), by_role=True
            ),
        }

    @property
    def _bystanders(self) -> list[str]:
        return [name for name in self.measured.names if name not in self.plan.targets]

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per value: predicted and measured, each with its interval, and a verdict.

        As predicted: the measured mean lies in the predicted interval, widened by its own error.
        """
        low, high = self._interval(level)
        measured_low, measured_high = self.measured.interval(level)
        inside = (self.measured.change >= low) & (self.measured.change <= high)
        verdict = np.where(inside, "as predicted", "missed")
        role = [
            "target" if n in self.plan.targets else "held" if n in self.plan.hold else "other"
            for n in self.measured.names
        ]
        return pd.DataFrame(
            {
                "value": self.measured.names,
                "role": role,
                "predicted": self.plan.predicted.middle,
                "predicted_low": low,
                "predicted_high": high,
                "measured": self.measured.change,
                "measured_low": measured_low,
                "measured_high": measured_high,
                "verdict": np.where(np.isfinite(self.measured.change), verdict, "not measured"),
            }
        )

    def _interval(self, level: float) -> tuple[Floats, Floats]:
        """Return the predicted interval (value,) for a mean over as many roles."""
        low, high = self.plan.predicted.interval(level)
        error = norm.ppf((1 + level) / 2) * np.nan_to_num(self.measured.standard_error)
        middle = self.plan.predicted.middle
        return (
            middle - np.hypot(middle - low, error),
            middle + np.hypot(high - middle, error),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON would hold it."""
        rows = self.to_frame().to_dict(orient="records")
        return {
            "schema": SCHEMA,
            "plan": self.plan.to_dict(),
            "gain": self.gain,
            "collateral": self.collateral,
            "values": [{str(k): _plain(v) for k, v in row.items()} for row in rows],
            "health": dict(self.measured.health),
            "faults": list(self.measured.faults),
            "control": None if self.control is None else _changes(self.control),
            "n_answers": self.measured.n_answers,
        }

    def to_json(self, path: Path) -> Path:
        """Return the path after writing the report."""
        return write_atomically(path, json.dumps(self.to_dict(), indent=1) + "\n")


def verify(
    made: Plan,
    model: Respondent,
    questions: Sequence[Question],
    roles: Sequence[Role],
    store: AnswerStore,
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    control: Intervention | None = None,
    role_place: RolePlace = "system",
    how: How = "expected",
    progress: Progress | None = None,
) -> SteeringReport:
    """Return what a plan does to every value, by items and roles that it was not made on.

    `control` is a norm-matched random direction (`steering.controls`), measured beside it.
    """
    asked: dict[str, Intervention] = {PLANNED: made.intervention}
    if control is not None:
        asked[CONTROL] = control
    profiles = measure(
        model, asked, questions, roles, store,
        dictionaries=dictionaries, names=made.predicted.names, role_place=role_place, how=how,
        progress=progress,
    )  # fmt: skip
    return SteeringReport(made, profiles[PLANNED], profiles.get(CONTROL))


def collateral_of(profile: EffectProfile, values: Sequence[str], *, by_role: bool = False) -> float:
    """Return the mean |change| over some values: of the mean role, or of each role."""
    if not values:
        raise OptionError("Collateral is that of some values", found="none")
    places = [profile.names.index(value) for value in values]
    if by_role:
        return float(np.nanmean(np.abs(profile.differences[:, places])))
    return float(np.nanmean(np.abs(profile.change[places])))


def _changes(profile: EffectProfile) -> dict[str, float | None]:
    """Return the change of every value by name."""
    return {n: _plain(float(c)) for n, c in zip(profile.names, profile.change, strict=True)}


def _plain(number: Any) -> Any:
    """Return a number as JSON knows it; what is not finite is null."""
    if isinstance(number, float):
        return float(number) if np.isfinite(number) else None
    return number
