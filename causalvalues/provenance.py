"""Where a result came from: a manifest that is written last and never edited.

Guarantee: a manifest holds no absolute path, no user name and no host name, so that it can be
published with the artefact it describes.
"""

import hashlib
import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

from causalvalues.errors import FileError

__all__ = ["Manifest", "digest_of_bytes", "digest_of_file", "versions_of", "write_atomically"]

RECORDED_PACKAGES = (
    "causalvalues",
    "causal-learn",
    "numpy",
    "scipy",
    "pandas",
    "numba",
    "networkx",
)


class Manifest(BaseModel):
    """What made a result: the command, its parameters and seeds, versions and digests."""

    model_config = ConfigDict(frozen=True)

    command: str
    parameters: dict[str, JsonValue] = {}
    seeds: dict[str, int] = {}
    versions: dict[str, str] = {}
    revision: str | None = None
    digests: dict[str, str] = {}

    @classmethod
    def of(
        cls,
        command: str,
        *,
        parameters: Mapping[str, JsonValue] | None = None,
        seeds: Mapping[str, int] | None = None,
        digests: Mapping[str, str] | None = None,
    ) -> "Manifest":
        """Return a manifest of the running process for one command."""
        return cls(
            command=command,
            parameters=dict(parameters or {}),
            seeds=dict(seeds or {}),
            versions=versions_of(RECORDED_PACKAGES),
            revision=_git_revision(),
            digests=dict(digests or {}),
        )


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed version of Python and of each package that is installed."""
    version_by_package = {"python": platform.python_version()}
    for package in packages:
        version = _version_of(package)
        if version is not None:
            version_by_package[package] = version
    return version_by_package


def digest_of_bytes(*parts: bytes | memoryview) -> str:
    """Return the SHA-256 of the parts, one after the other, in hexadecimal; nothing is copied."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Return the path after its whole content is on disk; a crash leaves the old file."""
    try:
        return _replace(path, content.encode() if isinstance(content, str) else content)
    except OSError as fault:
        raise FileError(
            f"A file was to be written at {path}",
            found=fault.strerror or str(fault),
            remedy="name another place with -o or --out",
        ) from fault


def _replace(path: Path, data: bytes) -> Path:
    """Return the path after a temporary file beside it was filled, synced and renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def canonical_json(value: JsonValue) -> str:
    """Return JSON with sorted keys and no NaN: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


@cache
def _version_of(package: str) -> str | None:
    """Return the installed version of a package, looked up once."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def _git_revision() -> str | None:
    """Return the commit of the checkout this package runs from, if it runs from one."""
    folder = Path(__file__).resolve().parent
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None
