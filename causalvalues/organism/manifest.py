"""The manifest that ships with the organisms: what each file is, and the checks each one passed."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from pydantic import JsonValue

from causalvalues.organism.checks import TruthCheck, truth_checks
from causalvalues.organism.embedded import NAMES
from causalvalues.organism.training import Kind, Schedule
from causalvalues.provenance import digest_of_file, versions_of, write_atomically

__all__ = ["manifest_of"]

MADE_WITH = ("torch", "transformers", "tokenizers", "safetensors", "numpy")


def manifest_of(
    folder: Path,
    *,
    n_roles: int = 60,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Path, int]:
    """Return the manifest of the organisms in a folder, and how many checks failed."""
    told: dict[str, JsonValue] = {}
    n_failed = 0
    for place, name in enumerate(NAMES):
        checks = truth_checks(folder / name, n_roles=n_roles)
        n_failed += sum(check.passed is False for check in checks)
        told[name] = _entry(folder / name, checks, seed)
        if progress is not None:
            progress(place + 1, len(NAMES))
    text = json.dumps(told, indent=1, allow_nan=False) + "\n"
    return write_atomically(folder / "manifest.json", text), n_failed


def _entry(folder: Path, checks: list[TruthCheck], seed: int) -> dict[str, JsonValue]:
    """Return what is known of one organism."""
    kind: Kind = "behavioural" if folder.name.endswith("behavioural") else "mechanistic"
    versions: dict[str, JsonValue] = dict(versions_of(MADE_WITH))
    return {
        "kind": kind,
        "seed": seed,
        "schedule": asdict(Schedule().of(kind)),
        "versions": versions,
        "digests": {file.name: digest_of_file(file) for file in sorted(folder.iterdir())},
        "checks": [{**asdict(check), "number": round(check.number, 4)} for check in checks],
    }
