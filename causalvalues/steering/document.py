"""`x.json` and, for its arrays, `x.safetensors`: an intervention that other programs can read.

    in the JSON   every number and text; an array by its shape, its type, and the SHA-256 of all
    beside it     the arrays, each under its SHA-256

A file names the digest of all that it says; one that was changed on purpose leaves it out.
Guarantee: `read_intervention` gives back what `write_intervention` was given; a file that is
damaged, changed or foreign is a named error. The digest is that of the JSON in canonical form: the
same content, and only that, gives the same digest, in whatever order its mappings were built.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from causalvalues.errors import FileError, InputError, OptionError
from causalvalues.provenance import canonical_json, digest_of_bytes, write_atomically
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.naming import name_of
from causalvalues.steering.plain import Array, plain, remade
from causalvalues.steering.schema import InterventionDocument

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


def digest_of(intervention: Intervention) -> str:
    """Return the SHA-256 of all that an intervention says, its arrays included."""
    return digest_of_bytes(canonical_json(to_dict(intervention)).encode())


def to_dict(intervention: Intervention) -> dict[str, JsonValue]:
    """Return an intervention as JSON, its arrays by digest; `arrays_of` has their numbers."""
    return {"schema": SCHEMA, "intervention": plain(intervention, {})}


def arrays_of(intervention: Intervention) -> dict[str, Array]:
    """Return every array of an intervention by its digest."""
    arrays: dict[str, Array] = {}
    plain(intervention, arrays)
    return arrays


def from_dict(
    document: Mapping[str, JsonValue], arrays: Mapping[str, Array] | None = None
) -> Intervention:
    """Return the intervention of a document, with its arrays by digest."""
    try:
        told = InterventionDocument.model_validate_json(json.dumps(document, allow_nan=False))
        found = remade(told.intervention, arrays or {})
    except ValidationError as fault:
        raise FileError(EXPECTED, found=_complaint(fault), remedy=REMEDY) from fault
    except (ValueError, TypeError, RecursionError) as fault:  # what is not JSON
        raise FileError(EXPECTED, found=str(fault), remedy=REMEDY) from fault
    except OptionError as fault:
        raise FileError(fault.expected, found=fault.found, remedy=REMEDY) from fault
    if told.sha256 not in (None, digest_of(found)):
        raise FileError(
            "An intervention must be the one whose digest its document names",
            found="another one: the document was damaged, or changed",
            remedy="write it again; leave out `sha256` if it was changed on purpose",
        )
    return found


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
    document = {**to_dict(intervention), "sha256": digest_of(intervention)}
    text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
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


def _complaint(fault: ValidationError) -> str:
    """Return where a document first departs from its form, and how."""
    complaint = fault.errors()[0]
    place = ".".join(str(part) for part in complaint["loc"])
    return f"{place}: {complaint['msg']}" if place else complaint["msg"]
