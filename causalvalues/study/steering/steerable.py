"""A `Steerable` is a model that can be asked under interventions: with the autoencoders they need.

Guarantee: the model is the one that was surveyed; every autoencoder fits it; a model that runs
somewhere else is refused where features are asked for, before anything is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from causalvalues.errors import OptionError
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention, SaeFeature, parts_of
from causalvalues.study.plan import ModelPlan
from causalvalues.study.respondents import public_name, respondent_of
from causalvalues.study.stages import Bar
from causalvalues.survey.request import Respondent

if TYPE_CHECKING:
    from causalvalues.models.language_model import LanguageModel

__all__ = ["Steerable", "inside", "load_respondent", "saes_of"]


@dataclass(frozen=True, eq=False)
class Steerable:
    """A respondent, and the autoencoders whose features may be changed in it."""

    respondent: Respondent
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)

    @classmethod
    def of(cls, respondent: Respondent, saes: Iterable[str] = ()) -> "Steerable":
        """Return the respondent with its autoencoders, each by the name interventions use.

        Workers that hold the respondent open their own, and look whether those fit.
        """
        from causalvalues.evaluation.surveying import is_shared
        from causalvalues.models.forward import first_device
        from causalvalues.steering.sae import open_sae

        names = tuple(dict.fromkeys(saes))
        if not names:
            return cls(respondent)
        if is_shared(respondent):
            opened = {name: open_sae(name) for name in names}
        else:
            model = inside(respondent).model
            opened = {name: open_sae(name, device=str(first_device(model)), check_model=model)
                      for name in names}  # fmt: skip
        return cls(respondent, {sae.name: sae for sae in opened.values()} | opened)


def load_respondent(plan: ModelPlan, *, bar: Bar) -> Respondent:
    """Return a model of a study, loaded or connected to."""
    with bar(f"Loading {public_name(plan.name)}"):
        return respondent_of(plan)


def inside(respondent: Respondent) -> "LanguageModel":
    """Return the model in this process, or raise where it runs elsewhere."""
    from causalvalues.models.language_model import LanguageModel

    if not isinstance(respondent, LanguageModel):
        raise OptionError(
            "Features, vectors and neurons are changed inside a model that runs in this process",
            found=respondent.identity.get("model", "another respondent"),
            remedy="leave autoencoder and methods out: role prompts work on any model",
        )
    return respondent


def saes_of(interventions: Iterable[Intervention]) -> tuple[str, ...]:
    """Return the names of all autoencoders that interventions need."""
    parts = (part for each in interventions for part in parts_of(each))
    return tuple(dict.fromkeys(part.sae for part in parts if isinstance(part, SaeFeature)))
