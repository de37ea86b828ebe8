"""The share of its peak that a card was seen to reach, in a file that `bench/gpu.py` wrote.

    {"name": "gpu", "numbers": {"card": …, "shape": …, "dtype": …, "share": …, and more}, …}

Guarantee: a measurement counts for the card it was made on and for no other.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from causalvalues.errors import FileError
from causalvalues.scale.hardware import Hardware, hardware_of_card

__all__ = ["Measured", "read_measured", "with_measured"]


@dataclass(frozen=True)
class Measured:
    """What was measured on a card."""

    hardware: str
    card: str
    share: float
    source: str


class _Numbers(BaseModel):
    """What is read of a measurement; it holds much more."""

    model_config = ConfigDict(allow_inf_nan=False)

    card: str
    shape: str
    dtype: str
    share: float = Field(gt=0, le=1)


class _File(BaseModel):
    numbers: _Numbers


def read_measured(path: Path) -> Measured:
    """Return the measurement in a file that `bench/gpu.py` wrote."""
    try:
        found = _File.model_validate_json(path.read_bytes()).numbers
    except OSError as fault:
        raise _foreign(path, fault.strerror or str(fault)) from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise _foreign(path, f"{place}: {first['msg']}") from fault
    machine = hardware_of_card(found.card)
    if machine is None:
        raise _foreign(path, f"numbers of {found.card!r}, which is no card with a known peak")
    source = f"measured on {found.card}: {found.shape}, {found.dtype} ({path.name})"
    return Measured(machine.name, found.card, found.share, source)


def with_measured(machine: Hardware, measured: Measured) -> Hardware:
    """Return a device with the share that was measured on it; another one as it is."""
    if machine.name != measured.hardware:
        return machine
    sources = replace(machine.sources, share=measured.source)
    return replace(machine, share=measured.share, sources=sources)


def _foreign(path: Path, found: str) -> FileError:
    """Return the error for a file that is no measurement."""
    return FileError(
        f"{path} must be a measurement of a card",
        found=found,
        remedy="write it where the card is: python bench/gpu.py",
    )
