"""Files of a run are read only as they were made: each is held against the digest noted for it.

    stages.json      the digest of every file that a stage wrote          asked first
    manifest.json    the same for all files of a run that has ended       where the record says none
    "seal"           in the manifest: the digest of all the rest of it

A file that no record knows is taken as it is: a run may be older than its record, or a single file
handed over. Guarantee: a file that a record knows and that holds something else is a named error
with the command that makes it again; so is a manifest that was changed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import JsonValue

from causalvalues.errors import FileError
from causalvalues.provenance import Manifest, canonical_json, digest_of_bytes, digest_of_file
from causalvalues.study.record import METHODS, RECORD, Record

__all__ = [
    "MANIFEST",
    "MATERIALS",
    "manifest_of",
    "refuse_changed",
    "refuse_closed",
    "refuse_forgotten",
    "sealed",
    "together_with",
]

MANIFEST, SEAL = "manifest.json", "seal"
STUDY = ("study.yaml", "inventory.yaml", "roles.csv")  # what a user may have changed on purpose
MATERIALS = "materials/"  # copies of the files that methods are fitted on
MADE_BY: Mapping[str, tuple[str, ...]] = {  # all else is made by `run`
    "candidates {}": (
        "candidates.json", "candidates.safetensors", "features.csv", "candidate_methods.csv",
    ),
    "effects {}": ("profiles.json", "effects.parquet"),
    "plan {} --raise VALUE": (
        "plan.json", "intervention.json", "intervention.safetensors", "prediction.safetensors",
        "curve.csv",
    ),
    "evaluate {}": (
        "verdict.json", "verdict.csv",
        *(f"figures/steering.{kind}" for kind in ("csv", "pdf", "png", "svg")),
    ),
    "view {}": ("viewer.html",),
    "report {}": ("report.json", "report.html"),
}  # fmt: skip
PAGES = {"viewer.html", "report.json", "report.html"}  # which `run` makes as well
AFTER_THAT = (
    "where the run went on to candidates, effects, a plan or its verdict, give those commands "
    "again; then `causalvalues run study.yaml --out {}`; nothing is asked twice"
)


def refuse_closed(folder: Path) -> None:
    """Raise where a folder, or the way to it, may not be entered; what is not there is let pass."""
    try:
        (folder / RECORD).exists()
    except OSError as fault:
        raise FileError(
            f"The folder of a run was expected at {folder}",
            found=fault.strerror or str(fault),
            remedy="allow that it is entered (chmod u+rwx), or name another folder",
        ) from fault


def refuse_changed(folder: Path, names: Iterable[str]) -> None:
    """Raise where a file holds something else than a run wrote; what is not there is let pass."""
    if Record(folder).damaged:
        raise FileError(
            f"{RECORD} was expected in {folder} as it was written",
            found="another content: it was damaged, or changed by hand",
            remedy=f"remove it; {AFTER_THAT.format(folder)}",
        )
    manifest = manifest_of(folder)
    digests: dict[str, tuple[str, JsonValue]] = {}
    if manifest is not None:
        digests |= {name: (MANIFEST, digest) for name, digest in manifest.digests.items()}
    digests |= {name: (RECORD, digest) for name, digest in Record(folder).digests.items()}
    for name in names:
        if name in digests and (folder / name).is_file():
            _compare(folder, name, *digests[name])


def refuse_forgotten(folder: Path) -> None:
    """Raise where a run went on to steering, and its record does not know of that any more."""
    try:
        manifest = manifest_of(folder)
    except FileError:
        return  # it is written again
    known = set(Record(folder).digests)
    steering = {name for stage in MADE_BY.values() for name in stage} - PAGES
    later = {name for name in steering if manifest is not None and name in manifest.digests}
    forgotten = sorted(name for name in later - known if (folder / name).is_file())
    if forgotten:
        raise FileError(
            f"{RECORD} was expected in {folder}, with the stages that made {', '.join(forgotten)}",
            found="none of them: it was damaged, or removed",
            remedy=f"remove it if it is there; {AFTER_THAT.format(folder)}",
        )


def together_with(name: str) -> tuple[str, ...]:
    """Return the files that the command which makes a file makes with it, this one among them."""
    return next((names for names in MADE_BY.values() if name in names), (name,))


def manifest_of(folder: Path) -> Manifest | None:
    """Return the manifest of a run, or None where it has not ended; a changed one is refused."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
        seal = manifest.parameters.get(SEAL)
        if seal not in (None, _digest(manifest)):
            raise ValueError("another one than was written: its seal does not fit")
    except (OSError, ValueError) as fault:
        raise FileError(
            f"{MANIFEST} was expected in {folder}, as `causalvalues run` wrote it",
            found=str(fault).partition("\n")[0],
            remedy=_remedy(folder, MANIFEST),
        ) from fault
    return manifest


def sealed(manifest: Manifest) -> Manifest:
    """Return a manifest with the digest of all the rest of it among its parameters."""
    parameters = {name: each for name, each in manifest.parameters.items() if name != SEAL}
    return manifest.model_copy(update={"parameters": {**parameters, SEAL: _digest(manifest)}})


def _digest(manifest: Manifest) -> str:
    """Return the digest of all that a manifest says, its seal aside."""
    told = manifest.model_dump(mode="json")
    told["parameters"].pop(SEAL, None)
    return digest_of_bytes(canonical_json(told).encode())


def _compare(folder: Path, name: str, noted_in: str, digest: JsonValue) -> None:
    """Raise unless a file has the digest that was noted for it."""
    expected = f"{name} was expected in {folder} as it was written"
    try:
        found = digest_of_file(folder / name)
    except OSError as fault:
        said = fault.strerror or str(fault)
        raise FileError(expected, found=said, remedy=_remedy(folder, name)) from fault
    if found != digest:
        raise FileError(
            f"{expected}, with the SHA-256 {str(digest)[:12]}… that {noted_in} notes",
            found=f"{found[:12]}…: damaged, or changed by hand",
            remedy=_remedy(folder, name),
        )


def _remedy(folder: Path, name: str) -> str:
    """Return what makes a file again, in words."""
    if name in STUDY or name.startswith(MATERIALS):
        return (
            f"run `causalvalues run study.yaml --out {folder}` with your own study.yaml, or with "
            f"{folder / 'study.yaml'} if this was changed on purpose; nothing is asked twice"
        )
    made_by = (command for command, names in MADE_BY.items() if name in names)
    command = next(made_by, "run study.yaml --out {}").format(folder)
    again = f"run `causalvalues {command}` again; no answer that is kept is asked again"
    return again if name.startswith((METHODS, MANIFEST)) else f"{again}, or remove {name}"
