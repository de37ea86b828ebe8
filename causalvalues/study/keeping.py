"""What a run folder keeps besides results: the study as it was run, and the manifest.

Guarantee: a folder that holds somebody's own study, or another one's run, is not written to; what
is kept names no place on this machine, and with the inventory and the roles beside it, says all
that was asked; the manifest is written last, with the digest of every file and of the answers.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import JsonValue

from causalvalues.errors import FileError
from causalvalues.provenance import Manifest, digest_of_file, versions_of, write_atomically
from causalvalues.study.as_made import MANIFEST, manifest_of, refuse_closed, sealed
from causalvalues.study.methods.files import copied
from causalvalues.study.plan import Study
from causalvalues.study.record import RECORD, Record
from causalvalues.study.respondents import public_identity, public_name
from causalvalues.survey.place import folder_at
from causalvalues.survey.request import Respondent
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = [
    "ANSWERS",
    "MANIFEST",
    "add_to_manifest",
    "keep_study",
    "refuse_foreign",
    "withdraw_manifest",
    "write_manifest",
]

ANSWERS, STUDY = "answers.sqlite", "study.yaml"
BESIDE = re.compile(  # what `write_atomically` was killed over
    r"\.[^.].*\.(?:json|yaml|csv|parquet|html|svg|pdf|png|safetensors)\.[a-z0-9_]{8}"
)
ANOTHER = "name another folder with -o or --out"
FOLDER = "# The model was a folder: give its path with --model to run this again.\n"


def refuse_foreign(folder: Path, study: Study) -> None:
    """Raise where a folder holds a study that is not a run's, or the run of another study."""
    refuse_closed(folder)
    own = folder / STUDY
    if not own.exists():
        return
    if not any((folder / name).exists() for name in (ANSWERS, RECORD)):
        raise FileError(
            f"A run needs a folder of its own: {folder}",
            found=f"a {STUDY} that no run has written",
            remedy=ANOTHER,
        )
    try:
        document = bounded_yaml(own.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return  # damaged: it is written again
    name = document.get("name") if isinstance(document, dict) else None
    if isinstance(name, str) and name != study.name:
        raise FileError(
            f"{folder} is to hold the run of {study.name!r}",
            found=f"the run of {name!r}, by the {STUDY} there",
            remedy=ANOTHER,
        )


def keep_study(study: Study, record: Record) -> None:
    """Write the study as it was run, with its own inventory and roles beside it.

    The folder must be this process's own: files that a killed one left half written are removed.
    """
    folder, written, told = record.folder, [], study
    _clear_halves(folder)
    if study.inventory_path is not None:
        written.append(_copied(study.inventory_path, folder / "inventory.yaml"))
        told = told.model_copy(update={"inventory": "inventory.yaml"})
    if study.roles.path is not None:
        written.append(_copied(study.roles.path, folder / "roles.csv"))
        roles = study.roles.model_copy(update={"path": Path("roles.csv")})
        told = told.model_copy(update={"roles": roles})
    if study.methods is not None:
        methods, copies = copied(study.methods, folder)
        written += copies
        told = told.model_copy(update={"methods": methods})
    name = public_name(study.model.name)
    told = told.model_copy(update={"model": study.model.model_copy(update={"name": name})})
    text = yaml.safe_dump(told.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    head = "" if folder_at(study.model.name) is None else FOLDER
    written.append(write_atomically(folder / STUDY, head + text))
    record.finish("keep", {"study": told.model_dump(mode="json")}, written)


def withdraw_manifest(folder: Path) -> None:
    """Remove the manifest: what is in the folder is a run that has not ended, from here on."""
    path = folder / MANIFEST
    try:
        path.unlink(missing_ok=True)
    except OSError as fault:
        raise FileError(
            f"A manifest was to be written at {path}",
            found=fault.strerror or str(fault),
            remedy="remove what is there, or name another folder with -o or --out",
        ) from fault


def write_manifest(
    study: Study, respondent: Respondent, folder: Path, files: list[Path], answers: JsonValue
) -> Path:
    """Return the manifest, written when all else is."""
    manifest = Manifest.of(
        "run",
        parameters={
            "study": study.name,
            "respondent": dict(public_identity(respondent.identity)),
            "answers": answers,
        },
        seeds={
            "roles": study.roles.seed,
            "protocol": study.protocol.seed,
            "discovery": study.discovery.seed,
        },
        digests={file.relative_to(folder).as_posix(): digest_of_file(file) for file in files},
    )
    packages = ["torch", "transformers"]
    if "quantize" in respondent.identity:
        packages += ["torchao", "bitsandbytes"]
    versions = manifest.versions | versions_of(packages)
    return _write(manifest.model_copy(update={"versions": versions}), folder)


def add_to_manifest(folder: Path, files: Sequence[Path]) -> None:
    """Add the digests of files that a run has gone on to; those of files that are gone go."""
    try:
        manifest = manifest_of(folder)
    except FileError:
        manifest = None  # damaged: the run will be ended again
    if manifest is None:
        return
    added = {file.relative_to(folder).as_posix(): digest_of_file(file) for file in files}
    digests = {
        name: digest
        for name, digest in (manifest.digests | added).items()
        if (folder / name).is_file()
    }
    _write(manifest.model_copy(update={"digests": digests}), folder)


def _write(manifest: Manifest, folder: Path) -> Path:
    """Return the manifest's path, after it was sealed and written."""
    text = sealed(manifest).model_dump_json(indent=1) + "\n"
    return write_atomically(folder / MANIFEST, text)


def _clear_halves(folder: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote."""
    for path in folder.rglob(".*"):
        if BESIDE.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def _copied(source: Path, target: Path) -> Path:
    """Return a copy of a file."""
    try:
        return write_atomically(target, source.read_bytes())
    except OSError as fault:
        raise FileError(
            f"A file was expected at {source}", found=fault.strerror or str(fault)
        ) from fault
