"""A card says in YAML what is known of a sparse autoencoder, so that a short name finds it.

Cards lie in `saes/` of the working directory, in `saes/` of the checkout this package runs from,
and beside the weights that ship with the package; the first card of a name counts.
Guarantee: a card is read strictly; a field that is unknown, absent or impossible is an error that
names the file and the field.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from causalvalues.errors import FileError, OptionError, SaeError
from causalvalues.steering.hook_names import layer_of_hook
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = [
    "Architecture",
    "Normalisation",
    "SaeCard",
    "cards",
    "find_card",
    "neuronpedia_url",
    "read_card",
]

Architecture = Literal["standard", "jumprelu", "topk", "gated"]
Normalisation = Literal["none", "expected_average_only_in", "constant_norm_rescale", "layer_norm"]

PACKAGE = Path(str(files("causalvalues")))
SHIPPED = PACKAGE / "organism" / "shipped" / "saes"
NAME = r"[a-z0-9][a-z0-9._-]*"
NEURONPEDIA = "https://www.neuronpedia.org"


class SaeCard(BaseModel):
    """What is known of one sparse autoencoder; null is what nobody has written down."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str = Field(pattern=f"^{NAME}$")
    release: str | None = None  # as sae-lens calls it; null where the weights lie beside the card
    id: str | None = None
    repo: str | None = None
    hook: str
    layer: int = Field(ge=0)
    width: int = Field(ge=1)
    n_features: int = Field(ge=1)
    architecture: Architecture | None = None
    normalisation: Normalisation | None = None
    norm_scaling_factor: float | None = Field(default=None, gt=0)
    model: tuple[str, ...]  # by hub name, those it was trained on or is known to serve
    neuronpedia: str | None = None
    revision: str | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    config_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")  # of cfg.json
    licence: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _fits(self) -> "SaeCard":
        """Raise where two fields contradict each other."""
        if (self.release is None) != (self.id is None):
            raise ValueError("release and id go together")
        try:
            layer = layer_of_hook(self.hook)
        except SaeError as fault:
            raise ValueError(f"hook: {fault}") from fault
        if layer != self.layer:
            raise ValueError(f"hook {self.hook} is layer {layer}, not {self.layer}")
        return self


def read_card(path: str | Path) -> SaeCard:
    """Return the card in a YAML file."""
    try:
        document = bounded_yaml(Path(path).read_text("utf-8"))
        return SaeCard.model_validate(document)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the card"
        raise FileError(
            f"A card of a sparse autoencoder was expected at {path}",
            found=f"{where}: {first['msg']}",
            remedy="saes/README.md says what a card holds",
        ) from fault
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise FileError(
            f"A card of a sparse autoencoder was expected at {path}",
            found=str(fault).split("\n", maxsplit=1)[0],
        ) from fault


def cards(folder: str | Path | None = None) -> dict[str, SaeCard]:
    """Return every card by its name; without a folder, those of all places where cards lie."""
    found: dict[str, SaeCard] = {}
    for place in _places(folder):
        for path in sorted([*place.glob("*.yaml"), *place.glob("*/card.yaml")]):
            card = read_card(path)
            found.setdefault(card.name, card)
    return found


def find_card(name: str, folder: str | Path | None = None) -> tuple[SaeCard, Path] | None:
    """Return the card of a name, and its file: NAME.yaml or NAME/card.yaml; no other is read."""
    if not re.fullmatch(NAME, name):
        return None
    for place in _places(folder):
        for path in (place / f"{name}.yaml", place / name / "card.yaml"):
            if path.is_file():
                card = read_card(path)
                if card.name != name:
                    raise FileError(
                        f"The card at {path} must be named as its file", found=repr(card.name)
                    )
                return card, path
    return None


def neuronpedia_url(card: SaeCard, feature: int) -> str | None:
    """Return where Neuronpedia shows a feature; None where it does not have the autoencoder."""
    if not 0 <= feature < card.n_features:
        raise OptionError(
            f"{card.name} has features from 0 to {card.n_features - 1}", found=str(feature)
        )
    return f"{NEURONPEDIA}/{card.neuronpedia}/{feature}" if card.neuronpedia else None


def _places(folder: str | Path | None) -> list[Path]:
    """Return the folders that cards lie in."""
    if folder is None:
        return [each for each in (Path("saes"), PACKAGE.parent / "saes", SHIPPED) if each.is_dir()]
    if not Path(folder).is_dir():
        raise FileError("A folder of cards was expected", found=f"none at {folder}")
    return [Path(folder)]
