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
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    RolePrompt,
    SaeFeature,
    Scope,
    Strength,
    ValueVector,
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
EVERY: list[Intervention] = [PROMPT, FEATURE, VECTOR, NEURONS, COMBINED]
NAMES = ["prompt", "feature", "vector", "neurons", "combined"]


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
    if isinstance(given, RolePrompt | SaeFeature):
        assert found == given
        assert from_dict(to_dict(given)) == given


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
