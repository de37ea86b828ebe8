"""Whether a sparse autoencoder fits a model: its width, its layers and, where known, its name.

Names are compared loosely: without the owner, case, punctuation, and what says that a model was
tuned for instructions, as an autoencoder of the base model often serves the tuned one. A model in a
folder of its own has no name to compare, but those of the hub's cache and the organisms have.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from causalvalues.errors import WrongHook, WrongModel, WrongWidth

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from causalvalues.steering.sae_source import Source

__all__ = ["check_fit", "known_name", "same_model"]

TUNED = re.compile(r"(?:[-_ ](?:it|pt|instruct|chat|base))+$")
CACHED = re.compile(r"models--([^/\\]+?)--([^/\\]+)")


def check_fit(source: "Source", model: "PreTrainedModel") -> None:
    """Raise unless an autoencoder reads a residual that a model has."""
    text = model.config.get_text_config()
    width, name = int(source.config["d_in"]), source.name
    if text.hidden_size != width:
        raise WrongWidth(
            f"{name} reads a residual of width {width}",
            found=f"a model of width {text.hidden_size}",
            remedy="use an autoencoder that was trained on this model",
        )
    if source.layer >= text.num_hidden_layers:
        raise WrongHook(
            f"{name} reads what leaves layer {source.layer}",
            found=f"a model with layers from 0 to {text.num_hidden_layers - 1}",
        )
    found = known_name(str(model.config._name_or_path))
    meant = source.card.model if source.card is not None else (source.model_name,)
    told = [each for each in meant if each]
    if found and told and not any(same_model(each, found) for each in told):
        raise WrongModel(
            f"{name} was trained on {' or '.join(told)}",
            found=found,
            remedy="use an autoencoder of this model, or `check_model=None` to use it all the same",
        )


def known_name(name_or_path: str) -> str | None:
    """Return what a model is called where its path tells: on the hub, in its cache, an organism."""
    cached = CACHED.search(name_or_path)
    if cached:
        return f"{cached[1]}/{cached[2]}"
    path = Path(name_or_path)
    if path.parent.name == "shipped" and path.parent.parent.name == "organism":
        return f"organism/{path.name}"
    if path.is_dir() or path.is_absolute() or name_or_path.count("/") > 1:
        return None
    return name_or_path or None


def same_model(one: str, other: str) -> bool:
    """Return whether two names are of one model, tuned or not, whoever keeps it."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    """Return what is left of a name for comparison."""
    if name.startswith("organism/"):
        return name
    own = TUNED.sub("", name.rsplit("/", maxsplit=1)[-1].lower())
    return re.sub(r"[^a-z0-9]", "", own.removeprefix("meta-"))
