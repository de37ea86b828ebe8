"""Controls: what a steering effect must beat, of the same size and at the same place.

    random_feature   another feature of the dictionary that is active about as often
    random_vector    a direction at random, as long as what is added, at the same layer and tokens
    random_neurons   as many other neurons of each layer, edited by the same amounts

A clamped feature is controlled by what it adds where the feature is silent, an ablated one by what
it takes away where the feature is most active. Lines that a role is told stay as they are: the
control is of what is done inside the model. Guarantee: a seed gives the same control.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_activity import FeatureActivity
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    ProbeEdit,
    RolePrompt,
    SaeFeature,
    Simple,
    Strength,
    ValueVector,
    parts_of,
)

__all__ = ["N_ALIKE", "random_feature", "random_neurons", "random_vector"]

N_ALIKE = 16  # features that count as active about as often


def random_feature(
    dictionary: Dictionary,
    activity: FeatureActivity,
    like: SaeFeature,
    *,
    seed: int,
    but: Collection[int] = (),
) -> SaeFeature:
    """Return one of the features nearest in frequency, `but` left out, in place of another.

    What is added is as long as before; what is clamped, in maxima, is so in the new one's own.
    """
    live = [f for f in activity.live if f != like.feature and f not in but]
    live = [f for f in live if activity.maximum[f] > 0]
    if not live or like.feature >= activity.n_features or not activity.frequency[like.feature] > 0:
        raise OptionError(
            "A control is another feature that is active about as often",
            found=f"no activity of feature {like.feature}, or of others than {sorted(but)}",
            remedy="read the activity of more roles",
        )
    away = np.abs(np.log(activity.frequency[live] / activity.frequency[like.feature]))
    alike = [live[place] for place in np.argsort(away, kind="stable")[:N_ALIKE]]
    chosen = int(np.random.default_rng([seed, like.feature]).choice(alike))
    maximum = float(activity.maximum[chosen])
    found = replace(like, feature=chosen, observed_maximum=maximum)
    if like.mode != "add" or like.strength.unit == "residual norm":
        return found
    ratio = _length(dictionary, like.feature) / _length(dictionary, chosen)
    return replace(found, strength=Strength(_raw(like) * ratio))


def random_vector(
    intervention: Intervention, dictionaries: Mapping[str, Dictionary], *, seed: int
) -> Intervention:
    """Return the intervention with every direction replaced by one at random, as long.

    Parts that share a layer get different directions.
    """
    rng = np.random.default_rng(seed)
    parts = [_control(part, dictionaries, rng) for part in parts_of(intervention)]
    if all(isinstance(part, RolePrompt) for part in parts):
        raise OptionError(
            "A random vector stands for what is done inside the model", found="lines only"
        )
    return parts[0] if len(parts) == 1 else Combined(tuple(parts))


def random_neurons(intervention: Intervention, n_neurons: int, *, seed: int) -> Intervention:
    """Return the intervention with every layer's neurons replaced by others, none of its own.

    n_neurons   how many a layer has; amounts, bounds and weights stay, one for each neuron

    Where more than half of a layer is edited there are not as many others: any may be drawn.
    """
    rng = np.random.default_rng(seed)
    own: dict[int, set[int]] = {}
    for part in parts_of(intervention):
        for layer, neurons in _neurons_of(part).items():
            own.setdefault(layer, set()).update(neurons.tolist())
    if not own:
        raise OptionError("Random neurons stand for neurons", found="an edit of none")
    other: dict[int, dict[int, int]] = {}
    for layer, taken in sorted(own.items()):
        if max(taken) >= n_neurons:
            raise OptionError(f"A layer has {n_neurons} neurons", found=f"neuron {max(taken)}")
        free = np.setdiff1d(np.arange(n_neurons), sorted(taken))
        free = free if len(free) >= len(taken) else np.arange(n_neurons)
        drawn = rng.choice(free, size=len(taken), replace=False)
        other[layer] = dict(zip(sorted(taken), map(int, drawn), strict=True))
    parts = tuple(_with_neurons(part, other) for part in parts_of(intervention))
    return parts[0] if len(parts) == 1 else Combined(parts)


def _neurons_of(part: Simple) -> Mapping[int, NDArray[np.int64]]:
    """Return the neurons that a part reads or edits, by layer."""
    if isinstance(part, NeuronEdit):
        return part.neurons_by_layer
    return part.reads_by_layer if isinstance(part, ProbeEdit) else {}


def _with_neurons(part: Simple, other: Mapping[int, Mapping[int, int]]) -> Simple:
    """Return a part with each neuron replaced by another."""

    def replaced(by_layer: Mapping[int, NDArray[np.int64]]) -> dict[int, NDArray[np.int64]]:
        return {
            layer: np.array([other[layer][neuron] for neuron in neurons.tolist()])
            for layer, neurons in by_layer.items()
        }

    if isinstance(part, NeuronEdit):
        own = replaced(part.neurons_by_layer)
        return replace(part, name=f"random for {part.name}", neurons_by_layer=own)
    if isinstance(part, ProbeEdit) and part.site == "neurons":
        return replace(
            part,
            name=f"random for {part.name}",
            reads_by_layer=replaced(part.reads_by_layer),
            moves_by_layer=replaced(part.moves_by_layer),
        )
    return part


def _control(
    part: Simple, dictionaries: Mapping[str, Dictionary], rng: np.random.Generator
) -> Simple:
    """Return the control of one part."""
    if isinstance(part, RolePrompt):
        return part
    if isinstance(part, NeuronEdit | ProbeEdit):
        raise OptionError(
            "A random vector stands for a vector that is added",
            found=f"{part.name}, whose change depends on what is there",
            remedy="control neurons by `random_neurons`, an edit by probes by a vector as long",
        )
    if isinstance(part, ValueVector):
        drawn = {
            layer: _drawn(vector, rng) for layer, vector in sorted(part.vector_by_layer.items())
        }
        return replace(part, name=f"random for {part.name}", vector_by_layer=drawn)
    if part.sae not in dictionaries:
        raise OptionError(
            f"The control of a feature needs its dictionary, {part.sae!r}",
            found=", ".join(sorted(dictionaries)) or "no dictionary",
        )
    direction = dictionaries[part.sae].direction(part.feature).float().cpu().numpy()
    in_norms = part.mode == "add" and part.strength.unit == "residual norm"
    return ValueVector(
        f"random for {part.sae}:{part.feature}",
        {part.layer: _drawn(direction, rng)},
        part.strength if in_norms else Strength(_raw(part)),
        part.scope,
        part.share,
        part.gate,
    )


def _raw(part: SaeFeature) -> float:
    """Return by how much of its direction a feature moves the residual; see above for the mode."""
    if part.mode == "ablate":
        if part.observed_maximum is None:
            raise OptionError(
                "The control of an ablated feature needs its observed maximum",
                found=f"none for feature {part.feature}",
                remedy="take it from a table of candidates",
            )
        return -part.observed_maximum
    maxima = part.observed_maximum if part.strength.unit == "feature maximum" else None
    return part.strength.amount * (1.0 if maxima is None else maxima)


def _drawn(vector: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a direction at random, as long as a vector (width,)."""
    drawn = rng.standard_normal(len(vector))
    length = np.linalg.norm(vector.astype(np.float64))
    found: NDArray[np.float32] = (drawn / np.linalg.norm(drawn) * length).astype(np.float32)
    return found


def _length(dictionary: Dictionary, feature: int) -> float:
    """Return how long one unit of a feature is."""
    return float(dictionary.direction(feature).norm())
