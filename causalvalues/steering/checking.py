"""What every part of an intervention is checked for where it is made: names, numbers, arrays.

Guarantee: what passes is one of the choices there are, a finite number, or a read-only copy of a
finite array; what does not pass is an `OptionError` that says which.
"""

from collections.abc import Mapping
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError

__all__ = ["among", "finite", "frozen", "whole"]


def among(name: str, given: str, choices: object) -> None:
    """Raise unless a choice is one of those there are."""
    known = get_args(choices)
    if given not in known:
        raise OptionError(f"`{name}` must be one of {', '.join(known)}", found=repr(given))


def finite(name: str, number: float) -> None:
    """Raise unless a number is one."""
    if not np.isfinite(number):
        raise OptionError(f"`{name}` must be a finite number", found=str(number))


def whole(name: str, number: int) -> None:
    """Raise unless a number counts from 0."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise OptionError(f"`{name}` must be a whole number from 0", found=repr(number))


def frozen(by_layer: Mapping[int, NDArray[np.generic]]) -> dict[int, NDArray[np.generic]]:
    """Return read-only copies of arrays (n,), one per layer, in order of layers."""
    found: dict[int, NDArray[np.generic]] = {}
    for layer in sorted(by_layer):
        whole("layer", layer)
        array = np.array(by_layer[layer])
        if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
            raise OptionError(
                "An array of an intervention is a row of finite numbers",
                found=f"shape {array.shape} at layer {layer}",
            )
        array.setflags(write=False)
        found[layer] = array
    return found
