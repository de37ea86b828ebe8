"""A study.yaml that does not fit ends in a sentence that names where, before anything is asked."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from causalvalues.errors import FileError, InputError, OptionError
from causalvalues.study.interview import Interview
from causalvalues.study.plan import Study, study_schema

ROOT = Path(__file__).parents[2]
STUDIES = sorted((ROOT / "experiments").glob("*/study*.yaml"))
BEGINNING = "name: trial\nmodel: {name: google/gemma-2b-it}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def interview_of(folder: Path, text: str) -> Interview:
    return Interview.of(Study.from_yaml(written(folder, BEGINNING + text)))


WRONG_KEYS_AND_VALUES = {
    "rolez: {}": r"rolez: no such key; there are also inventory, roles",
    "protocol: {ordres: [given]}": r"protocol\.ordres: no such key.*orders",
    "roles: {n_roles: '300'}": r"roles\.n_roles: must be a valid integer, not '300'",
    "roles: {n_roles: true}": r"roles\.n_roles: must be a valid integer",
    "roles: {n_roles: 0}": r"roles\.n_roles: must be greater than or equal to 1, not '0'",
    "roles: {traits: kang2024}": r"roles\.traits: .*'kang2025', not 'kang2024'",
    "roles: {design: traits, traits: {job: [yes, no]}}": r"roles\.traits: must be a valid string",
    "roles: [1]": r"roles: must be a mapping, not '\[1\]'",
    "settled: {level: 2}": r"settled\.level: must be less than or equal to 1",
    "settled: {level: '0.8'}": r"settled\.level: must be a valid number",
    "settled: {values: power}": r"settled\.values: must be a list or must be 'all', not 'power'",
    "protocol: {orders: given}": r"protocol\.orders: must be a list, not 'given'",
    "protocol: {scale: likert7}": r"protocol\.scale: must be 'yes-no', 'likert6'",
    "protocol: {scale: kang2025}": r"protocol\.scale",
    "protocol: {n_wordings: 0}": r"protocol\.n_wordings",
    "discovery: {algorithm: lingam}": r"discovery\.algorithm: must be 'pc', 'ges'",
    "discovery: {alpha: .nan}": r"discovery\.alpha: must be a finite number",
    "discovery: {seed: -1}": r"discovery\.seed",
    "discovery: {n_resamples: 1.5}": r"discovery\.n_resamples",
    "truth: known": r"truth: must be 'planted', not 'known'",
    "how: sampled": r"how: must be 'expected', 'choice' or 'text'",
    "roles: {n_roles: 0}\nhow: x\ntruth: y\nsettled: {level: 3}": r"; and 1 more",
    "roles: {}\nroles: {n_roles: 5}": r"the key 'roles' stands twice in line 4",
    "roles: {seed: 1, seed: 2}": r"the key 'seed' stands twice",
}
WHOLE_FILES = {
    "": "an empty file",
    "- a\n- b": "a list",
    "name: [": r"line 1",
    "\tname: x": "cannot start any token",
    "day: 2024-13-45": "month must be in",
    "[" * 4000: "nested deeper than 64",
    "name: trial": "model: must be given",
    "name: a b\nmodel: {name: m}": "name: must match pattern",
    "name: ../up\nmodel: {name: m}": "name: must match pattern",
    "name: trial\nmodel: google/gemma": "model: must be a mapping, not 'google/gemma'",
    "name: trial\nmodel: {name: ''}": r"model\.name: must have at least 1 character",
    "name: trial\nmodel: {name: m, dtype: int8}": r"model\.dtype",
}
CLASHES = {
    "settled: {}\nroles: {design: traits}": r"`settled`.*anchored or random.*design: traits",
    "settled: {values: [powr]}": r"`settled`.*names values of schwartz10.*Found: powr",
    "settled: {values: [power, power]}": r"`settled`.*each once",
    "settled: {values: []}": r"`settled`.*Found: none",
    "settled: {n_roles: 400}": r"`settled`.*some of the 300 roles.*400",
    "discovery: {contexts: joint}": r"`discovery`.*needs interventions.*no `settled`",
    "discovery: {contexts: observational}": r"`discovery`.*needs interventions",
    "discovery: {alpha: 1.5}": r"`discovery`.*`alpha` must be between 0 and 1",
    "discovery: {penalty: 0}": r"`discovery`.*`penalty` must be positive",
    "discovery: {algorithm: xges, engine: causal-learn}": r"`discovery`.*fast engine only",
    "settled: {}\ndiscovery: {algorithm: ges, engine: causal-learn}": r"`discovery`.*no contexts",
    "protocol: {preset: kang2025, orders: [given]}": r"`protocol`.*whole protocol.*Found: orders",
    "protocol: {preset: kang2025, scale: yes-no}": r"`protocol`.*Found: scale",
    "protocol: {orders: [given, given]}": r"`protocol`.*`orders` takes each of given, reversed",
    "protocol: {labels: []}": r"`protocol`.*`labels` takes each",
    "protocol: {n_wordings: 3}": r"`protocol`.*must have 3 wordings as portrait.*Found: 2",
    "protocol: {scale: pairwise}": r"`protocol`.*vary freely.*add up to the same sum",
    "inventory: kang18": r"`inventory`.*kang17, schwartz10.*'kang18'",
    "inventory: absent.yaml": r"`inventory`.*absent\.yaml.*No such file",
    "truth: planted\ninventory: kang17": r"`truth`.*values of schwartz10.*kang17",
    "how: text": r"`how`.*Found: text",
    "how: expected\nprotocol: {preset: kang2025}": r"`how`.*Found: expected",
    "roles: {design: file}": r"`roles`.*needs the `path`",
    "roles: {design: file, path: absent.csv}": r"`roles`.*absent\.csv",
    "roles: {path: roles.csv}": r"`path` belongs to `design: file`.*anchored",
    "roles: {traits: {job: [baker]}}": r"`traits` belongs to `design: traits`",
    "roles: {template: '{job}'}": r"`template` belongs to `design: traits`",
    "roles: {design: traits, n_roles: 5000}": r"`roles`.*combine to 832 roles",
    "roles: {design: traits, traits: {job: [a, a]}, template: '{job}'}": r"`job` must differ",
    "roles: {design: traits, traits: {job: [a, b]}, template: '{jb}'}": r"may name job",
    "roles: {design: traits, traits: {job: [a, b]}, template: '{job.x}'}": r"may name job",
    "roles: {design: traits, traits: {job: [a, b]}, template: '{job'}": r"names traits in braces",
    "roles: {design: traits, n_roles: 99, template: '{job}'}": r"its own text.*26 texts for 99",
    "roles: {n_roles: 13}": r"`roles`.*10 values need at least 14 roles.*Found: 13",
    "roles: {n_roles: 20}\ninventory: kang17": r"17 values need at least 21 roles",
    "roles: {first: 301}": r"at most the 300 roles of the study",
}
MODELS = {
    "{name: 'http://host:1/v1#m', dtype: bfloat16}": r"server runs it.*Found: dtype",
    "{name: 'https://host/v1#m', device: cuda, device_map: auto}": r"Found: device, device_map",
    "{name: organism/cat}": r"organism must be one of organism/gemma",
}


@pytest.mark.fault
@pytest.mark.parametrize("text", WRONG_KEYS_AND_VALUES)
def test_a_wrong_key_or_value_is_named_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError, match=WRONG_KEYS_AND_VALUES[text]) as found:
        interview_of(tmp_path, text)
    assert "study.yaml" in str(found.value)


@pytest.mark.fault
@pytest.mark.parametrize("text", WHOLE_FILES, ids=lambda text: text[:30])
def test_a_file_that_is_no_study_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError, match=WHOLE_FILES[text]) as found:
        Study.from_yaml(written(tmp_path, text))
    assert "\n" not in str(found.value)


@pytest.mark.fault
@pytest.mark.parametrize("text", CLASHES)
def test_parts_that_do_not_fit_are_named_before_anything_is_asked(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises((FileError, OptionError), match=CLASHES[text]) as found:
        interview_of(tmp_path, text)
    assert str(found.value).startswith("In `")


@pytest.mark.fault
@pytest.mark.parametrize("model", MODELS)
def test_options_that_a_model_does_not_have_are_named(tmp_path: Path, model: str) -> None:
    with pytest.raises(InputError, match=MODELS[model]):
        Interview.of(Study.from_yaml(written(tmp_path, f"name: trial\nmodel: {model}")))


@pytest.mark.fault
def test_a_path_that_is_no_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.yaml"):
        with pytest.raises(FileError, match=r"A study was expected at"):
            Study.from_yaml(path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(FileError, match=r"A study was expected at"):
        Study.from_yaml(binary)


@pytest.mark.fault
def test_an_inventory_must_ask_about_every_value_and_no_other(tmp_path: Path) -> None:
    source = ROOT / "causalvalues" / "survey" / "inventories" / "schwartz10.yaml"
    whole = yaml.safe_load(source.read_text(encoding="utf-8"))
    for change, said in (
        (lambda items: items.pop("power"), "without a question: power"),
        (lambda items: items.update(cunning=items["power"]), "unknown: cunning"),
    ):
        changed = json.loads(json.dumps(whole))
        change(changed["items"])
        (tmp_path / "items.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
        with pytest.raises(OptionError, match=said):
            interview_of(tmp_path, "inventory: items.yaml")


def test_relative_paths_start_from_the_folder_of_the_study(tmp_path: Path) -> None:
    lines = [f"r{place},You are person {place}." for place in range(30)]
    (tmp_path / "people.csv").write_text("\n".join(["id,text", *lines]), encoding="utf-8")
    text = "roles: {design: file, path: people.csv, n_roles: 20}"
    assert len(interview_of(tmp_path, text).groups[0].roles) == 20
    assert len(interview_of(tmp_path, text.replace(", n_roles: 20", "")).groups[0].roles) == 30
    with pytest.raises(OptionError, match="holds 30 roles"):
        interview_of(tmp_path, text.replace("20", "31"))


def test_a_trial_asks_the_first_roles_of_the_same_design(tmp_path: Path) -> None:
    study = Study.from_yaml(written(tmp_path, f"{BEGINNING}settled: {{n_roles: 50}}"))
    whole, trial = Interview.of(study), Interview.of(study.with_roles(30))
    assert trial.groups[0].roles == whole.groups[0].roles[:30]
    assert {len(group.roles) for group in trial.groups} == {30}
    assert {len(group.roles) for group in whole.groups} == {300, 50}
    assert whole.n_answers == (300 + 10 * 50) * 160


def test_another_model_is_loaded_by_default_options(tmp_path: Path) -> None:
    text = "name: trial\nmodel: {name: google/gemma-2b-it, dtype: bfloat16, revision: abc}"
    study = Study.from_yaml(written(tmp_path, text)).with_model("http://host:1/v1#m")
    Interview.of(study)
    assert study.model.dtype == "auto"
    assert study.model.revision is None
    with pytest.raises(OptionError, match="needs a name"):
        study.with_model("")


def test_what_is_left_empty_is_the_default(tmp_path: Path) -> None:
    assert interview_of(tmp_path, "roles:\nprotocol:\nsettled:\ndiscovery:").n_answers == 48_000


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_studies_of_the_experiments_fit_together(path: Path) -> None:
    study = Study.from_yaml(path)
    if not study.model.name.startswith("organism/"):
        assert Interview.of(study).n_answers > 0


def test_the_published_schema_is_current_and_admits_the_studies() -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "study.schema.json").read_text("utf-8"))
    assert schema == study_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in STUDIES:
        jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)


def test_every_key_is_explained_in_the_documentation() -> None:
    text = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    schema = study_schema()
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    for part in (schema, *definitions.values()):
        for key in part["properties"]:  # type: ignore[index,call-overload]
            assert re.search(rf"`{key}`", text), key
