"""Is a committed figure, table or result still what its manifest says?

    edited    a file that was written is not the one that was written
    stale     a file that it was made from, or a script, is another one now
    unknown   a file that no manifest tells of

Guarantee: nothing is made or changed, files are read for their digests alone; a file of a folder
that is not there cannot be compared, and is passed over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from causalvalues.errors import FileError
from causalvalues.report.figure_manifest import Making, digest_of, place_of

__all__ = ["MANIFEST", "Difference", "differences", "told_of"]

MANIFEST = ".manifest.json"
Why = Literal["absent", "edited", "stale", "unknown", "failed"]
WHAT_TO_DO: Mapping[Why, str] = {
    "absent": "run `make figures`, or take it from the last commit",
    "edited": "undo the edit, change the script instead, and run `make figures`",
    "stale": "run `make figures`",
    "unknown": "name it among the outputs of a script, or remove it",
    "failed": "look at the check's finding and at the script",
}


@dataclass(frozen=True)
class Difference:
    """One file that is not as a manifest says: which, why, and what that says of what else."""

    file: str
    why: Why
    found: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}: {self.found}. What to do: {WHAT_TO_DO[self.why]}."


def differences(manifest: Path, root: Path, *, data: Path | None = None) -> list[Difference]:
    """Return every file that is not as a manifest says, outputs first."""
    try:
        made = Making.read(manifest)
    except FileError as fault:
        return [Difference(_shown(manifest, root), "edited", fault.found)]
    found = [Difference(_shown(manifest, root), "failed", check.name) for check in made.checks
             if not check.passed]  # fmt: skip
    for name, digest in made.outputs.items():
        path = place_of(name, manifest.parent, root, data)
        now = _digest(path)
        if path is not None and now is None:
            found.append(Difference(_shown(path, root), "absent", "it is not there"))
        elif path is not None and now != digest:
            told = f"{manifest.name} knows other bytes"
            found.append(Difference(_shown(path, root), "edited", told))
    for kind, digests in (("input", made.inputs), ("script", made.scripts)):
        for name, digest in digests.items():
            path = place_of(name, manifest.parent, root, data)
            now = _digest(path)
            if now != digest and not _is_elsewhere(name, path):
                told = f"its {kind} {name} {'has changed' if now else 'is gone'}"
                found.append(Difference(_shown(manifest, root), "stale", told))
    return found


def told_of(manifests: Iterable[Path], root: Path) -> set[Path]:
    """Return every file that some manifest has among its outputs, and the manifests."""
    known: set[Path] = set()
    for manifest in manifests:
        known.add(manifest.resolve())
        for name in Making.read(manifest).outputs:
            path = place_of(name, manifest.parent, root, None)
            known |= {path.resolve()} if path is not None else set()
    return known


def _is_elsewhere(name: str, path: Path | None) -> bool:
    """Return whether a file is one of a folder that is not here."""
    return name.startswith("data:") and (path is None or not path.parent.is_dir())


def _digest(path: Path | None) -> str | None:
    """Return the digest of a file that is there."""
    try:
        return None if path is None else digest_of(path)
    except (OSError, FileError):
        return None


def _shown(path: Path, root: Path) -> str:
    """Return a path from the root of the checkout."""
    whole, base = path.resolve(), root.resolve()
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else path.name
