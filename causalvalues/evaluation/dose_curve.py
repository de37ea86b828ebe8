"""A `DoseCurve` is what one intervention did at several doses; it answers how much is needed.

    dose 0    does nothing, by definition: it is a point of every curve and is not asked
    between   the change of a value is read off straight lines between measured doses, after
              doses on one side of 0 were made monotone (isotonic, weighed by their precision)

Guarantee: a dose beyond what was measured in good health is never given; why is said instead.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from causalvalues.errors import FileError, OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.provenance import write_atomically

__all__ = ["DoseCurve", "Reach"]

Floats = NDArray[np.float64]
SCHEMA = "causalvalues.dose-curve/1"
CERTAIN = 1e9  # the weight of dose 0, whose change is known


@dataclass(frozen=True)
class Reach:
    """The dose that gives a change, or why there is none."""

    dose: float | None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.dose is not None


@dataclass(frozen=True, eq=False)
class DoseCurve:
    """Profiles of one intervention by dose."""

    name: str
    doses: tuple[float, ...]  # ascending, 0 not among them
    profiles: tuple[EffectProfile, ...]  # one per dose, all of the same values

    def __post_init__(self) -> None:
        doses = list(self.doses)
        if not doses or len(doses) != len(self.profiles) or doses != sorted(set(doses) - {0.0}):
            raise OptionError(
                "A dose curve has a profile for each of some ascending doses other than 0",
                found=f"doses {doses} and {len(self.profiles)} profiles",
            )
        if len({profile.names for profile in self.profiles}) > 1:
            raise OptionError("A dose curve is about the same values at every dose")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the values."""
        return self.profiles[0].names

    @property
    def change(self) -> Floats:
        """Return (dose, value) mean changes."""
        return np.array([profile.change for profile in self.profiles])

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return (low, high), each (dose, value)."""
        ends = [profile.interval(level) for profile in self.profiles]
        return np.array([low for low, _ in ends]), np.array([high for _, high in ends])

    def at(self, dose: float) -> EffectProfile:
        """Return the profile of a measured dose."""
        if dose not in self.doses:
            raise OptionError(
                f"A dose must be one of {', '.join(f'{each:g}' for each in self.doses)}",
                found=f"{dose:g}",
            )
        return self.profiles[self.doses.index(dose)]

    @property
    def healthy_doses(self) -> tuple[float, ...]:
        """Return the doses in good health up to which every smaller one is, on either side of 0."""
        kept: list[float] = []
        for side in (1, -1):
            for dose in sorted((each for each in self.doses if each * side > 0), key=abs):
                if not self.at(dose).healthy:
                    break
                kept.append(dose)
        return tuple(sorted(kept))

    @property
    def largest_healthy_dose(self) -> float:
        """Return the healthy dose that is furthest from 0; 0 where none is healthy."""
        return max(self.healthy_doses, key=abs, default=0.0)

    def dose_for(self, value: str, gain: float) -> Reach:
        """Return the smallest healthy dose that changes a value by `gain`, or why none does."""
        if value not in self.names:
            raise OptionError(f"The curve holds {', '.join(self.names)}", found=repr(value))
        if not np.isfinite(gain):
            raise OptionError("A gain is a finite number", found=str(gain))
        if gain == 0:
            return Reach(0.0)
        found = [self._on_side(value, gain, side) for side in (1, -1)]
        reached = [dose for dose in found if dose is not None]
        return Reach(min(reached, key=abs)) if reached else Reach(None, self._why(value, gain))

    def _on_side(self, value: str, gain: float, side: int) -> float | None:
        """Return the dose on one side of 0 at which the monotone curve reaches a gain."""
        doses, changes, weights = self._points(value, side)
        if len(doses) < 2:
            return None
        up = isotonic_regression(changes * np.sign(gain), weights=weights).x
        if up[-1] < abs(gain):
            return None
        last = int(np.argmax(up >= abs(gain)))
        part = (abs(gain) - up[last - 1]) / (up[last] - up[last - 1])
        return float(doses[last - 1] + part * (doses[last] - doses[last - 1]))

    def _points(self, value: str, side: int) -> tuple[Floats, Floats, Floats]:
        """Return doses from 0 outwards, the changes of a value there, and their weights."""
        column = self.names.index(value)
        rows = [(0.0, 0.0, CERTAIN)]
        for dose in sorted((each for each in self.healthy_doses if each * side > 0), key=abs):
            profile = self.at(dose)
            error = profile.standard_error[column]
            weight = 1 / max(error, 1e-3) ** 2 if np.isfinite(error) else 1.0
            if np.isfinite(profile.change[column]):
                rows.append((dose, profile.change[column], weight))
        doses, changes, weights = np.array(rows).T
        return doses, changes, weights

    def _why(self, value: str, gain: float) -> str:
        """Return why no dose changes a value by so much."""
        column = self.names.index(value)
        if not self.healthy_doses:
            return f"out of reach: no dose of {self.name} leaves the model in good health"
        changes = {dose: self.at(dose).change[column] for dose in self.healthy_doses}
        known = {dose: change for dose, change in changes.items() if np.isfinite(change)}
        if not known:
            return f"not measured: {value} was not asked about"
        most = max(known, key=lambda dose: known[dose] * np.sign(gain))
        return (
            f"out of reach: a change of {value} by {gain:+.2f} was asked, the most that healthy "
            f"doses of {self.name} gave is {known[most]:+.2f}, at {most:g}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per dose and value: change, interval, roles and health."""
        low, high = self.interval()
        n_doses, n_values = self.change.shape
        per_dose = {
            "dose": self.doses,
            "healthy": [profile.healthy for profile in self.profiles],
            "faults": ["; ".join(profile.faults) for profile in self.profiles],
        }
        return pd.DataFrame(
            {
                "name": self.name,
                "value": list(self.names) * n_doses,
                "change": self.change.ravel(),
                "interval_low": low.ravel(),
                "interval_high": high.ravel(),
                "n_roles": np.concatenate([profile.n_by_value for profile in self.profiles]),
                **{key: np.repeat(np.array(each), n_values) for key, each in per_dose.items()},
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as JSON would hold it."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "doses": list(self.doses),
            "profiles": [profile.to_dict() for profile in self.profiles],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "DoseCurve":
        """Return the curve that `to_dict` gave."""
        try:
            if document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']!r}")
            return cls(
                name=str(document["name"]),
                doses=tuple(map(float, document["doses"])),
                profiles=tuple(map(EffectProfile.from_dict, document["profiles"])),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise FileError("A dose curve was expected", found=str(fault)) from fault

    def to_json(self, path: str | Path) -> Path:
        """Return the path after writing the curve."""
        return write_atomically(Path(path), json.dumps(self.to_dict(), indent=1) + "\n")

    @classmethod
    def from_json(cls, path: str | Path) -> "DoseCurve":
        """Return the curve in a file."""
        try:
            document = json.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as fault:
            raise FileError(f"A dose curve was expected at {path}", found=str(fault)) from fault
        if not isinstance(document, dict):
            raise FileError(f"A dose curve was expected at {path}", found="no JSON object")
        return cls.from_dict(document)
