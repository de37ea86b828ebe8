"""Interventions come back as they were written, have one digest, and damage is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from causalvalues.errors import FileError, OptionError
from causalvalues.steering.document import (
    arrays_of,
    digest_of,
    from_dict,
    name_of,
    read_intervention,
    to_dict,
    write_intervention,
)
from causalvalues.steering.gate import ClassifierDetector, Gate, ProbeDetector, WordDetector
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
    gated,
    gates_of,
    parts_of,
    scaled,
)

FLOATS = np.array([0.1, -2.5, 3e-8], dtype=np.float32)
PROMPT = RolePrompt("Rest “well”.\nAlways.", settles={"power": -0.4, "security": 0.8})
FEATURE = SaeFeature("organism-gemma", 17, 2, Strength(1.5), observed_maximum=3.25, sae_digest="ab")
VECTOR = ValueVector("power", {2: FLOATS, 0: 2 * FLOATS}, Strength(2.0, "residual norm"))
NEURONS = NeuronEdit(
    "rest",
    {1: np.array([4, 0])},
    {1: FLOATS[:2]},
    mode="at most",
    scope=Scope("phrase", " your values"),
)
COMBINED = Combined((PROMPT, Combined((VECTOR, FEATURE)), NEURONS))
GATES = replace(NEURONS, mode="add", site="gates", spared=0.25)
POWER = Probe("power", {2: FLOATS, 0: 3 * FLOATS}, {2: 0.5, 0: -1.25}, 0.9)
REST = Probe("rest", {2: FLOATS[::-1]}, {2: 0.125}, 0.7)
RESIDUAL = ProbeEdit("power and rest", (POWER, REST), solve="token", share=0.5)
PLACES = ProbeEdit(
    "rest",
    (REST,),
    site="neurons",
    reads_by_layer={2: np.array([5, 1, 9])},
    moves_by_layer={2: np.array([9, 5])},
    low_by_layer={2: -FLOATS[:2] - 3},
    high_by_layer={2: FLOATS[:2] + 3},
    scope=Scope("generated"),
)
BY_PROBE = Gate("about power", ProbeDetector(1, FLOATS, -0.5), 0.75)
BY_WORDS = Gate("about rest", WordDetector(2 * FLOATS, 0.25), state="open")
BY_CLASSIFIER = Gate(
    "about values", ClassifierDetector("owner/judge", "value", "abc"), 0.3, "closed"
)
EVERY: list[Intervention] = [
    PROMPT,
    FEATURE,
    VECTOR,
    NEURONS,
    COMBINED,
    GATES,
    RESIDUAL,
    PLACES,
    gated(FEATURE, BY_PROBE),
    gated(VECTOR, BY_WORDS),
    gated(GATES, BY_CLASSIFIER),
    Combined((PROMPT, gated(PLACES, BY_PROBE), Combined((gated(RESIDUAL, BY_WORDS), NEURONS)))),
]
NAMES = ["prompt", "feature", "vector", "neurons", "combined", "gates", "residual by probes"]
NAMES += ["neurons by probe", "gated feature", "gated vector", "gated gates", "gated parts"]

# What these had before probes and gates were known: stored answers are found under them.
DIGESTS = [
    "680ca69f2806bee30e990d316182c3e709a6114c7eea5f9cea96951aef994523",
    "4c16ec0987a26e5c57c4ac1fd1854220172c320df0755d4a07238c8e6a5e9c09",
    "d5e192011042b81f58b1e765c2ab379d823ccc061323c2d0eb5ca0881e36461e",
    "2795ef551485b985ee42975d73af058997dce452431f4b39dd40a9d8e0951ec1",
    "49db63510980991f0a1a7f26c99ee3cbc371fa4757d9fbadcce7f5ca138fcd5e",
]


@pytest.mark.parametrize("given", EVERY, ids=NAMES)
def test_an_intervention_comes_back_as_it_was_written(given: Intervention, tmp_path: Path) -> None:
    written = write_intervention(given, tmp_path / "x.json")
    names = ["x.json", "x.safetensors"] if arrays_of(given) else ["x.json"]
    assert [path.name for path in written] == names
    found = read_intervention(tmp_path / "x.json")
    assert type(found) is type(given)
    assert to_dict(found) == to_dict(given)
    assert digest_of(found) == digest_of(given)
    for name, array in arrays_of(given).items():
        assert np.array_equal(arrays_of(found)[name], array)
    if isinstance(given, RolePrompt | SaeFeature) and not gates_of(given):
        assert found == given
        assert from_dict(to_dict(given)) == given


def test_what_was_known_before_keeps_its_document_and_its_digest() -> None:
    assert [digest_of(each) for each in EVERY[:5]] == DIGESTS
    for given in EVERY[1:4]:
        document = to_dict(given)["intervention"]
        assert isinstance(document, dict)
        assert not {"gate", "site", "spared"} & set(document)
    both = scaled(gated(COMBINED, BY_PROBE), 1)
    assert digest_of(gated(both, None)) == DIGESTS[-1]


def test_gates_come_back_with_their_parts(tmp_path: Path) -> None:
    write_intervention(EVERY[-1], tmp_path / "x.json")
    found = read_intervention(tmp_path / "x.json")
    one, two = gates_of(found)
    assert (one.name, one.threshold, one.state) == ("about power", 0.75, "deciding")
    assert (two.name, two.threshold, two.state) == ("about rest", 0.5, "open")
    assert isinstance(one.detector, ProbeDetector)
    assert (one.detector.layer, one.detector.bias) == (1, -0.5)
    assert np.array_equal(one.detector.weights, FLOATS)
    assert isinstance(two.detector, WordDetector)
    places = list(parts_of(found))[1]
    assert isinstance(places, ProbeEdit)
    assert places.moves_by_layer[2].tolist() == [9, 5]
    assert not places.moves_by_layer[2].flags.writeable
    assert not one.detector.weights.flags.writeable
    (three,) = gates_of(from_dict(to_dict(EVERY[-2]), arrays_of(EVERY[-2])))
    assert three.detector == BY_CLASSIFIER.detector


def test_the_order_of_mappings_does_not_matter_to_the_digest() -> None:
    turned = replace(PROMPT, settles={"security": 0.8, "power": -0.4})
    assert digest_of(turned) == digest_of(PROMPT)
    turned_vector = replace(VECTOR, vector_by_layer={0: 2 * FLOATS, 2: FLOATS.astype(float)})
    assert digest_of(turned_vector) == digest_of(VECTOR)
    assert digest_of(replace(FEATURE, share=1)) == digest_of(FEATURE)
    assert digest_of(scaled(FEATURE, 0.0)) == digest_of(scaled(FEATURE, -0.0))


CHANGED: list[Intervention] = [
    replace(PROMPT, text="Rest."),
    replace(PROMPT, settles={"power": -0.4}),
    replace(PROMPT, place="start"),
    scaled(PROMPT, 0),
    replace(FEATURE, sae="organism-llama"),
    replace(FEATURE, feature=18),
    replace(FEATURE, layer=1),
    replace(FEATURE, strength=Strength(1.5, "feature maximum")),
    replace(FEATURE, strength=Strength(1.25)),
    replace(FEATURE, mode="clamp"),
    replace(FEATURE, mode="ablate"),
    replace(FEATURE, scope=Scope("last")),
    replace(FEATURE, observed_maximum=None),
    replace(FEATURE, sae_digest=""),
    scaled(FEATURE, 1 + 1e-15),
    replace(VECTOR, vector_by_layer={2: FLOATS, 1: 2 * FLOATS}),
    replace(VECTOR, vector_by_layer={2: np.nextafter(FLOATS, np.float32(1)), 0: 2 * FLOATS}),
    replace(VECTOR, name="rest"),
    replace(NEURONS, name="power"),
    replace(NEURONS, neurons_by_layer={1: np.array([0, 4])}),
    replace(NEURONS, amounts_by_layer={1: FLOATS[1:]}),
    replace(NEURONS, mode="set"),
    replace(NEURONS, scope=Scope("phrase", "your values")),
    replace(NEURONS, site="gates"),
    replace(GATES, spared=0.5),
    replace(GATES, site="neurons"),
    replace(RESIDUAL, name="power"),
    replace(RESIDUAL, probes=(REST, POWER)),
    replace(RESIDUAL, probes=(POWER,)),
    replace(RESIDUAL, probes=(POWER.at(0.8), REST)),
    replace(RESIDUAL, probes=(POWER.negated(), REST)),
    replace(RESIDUAL, probes=(replace(POWER, value="rest"), REST)),
    replace(RESIDUAL, probes=(replace(POWER, bias_by_layer={2: 0.5, 0: 0.0}), REST)),
    replace(RESIDUAL, solve="query"),
    replace(RESIDUAL, scope=Scope("all")),
    scaled(RESIDUAL, 2),
    replace(PLACES, reads_by_layer={2: np.array([1, 5, 9])}),
    replace(PLACES, moves_by_layer={2: np.array([5, 9])}),
    replace(PLACES, low_by_layer={2: -FLOATS[:2] - 4}),
    replace(PLACES, high_by_layer={2: FLOATS[:2] + 4}),
    replace(PLACES, low_by_layer={}, high_by_layer={}),
    *[
        gated(FEATURE, gate)
        for gate in (
            BY_WORDS,
            BY_CLASSIFIER,
            BY_PROBE.forced("open"),
            BY_PROBE.forced("closed"),
            replace(BY_PROBE, name="power"),
            replace(BY_PROBE, threshold=0.5),
            replace(BY_PROBE, detector=ProbeDetector(2, FLOATS, -0.5)),
            replace(BY_PROBE, detector=ProbeDetector(1, FLOATS, 0.5)),
            replace(BY_PROBE, detector=ProbeDetector(1, 2 * FLOATS, -0.5)),
            replace(BY_PROBE, detector=WordDetector(FLOATS, -0.5)),
            replace(BY_CLASSIFIER, detector=ClassifierDetector("owner/judge", "other", "abc")),
            replace(BY_CLASSIFIER, detector=ClassifierDetector("owner/judge", "value")),
            replace(BY_CLASSIFIER, detector=ClassifierDetector("owner/other", "value", "abc")),
        )
    ],
    Combined((PROMPT,)),
    Combined((FEATURE, PROMPT)),
    Combined((PROMPT, FEATURE)),
]


def test_other_content_has_another_digest() -> None:
    digests = [digest_of(each) for each in EVERY + CHANGED]
    assert len(set(digests)) == len(digests)


def test_arrays_of_like_bytes_are_kept_apart(tmp_path: Path) -> None:
    zeros = NeuronEdit(
        "zeros",
        {0: np.array([0]), 1: np.array([0, 1])},
        {0: np.zeros(1, np.float32), 1: np.zeros(2, np.float32)},
    )
    write_intervention(zeros, tmp_path / "x.json")
    assert to_dict(read_intervention(tmp_path / "x.json")) == to_dict(zeros)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (
            replace(FEATURE, strength=Strength(1.5, "feature maximum")),
            "organism-gemma:17 ×+1.5 max",
        ),
        (replace(FEATURE, mode="ablate"), "organism-gemma:17 ablated"),
        (scaled(replace(FEATURE, mode="clamp"), 0.5), "organism-gemma:17 clamped at +1.5 raw ×0.5"),
        (RolePrompt("…", settles={"power": -0.4}), "told: settles power=-0.4"),
        (RolePrompt("Rest  well."), "told: Rest well."),
        (scaled(VECTOR, -1), "vector power ×-2 norm"),
        (NEURONS, "neurons rest at most at 'your values'"),
        (Combined((FEATURE, RolePrompt("Rest."))), "organism-gemma:17 ×+1.5 raw + told: Rest."),
        (PLACES, "rest: rest to P 0.7 (generated)"),
        (RESIDUAL, "power and rest: power to P 0.9, rest to P 0.7 ×0.5 (answering)"),
    ],
)
def test_an_intervention_has_a_short_name(given: Intervention, name: str) -> None:
    assert name_of(given) == name


Change = Callable[[dict], object]  # type: ignore[type-arg]

DAMAGES: dict[str, Change] = {
    "schema": lambda d: d.update(schema="causalvalues.intervention/2"),
    "kind": lambda d: d["intervention"]["parts"][1].update(kind="wish"),
    "mode": lambda d: d["intervention"]["parts"][1].update(mode="shout"),
    "feature": lambda d: d["intervention"]["parts"][1].update(feature=True),
    "share": lambda d: d["intervention"]["parts"][0].update(share=0.5),
    "amount": lambda d: d["intervention"]["parts"][1]["strength"].update(amount=float("nan")),
    "extra": lambda d: d["intervention"]["parts"][1].update(extra=1),
    "scope": lambda d: d["intervention"]["parts"][1].pop("scope"),
    "parts": lambda d: d["intervention"].update(parts=[]),
}


@pytest.mark.fault
@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_document_is_an_error_with_its_name(what: str, tmp_path: Path) -> None:
    path, _ = write_intervention(Combined((PROMPT, FEATURE, VECTOR)), tmp_path / "x.json")
    document = json.loads(path.read_text("utf-8"))
    DAMAGES[what](document)
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(FileError, match=r"x\.json"):
        read_intervention(path)


PROBE_DAMAGES: dict[str, Change] = {
    "solve": lambda part: part.update(solve="once"),
    "site": lambda part: part.update(site="gates"),
    "probability": lambda part: part["probes"][0].update(probability=1.0),
    "probability as text": lambda part: part["probes"][0].update(probability="0.7"),
    "value": lambda part: part["probes"][0].pop("value"),
    "probes": lambda part: part.update(probes=[]),
    "bias": lambda part: part["probes"][0].update(bias_by_layer={"1": 0.0}),
    "layer": lambda part: part["probes"][0].update(bias_by_layer={"two": 0.0}),
    "reads": lambda part: part.update(reads_by_layer={}),
    "low": lambda part: part.update(low_by_layer={}),
    "scope": lambda part: part["scope"].update(where="answers"),
    "threshold": lambda part: part["gate"].update(threshold=1.5),
    "state": lambda part: part["gate"].update(state="ajar"),
    "detector": lambda part: part["gate"]["detector"].update(kind="oracle"),
    "gate's layer": lambda part: part["gate"]["detector"].update(layer=-1),
    "gate's extra": lambda part: part["gate"].update(extra=1),
}


@pytest.mark.fault
@pytest.mark.parametrize("what", PROBE_DAMAGES)
def test_a_damaged_edit_by_probes_is_an_error_with_its_name(what: str, tmp_path: Path) -> None:
    path, _ = write_intervention(gated(PLACES, BY_PROBE), tmp_path / "x.json")
    document = json.loads(path.read_text("utf-8"))
    PROBE_DAMAGES[what](document["intervention"])
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(FileError, match=r"x\.json"):
        read_intervention(path)


@pytest.mark.fault
@pytest.mark.parametrize("given", [gated(PLACES, BY_PROBE), gated(RESIDUAL, BY_WORDS)])
def test_each_array_of_probes_and_gates_that_is_damaged_is_named(
    given: Intervention, tmp_path: Path
) -> None:
    path, beside = write_intervention(given, tmp_path / "x.json")
    arrays = load_file(beside)
    for name, array in arrays.items():
        what = r"for (layer \d|a gate)"
        save_file({**arrays, name: array + 1}, beside)
        with pytest.raises(FileError, match=f"another {array.dtype} array .* {what}"):
            read_intervention(path)
        save_file({**arrays, name: array[:1]}, beside)
        with pytest.raises(FileError, match=what):
            read_intervention(path)
        save_file({other: each for other, each in arrays.items() if other != name}, beside)
        with pytest.raises(FileError, match=f"{name[:12]}.*{what}"):
            read_intervention(path)
    save_file(arrays, beside)
    assert digest_of(read_intervention(path)) == digest_of(given)


@pytest.mark.fault
@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"schema": 1}', "\x00", "[" * 100_000])
def test_what_is_no_document_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match="intervention"):
        read_intervention(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="intervention"):
        read_intervention(path)


@pytest.mark.fault
def test_arrays_that_are_absent_damaged_or_others_are_an_error(tmp_path: Path) -> None:
    path, beside = write_intervention(VECTOR, tmp_path / "x.json")
    whole, arrays = beside.read_bytes(), load_file(beside)
    beside.write_bytes(whole[:-3])
    with pytest.raises(FileError, match=r"whole: x\.safetensors"):
        read_intervention(path)
    save_file({name: array + 1 for name, array in arrays.items()}, beside)
    with pytest.raises(FileError, match="its document names"):
        read_intervention(path)
    save_file({name: array.astype(np.float64) for name, array in arrays.items()}, beside)
    with pytest.raises(FileError, match="its document names"):
        read_intervention(path)
    beside.unlink()
    with pytest.raises(FileError, match="copy both files"):
        read_intervention(path)
    with pytest.raises(FileError, match="no such file"):
        read_intervention(tmp_path / "y.json")


@pytest.mark.fault
def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="json"):
        write_intervention(PROMPT, tmp_path / "x.safetensors")
    huge = ValueVector("huge", {0: np.array([1e300])})
    with pytest.raises(OptionError, match="float32"):
        digest_of(huge)
    with pytest.raises(FileError, match="expected"):
        from_dict({"schema": float("inf")})


@pytest.mark.fault
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_an_intervention_holds_finite_numbers(number: float) -> None:
    for make in (
        lambda: RolePrompt("Rest.", settles={"power": number}),
        lambda: replace(FEATURE, observed_maximum=number),
        lambda: scaled(FEATURE, number),
        lambda: scaled(VECTOR, number),
        lambda: scaled(NEURONS, number),
    ):
        with pytest.raises(OptionError, match="finite"):
            make()


@pytest.mark.fault
def test_a_number_that_was_changed_in_a_document_is_noticed_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    write_intervention(RolePrompt("You are calm.", {"security": 0.4}), path)
    document = json.loads(path.read_text("utf-8"))
    document["intervention"]["settles"]["security"] = 0.6
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(FileError, match=r"line\.json.*leave out `sha256` if it was changed"):
        read_intervention(path)
    del document["sha256"]
    path.write_text(json.dumps(document), "utf-8")
    assert read_intervention(path) == RolePrompt("You are calm.", {"security": 0.6})
