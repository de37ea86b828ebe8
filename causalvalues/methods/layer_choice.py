"""In which layers a method edits, chosen by how well probes tell the sides of pairs there.

    published   accuracy above .9, and not one of the last five layers
    best        the one layer with the highest accuracy, the last ones left out; by loss where even
    all         every layer whose probe reads something
    a list      the layers that it names

Of a model with fewer than 25 layers the last fifth is left out instead of the last five, rounded up
(18 layers: 4; 6 layers: 2), since five would be most of it. Guarantee: a choice is never empty:
where no layer passes, an error says how well the best one did.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from causalvalues.errors import OptionError
from causalvalues.methods.probing import FittedProbe
from causalvalues.steering.checking import among

__all__ = ["LayerRule", "Layers", "chosen_layers", "layers_to_read", "n_layers_left_out"]

LayerRule = Literal["published", "best", "all"]
Layers = LayerRule | Sequence[int]
MOST_LEFT_OUT = 5


def chosen_layers(
    probes: Mapping[int, FittedProbe],
    *,
    n_layers: int,
    rule: Layers = "published",
    threshold: float = 0.9,
) -> tuple[int, ...]:
    """Return the layers that are edited, in order; `n_layers` is how many the model has."""
    if not isinstance(rule, str):
        return _named(probes, rule)
    among("layers", rule, LayerRule)
    if rule == "all":
        return tuple(layer for layer in sorted(probes) if probes[layer].weights.any())
    known = {layer: probes[layer] for layer in _early(sorted(probes), n_layers)}
    if not known:
        raise OptionError(
            f"The last {n_layers_left_out(n_layers)} of {n_layers} layers are not edited",
            found=f"probes of layers {', '.join(map(str, sorted(probes)))}",
        )
    best = max(known.values(), key=lambda probe: (probe.accuracy.value, -probe.loss))
    if rule == "best":
        return (best.layer,)
    passed = tuple(layer for layer, probe in known.items() if probe.accuracy.value > threshold)
    if not passed:
        raise OptionError(
            f"A probe must tell the sides of new pairs with an accuracy above {threshold:g}",
            found=f"at best {best.accuracy} at layer {best.layer}",
            remedy="give more pairs, layers='best', or a list of layers",
        )
    return passed


def layers_to_read(rule: Layers, n_layers: int) -> tuple[int, ...]:
    """Return the layers that need a probe before a rule can choose."""
    if not isinstance(rule, str):
        return tuple(sorted(set(rule)))
    every = range(n_layers)
    return tuple(every if rule == "all" else _early(every, n_layers))


def n_layers_left_out(n_layers: int) -> int:
    """Return how many of the last layers are not edited."""
    return min(MOST_LEFT_OUT, math.ceil(n_layers / 5))


def _early(layers: Sequence[int], n_layers: int) -> list[int]:
    """Return those layers that are not among the last."""
    return [layer for layer in layers if layer < n_layers - n_layers_left_out(n_layers)]


def _named(probes: Mapping[int, FittedProbe], layers: Sequence[int]) -> tuple[int, ...]:
    """Return the layers of a list."""
    absent = sorted(set(layers) - set(probes))
    if absent or not layers:
        raise OptionError(
            f"Layers that are edited are among {', '.join(map(str, sorted(probes)))}",
            found=f"layer {absent[0]}" if absent else "none",
        )
    return tuple(sorted(set(layers)))
