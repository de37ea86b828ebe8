"""A `Checkpoint` is a folder of safetensors weights that is whole: found, fetched, and checked.

    a folder            as it is
    owner/name          the hub, or its cache where HF_HUB_OFFLINE=1 or the hub cannot be reached

Guarantee: what is absent, gated, half downloaded or pickled ends in a sentence before any weight
is read; pickled weights are never opened.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from causalvalues.errors import FileError
from causalvalues.survey.place import folder_at

__all__ = ["Checkpoint", "find", "read_json"]

WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]
UNWANTED = ["*/*", "consolidated*"]  # the same weights in another layout
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".gguf")


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a model, by what name it is known, and which of its files hold weights."""

    name: str  # on the hub; of a folder its last part, as it is the same model elsewhere
    revision: str  # the commit; "local" for a folder
    folder: Path
    weights: tuple[Path, ...]


def find(
    name_or_path: str | Path,
    *,
    revision: str | None = None,
    fetch: Callable[..., str] = snapshot_download,
) -> Checkpoint:
    """Return the checkpoint under a path or a name on the hub, fetched if need be and checked."""
    path = folder_at(name_or_path)
    if path is not None:
        if revision is not None:
            raise FileError(
                "A revision belongs to a name on the hub; a folder has none", found=f"{path}"
            )
        return Checkpoint(path.resolve().name, "local", path, _checked(path))
    name = str(name_or_path)
    if _is_file(name) or name.startswith(("~", ".", "/")) or name.count("/") > 1:
        raise FileError(
            "A model is a folder with config.json and safetensors, or a name on the hub",
            found=f"{name}, which is {'a file' if _is_file(name) else 'not there'}",
        )
    folder = _fetched(name, revision, fetch)
    return Checkpoint(name, folder.name, folder, _checked(folder))


def _is_file(name: str) -> bool:
    """Return whether a name is that of a file on this machine."""
    try:
        return Path(name).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file of a checkpoint."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise _incomplete(path.parent, f"no {path.name}") from fault
    except (OSError, ValueError) as fault:
        raise _incomplete(path.parent, f"{path.name} cannot be read ({fault})") from fault
    if not isinstance(found, dict):
        raise _incomplete(path.parent, f"{path.name} is not an object")
    return found


def _fetched(name: str, revision: str | None, fetch: Callable[..., str]) -> Path:
    """Return the folder of a model on the hub or in its cache."""
    try:
        return Path(fetch(name, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED))
    except HFValidationError as fault:
        raise FileError(
            "A model is a folder, or a name on the hub such as google/gemma-2b-it", found=name
        ) from fault
    except GatedRepoError as fault:
        raise FileError(
            f"The owner of {name} asks for its licence to be accepted first",
            found="no access from here",
            remedy=f"accept the licence at https://huggingface.co/{name}, then `hf auth login`",
        ) from fault
    except RepositoryNotFoundError as fault:
        raise FileError(
            f"The hub must know the model {name}",
            found="no such model, or a private one",
            remedy="check the name; for a private model `hf auth login`",
        ) from fault
    except RevisionNotFoundError as fault:
        raise FileError(f"{name} must have the revision asked for", found=repr(revision)) from fault
    except LocalEntryNotFoundError as fault:
        raise FileError(
            f"{name} must be in the hub's cache on this machine, or the hub within reach",
            found="an incomplete download" if _is_incomplete(fault) else "neither",
            remedy="download it where there is a network (`hf download`), unset HF_HUB_OFFLINE, "
            "or give the folder of a checkpoint",
        ) from fault
    except OSError as fault:
        raise FileError(
            f"{name} must be fetched from the hub in full",
            found=f"{type(fault).__name__}: {fault}",
            remedy="check network and disk, then run the same again: what is there is kept",
        ) from fault


def _is_incomplete(fault: Exception) -> bool:
    """Return whether the cache holds a part of a download."""
    return type(fault).__name__ == "IncompleteSnapshotError"


def _checked(folder: Path) -> tuple[Path, ...]:
    """Return the files with weights, all there and of the size that they say."""
    if not (folder / "config.json").exists() and (folder / "adapter_config.json").exists():
        raise FileError(
            "A checkpoint must hold a whole model",
            found=f"an adapter alone in {folder}",
            remedy="merge the adapter into its base model and save that",
        )
    read_json(folder / "config.json")
    index = folder / "model.safetensors.index.json"
    if index.exists():
        names = sorted(set(read_json(index).get("weight_map", {}).values()))
    else:
        names = ["model.safetensors"]
    missing = [name for name in names if not (folder / name).exists()]
    if missing or not names:
        raise _absent(folder, missing)
    weights = tuple(folder / name for name in names)
    for path in weights:
        _check_size(path)
    return weights


def _absent(folder: Path, missing: list[str]) -> FileError:
    """Return the error for weights that are not there, or only as other formats."""
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
    if pickled and not list(folder.glob("*.safetensors")):
        return FileError(
            "Weights must be safetensors: other formats can run code, or are not read here",
            found=f"{', '.join(pickled[:3])} in {folder}",
            remedy="convert them once where you trust them: load the model with transformers, "
            "then `save_pretrained`",
        )
    return _incomplete(folder, f"no {', '.join(missing[:3]) or 'weights'}")


def _check_size(path: Path) -> None:
    """Raise unless a safetensors file is as long as its header says."""
    header = safetensors_header(path)
    ends = [each["data_offsets"][1] for key, each in header.items() if key != "__metadata__"]
    with path.open("rb") as file:
        expected = 8 + int.from_bytes(file.read(8), "little") + max(ends, default=0)
    if path.stat().st_size != expected:
        raise _incomplete(path.parent, f"{path.name} has {path.stat().st_size} of {expected} bytes")


def safetensors_header(path: Path) -> Mapping[str, Any]:
    """Return the header of a safetensors file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise _incomplete(path.parent, f"{path.name} ends inside its header")
        try:
            header = json.loads(file.read(length))
        except ValueError as fault:
            raise _incomplete(path.parent, f"{path.name} is not safetensors") from fault
    if not isinstance(header, dict):
        raise _incomplete(path.parent, f"{path.name} is not safetensors")
    return header


def _incomplete(folder: Path, found: str) -> FileError:
    """Return the error for a checkpoint of which a part is absent or damaged."""
    return FileError(
        f"A checkpoint must be whole: {folder}",
        found=found,
        remedy="download or save it again; an interrupted download goes on where it stopped",
    )
