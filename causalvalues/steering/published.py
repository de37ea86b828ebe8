"""What sae-lens knows of published sparse autoencoders: their registry, and how each is kept.

    release/id, release:id      as sae-lens' registry calls it
    owner/repo:folder           any repository of the hub in sae-lens' own layout

Guarantee: only safetensors and npz are read; the hub's cache serves where HF_HUB_OFFLINE=1, and
what is not there ends in a sentence. sae-lens is imported when something is asked, and is silent.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from causalvalues.errors import CausalValuesError, FileError, SaeError
from causalvalues.models.silence import import_sae_lens, silent
from causalvalues.steering.gemma_scope_2 import config_of, weights_of

__all__ = ["Release", "told"]

T = TypeVar("T")

FILE_BY_LOADER = {  # of sae-lens' own loaders, those whose files can be read without unpickling
    "sae_lens": "{folder}/sae_weights.safetensors",
    "gemma_2": "{folder}/params.npz",
    "gemma_3": "{folder}/params.safetensors",
    "llama_scope": "{folder}/checkpoints/final.safetensors",
}


@dataclass(frozen=True)
class Release:
    """One published sparse autoencoder: where sae-lens finds it."""

    release: str  # or owner/repo
    id: str  # or the folder in it
    repo: str
    folder: str
    loader: str
    norm_scaling_factor: float | None = None

    @classmethod
    def of(cls, name: str) -> "Release | None":
        """Return what a name stands for; None where neither the registry nor the hub's form fits.

        A release that holds one autoencoder only needs no id.
        """
        import_sae_lens()
        from sae_lens.loading.pretrained_saes_directory import get_pretrained_saes_directory

        registry = get_pretrained_saes_directory()
        release, _, own = _split(name, registry)
        if release in registry:
            known = registry[release]
            if not own and len(known.saes_map) == 1:
                own = next(iter(known.saes_map))
            if own not in known.saes_map:
                raise _unknown_id(release, own, list(known.saes_map))
            return cls(
                release, own, known.repo_id, known.saes_map[own],
                known.conversion_func or "sae_lens", known.norm_scaling_factor.get(own),
            )  # fmt: skip
        hub = re.fullmatch(r"([\w.-]+/[\w.-]+):(.+)", name)
        if hub is None:
            return None
        return cls(hub[1], hub[2].strip("/"), hub[1], hub[2].strip("/"), "sae_lens")

    @property
    def name(self) -> str:
        """Return what interventions call it."""
        return f"{self.release}:{self.id}" if "/" in self.release else f"{self.release}/{self.id}"

    def file(self) -> Path:
        """Return the file with its weights, fetched if need be."""
        from huggingface_hub import hf_hub_download

        inside = FILE_BY_LOADER[self.readable().loader].format(folder=self.folder)
        return Path(told(self.name, lambda: hf_hub_download(self.repo, inside)))

    def config(self) -> dict[str, Any]:
        """Return its configuration as sae-lens 6 writes it, and a threshold that all share."""
        import_sae_lens()
        from sae_lens.loading import pretrained_sae_loaders as loaders
        from sae_lens.loading.pretrained_saes_directory import get_config_overrides

        if self.loader == "gemma_3":
            return config_of(self.repo, self.folder, self.file())
        read = loaders.NAMED_PRETRAINED_SAE_CONFIG_GETTERS[self.readable().loader]
        overrides = get_config_overrides(self.release, self.id)
        said = told(self.name, lambda: read(self.repo, self.folder, "cpu", False, overrides))
        config = told(self.name, lambda: loaders.handle_config_defaulting(dict(said)))
        return {**config, "threshold": said.get("jump_relu_threshold")}

    def whole(self, device: str, dtype: str) -> Any:
        """Return the autoencoder as sae-lens loads it."""
        import_sae_lens()
        from sae_lens import SAE

        own = self._from_cache if self.readable().loader == "gemma_3" else None
        return told(
            self.name,
            lambda: SAE.from_pretrained(self.release, self.id, device, dtype=dtype, converter=own),
        )

    def _from_cache(
        self,
        repo_id: str,
        folder_name: str,
        device: str,
        force_download: bool,
        cfg_overrides: Mapping[str, Any] | None,
    ) -> tuple[dict[str, Any], dict[str, Tensor], None]:
        """Return config and weights as sae-lens' loaders do, the hub not asked for shapes."""
        file = self.file()
        config = {**config_of(repo_id, folder_name, file), "device": device}
        return config, weights_of(file), None

    def readable(self) -> "Release":
        """Return it, or raise where its weights are pickled or in an unknown form."""
        if self.loader not in FILE_BY_LOADER:
            raise FileError(
                "Weights of a sparse autoencoder must be safetensors or npz, of the residual "
                "stream: other formats can run code, or are not read here",
                found=f"{self.name}, which sae-lens reads as {self.loader}",
                remedy="load it once with sae-lens where you trust it, `save_model` it, and give "
                "that folder",
            )
        return self


def told(name: str, read: Callable[[], T]) -> T:
    """Return what sae-lens or the hub gives, silently; a failure is told in a sentence."""
    try:
        with silent():
            return read()
    except CausalValuesError:
        raise
    except Exception as fault:  # sae-lens, the hub, requests and safetensors raise many kinds
        raise _fault(name, fault) from fault


def _split(name: str, registry: Mapping[str, object]) -> tuple[str, str, str]:
    """Return (release, mark, id); the release is known, or all is one name."""
    for mark in (":", "/"):
        release, found, own = name.partition(mark)
        if release in registry:
            return release, found, own
    return name, "", ""


def _unknown_id(release: str, own: str, known: list[str]) -> SaeError:
    """Return the error for an id that a release does not have."""
    said = ", ".join(known[:6]) + (f", … ({len(known)})" if len(known) > 6 else "")
    return SaeError(f"The release {release} has the ids {said}", found=repr(own) if own else "none")


def _fault(name: str, fault: Exception) -> CausalValuesError:
    """Return what to say of an autoencoder that could not be loaded."""
    said = f"{type(fault).__name__}: {str(fault).strip().splitlines()[0] if str(fault) else ''}"
    kinds = {each.__name__ for each in type(fault).__mro__}
    if kinds & {"LocalEntryNotFoundError", "ConnectionError", "OfflineModeIsEnabled"}:
        return FileError(
            f"The sparse autoencoder {name} must be in the hub's cache on this machine, or the "
            "hub within reach",
            found="neither",
            remedy="download it where there is a network, unset HF_HUB_OFFLINE, or give a folder "
            "with cfg.json and sae_weights.safetensors",
        )
    if kinds & {"GatedRepoError", "RepositoryNotFoundError", "EntryNotFoundError"}:
        return FileError(
            f"The hub must hold the sparse autoencoder {name}", found=said,
            remedy="check the name; for a private or gated one `hf auth login`",
        )  # fmt: skip
    return FileError(
        f"A sparse autoencoder that sae-lens can load was expected: {name}",
        found=said,
        remedy="download or save it again; cfg.json and the weights must belong together",
    )
