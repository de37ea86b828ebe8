"""What this machine has for the work: versions, compiled engines, GPU, tokens, disk.

Guarantee: nothing is downloaded, nothing is changed, and no token is ever shown.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from causalvalues.provenance import versions_of

__all__ = ["Finding", "examine"]

Verdict = Literal["good", "absent", "bad"]
GIB = 2**30

CORE = ("causalvalues", "numpy", "scipy", "pandas", "networkx", "numba", "causal-learn", "gadjid")
MODELS = ("torch", "transformers", "sae-lens")
LICENCED_MODELS = {
    "google/gemma": "Gemma terms of use, accepted on the model's page",
    "meta-llama": "Llama community licence, accepted on the model's page",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    verdict: Verdict
    detail: str


def examine() -> tuple[Finding, ...]:
    """Return everything worth knowing before a long run, in reading order."""
    return (*_packages(), _cache(), *_accelerator(), _token(), *_licences(), _disk())


def _packages() -> Iterator[Finding]:
    """Yield the core packages and the models extra with their versions."""
    found = versions_of((*CORE, *MODELS))
    yield Finding("python", "good", found["python"])
    for name in CORE:
        yield Finding(name, "good" if name in found else "bad", found.get(name, "not installed"))
    for name in MODELS:
        missing = "not installed; needed to ask a model: pip install 'causalvalues[models]'"
        yield Finding(name, "good" if name in found else "absent", found.get(name, missing))


def _cache() -> Finding:
    """Return whether the compiled engines can be kept between runs."""
    from causalvalues.discovery.compiled import never_compiled

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).parent)
    state = "will be compiled at the first search" if never_compiled() else "compiled"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("compiled engines", "good", f"{state}; kept on disk")
    except OSError:
        detail = "the package folder is read-only: kept in the user's cache folder instead"
        return Finding("compiled engines", "absent", detail)


def _accelerator() -> Iterator[Finding]:
    """Yield each CUDA device, or that there is none."""
    if importlib.util.find_spec("torch") is None:
        yield Finding("GPU", "absent", "torch is not installed")
        return
    import torch

    if not torch.cuda.is_available():
        yield Finding("GPU", "absent", "no CUDA device; discovery needs none")
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        name = torch.cuda.get_device_name(index)
        yield Finding(
            f"GPU {index}", "good", f"{name}, {free / GIB:.0f} of {total / GIB:.0f} GiB free"
        )


def _token() -> Finding:
    """Return whether a Hugging Face token is at hand; its text stays hidden."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    if os.environ.get("HF_TOKEN") or (home / "token").exists():
        return Finding("Hugging Face token", "good", "present")
    return Finding("Hugging Face token", "absent", "needed for gated models only: hf auth login")


def _licences() -> Iterator[Finding]:
    """Yield the terms that gated models come under."""
    for family, terms in LICENCED_MODELS.items():
        yield Finding(f"licence of {family}*", "absent", terms)


def _disk() -> Finding:
    """Return how much the working folder can still hold."""
    free = shutil.disk_usage(Path.cwd()).free / GIB
    return Finding("disk", "good" if free > 5 else "bad", f"{free:.0f} GiB free here")
