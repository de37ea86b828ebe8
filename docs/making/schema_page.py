"""The page that lists every JSON Schema in docs/schema, by what each says of itself."""

import json
from pathlib import Path

__all__ = ["SCHEMAS", "pages"]

SCHEMAS = Path(__file__).parents[1] / "schema"
INTRODUCTION = """# JSON Schemas

Every document of a run can be read by other programs, and checked before it is: these are JSON
Schemas (draft 2020-12). An editor that is told of `study.schema.json` completes a study file as it
is typed. [The files of a run](files.md) says which stage writes which.

| schema | what it describes |
|---|---|
"""


def pages() -> dict[str, str]:
    """Return the page by its place under docs/."""
    rows = [_row(path) for path in sorted(SCHEMAS.glob("*.schema.json"))]
    return {"schemas.md": INTRODUCTION + "\n".join(rows) + "\n"}


def _row(path: Path) -> str:
    """Return a schema's row of the table."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    said = str(schema.get("description") or schema.get("title") or "").split("\n\n")[0]
    told = " ".join(said.split()).replace("|", r"\|")
    return f"| [`{path.name}`](schema/{path.name}) | {told} |"
