"""What a machine can do: operations and bytes a second, memory, and what an hour of it costs.

The peaks are those of the makers' data sheets (dense, bfloat16). The rest of a device is assumed,
and each number says where it comes from: `Sources`. `scale.measured` replaces a guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["HARDWARE", "Hardware", "Sources", "hardware_of_card"]


@dataclass(frozen=True)
class Sources:
    """Where the numbers of a device come from, in words."""

    peak: str = "the maker's data sheet, dense bfloat16"
    share: str = "a guess: no survey was measured on this card"
    price: str = "a round figure of rented ones"
    reading: str = "a guess: an ordinary disk"


@dataclass(frozen=True)
class Hardware:
    """One device."""

    name: str
    operations_per_second: float
    bytes_per_second: float  # from its memory
    memory_bytes: float
    price_per_hour: float
    bytes_per_weight: int = 2
    token_budget: int = 16384  # of a batch, see models.loading
    share: float = 0.4  # of the peak, that a survey reaches in the long run
    bytes_read_per_second: float = 1e9  # of a checkpoint
    sources: Sources = Sources()


GPUS = (
    Hardware("l4", 121e12, 0.30e12, 24e9, 0.8),
    Hardware("a10g", 70e12, 0.60e12, 24e9, 1.0),
    Hardware("rtx-4090", 165e12, 1.01e12, 24e9, 0.5),
    Hardware("a100-40gb", 312e12, 1.56e12, 40e9, 1.5),
    Hardware("a100-80gb", 312e12, 2.04e12, 80e9, 2.0),
    Hardware("h100", 989e12, 3.35e12, 80e9, 3.0),
    Hardware("h200", 989e12, 4.80e12, 141e9, 4.0),
)
HARDWARE: Mapping[str, Hardware] = MappingProxyType({each.name: each for each in GPUS})


def hardware_of_card(card: str) -> Hardware | None:
    """Return the device that a driver calls by a name, such as NVIDIA A100-SXM4-80GB, or none."""
    words = set(re.findall(r"[a-z0-9]+", card.lower()))
    found = [each for each in GPUS if set(each.name.split("-")) <= words]
    return found[0] if len(found) == 1 else None
