"""What a theory predicts: the sign of the relation between any two values, to hold against data.

On a circle of values (Schwartz 1992) neighbours go together and opposites pull apart: the strength
of a pair is the cosine of the angle between them, its sign +1 for neighbours, −1 for opposites and
0, no prediction, in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from causalvalues.errors import FileError, GraphError, OptionError
from causalvalues.provenance import write_atomically

__all__ = ["SignReference", "circle_reference"]

NEAR_IN_DEGREES = 54.0  # one and a half of ten equal wedges: between first and second neighbours

Sign = Literal[-1, 0, 1]
Pair = tuple[str, str]


@dataclass(frozen=True)
class SignReference:
    """Values on a circle, and the sign this predicts for every pair of them."""

    names: tuple[str, ...]
    angles_in_degrees: tuple[float, ...]
    near_in_degrees: float = NEAR_IN_DEGREES
    note: str = ""
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names) or not self.names:
            raise GraphError("A reference needs values, each once", found=", ".join(self.names))
        if not np.isfinite(self.angles_in_degrees).all():
            raise GraphError("Angles must be finite", found=str(self.angles_in_degrees))
        if not 0.0 <= self.near_in_degrees < 90.0:
            raise OptionError(
                "`near_in_degrees` must be from 0 to below 90", found=str(self.near_in_degrees)
            )

    @cached_property
    def strengths(self) -> NDArray[np.float64]:
        """Return the cosine of the angle between every two values."""
        angles = np.radians(self.angles_in_degrees)
        strengths: NDArray[np.float64] = np.cos(angles[:, None] - angles[None, :])
        strengths.setflags(write=False)
        return strengths

    @cached_property
    def signs(self) -> NDArray[np.int8]:
        """Return +1 for neighbours, −1 for opposites, 0 for all other pairs and the diagonal."""
        limit = np.cos(np.radians(self.near_in_degrees)) - 1e-12
        clear = np.abs(self.strengths) >= limit
        signs: NDArray[np.int8] = np.where(clear, np.sign(self.strengths), 0).astype(np.int8)
        np.fill_diagonal(signs, 0)
        signs.setflags(write=False)
        return signs

    def pairs(self, sign: Sign) -> tuple[Pair, ...]:
        """Return the pairs with a sign, in the order of the names."""
        rows, columns = np.nonzero(np.triu(self.signs == sign, k=1))
        return tuple((self.names[i], self.names[j]) for i, j in zip(rows, columns, strict=True))

    def to_json(self, path: str | Path) -> Path:
        """Return the path after the reference is written, its signs spelled out."""
        document = _Document(
            schema=1,
            kind="signs",
            note=self.note,
            source=self.source,
            licence=self.licence,
            near_in_degrees=self.near_in_degrees,
            values=[
                _Place(name=name, angle_in_degrees=angle)
                for name, angle in zip(self.names, self.angles_in_degrees, strict=True)
            ],
            positive=list(self.pairs(1)),
            negative=list(self.pairs(-1)),
        )
        text = document.model_dump_json(indent=1, by_alias=True)
        return write_atomically(Path(path), text + "\n")

    @classmethod
    def from_json(cls, path: str | Path) -> "SignReference":
        """Return the reference that `to_json` wrote; its signs must follow from its angles."""
        try:
            document = _Document.model_validate_json(Path(path).read_bytes())
        except FileNotFoundError as fault:
            raise FileError(f"A reference was expected at {path}", found="no such file") from fault
        except (OSError, ValidationError) as fault:
            raise FileError(f"A reference was expected at {path}", found=str(fault)) from fault
        reference = circle_reference(
            {place.name: place.angle_in_degrees for place in document.values},
            near_in_degrees=document.near_in_degrees,
            note=document.note,
            source=document.source,
            licence=document.licence,
        )
        listed = tuple(document.positive), tuple(document.negative)
        if listed != (reference.pairs(1), reference.pairs(-1)):
            raise FileError(
                f"The signs in {path} must follow from its angles",
                found="other pairs",
                remedy="write it with `SignReference.to_json`",
            )
        return reference


def circle_reference(
    angle_by_value: Mapping[str, float],
    *,
    near_in_degrees: float = NEAR_IN_DEGREES,
    note: str = "",
    source: str = "",
    licence: str = "",
) -> SignReference:
    """Return the signs that values at these angles (degrees) predict.

    Pairs within `near_in_degrees` of each other are neighbours, pairs within as much of the
    opposite point are opposites.
    """
    return SignReference(
        names=tuple(angle_by_value),
        angles_in_degrees=tuple(float(angle) for angle in angle_by_value.values()),
        near_in_degrees=near_in_degrees,
        note=note,
        source=source,
        licence=licence,
    )


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Place(_Part):
    name: str
    angle_in_degrees: float


class _Document(_Part):
    schema_number: Literal[1] = Field(alias="schema")
    kind: Literal["signs"]
    note: str
    source: str
    licence: str
    near_in_degrees: float
    values: list[_Place]
    positive: list[Pair]
    negative: list[Pair]
