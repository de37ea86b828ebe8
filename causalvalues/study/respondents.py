"""Who a study's model name stands for: an organism, a server, a hub name or a folder."""

from causalvalues.errors import OptionError
from causalvalues.study.plan import ModelPlan
from causalvalues.survey.request import Respondent

__all__ = ["respondent_of"]


def respondent_of(plan: ModelPlan) -> Respondent:
    """Return the respondent, loaded or connected to."""
    from causalvalues.models.served import ServedModel, served_address

    if served_address(plan.name):
        given = [
            field
            for field, default in (("revision", None), ("dtype", "auto"), ("device_map", None))
            if getattr(plan, field) != default
        ]
        if given:
            raise OptionError(
                "A served model runs as its server runs it", found=f"model: {', '.join(given)}"
            )
        return ServedModel.connect(plan.name)
    return _loaded(plan)


def _loaded(plan: ModelPlan) -> Respondent:
    """Return a model in this process."""
    from causalvalues.models.language_model import LanguageModel
    from causalvalues.organism.embedded import folder_of, is_organism

    name, dtype = plan.name, plan.dtype
    if is_organism(name):
        name, dtype = str(folder_of(name)), "float32"
    return LanguageModel.load(
        name,
        revision=plan.revision,
        dtype=dtype,
        device=plan.device,
        device_map=plan.device_map,
    )
