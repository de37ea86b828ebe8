"""How a figure, a table or a result was made, in a file beside it.

    inputs    what was read          scripts   what made it          outputs   what was written
    checks    what was held against it before it was written, by name

A file is named by where it lies: `./board.csv` beside the manifest, `causalvalues/…` from the root
of the checkout, `data:gemma_train.csv` in a folder that was given. `README.md#methods` is the part
of a page between its two marks.

Guarantee: the same files and packages give the same bytes; a manifest holds no date, no revision
of the checkout, no absolute path and no name of a host.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from causalvalues.errors import Fault, FileError
from causalvalues.provenance import digest_of_bytes, digest_of_file, versions_of, write_atomically
from causalvalues.report.scripts_read import scripts_of

__all__ = ["PLOTTING", "Making", "NamedCheck", "Source", "between_marks", "digest_of", "place_of"]

PLOTTING = ("causalvalues", "numpy", "pandas", "pyarrow", "matplotlib", "pillow")
BESIDE, GIVEN, PART = "./", "data:", "#"


class NamedCheck(BaseModel):
    """Something that was held against a figure before it was written."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    found: str = ""


class Making(BaseModel):
    """The manifest: what was read, by what it was made, what was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_number: int = 1
    command: str
    parameters: dict[str, JsonValue] = {}
    seeds: dict[str, int] = {}
    versions: dict[str, str] = {}
    inputs: dict[str, str] = {}
    scripts: dict[str, str] = {}
    outputs: dict[str, str] = {}
    checks: tuple[NamedCheck, ...] = ()
    recorded: str = ""  # why it was written after the outputs were there, where it was

    @classmethod
    def read(cls, path: Path) -> "Making":
        """Return the manifest in a file."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as fault:
            raise FileError(
                f"A manifest was expected at {path}",
                found=f"{type(fault).__name__}",
                remedy="run `make figures`, which writes it",
            ) from fault

    def to_json(self) -> str:
        """Return the text of the file."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Source:
    """What something is made from and by: all that its manifest says before it is there."""

    script: Path
    root: Path  # of the checkout
    inputs: tuple[Path, ...] = ()
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    packages: tuple[str, ...] = PLOTTING

    @property
    def command(self) -> str:
        """Return the command that makes it, from the root of the checkout."""
        options = [f"--{name} {value}" for name, value in self.parameters.items()]
        return " ".join(["python", _from(self.root, self.script), *options])

    def write(
        self,
        manifest: Path,
        outputs: Iterable[Path],
        *,
        checks: Sequence[NamedCheck] = (),
        recorded: str = "",
    ) -> Path:
        """Return the manifest's file, written last; a check that failed is a fault of ours."""
        for check in checks:
            if not check.passed:
                raise Fault(f"{manifest.name}: {check.name}", found=check.found)
        made = Making(
            command=self.command,
            parameters=dict(self.parameters),
            seeds=dict(self.seeds),
            versions=versions_of(self.packages),
            inputs=self._digests(self.inputs, manifest.parent),
            scripts=self._digests(scripts_of(self.script, self.root), manifest.parent),
            outputs=self._digests(outputs, manifest.parent),
            checks=tuple(checks),
            recorded=recorded,
        )
        return write_atomically(manifest, made.to_json())

    def _digests(self, paths: Iterable[Path], beside: Path) -> dict[str, str]:
        """Return the digest of every file by its name, in the order of names."""
        found = {_name_of(path, beside, self.root): digest_of(path) for path in paths}
        return dict(sorted(found.items()))


def place_of(name: str, beside: Path, root: Path, data: Path | None) -> Path | None:
    """Return where a file of a manifest lies; None for one of a folder that was not given."""
    if name.startswith(BESIDE):
        return beside / name.removeprefix(BESIDE)
    if name.startswith(GIVEN):
        return None if data is None else data / name.removeprefix(GIVEN)
    return root / name


def digest_of(path: Path) -> str:
    """Return the digest of a file, or of the part of a page that stands behind a #."""
    if PART not in path.name:
        return digest_of_file(path)
    name, _, mark = path.name.partition(PART)
    return digest_of_bytes(between_marks(path.with_name(name), mark).encode())


def between_marks(page: Path, mark: str) -> str:
    """Return the text of a page between `<!-- mark: begin -->` and `<!-- mark: end -->`."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise FileError(f"{page.name} was expected to hold {begin} and {end} once", found="not so")
    return text.partition(begin)[2].partition(end)[0]


def _name_of(path: Path, beside: Path, root: Path) -> str:
    """Return the name of a file in a manifest."""
    whole = path.resolve()
    if whole.is_relative_to(beside.resolve()):
        return BESIDE + whole.relative_to(beside.resolve()).as_posix()
    if whole.is_relative_to(root.resolve()):
        return _from(root, path)
    return GIVEN + path.name


def _from(root: Path, path: Path) -> str:
    """Return a path from the root of the checkout."""
    whole = path.resolve()
    if not whole.is_relative_to(root.resolve()):
        return path.name
    return whole.relative_to(root.resolve()).as_posix()
