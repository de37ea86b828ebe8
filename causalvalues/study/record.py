"""What a run has finished: each stage with the digest of what it was made from.

    "graph": {"made_from": …, "files": {name: SHA-256}}      one entry for each stage
    "seal"                                                   the SHA-256 of all entries

Guarantee: a stage counts as finished only if this version of the package made it from the same
inputs and its files still hold what it wrote; a crash between files and record makes the stage run
again; files that a stage wrote before and does not write any more are removed. In a record that was
damaged nothing is finished.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from causalvalues import __version__
from causalvalues.provenance import (
    canonical_json,
    digest_of_bytes,
    digest_of_file,
    write_atomically,
)

__all__ = ["METHODS", "RECORD", "REPORT", "REPORTED", "STEERING", "VIEW", "Record"]

RECORD, SEAL = "stages.json", "seal"
METHODS = "methods"  # the stage, and the folder of its files
STEERING = ("candidates", "effects", "plan", "verify")  # stages that a run may go on to
VIEW = "view"  # the stage of the page that shows a run
REPORT = "report"  # the stage of the page that tells of a run, and its files
REPORTED = ("report.json", "report.html")


@dataclass(frozen=True)
class Record:
    """The finished stages of one run folder."""

    folder: Path

    def finished(self, stage: str, made_from: Mapping[str, JsonValue]) -> bool:
        """Return whether a stage's files are there, made from these inputs, and unchanged."""
        told = self._read().get(stage)
        if not isinstance(told, dict) or told.get("made_from") != _digest(made_from):
            return False
        files = told.get("files")
        return isinstance(files, dict) and all(
            _holds(self.folder / name, digest) for name, digest in files.items()
        )

    def finish(self, stage: str, made_from: Mapping[str, JsonValue], files: Sequence[Path]) -> None:
        """Note that a stage wrote its files; those of an earlier time are removed."""
        digests: dict[str, JsonValue] = {
            file.relative_to(self.folder).as_posix(): digest_of_file(file) for file in files
        }
        self._note(stage, {"made_from": _digest(made_from), "files": digests}, set(digests))

    def withdraw(self, stage: str) -> None:
        """Remove the files of a stage that the study has no more."""
        if stage in self._read():
            self._note(stage, None, set())

    def files(self, stage: str) -> list[Path]:
        """Return the files of a finished stage."""
        return [self.folder / name for name in self.noted(stage)]

    def noted(self, stage: str) -> tuple[str, ...]:
        """Return the names of the files of a finished stage."""
        told = self._read().get(stage)
        files = told.get("files") if isinstance(told, dict) else None
        return tuple(files) if isinstance(files, dict) else ()

    @property
    def damaged(self) -> bool:
        """Return whether there is a record that is not as it was written."""
        return _read(self.folder / RECORD) is None

    @property
    def digests(self) -> dict[str, JsonValue]:
        """Return the digest of every file, as the stage that wrote it last noted it."""
        found: dict[str, JsonValue] = {}
        for told in self._read().values():
            files = told.get("files") if isinstance(told, dict) else None
            found |= files if isinstance(files, dict) else {}
        return found

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the finished stages."""
        return tuple(self._read())

    def _note(self, stage: str, told: JsonValue, kept: set[str]) -> None:
        """Write what a stage did, after removing what it left and does not keep."""
        for file in self.files(stage):
            inside = file.resolve().is_relative_to(self.folder.resolve())
            if inside and file.relative_to(self.folder).as_posix() not in kept:
                file.unlink(missing_ok=True)
        record = {name: each for name, each in self._read().items() if name != stage}
        if told is not None:
            record[stage] = told
        text = json.dumps({**record, SEAL: _seal(record)}, indent=1) + "\n"
        write_atomically(self.folder / RECORD, text)

    def _read(self) -> dict[str, JsonValue]:
        """Return the stages; nothing is finished where the record cannot be read."""
        return _read(self.folder / RECORD) or {}


def _read(path: Path) -> dict[str, JsonValue] | None:
    """Return the stages of a record, none where there is no record; None where it is damaged."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    noted = {str(name): told for name, told in document.items() if name != SEAL}
    if document.get(SEAL) not in (None, _seal(noted)):
        return None
    return {name: told for name, told in noted.items() if isinstance(told, dict)}


def _seal(stages: Mapping[str, JsonValue]) -> str:
    """Return what all stages of a record are known by."""
    return digest_of_bytes(canonical_json(dict(stages)).encode())


def _holds(file: Path, digest: JsonValue) -> bool:
    """Return whether a file is there and has a digest."""
    try:
        return file.is_file() and digest_of_file(file) == digest
    except OSError:
        return False


def _digest(made_from: Mapping[str, JsonValue]) -> str:
    """Return what inputs are known by."""
    return digest_of_bytes(canonical_json({"version": __version__, **made_from}).encode())
