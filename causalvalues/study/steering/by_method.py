"""`by_method` readies a model for one method at one dose: no run is needed, no graph, no plan.

Guarantee: what does not fit (no model, a served one, a value or a dose that there is not) is said
before anything is fitted, as far as it can be known by then.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Fitted
from causalvalues.models.served import served_address
from causalvalues.steering.intervention import Intervention
from causalvalues.study.methods.fitting import (
    Wanted,
    check_wanted,
    checked_dose,
    fitted_to,
    found_in_words,
)
from causalvalues.study.methods.plan import MethodsPlan
from causalvalues.study.plan import ModelPlan
from causalvalues.study.stages import Bar, silent
from causalvalues.study.steering.steerable import Steerable, inside, load_respondent, saes_of
from causalvalues.survey.inventory import inventory

__all__ = ["ByMethod", "by_method"]


@dataclass(frozen=True, eq=False)
class ByMethod:
    """A model, and a method at a dose."""

    steerable: Steerable
    fitted: Fitted
    dose: float
    intervention: Intervention

    @property
    def text(self) -> str:
        """Return what was found, and at which dose it is used."""
        doses = self.fitted.doses
        return (
            f"{found_in_words(self.fitted)}. {self.fitted.unit} {self.dose:g}, of "
            f"{doses[0]:g} to {doses[-1]:g}."
        )

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the same for machines."""
        return {
            "method": self.fitted.method,
            "value": self.fitted.value,
            "direction": self.fitted.direction,
            "dose": self.dose,
            "unit": self.fitted.unit,
            "doses": list(self.fitted.doses),
            "found": dict(self.fitted.found),
        }


def by_method(
    wanted: Wanted,
    model: str | None,
    *,
    dose: float | None = None,
    sae: str | None = None,
    keep: Path | None = None,
    seed: int = 0,
    bar: Bar = silent,
) -> ByMethod:
    """Return a model with a method fitted to it.

    by_method(Wanted("conva", "power"), "organism/gemma", dose=0.95).text
    """
    if model is None:
        raise OptionError(
            "A method is fitted to a model", found="no model", remedy="name one with --model"
        )
    if served_address(model):
        raise OptionError(
            "Methods are fitted inside a model that runs in this process",
            found="a served model",
            remedy="name a folder or a model of the hub",
        )
    items, plan = inventory("schwartz10"), MethodsPlan(sae=sae)
    check_wanted(wanted, model, items, plan)
    respondent = load_respondent(ModelPlan(name=model), bar=bar)
    fitted = fitted_to(
        inside(respondent), model, wanted, items, plan, keep=keep, seed=seed, bar=bar
    )
    amount = checked_dose(fitted, dose)
    intervention = fitted.at(amount)
    return ByMethod(Steerable.of(respondent, saes_of([intervention])), fitted, amount, intervention)
