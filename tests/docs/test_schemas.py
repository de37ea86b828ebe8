"""The published schemas are current, and what runs write and people lay out follows them."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from checked import EVIDENCE, ROOT, SCHEMAS, schema_of, validate, validate_run

from causalvalues import compare
from causalvalues.organism.world import planted_world, random_world

sys.path.insert(0, str(ROOT / "docs" / "making"))

from schemas import published

PACKAGE = ROOT / "causalvalues"
LAID_OUT = [
    *(("inventory", path) for path in (PACKAGE / "survey" / "inventories").glob("*.yaml")),
    *(("value-system", path) for path in (PACKAGE / "values").glob("*.yaml")),
    *(("contrast-pairs", path) for path in (PACKAGE / "contrasts/data/schwartz10").glob("*.yaml")),
    *(("insight", path) for path in (PACKAGE / "contrasts/data/insight").glob("*.yaml")),
    *(("sae-card", path) for path in (ROOT / "saes").glob("*.yaml")),
]


@pytest.mark.parametrize("name", sorted(published()))
def test_a_published_schema_is_current(name: str) -> None:
    written = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    assert written == published()[name], "run `python docs/making/schemas.py`"


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_a_schema_is_one_and_says_what_it_describes(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["description"]


@pytest.mark.parametrize(("name", "path"), LAID_OUT, ids=lambda each: getattr(each, "stem", each))
def test_the_files_of_the_package_follow_their_schema(name: str, path: Path) -> None:
    validate(yaml.safe_load(path.read_text(encoding="utf-8")), name)


def test_what_a_run_wrote_follows_its_schemas() -> None:
    held = validate_run(EVIDENCE)
    assert {"graph", "manifest", "stages", "candidates", "profiles"} <= held
    assert {"plan", "verdict", "intervention"} <= held


def test_a_comparison_follows_its_schema_where_a_measure_is_undefined_too() -> None:
    found, other = random_world(5, seed=1).graph(), random_world(5, seed=2).graph()
    document = compare(found, other, n_relabellings=20).to_dict()
    validate(document, "comparison")
    cyclic = {**document, "measures": [{**m, "value": None} for m in document["measures"]]}  # type: ignore[union-attr,dict-item]
    validate(cyclic, "comparison")
    with pytest.raises(jsonschema.ValidationError):
        validate({**document, "edges": [{"change": "vanished"}]}, "comparison")


def test_a_plan_without_its_reasons_is_refused() -> None:
    document = json.loads((EVIDENCE / "plan.json").read_text(encoding="utf-8"))
    validate(document, "plan")
    with pytest.raises(jsonschema.ValidationError, match="why"):
        validate({key: each for key, each in document.items() if key != "why"}, "plan")


def test_a_planted_graph_is_a_graph() -> None:
    from causalvalues.discovery.document import text_of_graph

    validate(json.loads(text_of_graph(planted_world().truth())), "graph")
    assert "nodes" in schema_of("graph")["required"]  # type: ignore[operator]
