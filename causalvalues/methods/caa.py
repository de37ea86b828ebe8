"""Contrastive activation addition: the mean difference of contrast pairs, added to the residual.

    v_l = mean over pairs of (h⁺ − h⁻)       h at layer l, last token of each text
    h ← h + α v_l                            at one layer, or at several

h⁺ speaks for the value, h⁻ against it; to lower it, −v_l is added. All layers come from one pass
by running sums, so that nothing is stored. Every pair counts: there is nothing to be judged but,
where a rule chooses layers, probes (see `layer_choice`), which hold back a part for themselves.
Guarantee: pairs in another order give the same vectors up to rounding; h is never scaled.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.contrasts.pairs import ContrastPair
from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.layer_choice import Layers, chosen_layers, layers_to_read
from causalvalues.methods.probing import FittedProbe, pairs_of, probes_of, texts_of
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.last_tokens import last_tokens
from causalvalues.steering.checking import among
from causalvalues.steering.gate import Gate
from causalvalues.steering.intervention import ValueVector
from causalvalues.steering.where import Scope, Strength

__all__ = ["DOSES", "caa", "caa_by_layer", "mean_differences"]

DOSES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # α
Vector = NDArray[np.float32]
Progress = Callable[[int, int], None]


def mean_differences(
    model: LanguageModel,
    pairs: Sequence[ContrastPair],
    *,
    layers: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> dict[int, Vector]:
    """Return (width,) by layer how far the sides of pairs lie apart on average."""
    if not pairs:
        raise OptionError("A mean difference needs a contrast pair", found="none")
    wanted = range(len(model.parts.layers)) if layers is None else sorted(set(layers))
    points, texts = [Point(layer) for layer in wanted], texts_of(pairs)
    sums: dict[Point, NDArray[np.float64]] = {}
    n_read = 0
    for batch in last_tokens(model, texts, points):
        signs = np.where(batch.places % 2 == 0, 1.0, -1.0)  # texts for the value stand first
        for point, rows in batch.rows.items():
            sums[point] = sums.get(point, 0.0) + signs @ rows.astype(np.float64)
        n_read += len(batch.places)
        if progress is not None:
            progress(n_read, len(texts))
    return {point.layer: (sums[point] / len(pairs)).astype(np.float32) for point in points}


def caa(
    model: LanguageModel,
    pairs: Sequence[ContrastPair],
    *,
    value: str,
    direction: Direction = "raise",
    layers: Layers = "best",
    probes: Mapping[int, FittedProbe] | None = None,
    scope: Scope | None = None,
    gate: Gate | None = None,
    doses: Sequence[float] = DOSES,
    seed: int = 0,
    progress: Progress | None = None,
) -> Fitted:
    """Return the method fitted to the pairs of one value; a dose is α.

    layers   "best" is the one layer whose probe tells sides best; `probes` that are known already
             are not fitted again. To choose by development questions, see `caa_by_layer`.
    """
    own, n_layers = pairs_of(pairs, value), len(model.parts.layers)
    if layers == "best" or layers == "published":
        known = probes or probes_of(
            model, own, layers=layers_to_read(layers, n_layers), seed=seed, progress=progress
        )
        chosen = chosen_layers(known, n_layers=n_layers, rule=layers)
    else:
        chosen = layers_to_read(layers, n_layers)
    vectors = mean_differences(model, own, layers=chosen, progress=progress)
    return _fitted(vectors, value, direction, scope, gate, doses)


def caa_by_layer(
    model: LanguageModel,
    pairs: Sequence[ContrastPair],
    *,
    value: str,
    direction: Direction = "raise",
    layers: Sequence[int] | None = None,
    scope: Scope | None = None,
    gate: Gate | None = None,
    doses: Sequence[float] = DOSES,
    progress: Progress | None = None,
) -> dict[int, Fitted]:
    """Return the method at each layer alone, from one pass: development questions may choose."""
    vectors = mean_differences(model, pairs_of(pairs, value), layers=layers, progress=progress)
    return {
        layer: _fitted({layer: vector}, value, direction, scope, gate, doses)
        for layer, vector in vectors.items()
    }


def _fitted(
    vectors: Mapping[int, Vector],
    value: str,
    direction: Direction,
    scope: Scope | None,
    gate: Gate | None,
    doses: Sequence[float],
) -> Fitted:
    """Return the method that adds some vectors."""
    among("direction", direction, Direction)
    sign = np.float32(1 if direction == "raise" else -1)
    vector = ValueVector(
        f"caa {direction}s {value}",
        {layer: sign * each for layer, each in vectors.items()},
        scope=scope or Scope("answering"),
        gate=gate,
    )
    return Fitted(
        "caa",
        value,
        lambda dose: _at(vector, dose),
        tuple(doses),
        "α",
        direction,
        {"layers": " ".join(map(str, sorted(vectors)))},
    )


def _at(vector: ValueVector, amount: float) -> ValueVector:
    """Return a vector that is added so many times."""
    return replace(vector, strength=Strength(amount))
