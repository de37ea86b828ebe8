"""The edits that make up an intervention: what `LanguageModel.sweep` and `steer` run.

    one for a feature, one for each layer of a vector, of probes or of neurons; role prompts are
    told, not run

Changes are computed in float32 and added in the residual's own type. Guarantee: a token out of
scope keeps its bits, and so does every token under a share of 0; nothing is decoded of a
dictionary but the one direction that is asked for.
"""

import math
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from causalvalues.errors import OptionError, SaeError, WrongHook
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import (
    Intervention,
    NeuronEdit,
    ProbeEdit,
    SaeFeature,
    Simple,
    Strength,
    ValueVector,
    parts_of,
)
from causalvalues.steering.moves import AddVector, MoveFeature, MoveNeurons, Row
from causalvalues.steering.probe_moves import MoveByProbes

__all__ = ["Move", "edits_of"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Move: TypeAlias = AddVector | MoveFeature | MoveNeurons | MoveByProbes


def edits_of(
    intervention: Intervention, dictionaries: Mapping[str, Dictionary]
) -> tuple[Move, ...]:
    """Return the edits of an intervention in order, with dictionaries by the name of their SAE."""
    return tuple(edit for part in parts_of(intervention) for edit in _edits(part, dictionaries))


def _edits(part: Simple, dictionaries: Mapping[str, Dictionary]) -> Iterator[Move]:
    """Yield the edits of one part; a role prompt has none, it is told."""
    if isinstance(part, SaeFeature):
        yield _edit_of_feature(part, _dictionary(part, dictionaries))
    elif isinstance(part, ValueVector):
        yield from _edits_of_vector(part)
    elif isinstance(part, ProbeEdit):
        yield from _edits_of_probes(part)
    elif isinstance(part, NeuronEdit):
        yield from _edits_of_neurons(part)


def _edit_of_feature(part: SaeFeature, dictionary: Dictionary) -> Move:
    """Return the edit of one feature."""
    own, name = dictionary.direction(part.feature), f"{part.sae}:{part.feature}"
    direction = Row.of(own)
    if part.mode == "add":
        amount = part.share * _raw(part.strength, part.observed_maximum)
        in_norms = part.strength.unit == "residual norm"
        _check_direction(name, direction, in_norms=in_norms)
        return AddVector(
            part.layer, name, direction, amount, in_norms, part.scope, of_sae=True, gate=part.gate
        )
    target = 0.0 if part.mode == "ablate" else _raw(part.strength, part.observed_maximum)
    return MoveFeature(
        part.layer,
        name,
        dictionary,
        part.feature,
        direction,
        own.device,
        target,
        part.share,
        part.scope,
        gate=part.gate,
    )


def _raw(strength: Strength, maximum: float | None) -> float:
    """Return a strength in units of the residual; one in norms as it is."""
    if strength.unit == "feature maximum" and maximum is not None:
        return strength.amount * maximum
    return strength.amount


def _dictionary(part: SaeFeature, dictionaries: Mapping[str, Dictionary]) -> Dictionary:
    """Return the dictionary of a feature, which fits what is said of it."""
    found = dictionaries.get(part.sae)
    if found is None:
        raise OptionError(
            f"An edit of a feature needs its dictionary, {part.sae!r}",
            found=", ".join(sorted(dictionaries)) or "no dictionary",
            remedy="give `dictionaries` that hold it: {name: open_sae(name)}",
        )
    if found.layer != part.layer:
        raise WrongHook(
            f"A feature is edited at the layer that {part.sae} reads, {found.layer}",
            found=f"layer {part.layer}",
        )
    if part.feature >= found.n_features:
        raise OptionError(
            f"{part.sae} has features from 0 to {found.n_features - 1}", found=str(part.feature)
        )
    if part.sae_digest not in ("", found.digest):
        raise SaeError(
            f"{part.sae} must be the one that the intervention was made with",
            found=f"the digest {found.digest[:12]}…, not {part.sae_digest[:12]}…",
            remedy="open the release that the intervention names",
        )
    return found


def _edits_of_vector(part: ValueVector) -> Iterator[Move]:
    """Yield one edit for each layer of a vector."""
    amount, in_norms = part.share * part.strength.amount, part.strength.unit == "residual norm"
    for layer, vector in part.vector_by_layer.items():
        row = Row.of(torch.tensor(vector))
        _check_direction(f"{part.name} at layer {layer}", row, in_norms=in_norms)
        yield AddVector(layer, part.name, row, amount, in_norms, part.scope, gate=part.gate)


def _edits_of_neurons(part: NeuronEdit) -> Iterator[Move]:
    """Yield one edit for each layer of neurons."""
    for layer, neurons in part.neurons_by_layer.items():
        if min(neurons) < 0:
            raise OptionError("Neurons are counted from 0", found=f"{min(neurons)} in {part.name}")
        yield MoveNeurons(
            layer,
            part.name,
            Row.of(torch.tensor(neurons), torch.int64),
            Row.of(torch.tensor(part.amounts_by_layer[layer])),
            part.mode,
            part.share,
            part.scope,
            part.site,
            part.spared,
            gate=part.gate,
        )


def _edits_of_probes(part: ProbeEdit) -> Iterator[Move]:
    """Yield one edit for each layer that probes read."""
    for layer in part.layers:
        there = [probe for probe in part.probes if layer in probe.weights_by_layer]
        weights = np.concatenate([probe.weights_by_layer[layer] for probe in there])
        reads, moves = part.reads_by_layer.get(layer), part.moves_by_layer.get(layer)
        yield MoveByProbes(
            layer,
            part.name,
            part.site,
            Row.of(torch.tensor(weights)),
            Row.of(torch.tensor([probe.bias_by_layer[layer] for probe in there])),
            Row.of(torch.tensor([_logit(probe.probability) for probe in there])),
            part.solve,
            part.share,
            part.scope,
            reads=None if reads is None else Row.of(torch.tensor(reads), torch.int64),
            moves=None if moves is None else _places(moves, reads),
            low=_row(part.low_by_layer.get(layer)),
            high=_row(part.high_by_layer.get(layer)),
            gate=part.gate,
        )


def _places(moves: Ints, reads: Ints | None) -> Row:
    """Return (moved,) where those that move stand among those that are read."""
    known = {} if reads is None else {neuron: at for at, neuron in enumerate(reads.tolist())}
    return Row.of(torch.tensor([known[neuron] for neuron in moves.tolist()]), torch.int64)


def _row(numbers: Floats | None) -> Row | None:
    """Return numbers as a row, none where there are none."""
    return None if numbers is None else Row.of(torch.tensor(numbers))


def _logit(probability: float) -> float:
    """Return log p / (1 − p)."""
    return math.log(probability) - math.log1p(-probability)


def _check_direction(name: str, row: Row, *, in_norms: bool) -> None:
    """Raise where a vector without a direction is to be added in norms of the residual."""
    if in_norms and not row.length > 0:
        raise OptionError(
            "A vector that is added in norms must have a direction", found=f"zeros for {name}"
        )
