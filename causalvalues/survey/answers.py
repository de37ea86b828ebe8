"""Answers to items: the array that scores and reliability are computed from.

answers (role, state, value, item), keys (item,): +1 where agreeing speaks for the value, else −1
score of a value = mean over its items of key · answer
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import TableError

__all__ = ["Answers"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answers:
    """Raw answers of roles, in one or more states each, to the items of every value."""

    names: tuple[str, ...]
    raw: Floats  # (role, state, value, item)
    keys: Floats  # (item,) or (value, item)

    def __post_init__(self) -> None:
        raw = np.asarray(self.raw, dtype=np.float64)
        keys = np.broadcast_to(np.asarray(self.keys, dtype=np.float64), raw.shape[-2:])
        if raw.ndim != 4 or raw.shape[2] != len(self.names) or raw.size == 0:
            raise TableError(
                "Answers must be role × state × value × item, none of them empty",
                found=f"shape {raw.shape} for {len(self.names)} values",
                remedy="add axes of length 1 where there is one state or one item",
            )
        if not np.isin(keys, (-1.0, 1.0)).all():
            raise TableError(
                "A key is +1 or −1",
                found=f"{np.unique(keys)}",
                remedy="give +1 to items where agreeing speaks for the value, −1 to the others",
            )
        object.__setattr__(self, "raw", raw)
        object.__setattr__(self, "keys", keys)

    @property
    def keyed(self) -> Floats:
        """Return answers that all speak for their value: key · answer."""
        keyed: Floats = self.raw * self.keys
        return keyed

    def scores(self) -> Floats:
        """Return (role, state, value): the mean over items."""
        scores: Floats = self.keyed.mean(axis=-1)
        return scores
