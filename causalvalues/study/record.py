"""What a run has finished: each stage with the digest of what it was made from.

Guarantee: a stage counts as finished only if this version of the package made it from the same
inputs and its files still hold what it wrote; a crash between files and record makes the stage run
again; files that a stage wrote before and does not write any more are removed.
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

RECORD = "stages.json"
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
        told = self._read().get(stage)
        files = told.get("files") if isinstance(told, dict) else None
        return [self.folder / name for name in files] if isinstance(files, dict) else []

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
        write_atomically(self.folder / RECORD, json.dumps(record, indent=1) + "\n")

    def _read(self) -> dict[str, JsonValue]:
        """Return the record; nothing is finished where it cannot be read."""
        try:
            document = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


def _holds(file: Path, digest: JsonValue) -> bool:
    """Return whether a file is there and has a digest."""
    try:
        return file.is_file() and digest_of_file(file) == digest
    except OSError:
        return False


def _digest(made_from: Mapping[str, JsonValue]) -> str:
    """Return what inputs are known by."""
    return digest_of_bytes(canonical_json({"version": __version__, **made_from}).encode())
