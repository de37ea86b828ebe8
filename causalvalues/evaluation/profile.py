"""An `EffectProfile` is what one intervention did to every value, role by role.

    change of v = mean over roles of (score under the intervention − score without it)

Roles are clusters: a role is compared with itself, and intervals rest on how roles differ.
Guarantee: a value that was not asked about is NaN, never 0; arrays are read-only; JSON both ways.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from causalvalues.errors import FileError, TableError
from causalvalues.provenance import write_atomically

__all__ = ["EffectProfile"]

Floats = NDArray[np.float64]
SCHEMA = "causalvalues.effect-profile/1"


@dataclass(frozen=True, eq=False)
class EffectProfile:
    """The measured effect of one intervention on every value."""

    name: str
    names: tuple[str, ...]
    differences: Floats  # (role, value), in units of the score; NaN where nothing was asked
    roles: tuple[str, ...]
    n_answers: int  # asked under the intervention
    digest: str = ""  # of the intervention
    health: Mapping[str, float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()  # what is broken, in words; what has faults is not used
    before: Floats | None = None  # (role, value) the scores without it, on the same questions

    def __post_init__(self) -> None:
        found = np.array(self.differences, dtype=np.float64)
        if found.shape != (len(self.roles), len(self.names)) or not len(self.roles):
            raise TableError(
                "A profile has a row per role and a column per value",
                found=f"{found.shape} for {len(self.roles)} roles and {len(self.names)} values",
            )
        found.setflags(write=False)
        object.__setattr__(self, "differences", found)
        if self.before is not None:
            before = np.array(self.before, dtype=np.float64)
            if before.shape != found.shape:
                raise TableError("Scores before have a row per role", found=f"{before.shape}")
            before.setflags(write=False)
            object.__setattr__(self, "before", before)

    @cached_property
    def n_by_value(self) -> NDArray[np.int64]:
        """Return (value,) how many roles have a difference."""
        return np.asarray(np.isfinite(self.differences).sum(axis=0), dtype=np.int64)

    @cached_property
    def change(self) -> Floats:
        """Return (value,) the mean change; NaN where nothing was asked."""
        totals = np.nansum(self.differences, axis=0)
        with np.errstate(invalid="ignore"):
            found: Floats = np.where(self.n_by_value > 0, totals / self.n_by_value, np.nan)
        return found

    @cached_property
    def standard_error(self) -> Floats:
        """Return (value,) the standard error over roles; NaN below two roles."""
        centred = self.differences - self.change
        n = self.n_by_value
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.sqrt(np.nansum(centred**2, axis=0) / (n - 1) / n)
        return np.where(n > 1, found, np.nan)

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return (low, high), each (value,): Student's interval over roles."""
        with np.errstate(invalid="ignore"):
            width = student.ppf((1 + level) / 2, self.n_by_value - 1) * self.standard_error
        return self.change - width, self.change + width

    @property
    def healthy(self) -> bool:
        """Return whether nothing was found broken."""
        return not self.faults

    def of(self, value: str) -> float:
        """Return the change of one value."""
        if value not in self.names:
            raise TableError(f"The profile holds {', '.join(self.names)}", found=repr(value))
        return float(self.change[self.names.index(value)])

    def only(self, values: tuple[str, ...]) -> "EffectProfile":
        """Return the profile as if only some values had been asked about; the others are NaN."""
        keep = np.array([name in values for name in self.names])
        hidden = np.where(keep, self.differences, np.nan)
        return EffectProfile(
            self.name, self.names, hidden, self.roles, self.n_answers, self.digest, self.health,
            self.faults, self.before,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as JSON would hold it; what is missing is null."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "values": list(self.names),
            "roles": list(self.roles),
            "differences": _listed(self.differences),
            "before": None if self.before is None else _listed(self.before),
            "n_answers": self.n_answers,
            "digest": self.digest,
            "health": dict(self.health),
            "faults": list(self.faults),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "EffectProfile":
        """Return the profile that `to_dict` gave."""
        try:
            if document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']!r}")
            before = document.get("before")
            return cls(
                name=str(document["name"]),
                names=tuple(map(str, document["values"])),
                differences=_array(document["differences"]),
                roles=tuple(map(str, document["roles"])),
                n_answers=int(document["n_answers"]),
                digest=str(document["digest"]),
                health={str(k): float(v) for k, v in document["health"].items()},
                faults=tuple(map(str, document["faults"])),
                before=None if before is None else _array(before),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise FileError("An effect profile was expected", found=str(fault)) from fault

    def to_json(self, path: str | Path) -> Path:
        """Return the path after writing the profile."""
        return write_atomically(Path(path), json.dumps(self.to_dict(), indent=1) + "\n")

    @classmethod
    def from_json(cls, path: str | Path) -> "EffectProfile":
        """Return the profile in a file."""
        try:
            document = json.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as fault:
            raise FileError(
                f"An effect profile was expected at {path}", found=str(fault)
            ) from fault
        if not isinstance(document, dict):
            raise FileError(f"An effect profile was expected at {path}", found="no JSON object")
        return cls.from_dict(document)


def _listed(array: Floats) -> list[list[float | None]]:
    """Return rows as JSON knows them; what is missing is null."""
    return [[None if np.isnan(each) else float(each) for each in row] for row in array]


def _array(rows: Any) -> Floats:
    """Return rows of a document as an array; null is NaN."""
    return np.array([[np.nan if x is None else float(x) for x in row] for row in rows], dtype=float)
