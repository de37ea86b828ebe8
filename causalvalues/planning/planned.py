"""A `Plan` is what was asked for, what was chosen, and what is expected of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causalvalues.planning.predict import Prediction
from causalvalues.steering.document import digest_of
from causalvalues.steering.intervention import Intervention

__all__ = ["Plan", "Used"]

SCHEMA = "causalvalues.plan/1"


@dataclass(frozen=True)
class Used:
    """One candidate in a plan: its dose, and what it changes itself."""

    name: str
    dose: float
    direct: Mapping[str, float]
    settles: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What was asked for, what was chosen, and what is expected of it."""

    targets: Mapping[str, float]  # the gain asked of each, in units of the score
    hold: tuple[str, ...]
    used: tuple[Used, ...]
    intervention: Intervention
    predicted: Prediction
    collateral: float  # expected: weighted sum of |change| over values that are no target
    method: str
    left_out: Mapping[str, str]
    beat: Mapping[str, float]  # the collateral expected of other ways to the same gain
    why: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON would hold it; the intervention is a file of its own."""
        low, high = self.predicted.interval()
        return {
            "schema": SCHEMA,
            "targets": dict(self.targets),
            "hold": list(self.hold),
            "method": self.method,
            "used": [
                {
                    "name": used.name,
                    "dose": used.dose,
                    "direct": dict(used.direct),
                    "settles": list(used.settles),
                }
                for used in self.used
            ],
            "intervention": digest_of(self.intervention),
            "predicted": {
                name: {"change": float(middle), "low": float(lowest), "high": float(highest)}
                for name, middle, lowest, highest in zip(
                    self.predicted.names, self.predicted.middle, low, high, strict=True
                )
            },
            "collateral": self.collateral,
            "left_out": dict(self.left_out),
            "beat": dict(self.beat),
            "why": list(self.why),
        }
