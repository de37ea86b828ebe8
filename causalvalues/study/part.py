"""What every part of a study.yaml is: a model of its keys that refuses all others.

Guarantee: a key that is not known and a number that is none are faults with a place; nothing is
changed once it is read.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["Above", "Count", "Number", "Part", "Whole"]

Count = Annotated[int, Field(ge=1, strict=True)]
Whole = Annotated[int, Field(ge=0, strict=True)]
Number = Annotated[float, Field(strict=True)]
Above = Annotated[float, Field(gt=0, strict=True)]  # 0


class Part(BaseModel):
    """A part of a study."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _no_zero(cls, told: object) -> object:
        if isinstance(told, str | Path) and "\0" in str(told):
            raise ValueError("no name and no path holds the character zero")
        return told
