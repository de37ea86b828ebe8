"""From a name to where a sparse autoencoder lies, what its config says, and how it is scaled.

    a card's name                   organism-gemma, gemma-2b-it-res-jb
    release/id, release:id          of sae-lens' registry
    owner/repo:folder               on the hub
    a folder                        with cfg.json and sae_weights.safetensors

Guarantee: no weight is read here; what cannot be used for steering a residual (another hook, an
unknown architecture or normalisation, pickled weights) is a named error before any is.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from causalvalues.errors import FileError, SaeError, WrongHook, WrongWidth
from causalvalues.models.checkpoint import PICKLED, read_json
from causalvalues.models.digests import digest_of_files
from causalvalues.models.silence import import_sae_lens
from causalvalues.provenance import digest_of_file
from causalvalues.steering.cards import (
    Architecture,
    Normalisation,
    SaeCard,
    cards,
    find_card,
    read_card,
)
from causalvalues.steering.hook_names import layer_of_hook
from causalvalues.steering.published import Release, told
from causalvalues.steering.stored import Stored
from causalvalues.survey.place import folder_at

__all__ = ["Source", "source_of"]

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"


@dataclass(frozen=True, eq=False)
class Source:
    """One sparse autoencoder, found and checked, not yet read."""

    name: str
    config: dict[str, Any]  # as sae-lens 6 writes it
    stored: Stored
    place: Release | Path
    layer: int
    card: SaeCard | None
    factor: float  # what the residual is multiplied by before it enters
    factor_known: bool  # false where the autoencoder needs one that nobody has written down

    @property
    def architecture(self) -> str:
        """Return standard, jumprelu, topk or gated."""
        return str(self.config["architecture"])

    @property
    def normalisation(self) -> str:
        """Return what is done to the residual before it enters."""
        return str(self.config["normalize_activations"])

    @property
    def loader(self) -> str:
        """Return how its file is laid out, as sae-lens calls it."""
        return self.place.loader if isinstance(self.place, Release) else "sae_lens"

    @property
    def model_name(self) -> str | None:
        """Return the model it was trained on, where its config says."""
        said = self.config["metadata"].get("model_name")
        return str(said) if said else None

    def digest(self) -> str:
        """Return the digest of the weights."""
        return digest_of_files([self.stored.path])

    def whole(self, device: str, dtype: str) -> Any:
        """Return the autoencoder as sae-lens loads it, its scaling folded in."""
        import_sae_lens()
        from sae_lens import SAE

        if isinstance(self.place, Release):
            found = self.place.whole(device, dtype)
        else:
            folder = self.place
            found = told(self.name, lambda: SAE.load_from_disk(folder, device=device, dtype=dtype))
        if found.cfg.normalize_activations == "expected_average_only_in" and self.factor_known:
            found.fold_activation_norm_scaling_factor(self.factor)
        return found.eval().requires_grad_(False)


def source_of(name_or_path: str | Path) -> Source:
    """Return the autoencoder that a name or a folder stands for."""
    name = str(name_or_path)
    known = find_card(name) if isinstance(name_or_path, str) else None
    if known is not None:
        card, path = known
        if card.release is None:
            return _in_folder(path.parent, card)
        found = Release.of(f"{card.release}:{card.id}")
        if found is None:
            raise SaeError(
                f"The card {card.name} names a release that sae-lens does not know",
                found=str(card.release),
                remedy="update sae-lens",
            )
        return _published(found, card)
    folder = folder_at(name_or_path)
    if folder is not None:
        path = folder / "card.yaml"
        return _in_folder(folder, read_card(path) if path.exists() else None)
    release = Release.of(name)
    if release is None:
        raise _unknown(name)
    return _published(release, None)


def _published(release: Release, card: SaeCard | None) -> Source:
    """Return the source of a published autoencoder."""
    config = release.config()
    name = release.name if card is None else card.name
    return _checked(name, config, Stored(release.file()), release, card)


def _in_folder(folder: Path, card: SaeCard | None) -> Source:
    """Return the source of a folder in sae-lens' layout."""
    import_sae_lens()
    from sae_lens.loading.pretrained_sae_loaders import handle_config_defaulting

    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
    if not (folder / WEIGHTS).exists() and pickled:
        raise FileError(
            "Weights must be safetensors or npz: other formats can run code, or are not read here",
            found=f"{', '.join(pickled[:3])} in {folder}",
            remedy="convert them once where you trust them, with `save_model` of sae-lens",
        )
    if not (folder / WEIGHTS).exists() or not (folder / CONFIG).exists():
        raise FileError(
            f"A sparse autoencoder on disk is a folder with {CONFIG} and {WEIGHTS}",
            found=f"{folder}, without {CONFIG if (folder / WEIGHTS).exists() else WEIGHTS}",
        )
    said = read_json(folder / CONFIG)
    if card is not None and card.config_sha256 is not None:
        _check_digest(card, "config", card.config_sha256, folder / CONFIG)
    name = str(folder) if card is None else card.name
    config = told(name, lambda: handle_config_defaulting(said))
    return _checked(name, config, Stored(folder / WEIGHTS), folder, card)


def _checked(
    name: str, config: dict[str, Any], stored: Stored, place: Release | Path, card: SaeCard | None
) -> Source:
    """Return the source, or raise where it is none of the residual stream."""
    config.setdefault("metadata", {})
    if config.get("normalize_activations") is None:
        config["normalize_activations"] = "none"
    metadata = config["metadata"]
    if "transcoder" in str(config.get("architecture")) or metadata.get("hook_name_out"):
        raise WrongHook(
            "A sparse autoencoder must read and write the same residual",
            found=f"{name}, a transcoder from {metadata.get('hook_name')} to "
            f"{metadata.get('hook_name_out')}",
        )
    layer = layer_of_hook(metadata.get("hook_name"))
    for key, kinds in (("architecture", Architecture), ("normalize_activations", Normalisation)):
        if config.get(key) not in get_args(kinds):
            raise SaeError(
                f"The {key} of a sparse autoencoder must be one of {', '.join(get_args(kinds))}",
                found=f"{config.get(key)!r} in {name}",
            )
    if card is not None:
        _check_card(card, config, layer)
        _check_origin(card, stored.path)
    factor = _factor(place, card)
    scaled = config["normalize_activations"] == "expected_average_only_in"
    return Source(
        name, config, stored, place, layer, card,
        factor=factor if scaled and factor is not None else 1.0,
        factor_known=factor is not None or not scaled,
    )  # fmt: skip


def _factor(place: Release | Path, card: SaeCard | None) -> float | None:
    """Return what the residual is multiplied by, as the card says, or else the registry."""
    if card is not None and card.norm_scaling_factor is not None:
        return card.norm_scaling_factor
    return place.norm_scaling_factor if isinstance(place, Release) else None


def _check_card(card: SaeCard, config: dict[str, Any], layer: int) -> None:
    """Raise where a card and the autoencoder it stands for disagree."""
    if (config["d_in"], config["d_sae"]) != (card.width, card.n_features):
        raise WrongWidth(
            f"The card {card.name} says {card.n_features} features of a residual of {card.width}",
            found=f"{config['d_sae']} of {config['d_in']}",
            remedy="the download is another autoencoder's, or the card is wrong",
        )
    told_by_card = {"layer": card.layer, "architecture": card.architecture,
                    "normalisation": card.normalisation}  # fmt: skip
    found = {"layer": layer, "architecture": config["architecture"],
             "normalisation": config["normalize_activations"]}  # fmt: skip
    for key, said in told_by_card.items():
        if said is not None and said != found[key]:
            raise SaeError(
                f"The card {card.name} says {key} {said}", found=str(found[key]),
                remedy="the download is another autoencoder's, or the card is wrong",
            )  # fmt: skip


def _check_origin(card: SaeCard, path: Path) -> None:
    """Raise unless the weights are those that a card was written for, where it says which."""
    if card.revision is not None and card.revision not in path.parts:
        raise FileError(
            f"The card {card.name} was written for revision {card.revision}", found=str(path)
        )
    if card.sha256 is not None:
        _check_digest(card, "weights", card.sha256, path)


def _check_digest(card: SaeCard, what: str, expected: str, path: Path) -> None:
    """Raise unless a file is the one whose digest a card names."""
    real = path.resolve()  # the hub's cache names large files by their digest
    found = real.name if real.parent.name == "blobs" else digest_of_file(real)
    if found != expected:
        raise FileError(
            f"The card {card.name} names the digest of its {what}: {expected[:12]}…",
            found=f"{found[:12]}… at {path}",
            remedy="download or train it again, or write a card for these weights",
        )


def _unknown(name: str) -> SaeError:
    """Return the error for a name that stands for nothing."""
    looks = "a path" if re.match(r"[/.~]", name) else "the name"
    return SaeError(
        "A sparse autoencoder is a card, release/id of sae-lens, owner/repo:folder on the hub, or "
        "a folder with cfg.json and sae_weights.safetensors",
        found=f"{looks} {name!r}, which is none of them",
        remedy=f"the cards are {', '.join(sorted(cards())) or 'none'}",
    )
