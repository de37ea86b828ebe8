"""An intervention as plain JSON, and back: numbers and texts as they are, arrays by their digest.

    plain(intervention, arrays)    the JSON; every array is put under its digest into `arrays`
    remade(document, arrays)       the intervention again

What a field holds by default since it was added is left out, so that an intervention keeps the
digest it had before. Guarantee: an array is known by the SHA-256 of its type, shape and bytes, and
one that is not what its document names is a named error.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from causalvalues.errors import FileError, OptionError
from causalvalues.provenance import digest_of_bytes
from causalvalues.steering.gate import (
    ClassifierDetector,
    Detector,
    Gate,
    ProbeDetector,
    WordDetector,
)
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    Probe,
    ProbeEdit,
    RolePrompt,
    SaeFeature,
    Scope,
    Strength,
    ValueVector,
)
from causalvalues.steering.schema import (
    AnyDocument,
    ArrayDocument,
    ArrayType,
    ClassifierDocument,
    CombinedDocument,
    GateDocument,
    NeuronEditDocument,
    ProbeDetectorDocument,
    ProbeEditDocument,
    RolePromptDocument,
    SaeFeatureDocument,
)

__all__ = ["Array", "Plain", "plain", "remade"]

Array: TypeAlias = NDArray[np.generic]
Arrays: TypeAlias = dict[str, Array]
Plain: TypeAlias = dict[str, JsonValue]


def plain(intervention: Intervention, arrays: Arrays) -> Plain:
    """Return an intervention as JSON; its arrays are put into `arrays`."""
    if isinstance(intervention, Combined):
        return {"kind": "combined", "parts": [plain(part, arrays) for part in intervention.parts]}
    if isinstance(intervention, RolePrompt):
        return {
            "kind": "role prompt",
            "text": intervention.text,
            "settles": {name: _number(level) for name, level in intervention.settles.items()},
            "place": intervention.place,
            "share": _number(intervention.share),
        }
    shared: Plain = {
        "scope": {"where": intervention.scope.where, "phrase": intervention.scope.phrase},
        "share": _number(intervention.share),
    }
    if intervention.gate is not None:
        shared["gate"] = _plain_gate(intervention.gate, arrays)
    if isinstance(intervention, SaeFeature):
        return shared | _plain_feature(intervention)
    if isinstance(intervention, ValueVector):
        return shared | {
            "kind": "value vector",
            "name": intervention.name,
            "vector_by_layer": _known(intervention.vector_by_layer, "float32", arrays),
            "strength": _plain_strength(intervention.strength),
        }
    if isinstance(intervention, ProbeEdit):
        return shared | _plain_probe_edit(intervention, arrays)
    return shared | _plain_neuron_edit(intervention, arrays)


def remade(told: AnyDocument, arrays: Mapping[str, Array]) -> Intervention:
    """Return the intervention of a document that has the right form."""
    if isinstance(told, CombinedDocument):
        return Combined(tuple(remade(part, arrays) for part in told.parts))
    fields: dict[str, Any] = told.model_dump(exclude={"kind"})
    if isinstance(told, RolePromptDocument):
        return RolePrompt(**fields)
    fields["scope"] = Scope(**fields["scope"])
    fields["gate"] = None if told.gate is None else _gate(told.gate, arrays)
    if isinstance(told, NeuronEditDocument):
        for name in ("neurons_by_layer", "amounts_by_layer"):
            fields[name] = _found(getattr(told, name), arrays)
        return NeuronEdit(**fields)
    if isinstance(told, ProbeEditDocument):
        for name in ("reads_by_layer", "moves_by_layer", "low_by_layer", "high_by_layer"):
            fields[name] = _found(getattr(told, name), arrays)
        fields["probes"] = tuple(
            Probe(
                each.value,
                _found(each.weights_by_layer, arrays),
                each.bias_by_layer,
                each.probability,
            )
            for each in told.probes
        )
        return ProbeEdit(**fields)
    fields["strength"] = Strength(**fields["strength"])
    if isinstance(told, SaeFeatureDocument):
        return SaeFeature(**fields)
    fields["vector_by_layer"] = _found(told.vector_by_layer, arrays)
    return ValueVector(**fields)


def _plain_feature(feature: SaeFeature) -> Plain:
    """Return what a feature says of itself."""
    maximum = feature.observed_maximum
    return {
        "kind": "sae feature",
        "sae": feature.sae,
        "feature": feature.feature,
        "layer": feature.layer,
        "strength": _plain_strength(feature.strength),
        "mode": feature.mode,
        "observed_maximum": None if maximum is None else _number(maximum),
        "sae_digest": feature.sae_digest,
    }


def _plain_neuron_edit(edit: NeuronEdit, arrays: Arrays) -> Plain:
    """Return what an edit of neurons says of itself."""
    found: Plain = {
        "kind": "neuron edit",
        "name": edit.name,
        "neurons_by_layer": _known(edit.neurons_by_layer, "int64", arrays),
        "amounts_by_layer": _known(edit.amounts_by_layer, "float32", arrays),
        "mode": edit.mode,
    }
    if edit.site != "neurons":
        found["site"] = edit.site
    if edit.spared:
        found["spared"] = _number(edit.spared)
    return found


def _plain_probe_edit(edit: ProbeEdit, arrays: Arrays) -> Plain:
    """Return what an edit by probes says of itself."""
    probes: list[JsonValue] = [
        {
            "value": probe.value,
            "weights_by_layer": _known(probe.weights_by_layer, "float32", arrays),
            "bias_by_layer": {str(at): _number(b) for at, b in probe.bias_by_layer.items()},
            "probability": _number(probe.probability),
        }
        for probe in edit.probes
    ]
    return {
        "kind": "probe edit",
        "name": edit.name,
        "probes": probes,
        "site": edit.site,
        "reads_by_layer": _known(edit.reads_by_layer, "int64", arrays),
        "moves_by_layer": _known(edit.moves_by_layer, "int64", arrays),
        "low_by_layer": _known(edit.low_by_layer, "float32", arrays),
        "high_by_layer": _known(edit.high_by_layer, "float32", arrays),
        "solve": edit.solve,
    }


def _plain_gate(gate: Gate, arrays: Arrays) -> Plain:
    """Return a gate as JSON."""
    return {
        "name": gate.name,
        "detector": _plain_detector(gate.detector, arrays),
        "threshold": _number(gate.threshold),
        "state": gate.state,
    }


def _plain_detector(detector: Detector, arrays: Arrays) -> Plain:
    """Return a detector as JSON."""
    if isinstance(detector, ProbeDetector):
        return {
            "kind": "probe",
            "layer": detector.layer,
            "weights": _named(detector.weights, "float32", arrays),
            "bias": _number(detector.bias),
        }
    if isinstance(detector, WordDetector):
        return {
            "kind": "words",
            "weights": _named(detector.weights, "float32", arrays),
            "bias": _number(detector.bias),
        }
    return {
        "kind": "classifier",
        "model": detector.model,
        "label": detector.label,
        "revision": detector.revision,
    }


def _gate(told: GateDocument, arrays: Mapping[str, Array]) -> Gate:
    """Return the gate of a document."""
    known = told.detector
    detector: Detector
    if isinstance(known, ClassifierDocument):
        detector = ClassifierDetector(known.model, known.label, known.revision)
    else:
        weights = _array(known.weights, arrays, "a gate").astype(np.float32)
        if isinstance(known, ProbeDetectorDocument):
            detector = ProbeDetector(known.layer, weights, known.bias)
        else:
            detector = WordDetector(weights, known.bias)
    return Gate(told.name, detector, told.threshold, told.state)


def _plain_strength(strength: Strength) -> Plain:
    return {"amount": _number(strength.amount), "unit": strength.unit}


def _known(by_layer: Mapping[int, Array], dtype: ArrayType, arrays: Arrays) -> Plain:
    """Return arrays by layer, each as what it is known by."""
    return {str(layer): _named(given, dtype, arrays) for layer, given in by_layer.items()}


def _named(given: Array, dtype: ArrayType, arrays: Arrays) -> Plain:
    """Return what an array is known by, after it is put under its digest."""
    array = _kept(given, dtype)
    digest = _digest(array)
    arrays[digest] = array
    shape: list[JsonValue] = list(array.shape)
    return {"shape": shape, "dtype": dtype, "sha256": digest}


def _digest(array: Array) -> str:
    """Return the SHA-256 of an array's type, shape and bytes."""
    return digest_of_bytes(f"{array.dtype.name} {array.shape}\n".encode(), array.data)


def _number(number: float) -> float:
    """Return a number as it is written: 1 is 1.0, and −0 is 0."""
    return float(number) + 0.0


def _kept(array: Array, dtype: ArrayType) -> Array:
    """Return an array as it is written; −0 is 0."""
    with np.errstate(over="ignore"):
        kept: Array = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<")) + 0
    if not np.isfinite(kept).all():
        raise OptionError(f"An array of an intervention must fit into {dtype}", found="infinity")
    return kept


def _found(known: Mapping[int, ArrayDocument], arrays: Mapping[str, Array]) -> dict[int, Any]:
    """Return the arrays that a document names, each compared with its digest."""
    return {layer: _array(told, arrays, f"layer {layer}") for layer, told in known.items()}


def _array(told: ArrayDocument, arrays: Mapping[str, Array], what: str) -> Array:
    """Return the array that a document names."""
    array = arrays.get(told.sha256)
    if array is None:
        raise FileError(
            "The arrays of an intervention lie beside its document, as *.safetensors",
            found=f"none with the digest {told.sha256[:12]}… for {what}",
            remedy="copy both files together",
        )
    alike = (list(array.shape), array.dtype.name) == (told.shape, told.dtype)
    if not alike or _digest(np.ascontiguousarray(array)) != told.sha256:
        raise FileError(
            "An array of an intervention must be the one that its document names",
            found=f"another {array.dtype.name} array of shape {array.shape} for {what}",
        )
    return array
