"""What tells values from the neurons of a model: a sparse probe for each value and layer.

    a          what enters `mlp.down_proj` at the last token of a raw text
    P(a)       σ(w·a + b), logistic regression with an L1 penalty on standardised neurons: most
               weights are 0; fitted to pairs of some scenarios, judged by those of others
    score      w_i · sd(a_i) over the texts of the fit; its sign says which side a neuron speaks for
    seen       of each side of the same texts: mean, and two quantiles as bounds (1 % and 99 %)
    writing    d · W_i, W_i what a unit of the neuron adds to the residual, d of length 1 the mean
               difference of the sides in what leaves the layer: for the value above 0

Fitted once for all values, as each value needs the others' to tell which neurons are its own. A
norm between MLP and residual, as Gemma 2 has, is left out of the writing. Guarantee: nothing but
accuracy is learnt from pairs that were held out; a seed gives the same probes; memory holds the
activations of one value and one layer at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.errors import OptionError
from causalvalues.methods.activation_file import Precision, activation_file
from causalvalues.methods.neuron_counts import down_projection, neuron_counts
from causalvalues.methods.probing import FittedProbe, Split, fitted_probe, split_of, texts_of
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.values import ValueSystem

__all__ = ["NeuronProbe", "NeuronProbes", "Seen", "neuron_probe", "neuron_probes", "writing_of"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of every neuron on one side of the pairs; each (neuron,)."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class NeuronProbe:
    """A probe of one layer's neurons, and what else is known of them."""

    probe: FittedProbe
    spread: Floats  # (neuron,) standard deviation over both sides
    seen_for: Seen
    seen_against: Seen
    writing: Floats  # (neuron,)

    @property
    def scores(self) -> NDArray[np.float64]:
        """Return (neuron,) w · sd."""
        return np.asarray(self.probe.weights * self.spread, dtype=np.float64)

    @property
    def agreement(self) -> NDArray[np.float64]:
        """Return (neuron,) w · writing: above 0 where what a neuron tells it also writes."""
        return np.asarray(self.probe.weights * self.writing, dtype=np.float64)


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
    C: float = 0.1,
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
    layers = tuple(neuron_counts(model))
    points = [Point(layer, site) for layer in layers for site in ("neurons", "residual")]
    by_value: dict[str, Mapping[int, NeuronProbe]] = {}
    for value in contrasts.values:
        pairs = contrasts.of(value)
        split = split_of(pairs, test_share=test_share, seed=seed)
        with activation_file(
            model, texts_of(pairs), points, precision=precision, folder=folder
        ) as file:
            by_value[value] = {
                layer: neuron_probe(
                    file.rows(Point(layer, "neurons")),
                    split,
                    layer=layer,
                    writing=writing_of(model, layer, file.rows(Point(layer)), split),
                    C=C,
                    outside=outside,
                    seed=seed,
                )
                for layer in layers
            }
    return NeuronProbes(contrasts.system, by_value)


def neuron_probe(
    rows: ArrayLike,  # (text, neuron): pairs end to end, for and against
    split: Split,
    *,
    layer: int,
    writing: Floats,  # (neuron,)
    C: float = 0.1,
    outside: float = 0.01,
    seed: int = 0,
) -> NeuronProbe:
    """Return the probe of one value at one layer."""
    if not 0 <= outside < 0.5:
        raise OptionError("The share outside of bounds is below a half", found=str(outside))
    own = np.asarray(rows, dtype=np.float32)
    probe = fitted_probe(own, split, layer=layer, penalty="l1", C=C, seed=seed)
    sides = _sides(own, split)
    spread = sides.reshape(-1, own.shape[1]).std(axis=0, dtype=np.float64).astype(np.float32)
    seen_for, seen_against = (_seen(sides[:, side], outside) for side in (0, 1))
    return NeuronProbe(probe, spread, seen_for, seen_against, writing)


def writing_of(model: LanguageModel, layer: int, rows: ArrayLike, split: Split) -> Floats:
    """Return (neuron,) how far a unit of each neuron moves the residual for the value.

    rows   (text, width) what leaves the layer, pairs end to end
    """
    sides = _sides(np.asarray(rows, dtype=np.float64), split)
    difference = (sides[:, 0] - sides[:, 1]).mean(axis=0)
    projection = down_projection(model, layer)
    weight = next(projection.parameters())
    direction = torch.tensor(difference / max(float(np.linalg.norm(difference)), 1e-12))
    nothing = torch.zeros(
        projection.in_features, device=weight.device, dtype=weight.dtype, requires_grad=True
    )
    with torch.enable_grad():  # dᵀW, whatever the weights are stored as
        along = projection(nothing) @ direction.to(nothing)
        (found,) = torch.autograd.grad(along, nothing)
    return np.asarray(found.float().cpu().numpy())


def _sides(rows: NDArray[np.floating], split: Split) -> NDArray[np.floating]:
    """Return (pair, side, …) the rows of the pairs that are fitted."""
    return rows.reshape(-1, 2, rows.shape[1])[split.train]


def _seen(rows: NDArray[np.floating], outside: float) -> Seen:
    """Return what is seen in the texts of one side (text, neuron)."""
    low, high = np.quantile(rows, (outside, 1 - outside), axis=0).astype(np.float32)
    return Seen(rows.mean(axis=0, dtype=np.float64).astype(np.float32), low, high)
