"""What tells values from the neurons of a model: a sparse probe for each value and layer.

    a          what enters `mlp.down_proj` at the last token of a raw text
    P(a)       σ(w·a + b), logistic regression with an L1 penalty on standardised neurons: most
               weights are 0; fitted to pairs of some scenarios, judged by those of others
    score      w_i · sd(a_i) over the texts of the fit; its sign says which side a neuron speaks for
    seen       of each side of the same texts: mean, and two quantiles as bounds (1 % and 99 %)

Fitted once for all values, as each value needs the others' to tell which neurons are its own.
Guarantee: nothing but accuracy is learnt from pairs that were held out; a seed gives the same
probes; memory holds the activations of one value and one layer at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalvalues.contrasts.pairs import ContrastPair, ContrastSet
from causalvalues.errors import OptionError
from causalvalues.methods.activation_file import Precision, activation_file
from causalvalues.methods.probing import FittedProbe, Split, fitted_probe, split_of, texts_of
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.values import ValueSystem

__all__ = ["NeuronProbe", "NeuronProbes", "Seen", "neuron_probes", "probes_of_neurons"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of every neuron on one side of the pairs; each (neuron,)."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class NeuronProbe:
    """A probe of one layer's neurons, and what was seen of them while it was fitted."""

    probe: FittedProbe
    spread: Floats  # (neuron,) standard deviation over both sides
    seen_for: Seen
    seen_against: Seen

    @property
    def scores(self) -> NDArray[np.float64]:
        """Return (neuron,) w · sd."""
        return np.asarray(self.probe.weights * self.spread, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class NeuronProbes:
    """The probes of some values of one system, layer by layer."""

    system: ValueSystem
    by_value: Mapping[str, Mapping[int, NeuronProbe]]

    @property
    def values(self) -> tuple[str, ...]:
        """Return the values that have probes."""
        return tuple(self.by_value)

    def of(self, value: str) -> Mapping[int, NeuronProbe]:
        """Return the probes of a value by layer."""
        if value not in self.by_value:
            raise OptionError(
                f"Neurons were probed for {', '.join(self.values)}", found=repr(value)
            )
        return self.by_value[value]

    def scores(self, value: str) -> dict[int, NDArray[np.float64]]:
        """Return (neuron,) by layer what each neuron says of a value."""
        return {layer: each.scores for layer, each in self.of(value).items()}


def neuron_probes(
    model: LanguageModel,
    contrasts: ContrastSet,
    *,
    C: float = 1.0,
    test_share: float = 0.3,
    outside: float = 0.01,
    seed: int = 0,
    precision: Precision = "float32",
    folder: str | None = None,
) -> NeuronProbes:
    """Return probes for all values of a set, at all layers.

    outside   share of the texts of a side that lie below, and above, the bounds seen there; 0
              makes bounds of the least and the greatest
    """
    points = [Point(layer, "neurons") for layer in range(len(model.parts.layers))]
    by_value: dict[str, Mapping[int, NeuronProbe]] = {}
    for value in contrasts.values:
        pairs = contrasts.of(value)
        with activation_file(
            model, texts_of(pairs), points, precision=precision, folder=folder
        ) as file:
            rows = ((point.layer, file.rows(point)) for point in file.points)
            by_value[value] = probes_of_neurons(
                rows, pairs, C=C, test_share=test_share, outside=outside, seed=seed
            )
    return NeuronProbes(contrasts.system, by_value)


def probes_of_neurons(
    rows: Iterable[tuple[int, ArrayLike]],
    pairs: Sequence[ContrastPair],
    *,
    C: float = 1.0,
    test_share: float = 0.3,
    outside: float = 0.01,
    seed: int = 0,
) -> dict[int, NeuronProbe]:
    """Return the probes of one value from (layer, activations (text, neuron)) of its pairs."""
    if not 0 <= outside < 0.5:
        raise OptionError("The share outside of bounds is below a half", found=str(outside))
    split = split_of(pairs, test_share=test_share, seed=seed)
    return {
        layer: _probe(np.asarray(each, dtype=np.float32), split, layer, C, outside, seed)
        for layer, each in rows
    }


def _probe(
    rows: Floats, split: Split, layer: int, C: float, outside: float, seed: int
) -> NeuronProbe:
    """Return the probe of one layer, rows (text, neuron)."""
    probe = fitted_probe(rows, split, layer=layer, penalty="l1", C=C, seed=seed)
    sides = rows.reshape(-1, 2, rows.shape[1])[split.train]  # (pair, side, neuron)
    spread = sides.reshape(-1, rows.shape[1]).std(axis=0, dtype=np.float64).astype(np.float32)
    return NeuronProbe(probe, spread, _seen(sides[:, 0], outside), _seen(sides[:, 1], outside))


def _seen(rows: Floats, outside: float) -> Seen:
    """Return what is seen in the texts of one side (text, neuron)."""
    low, high = np.quantile(rows, (outside, 1 - outside), axis=0).astype(np.float32)
    return Seen(rows.mean(axis=0), low, high)
