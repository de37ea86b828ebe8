"""Which neurons a method keeps: the strongest of all layers, and those that are a value's own.

    strongest   the n of all layers with the highest scores above 0
    rank        of a neuron for a value: how many neurons of all layers score higher in size, plus 1
    selective   ranked higher for the value than for any value of another higher-order group

A neuron that scores 0 has no rank: it stands behind all that have one. Guarantee: ties are broken
by layer and neuron, so that the same scores keep the same neurons.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.values import ValueSystem

__all__ = ["least_kept", "ranks_of", "rivals_of", "selective", "strongest"]

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def least_kept(share: float, n_neurons: int) -> int:
    """Return how many neurons a share of all is, at least one."""
    if not 0 < share <= 1:
        raise OptionError("A share of the neurons is above 0 and at most 1", found=str(share))
    return max(1, round(share * n_neurons))


def strongest(
    scores: Mapping[int, Floats], n: int, *, among: Mapping[int, Bools] | None = None
) -> dict[int, Ints]:
    """Return by layer, in order, the n neurons of all layers that score highest, above 0.

    among   (neuron,) by layer: which may be kept at all
    """
    layers = sorted(scores)
    flat = np.concatenate([np.asarray(scores[layer], dtype=np.float64) for layer in layers])
    of_layer = np.repeat(layers, [len(scores[layer]) for layer in layers])
    neuron = np.concatenate([np.arange(len(scores[layer])) for layer in layers])
    allowed = flat > 0
    if among is not None:
        allowed &= np.concatenate([among[layer] for layer in layers])
    order = np.argsort(-flat, kind="stable")
    kept = order[allowed[order]][:n]
    found = {layer: np.sort(neuron[kept[of_layer[kept] == layer]]) for layer in layers}
    return {layer: each for layer, each in found.items() if len(each)}


def ranks_of(scores: Mapping[int, Floats]) -> dict[int, Floats]:
    """Return (neuron,) by layer the rank of each neuron over all layers, by size; equals share it.

    A neuron that scores 0 is ranked infinite.
    """
    layers = sorted(scores)
    sizes = np.abs(np.concatenate([np.asarray(scores[layer], np.float64) for layer in layers]))
    ordered = np.sort(sizes)
    ranks = 1.0 + len(sizes) - np.searchsorted(ordered, sizes, side="right")
    ranks[sizes == 0] = np.inf
    ends = np.cumsum([len(scores[layer]) for layer in layers])[:-1]
    return dict(zip(layers, np.split(ranks, ends), strict=True))


def selective(
    own: Mapping[int, Floats], others: Sequence[Mapping[int, Floats]]
) -> dict[int, Bools]:
    """Return (neuron,) by layer whether it is ranked higher for its own value than for any other.

    own, others   scores by layer; all have the same neurons
    """
    mine, theirs = ranks_of(own), [ranks_of(each) for each in others]
    return {
        layer: np.all([ranks < each[layer] for each in theirs], axis=0)
        if theirs
        else np.ones(len(ranks), dtype=bool)
        for layer, ranks in mine.items()
    }


def rivals_of(system: ValueSystem, value: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the values that are known and of another group; where there are none, all others."""
    group = system.group_of(value)
    others = tuple(name for name in known if name != value)
    if group is None:
        return others
    return tuple(name for name in others if system.group_of(name) != group)
