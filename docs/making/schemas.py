"""docs/schema: the JSON Schema of every document that has a form, written from its model.

    python docs/making/schemas.py      write them anew

Guarantee: a test compares what lies in docs/schema with what comes out here.
"""

import json
from pathlib import Path

import documents
from pydantic import BaseModel, JsonValue

from causalvalues.contrasts.insight import InsightFile
from causalvalues.contrasts.value_file import ValueFile
from causalvalues.discovery.document import graph_schema
from causalvalues.provenance import Manifest
from causalvalues.report.study_report.document import report_schema
from causalvalues.report.viewer.document import viewer_schema
from causalvalues.steering.cards import SaeCard
from causalvalues.steering.schema import InterventionDocument
from causalvalues.study.plan import study_schema
from causalvalues.values import ValueSystem

__all__ = ["SCHEMAS", "published", "text_of"]

SCHEMAS = Path(__file__).parents[1] / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[str, type[BaseModel]] = {
    "candidates": documents.CandidatesDocument,
    "comparison": documents.ComparisonDocument,
    "contrast-pairs": ValueFile,
    "effect-profile": documents.ProfileDocument,
    "insight": InsightFile,
    "intervention": InterventionDocument,
    "inventory": documents.InventoryDocument,
    "manifest": Manifest,
    "plan": documents.PlanDocument,
    "profiles": documents.ProfilesDocument,
    "sae-card": SaeCard,
    "stages": documents.StagesDocument,
    "value-system": ValueSystem,
    "verdict": documents.VerdictDocument,
}


def published() -> dict[str, dict[str, JsonValue]]:
    """Return the schemas that are written here, by the name of their file."""
    made = {name: model.model_json_schema(by_alias=True) for name, model in MODELS.items()}
    schemas = {f"{name}.schema.json": {"$schema": DIALECT, **each} for name, each in made.items()}
    return {
        **schemas,
        "graph.schema.json": graph_schema(),
        "report.schema.json": report_schema(),
        "study.schema.json": study_schema(),
        "viewer.schema.json": viewer_schema(),
    }


def text_of(schema: dict[str, JsonValue]) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in published().items():
        (SCHEMAS / name).write_text(text_of(schema), encoding="utf-8")
