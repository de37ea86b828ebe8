"""Ways of damaging a file: one bit, one byte, a run of bytes, an end cut off, nothing left."""

import numpy as np

__all__ = ["damaged"]


def damaged(whole: bytes, rng: np.random.Generator) -> bytes:
    """Return other bytes than the whole ones: mostly one byte changed, sometimes much lost."""
    kind = rng.choice(["bit", "byte", "run", "cut", "empty"], p=[0.4, 0.35, 0.12, 0.11, 0.02])
    place = int(rng.integers(len(whole)))
    if kind == "empty":
        return b""
    if kind == "cut":
        return whole[:place]
    spoilt = bytearray(whole)
    if kind == "bit":
        spoilt[place] ^= 1 << int(rng.integers(8))
    elif kind == "byte":
        spoilt[place] ^= int(rng.integers(1, 256))
    else:
        end = min(place + int(rng.integers(2, 5000)), len(whole))
        spoilt[place:end] = rng.bytes(end - place)
    return bytes(spoilt) if bytes(spoilt) != whole else damaged(whole, rng)
