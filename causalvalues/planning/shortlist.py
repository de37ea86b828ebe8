"""A shortlist: the candidates that a plan could want, so that the programme stays small.

    purity of c for v = |Δ_cv| / (Σ_u weight_u |Δ_cu| + a little),  Δ through the graph at dose 1

A plan needs something that moves each target, purely, and something that moves or settles each
other value, purely, to cancel what the target drags along. Guarantee: the purest for each value
stay in.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.planning.known import Known

__all__ = ["shortlist"]

Floats = NDArray[np.float64]
FOR_TARGET, FOR_OTHER = 5, 1
A_LITTLE = 0.05  # of a score: what hardly moves anything is not pure


def shortlist(candidates: Known, targets: Mapping[str, float], size: int) -> Known:
    """Return the candidates that are purest for the targets, and for each of the other values.

    Where there are no more than `size`, all of them.
    """
    if len(candidates.candidates) <= size:
        return candidates
    names = candidates.propagation.names
    changes = np.array([_changes(candidates, place) for place in range(len(candidates.parts))])
    purity = np.abs(changes) / (np.abs(changes).sum(axis=1, keepdims=True) + A_LITTLE)
    told = np.array([each.is_told for each in candidates.candidates])
    kept: dict[int, None] = {}
    for target, gain in targets.items():
        able = _able(candidates, changes[:, names.index(target)], gain)
        for family in (told, ~told):
            _keep(kept, np.where(able & family, purity[:, names.index(target)], 0.0), FOR_TARGET)
    for v, name in enumerate(names):
        if name not in targets:
            _keep(kept, np.where(told, 0.0, purity[:, v]), FOR_OTHER)
            _keep(kept, _holding(candidates, changes, v, name), FOR_OTHER)
    places = sorted(kept)
    return replace(
        candidates,
        candidates=tuple(candidates.candidates[place] for place in places),
        parts=tuple(candidates.parts[place] for place in places),
    )


def _changes(candidates: Known, place: int) -> Floats:
    """Return the mean change of every value by one candidate at dose 1."""
    candidate, part = candidates.candidates[place], candidates.parts[place]
    names = candidates.propagation.names
    held = np.array([name in candidate.settles for name in names]) & candidates.guided
    return np.asarray(candidates.propagation.under(part.draws, held).mean(axis=0))


def _able(candidates: Known, change: Floats, gain: float) -> NDArray[np.bool_]:
    """Return (candidate,) whether some dose of it moves a value in the wanted direction."""
    either = np.array([each.low < 0 < each.high for each in candidates.candidates])
    return np.asarray(either | (np.sign(change) == np.sign(gain)))


def _holding(candidates: Known, changes: Floats, v: int, name: str) -> Floats:
    """Return (candidate,) how well its lines hold a value where it is; 0 for what does not."""
    size = np.abs(changes).sum(axis=1)
    settles = np.array([name in each.settles for each in candidates.candidates])
    return np.where(settles, 1 / (size + A_LITTLE), 0.0)


def _keep(kept: dict[int, None], worth: Floats, most: int) -> None:
    """Add the places of the largest worths above 0."""
    for place in np.argsort(-worth)[:most]:
        if worth[place] > 0:
            kept[int(place)] = None
