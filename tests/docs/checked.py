"""The published schemas, and which file of a run follows which."""

import json
from pathlib import Path

import jsonschema

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schema"
EVIDENCE = ROOT / "docs" / "tutorials" / "data" / "handed-over"

SCHEMA_BY_FILE = {"planted.json": "graph"}  # where the name of a file does not say it


def schema_of(name: str) -> dict[str, object]:
    """A published schema by its short name."""
    path = SCHEMAS / f"{name}.schema.json"
    schema: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def validate(document: object, name: str) -> None:
    """Raise unless a document follows a published schema."""
    jsonschema.Draft202012Validator(schema_of(name)).validate(document)


def validate_run(folder: Path) -> set[str]:
    """The schemas that files of a run were held against; raises where one does not follow."""
    held = set()
    for path in sorted(folder.glob("*.json")):
        name = SCHEMA_BY_FILE.get(path.name, path.stem)
        if (SCHEMAS / f"{name}.schema.json").exists():
            validate(json.loads(path.read_text(encoding="utf-8")), name)
            held.add(name)
    return held
