"""A theory's signs, and observed effects and correlations held against them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalvalues.discovery.graph import Effect, ValueGraph
from causalvalues.discovery.reference import SignReference, circle_reference
from causalvalues.discovery.sign_agreement import sign_agreement
from causalvalues.errors import FileError, GraphError, OptionError

KEPT = Path(__file__).parents[2] / "graphs" / "reference" / "schwartz_circle.json"
TEN = circle_reference({f"v{i}": 36.0 * i for i in range(10)})


def effect(cause: str, caused: str, low: float, high: float, method: str = "ida") -> Effect:
    """An effect with a range."""
    return Effect(cause, caused, low, high, low, high, method)


def test_neighbours_go_together_opposites_apart_and_the_rest_is_open() -> None:
    assert TEN.signs[0].tolist() == [0, 1, 0, 0, -1, -1, -1, 0, 0, 1]
    assert TEN.strengths[0, 5] == pytest.approx(-1.0)
    assert np.array_equal(TEN.signs, TEN.signs.T)
    assert len(TEN.pairs(1)) == 10
    assert len(TEN.pairs(-1)) == 15
    assert len(TEN.pairs(0)) == 20


def test_values_in_one_wedge_are_neighbours() -> None:
    assert circle_reference({"conformity": 240.0, "tradition": 240.0}).signs[0, 1] == 1


def test_a_full_turn_changes_nothing() -> None:
    turned = circle_reference({f"v{i}": 36.0 * i + 360.0 + 17.0 for i in range(10)})
    assert np.array_equal(turned.signs, TEN.signs)


def test_a_reference_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        TEN.signs[0, 1] = -1


def test_the_kept_circle_reads_and_says_what_its_angles_say() -> None:
    circle = SignReference.from_json(KEPT)
    assert len(circle.names) == 10
    position = {name: i for i, name in enumerate(circle.names)}
    for first, second, sign in (
        ("security", "stimulation", -1),
        ("universalism", "power", -1),
        ("benevolence", "achievement", -1),
        ("benevolence", "universalism", 1),
        ("conformity", "tradition", 1),
        ("achievement", "power", 1),
    ):
        assert circle.signs[position[first], position[second]] == sign
    assert circle.source
    assert circle.licence


def test_a_reference_comes_back_byte_for_byte(tmp_path: Path) -> None:
    again = SignReference.from_json(KEPT)
    assert again.to_json(tmp_path / "again.json").read_bytes() == KEPT.read_bytes()


def test_a_reference_whose_signs_do_not_follow_from_its_angles_is_refused(tmp_path: Path) -> None:
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    document["positive"].append(document["negative"].pop())
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(FileError, match="follow from its angles"):
        SignReference.from_json(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(FileError, match="reference was expected"):
        SignReference.from_json(path)
    with pytest.raises(FileError, match="no such file"):
        SignReference.from_json(tmp_path / "none.json")


def test_a_reference_checks_its_angles() -> None:
    with pytest.raises(GraphError, match="finite"):
        circle_reference({"a": float("nan")})
    with pytest.raises(GraphError, match="values"):
        circle_reference({})
    with pytest.raises(OptionError, match="near_in_degrees"):
        circle_reference({"a": 0.0}, near_in_degrees=90.0)


def test_a_correlation_that_is_the_circle_agrees_beyond_chance() -> None:
    frame = pd.DataFrame(TEN.strengths, index=TEN.names, columns=TEN.names)
    outcome = sign_agreement(frame, TEN, n_relabellings=300)
    assert outcome.agreement.value == 1.0
    assert outcome.fit.value == pytest.approx(1.0)
    assert outcome.n_pairs == 25
    assert outcome.disagreeing == ()
    assert outcome.agreement.p_value is not None
    assert outcome.agreement.p_value < 0.05
    assert outcome.agreement.chance_mean is not None
    assert 0.3 < outcome.agreement.chance_mean < 0.7


def test_the_circle_turned_inside_out_never_agrees() -> None:
    frame = pd.DataFrame(-TEN.strengths, index=TEN.names, columns=TEN.names)
    outcome = sign_agreement(frame, TEN, n_relabellings=50)
    assert outcome.agreement.value == 0.0
    assert outcome.agreement.p_value == 1.0
    assert outcome.fit.value == pytest.approx(-1.0)
    assert len(outcome.disagreeing) == 25


def test_noise_agrees_about_as_often_as_chance() -> None:
    generator = np.random.default_rng(0)
    p_values = []
    for seed in range(40):
        rows = generator.standard_normal((50, 10))
        frame = pd.DataFrame(np.corrcoef(rows.T), index=TEN.names, columns=TEN.names)
        fit = sign_agreement(frame, TEN, n_relabellings=60, seed=seed).fit
        p_values.append(fit.p_value)
    assert 0.3 < np.mean(p_values) < 0.7  # type: ignore[arg-type]


def test_effects_whose_range_includes_zero_have_no_sign() -> None:
    effects = [
        effect("v0", "v1", 0.2, 0.4),  # neighbours, positive: agrees
        effect("v5", "v0", 0.1, 0.2),  # opposites, positive: disagrees
        effect("v0", "v9", -0.1, 0.3),  # unclear
        effect("v0", "v3", -0.3, -0.1),  # no prediction
    ]
    outcome = sign_agreement(effects, TEN, n_relabellings=20)
    assert outcome.n_pairs == 2
    assert outcome.agreement.value == 0.5
    assert outcome.disagreeing == (("v5", "v0"),)


def test_a_graph_brings_its_effects_and_values_unknown_to_the_theory_are_named() -> None:
    names = ["v0", "v1", "odd"]
    graph = ValueGraph.from_edges(names, [("v0", "v1"), ("odd", "v1")])
    effects = (effect("v0", "v1", 0.1, 0.2), effect("odd", "v1", 0.1, 0.2))
    outcome = sign_agreement(replace(graph, effects=effects), TEN, n_relabellings=5)
    assert outcome.left_out == ("odd",)
    assert outcome.n_pairs == 1
    assert outcome.to_dict()["n_pairs"] == 1
    assert outcome.fit.value is None
    with pytest.raises(GraphError, match="with effects"):
        sign_agreement(graph, TEN)


def test_of_several_effects_for_a_pair_one_must_be_chosen() -> None:
    effects = [effect("v0", "v1", 0.1, 0.2), effect("v0", "v1", -0.2, -0.1, "within")]
    with pytest.raises(OptionError, match="method"):
        sign_agreement(effects, TEN)
    assert sign_agreement(effects, TEN, method="ida", n_relabellings=0).agreement.value == 1.0
    assert sign_agreement(effects, TEN, method="within", n_relabellings=0).agreement.value == 0.0


def test_observations_the_theory_knows_nothing_of_are_an_error() -> None:
    with pytest.raises(GraphError, match="at least two"):
        sign_agreement([effect("x", "y", 0.1, 0.2)], TEN)
    frame = pd.DataFrame(np.eye(2), index=["v0", "v1"], columns=["v1", "v0"])
    with pytest.raises(GraphError, match="same names"):
        sign_agreement(frame, TEN)
