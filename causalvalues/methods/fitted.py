"""A `Fitted` is a steering method fitted to one value: an intervention for every dose.

    fitted.at(dose)      the intervention, dose in the method's own unit (P₀, α, γ, a grade)
    fitted.doses         weak to strong, what tuning tries
    fitted.found         what fitting found: probe accuracy, layers, neurons

Doses raise the value; `lowering` methods are fitted with the sides of their data exchanged.
Guarantee: `at` is a pure function of the dose, monotone in what it asks for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from causalvalues.errors import OptionError
from causalvalues.steering.intervention import Intervention

__all__ = ["Direction", "Fitted"]

Direction = Literal["raise", "lower"]


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

    def __post_init__(self) -> None:
        if not self.doses or list(self.doses) != sorted(set(self.doses)):
            raise OptionError("Doses stand from weak to strong", found=str(self.doses))

    @property
    def name(self) -> str:
        """Return the method and what it does: conva raises power."""
        return f"{self.method} {self.direction}s {self.value}"
