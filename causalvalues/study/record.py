"""What a run has finished: each stage with the digest of what it was made from.

Guarantee: a stage counts as finished only if it was made from the same inputs and its files still
hold what it wrote; a crash between files and record makes the stage run again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from causalvalues.provenance import (
    canonical_json,
    digest_of_bytes,
    digest_of_file,
    write_atomically,
)

__all__ = ["Record"]

NAME = "stages.json"


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
            (self.folder / name).is_file() and digest_of_file(self.folder / name) == digest
            for name, digest in files.items()
        )

    def finish(self, stage: str, made_from: Mapping[str, JsonValue], files: Sequence[Path]) -> None:
        """Note that a stage wrote its files."""
        told = {
            "made_from": _digest(made_from),
            "files": {str(file.relative_to(self.folder)): digest_of_file(file) for file in files},
        }
        record = {**self._read(), stage: told}
        write_atomically(self.folder / NAME, json.dumps(record, indent=1) + "\n")

    def files(self, stage: str) -> list[Path]:
        """Return the files of a finished stage."""
        told = self._read().get(stage)
        files = told.get("files") if isinstance(told, dict) else None
        return [self.folder / name for name in files] if isinstance(files, dict) else []

    def _read(self) -> dict[str, JsonValue]:
        """Return the record; nothing is finished where it cannot be read."""
        try:
            document = json.loads((self.folder / NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}


def _digest(made_from: Mapping[str, JsonValue]) -> str:
    """Return what inputs are known by."""
    return digest_of_bytes(canonical_json(dict(made_from)).encode())
