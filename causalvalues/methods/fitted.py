"""A `Fitted` is a steering method fitted to one value: an intervention for every dose.

    fitted.at(dose)      the intervention, dose in the method's own unit (P₀, α, γ, a grade)
    fitted.doses         weak to strong, what tuning tries: the rungs of a ladder, from 1
    fitted.on_rung(2.5)  between two doses, by steps of their scale; below rung 1 the first in part;
                         of what has steps, the nearest
    fitted.found         what fitting found: probe accuracy, layers, neurons

Doses raise the value; `lowering` methods are fitted with the sides of their data exchanged.
Guarantee: `at` is a pure function of the dose, monotone in what it asks for.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from causalvalues.errors import OptionError
from causalvalues.steering.intervention import Intervention, RolePrompt, parts_of, scaled

__all__ = ["Direction", "DoseScale", "Fitted"]

Direction = Literal["raise", "lower"]
DoseScale = Literal["linear", "logit", "steps"]  # steps: there is nothing between two doses


@dataclass(frozen=True, eq=False)
class Fitted:
    """A method fitted to one value."""

    method: str
    value: str
    at: Callable[[float], Intervention]
    doses: tuple[float, ...]
    unit: str
    direction: Direction = "raise"
    found: Mapping[str, float | str] = field(default_factory=dict)
    scale: DoseScale = "linear"

    def __post_init__(self) -> None:
        if not self.doses or list(self.doses) != sorted(set(self.doses)):
            raise OptionError("Doses stand from weak to strong", found=str(self.doses))

    @property
    def name(self) -> str:
        """Return the method and what it does: conva raises power."""
        return f"{self.method} {self.direction}s {self.value}"

    def on_rung(self, rung: float) -> Intervention:
        """Return the intervention at a place of the ladder: 1 is the first dose, 0 is nothing."""
        if rung == 0 or (0 < rung < 1 and self.scale != "steps"):
            return scaled(self.at(self.doses[0]), rung)
        return self.at(self.dose_on(rung))

    def dose_on(self, rung: float) -> float:
        """Return the dose at a place of the ladder from rung 1 on; of steps, the nearest one."""
        lowest = 0 if self.scale == "steps" else 1
        if not lowest <= rung <= len(self.doses):
            raise OptionError(
                f"The ladder of {self.name} has rungs from 0 to {len(self.doses)}, doses from 1 on",
                found=f"{rung:g}",
            )
        if self.scale == "steps":
            return self.doses[max(round(rung), 1) - 1]
        below = math.floor(rung)
        low, part = self.doses[below - 1], rung - below
        if not part:
            return low
        high = self.doses[below]
        if self.scale == "logit":
            mixed = (1 - part) * _logit(low) + part * _logit(high)
            return 1 / (1 + math.exp(-mixed))
        return (1 - part) * low + part * high

    @property
    def is_told(self) -> bool:
        """Return whether it is a line that a role is told, which has no size inside the model."""
        return any(isinstance(part, RolePrompt) for part in parts_of(self.at(self.doses[0])))


def _logit(probability: float) -> float:
    """Return log p / (1 − p)."""
    return math.log(probability) - math.log1p(-probability)
