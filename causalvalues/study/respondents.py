"""Who a study's model name stands for: an organism, a server, a hub name or a folder.

Guarantee: what may be published of a model holds no path of this machine, no address and no key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit, urlunsplit

from causalvalues.errors import OptionError
from causalvalues.study.plan import ModelPlan
from causalvalues.survey.place import folder_at
from causalvalues.survey.request import Respondent

__all__ = ["PlannedModel", "check_model", "public_identity", "public_name", "respondent_of"]


@dataclass(frozen=True)
class PlannedModel:
    """The model of a study, to be opened by whichever process asks it."""

    plan: ModelPlan

    def open(self) -> Respondent:
        """Return the respondent, loaded or connected to."""
        return respondent_of(self.plan)


def check_model(plan: ModelPlan) -> None:
    """Raise where options are given that this kind of model does not have, or it is not there."""
    from causalvalues.models.served import served_address
    from causalvalues.organism.embedded import folder_of, is_organism

    loading = ("revision", "dtype", "device", "device_map", "quantize")
    defaults = ModelPlan(name=plan.name)
    given = [name for name in loading if getattr(plan, name) != getattr(defaults, name)]
    if served_address(plan.name) and given:
        raise OptionError(
            "A served model runs as its server runs it",
            found=", ".join(given),
            remedy=f"leave {'them' if len(given) > 1 else 'it'} out",
        )
    if is_organism(plan.name):
        folder_of(plan.name)
        if plan.revision is not None:
            raise OptionError("An embedded organism has no revision", found=plan.revision)


def respondent_of(plan: ModelPlan) -> Respondent:
    """Return the respondent, loaded or connected to."""
    from causalvalues.models.served import ServedModel, served_address

    check_model(plan)
    if served_address(plan.name):
        return ServedModel.connect(plan.name)
    return _loaded(plan)


def public_name(name: str) -> str:
    """Return a model's name as it may be published: a folder's last part, an address without key.

    The name of a model on the hub is that already.
    """
    from causalvalues.models.served import served_address

    if served_address(name):
        parts = urlsplit(name.strip())
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    folder = folder_at(name)
    return name if folder is None else folder.resolve().name


def public_identity(identity: Mapping[str, str]) -> dict[str, str]:
    """Return what a respondent says of itself as it may be published.

    Servers say where on their machine a model lies; its last part names it.
    """
    return {
        name: PureWindowsPath(PurePosixPath(said).name).name if _is_path(said) else said
        for name, said in identity.items()
        if name != "address"
    }


def _is_path(said: str) -> bool:
    """Return whether a text is the place of a file on some machine."""
    rooted = PurePosixPath(said).is_absolute() or PureWindowsPath(said).drive != ""
    return rooted or said.startswith("~")


def _loaded(plan: ModelPlan) -> Respondent:
    """Return a model in this process."""
    from causalvalues.models.language_model import LanguageModel
    from causalvalues.organism.embedded import folder_of, is_organism

    organism = is_organism(plan.name)
    return LanguageModel.load(
        str(folder_of(plan.name)) if organism else plan.name,
        revision=plan.revision,
        dtype="float32" if organism and plan.dtype == "auto" else plan.dtype,
        device=plan.device,
        device_map=plan.device_map,
        quantize=plan.quantize,
    )
