"""What every part of a report is, and where its numbers come from.

Guarantee: a number that is none, an unknown key, and a source outside the run folder are refused.
"""

from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["Part", "Source"]


class Part(BaseModel):
    """Any part of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(Part):
    """The file of the run that a number came from, and where in it."""

    file: str = Field(min_length=1)
    column: str = ""

    @field_validator("file")
    @classmethod
    def _inside(cls, file: str) -> str:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or "\\" in file or str(path) != file:
            raise ValueError("a source is a file inside the run folder")
        return file
