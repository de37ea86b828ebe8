"""A fitted method as a file: what it does at its strongest, from which every other dose follows.

    conva, neva     P₀ of each probe                     caa   α, how often the vector is added
    sae             maxima of the feature                prompt   the lines of the nearest grade
    valuelocate     γ of what is opened; what is shut by the share γ / .6, at most whole

NAME.json holds method, value, doses, what fitting found, the interventions, and under "sha256" the
digest of all that; NAME.safetensors the arrays, each known by its own. Guarantee: a method that was
read from a file gives the same intervention at every dose as the one that was written, to the last
bit; a file that holds something else is a named error.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from causalvalues.errors import Fault, FileError
from causalvalues.methods.fitted import Fitted
from causalvalues.methods.valuelocate import LEAST
from causalvalues.provenance import canonical_json, digest_of_bytes, write_atomically
from causalvalues.steering.document import arrays_of, from_dict, to_dict
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    ProbeEdit,
    SaeFeature,
    Simple,
    ValueVector,
    parts_of,
)
from causalvalues.steering.plain import Array

__all__ = ["at_dose", "read_fitted", "write_fitted"]

SCHEMA = "causalvalues.fitted/2"
BEFORE = "causalvalues.fitted/1"  # without a digest


def write_fitted(fitted: Fitted, path: Path) -> list[Path]:
    """Return the files: the document, and the arrays if there are any."""
    doses = fitted.doses if fitted.scale == "steps" else fitted.doses[-1:]
    arrays: dict[str, Array] = {}
    told: dict[str, JsonValue] = {}
    for dose in doses:
        arrays |= arrays_of(fitted.at(dose))
        told[repr(dose)] = to_dict(fitted.at(dose))
    document: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "method": fitted.method,
        "value": fitted.value,
        "direction": fitted.direction,
        "doses": list(fitted.doses),
        "unit": fitted.unit,
        "scale": fitted.scale,
        "found": dict(fitted.found),
        "at": told,
    }
    document["sha256"] = _digest(document)
    written = []
    if arrays:
        beside = path.with_suffix(".safetensors")
        written.append(write_atomically(beside, save(dict(sorted(arrays.items())))))
    text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
    return [write_atomically(path, text + "\n"), *written]


def read_fitted(path: Path) -> Fitted:
    """Return the method in a file."""
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if document["schema"] not in (SCHEMA, BEFORE):
            raise ValueError(f"schema {document['schema']!r}")
        if document["schema"] == SCHEMA and document["sha256"] != _digest(document):
            raise ValueError("another content than its digest says: it was damaged, or changed")
        beside = path.with_suffix(".safetensors")
        arrays = load_file(beside) if beside.is_file() else {}
        known = {float(dose): from_dict(told, arrays) for dose, told in document["at"].items()}
        return Fitted(
            str(document["method"]),
            str(document["value"]),
            lambda dose: _given(known, dose),
            tuple(map(float, document["doses"])),
            str(document["unit"]),
            document["direction"],
            document["found"],
            document["scale"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as fault:
        raise FileError(
            f"A fitted method ({SCHEMA}) was expected at {path}",
            found=str(fault),
            remedy="remove it: it is fitted again",
        ) from fault


def at_dose(intervention: Intervention, dose: float) -> Intervention:
    """Return the intervention of a fitted method at another dose; lines stay as they are."""
    parts = tuple(_part_at(part, dose) for part in parts_of(intervention))
    return parts[0] if len(parts) == 1 else Combined(parts)


def _digest(document: Mapping[str, JsonValue]) -> str:
    """Return the digest of all that a document says, its digest aside."""
    told = {name: each for name, each in document.items() if name != "sha256"}
    return digest_of_bytes(canonical_json(told).encode())


def _given(known: Mapping[float, Intervention], dose: float) -> Intervention:
    """Return what is known at the nearest dose, the weaker where two are as near, at this one."""
    return at_dose(known[min(known, key=lambda each: abs(each - dose))], dose)


def _part_at(part: Simple, dose: float) -> Simple:
    """Return one part at another dose."""
    if isinstance(part, ProbeEdit):
        return replace(part, probes=tuple(probe.at(dose) for probe in part.probes))
    if isinstance(part, ValueVector | SaeFeature):
        return replace(part, strength=replace(part.strength, amount=dose))
    if isinstance(part, NeuronEdit):
        if part.mode not in ("add", "at most"):
            raise Fault("No method has such an edit of neurons", found=part.mode)
        return replace(part, share=dose if part.mode == "add" else min(1.0, dose / LEAST))
    return part
