"""The organisms that come with the package: where they lie, and how they are loaded.

    organism/gemma   organism/llama                           mechanistic: values are registers
    organism/gemma-behavioural   organism/llama-behavioural   trained on answers only

Each lies in a folder as any Hugging Face checkpoint does. `manifest.json` beside them holds the
digest of every file and the truth checks each organism passed.
"""

import json
from importlib.resources import files
from pathlib import Path

from pydantic import JsonValue

from causalvalues.errors import FileError, OptionError
from causalvalues.provenance import digest_of_file

__all__ = ["NAMES", "PREFIX", "changed_files", "folder_of", "is_organism", "manifest"]

PREFIX = "organism/"
NAMES = ("gemma", "llama", "gemma-behavioural", "llama-behavioural")
SHIPPED = Path(str(files("causalvalues.organism"))) / "shipped"
REGISTERS = "registers.safetensors"


def is_organism(name: str) -> bool:
    """Return whether a model's name is that of an embedded organism."""
    return name.startswith(PREFIX)


def folder_of(name: str) -> Path:
    """Return the checkpoint folder of organism/…"""
    short = name.removeprefix(PREFIX)
    if short not in NAMES:
        raise OptionError(
            f"An organism must be one of {', '.join(PREFIX + each for each in NAMES)}",
            found=repr(name),
        )
    folder = SHIPPED / short
    if not (folder / "model.safetensors").exists():
        raise FileError(
            f"The weights of {name} come with the package",
            found=f"none in {folder.name}/",
            remedy="install the package again, or run `causalvalues organism train`",
        )
    return folder


def manifest() -> dict[str, JsonValue]:
    """Return the manifest of all organisms: digests, and the checks they passed."""
    document: dict[str, JsonValue] = json.loads((SHIPPED / "manifest.json").read_text("utf-8"))
    return document


def changed_files(name: str) -> list[str]:
    """Return the files of an organism that are not what its manifest says."""
    folder = folder_of(name)
    told = manifest()[name.removeprefix(PREFIX)]
    digests = told["digests"] if isinstance(told, dict) else {}
    known: dict[str, str] = digests  # type: ignore[assignment]
    return sorted(
        file
        for file, digest in known.items()
        if not (folder / file).exists() or digest_of_file(folder / file) != digest
    )
