"""`x.json` and, for its arrays, `x.safetensors`: an intervention that other programs can read.

    in the JSON   every number and text; an array by its shape, its type, and the SHA-256 of all
    beside it     the arrays, each under its SHA-256

Guarantee: `read_intervention` gives back what `write_intervention` was given; a damaged or foreign
file is a named error. The digest is that of the JSON in canonical form: the same content, and only
that, gives the same digest, in whatever order its mappings were built.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from causalvalues.errors import FileError, InputError, OptionError
from causalvalues.provenance import canonical_json, digest_of_bytes, write_atomically
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    RolePrompt,
    SaeFeature,
    Scope,
    Simple,
    Strength,
    ValueVector,
    parts_of,
)
from causalvalues.steering.naming import name_of
from causalvalues.steering.schema import (
    AnyDocument,
    ArrayDocument,
    ArrayType,
    CombinedDocument,
    InterventionDocument,
    NeuronEditDocument,
    RolePromptDocument,
    SaeFeatureDocument,
)

__all__ = [
    "SCHEMA",
    "arrays_of",
    "digest_of",
    "from_dict",
    "name_of",
    "read_intervention",
    "to_dict",
    "write_intervention",
]

SCHEMA = "causalvalues.intervention/1"
EXPECTED = f"An intervention ({SCHEMA}) was expected"
REMEDY = "write it with `write_intervention`"

Array: TypeAlias = NDArray[np.generic]
Plain: TypeAlias = dict[str, JsonValue]


def digest_of(intervention: Intervention) -> str:
    """Return the SHA-256 of all that an intervention says, its arrays included."""
    return digest_of_bytes(canonical_json(to_dict(intervention)).encode())


def to_dict(intervention: Intervention) -> dict[str, JsonValue]:
    """Return an intervention as JSON, its arrays by digest; `arrays_of` has their numbers."""
    return {"schema": SCHEMA, "intervention": _plain(intervention)}


def arrays_of(intervention: Intervention) -> dict[str, Array]:
    """Return every array of an intervention by its digest."""
    arrays = [array for part in parts_of(intervention) for array in _arrays_of_part(part)]
    return {_digest(array): array for array in arrays}


def from_dict(
    document: Mapping[str, JsonValue], arrays: Mapping[str, Array] | None = None
) -> Intervention:
    """Return the intervention of a document, with its arrays by digest."""
    try:
        told = InterventionDocument.model_validate_json(json.dumps(document, allow_nan=False))
        return _intervention(told.intervention, arrays or {})
    except ValidationError as fault:
        raise FileError(EXPECTED, found=_complaint(fault), remedy=REMEDY) from fault
    except (ValueError, TypeError, RecursionError) as fault:  # what is not JSON
        raise FileError(EXPECTED, found=str(fault), remedy=REMEDY) from fault
    except OptionError as fault:
        raise FileError(fault.expected, found=fault.found, remedy=REMEDY) from fault


def write_intervention(intervention: Intervention, path: str | Path) -> list[Path]:
    """Return the files after they are written whole: the document, and its arrays if it has any."""
    path = Path(path)
    if path.suffix != ".json":
        raise OptionError("An intervention is written to a file named *.json", found=path.name)
    written = []
    arrays = arrays_of(intervention)
    if arrays:
        beside = path.with_suffix(".safetensors")
        written.append(write_atomically(beside, save(dict(sorted(arrays.items())))))
    text = json.dumps(to_dict(intervention), indent=1, allow_nan=False, ensure_ascii=False)
    return [write_atomically(path, text + "\n"), *written]


def read_intervention(path: str | Path) -> Intervention:
    """Return the intervention in a document, with the arrays beside it."""
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise FileError(EXPECTED, found=f"a {type(document).__name__}", remedy=REMEDY)
        return from_dict(document, _arrays_beside(path))
    except InputError as fault:
        told = f"{path.name}: {fault.expected}"
        raise FileError(told, found=fault.found, remedy=fault.remedy or REMEDY) from fault
    except FileNotFoundError as fault:
        raise FileError(f"{path.name}: {EXPECTED}", found="no such file") from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise FileError(f"{path.name}: {EXPECTED}", found=str(fault), remedy=REMEDY) from fault


def _arrays_beside(path: Path) -> dict[str, Array]:
    """Return the arrays in the file beside a document; none where there is no such file."""
    beside = path.with_suffix(".safetensors")
    if not beside.exists():
        return {}
    try:
        found: dict[str, Array] = load(beside.read_bytes())
    except (SafetensorError, ValueError, KeyError, TypeError) as fault:
        raise FileError(
            f"The arrays of an intervention must be whole: {beside.name}", found=str(fault)
        ) from fault
    return found


def _plain(intervention: Intervention) -> Plain:
    """Return an intervention as JSON."""
    if isinstance(intervention, Combined):
        return {"kind": "combined", "parts": [_plain(part) for part in intervention.parts]}
    if isinstance(intervention, RolePrompt):
        return {
            "kind": "role prompt",
            "text": intervention.text,
            "settles": {name: _number(level) for name, level in intervention.settles.items()},
            "place": intervention.place,
            "share": _number(intervention.share),
        }
    shared: Plain = {
        "scope": _plain_scope(intervention.scope),
        "share": _number(intervention.share),
    }
    if isinstance(intervention, SaeFeature):
        maximum = intervention.observed_maximum
        return shared | {
            "kind": "sae feature",
            "sae": intervention.sae,
            "feature": intervention.feature,
            "layer": intervention.layer,
            "strength": _plain_strength(intervention.strength),
            "mode": intervention.mode,
            "observed_maximum": None if maximum is None else _number(maximum),
            "sae_digest": intervention.sae_digest,
        }
    if isinstance(intervention, ValueVector):
        return shared | {
            "kind": "value vector",
            "name": intervention.name,
            "vector_by_layer": _plain_arrays(intervention.vector_by_layer, "float32"),
            "strength": _plain_strength(intervention.strength),
        }
    return shared | {
        "kind": "neuron edit",
        "name": intervention.name,
        "neurons_by_layer": _plain_arrays(intervention.neurons_by_layer, "int64"),
        "amounts_by_layer": _plain_arrays(intervention.amounts_by_layer, "float32"),
        "mode": intervention.mode,
    }


def _plain_strength(strength: Strength) -> Plain:
    return {"amount": _number(strength.amount), "unit": strength.unit}


def _plain_scope(scope: Scope) -> Plain:
    return {"where": scope.where, "phrase": scope.phrase}


def _plain_arrays(by_layer: Mapping[int, Array], dtype: ArrayType) -> Plain:
    """Return arrays by layer, each as what it is known by."""
    plain: Plain = {}
    for layer, given in by_layer.items():
        array = _kept(given, dtype)
        shape: list[JsonValue] = list(array.shape)
        plain[str(layer)] = {"shape": shape, "dtype": dtype, "sha256": _digest(array)}
    return plain


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


def _arrays_of_part(part: Simple) -> list[Array]:
    """Return the arrays of one part, as they are written."""
    if isinstance(part, ValueVector):
        return [_kept(array, "float32") for array in part.vector_by_layer.values()]
    if isinstance(part, NeuronEdit):
        neurons = [_kept(array, "int64") for array in part.neurons_by_layer.values()]
        return neurons + [_kept(array, "float32") for array in part.amounts_by_layer.values()]
    return []


def _intervention(told: AnyDocument, arrays: Mapping[str, Array]) -> Intervention:
    """Return the intervention of a document that has the right form."""
    if isinstance(told, CombinedDocument):
        return Combined(tuple(_intervention(part, arrays) for part in told.parts))
    fields = told.model_dump(exclude={"kind"})
    if isinstance(told, RolePromptDocument):
        return RolePrompt(**fields)
    fields["scope"] = Scope(**fields["scope"])
    if isinstance(told, NeuronEditDocument):
        for name in ("neurons_by_layer", "amounts_by_layer"):
            fields[name] = _found(getattr(told, name), arrays)
        return NeuronEdit(**fields)
    fields["strength"] = Strength(**fields["strength"])
    if isinstance(told, SaeFeatureDocument):
        return SaeFeature(**fields)
    fields["vector_by_layer"] = _found(told.vector_by_layer, arrays)
    return ValueVector(**fields)


def _found(known: Mapping[int, ArrayDocument], arrays: Mapping[str, Array]) -> dict[int, Array]:
    """Return the arrays that a document names, each compared with its digest."""
    found = {}
    for layer, told in known.items():
        array = arrays.get(told.sha256)
        if array is None:
            raise FileError(
                "The arrays of an intervention lie beside its document, as *.safetensors",
                found=f"none with the digest {told.sha256[:12]}… for layer {layer}",
                remedy="copy both files together",
            )
        alike = (list(array.shape), array.dtype.name) == (told.shape, told.dtype)
        if not alike or _digest(np.ascontiguousarray(array)) != told.sha256:
            raise FileError(
                "An array of an intervention must be the one that its document names",
                found=f"another {array.dtype.name} array of shape {array.shape} at layer {layer}",
            )
        found[layer] = array
    return found


def _complaint(fault: ValidationError) -> str:
    """Return where a document first departs from its form, and how."""
    complaint = fault.errors()[0]
    place = ".".join(str(part) for part in complaint["loc"])
    return f"{place}: {complaint['msg']}" if place else complaint["msg"]
