"""An edit is as large as what it changes of the residual, layer by layer, where it acts."""

import math

import numpy as np
import pytest
import tiny_models
from few_pairs import PAIRS, Loaded

from causalvalues.errors import OptionError
from causalvalues.methods.caa import caa
from causalvalues.methods.conva import conva
from causalvalues.methods.edit_norm import EditNorm, answered, edit_norm, edit_norms
from causalvalues.methods.norm_matching import dose_reaching, norm_matched
from causalvalues.methods.prompt import value_prompt
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.edits import edits_of
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    RolePrompt,
    ValueVector,
    gated,
    scaled,
)
from causalvalues.steering.where import Scope, Strength
from causalvalues.values import schwartz10

REQUESTS = answered(tiny_models.requests()[:6], ["a"] * 6)  # one token: prompts are all there is
MODELS = pytest.mark.parametrize("kind", ["gemma", "gemma2", "llama3"])
RNG = np.random.default_rng(2)
GATE = Gate("any", WordDetector(np.ones(8, np.float32), 0.0))

VECTOR = ValueVector(
    "v", {0: RNG.standard_normal(32).astype(np.float32), 2: np.ones(32, np.float32)}
)
NEURONS = NeuronEdit(
    "n", {1: np.arange(24)}, {1: RNG.standard_normal(24).astype(np.float32)}, scope=Scope("last")
)
GATES = NeuronEdit("g", {0: np.arange(9)}, {0: np.ones(9, np.float32)}, site="gates", spared=0.5)


def by_hand(model: LanguageModel, intervention: Intervention) -> dict[int, float]:
    """The mean of ‖Δh‖ / ‖h‖ at each layer from what the model says inside, prompt by prompt."""
    moves = edits_of(intervention, {})
    found = {}
    for layer in sorted({move.layer for move in moves}):
        everywhere = any(move.scope == Scope() for move in moves if move.layer == layer)
        ratios: list[float] = []
        for request in REQUESTS:
            (one,), (other,) = (
                [rows for _, rows in model.residuals([request], layer, edits=edits)]
                for edits in (
                    [move for move in moves if move.layer < layer],
                    [move for move in moves if move.layer <= layer],
                )
            )
            own = one if everywhere else one[-1:]
            lengths = np.linalg.norm(other[-len(own) :] - own, axis=1)
            ratios += (lengths / np.linalg.norm(own, axis=1)).tolist()
        found[layer] = float(np.mean(ratios))
    return found


@MODELS
@pytest.mark.parametrize(
    "intervention",
    [VECTOR, NEURONS, GATES, gated(scaled(NEURONS, 3), GATE), Combined((GATES, VECTOR, NEURONS))],
)
def test_it_is_the_share_by_which_the_residual_changes_at_each_layer(
    kind: str, intervention: Intervention, loaded: Loaded
) -> None:
    model = loaded(kind)
    norm = edit_norm(model, intervention, REQUESTS)
    assert norm.by_layer == pytest.approx(by_hand(model, intervention), rel=1e-4)
    assert norm.value == pytest.approx(math.hypot(*norm.by_layer.values()))
    assert not norm.unscored


@MODELS
def test_a_vector_at_one_layer_is_so_large_as_it_is_long(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    vector = ValueVector("v", {1: VECTOR.vector_by_layer[0]}, Strength(2.5), Scope("last"))
    length = 2.5 * float(np.linalg.norm(VECTOR.vector_by_layer[0]))
    norm = edit_norm(model, vector, REQUESTS)
    assert norm.length_by_layer == {1: pytest.approx(length, rel=1e-4)}
    own = [np.linalg.norm(rows[-1]) for _, rows in model.residuals(REQUESTS, 1)]
    assert norm.value == pytest.approx(float(np.mean(length / np.array(own))), rel=1e-4)
    in_norms = ValueVector("v", {1: vector.vector_by_layer[1]}, Strength(0.3, "residual norm"))
    assert edit_norm(model, in_norms, REQUESTS).value == pytest.approx(0.3, rel=1e-4)


def test_a_probe_edit_is_as_large_as_the_gap_it_closes(loaded: Loaded) -> None:
    model = loaded("llama3")
    fitted = conva(model, PAIRS, value="power", layers=[1])
    (probe,) = fitted.at(0.99).probes
    weights = probe.weights_by_layer[1].astype(np.float64)
    sizes = []
    for _, rows in model.residuals(REQUESTS, 1):
        gap = math.log(99) - weights @ rows[-1] - probe.bias_by_layer[1]
        sizes.append(max(0.0, gap) / np.linalg.norm(weights) / np.linalg.norm(rows[-1]))
    found = edit_norm(model, fitted.at(0.99), REQUESTS)
    assert found.n_tokens == len(REQUESTS)
    assert found.value == pytest.approx(float(np.mean(sizes)), rel=1e-3)


def test_what_changes_nothing_is_exactly_nothing(loaded: Loaded) -> None:
    every = [scaled(each, 0) for each in (VECTOR, NEURONS, GATES, Combined((VECTOR, GATES)))]
    assert [norm.value for norm in edit_norms(loaded("gemma"), every, REQUESTS)] == [0.0] * 4


def test_several_are_measured_at_once_as_each_alone(loaded: Loaded) -> None:
    model, every = loaded("llama3"), [VECTOR, NEURONS, Combined((GATES, VECTOR)), GATES]
    together = edit_norms(model, every, REQUESTS)
    for norm, each in zip(together, every, strict=True):
        alone = edit_norm(model, each, REQUESTS)
        assert norm.by_layer == pytest.approx(alone.by_layer, rel=1e-5)
        assert norm.n_tokens == alone.n_tokens


def test_requests_count_alike_alone_and_among_others(loaded: Loaded) -> None:
    model = loaded("gemma")
    one, two = (edit_norm(model, NEURONS, some).value for some in (REQUESTS[:1], REQUESTS[1:2]))
    both = edit_norm(model, NEURONS, REQUESTS[:2]).value
    assert both == pytest.approx((one + two) / 2, rel=1e-4)
    assert edit_norm(model, NEURONS, REQUESTS[:2] * 2).value == pytest.approx(both, rel=1e-4)


def test_lines_have_no_size_inside(loaded: Loaded) -> None:
    told = value_prompt(schwartz10(), value="power").at(3)
    alone, mixed, edit = edit_norms(
        loaded("gemma"), [told, Combined((told, VECTOR)), VECTOR], REQUESTS
    )
    assert math.isnan(alone.value)
    assert math.isnan(mixed.value)
    assert "lines" in alone.unscored
    assert edit.value > 0
    assert isinstance(told, RolePrompt)


def test_written_tokens_are_measured_where_an_answer_is_told(loaded: Loaded) -> None:
    model = loaded("llama3")
    written = ValueVector("v", {1: VECTOR.vector_by_layer[0]}, scope=Scope("generated"))
    silent = edit_norm(model, written, REQUESTS)
    assert math.isnan(silent.value)
    assert "none of its tokens" in silent.unscored
    told = answered(REQUESTS, [" I like quiet mornings."] * len(REQUESTS))
    assert edit_norm(model, written, told).n_tokens > len(REQUESTS)
    everywhere = edit_norm(model, ValueVector("v", written.vector_by_layer), REQUESTS).n_tokens
    both = edit_norm(model, ValueVector("v", written.vector_by_layer), told).n_tokens
    assert both == everywhere + edit_norm(model, written, told).n_tokens


def test_without_requests_nothing_is_measured(loaded: Loaded) -> None:
    with pytest.raises(OptionError, match="on requests"):
        edit_norm(loaded("gemma"), VECTOR, [])


@MODELS
@pytest.mark.parametrize("what", ["vector", "probes", "neurons"])
def test_a_random_vector_is_as_large_at_every_layer(kind: str, what: str, loaded: Loaded) -> None:
    model = loaded(kind)
    intervention: Intervention = {
        "vector": lambda: VECTOR,
        "probes": lambda: conva(model, PAIRS, value="power", layers=[0, 1], gate=GATE).at(0.999),
        "neurons": lambda: NEURONS,
    }[what]()
    own = edit_norm(model, intervention, REQUESTS)
    control = norm_matched(model, intervention, REQUESTS, seed=3)
    found = edit_norm(model, control, REQUESTS)
    assert found.by_layer == pytest.approx(own.by_layer, rel=0.02)
    assert control.scope == intervention.scope
    assert control.gate is intervention.gate
    again, other = (norm_matched(model, intervention, REQUESTS, seed=seed) for seed in (3, 4))
    for layer, vector in control.vector_by_layer.items():
        assert np.array_equal(vector, again.vector_by_layer[layer])
        assert not np.allclose(vector, other.vector_by_layer[layer])


def test_a_control_may_be_of_another_size(loaded: Loaded) -> None:
    model = loaded("llama3")
    half = norm_matched(model, VECTOR, REQUESTS, to=edit_norm(model, VECTOR, REQUESTS).value / 2)
    own, found = (edit_norm(model, each, REQUESTS) for each in (VECTOR, half))
    assert found.by_layer == pytest.approx({k: v / 2 for k, v in own.by_layer.items()}, rel=0.02)
    named = norm_matched(model, VECTOR, REQUESTS, to=EditNorm(0.2, {1: 0.2}))
    assert edit_norm(model, named, REQUESTS).by_layer == {1: pytest.approx(0.2, rel=0.02)}


def test_what_has_no_size_has_no_control(loaded: Loaded) -> None:
    model, told = loaded("gemma"), value_prompt(schwartz10(), value="power")
    with pytest.raises(OptionError, match="lines"):
        norm_matched(model, told.at(1), REQUESTS)
    with pytest.raises(OptionError, match="changes nothing"):
        norm_matched(model, scaled(VECTOR, 0), REQUESTS)
    with pytest.raises(OptionError, match="different ways"):
        norm_matched(model, Combined((VECTOR, NEURONS)), REQUESTS)
    with pytest.raises(OptionError, match="one of an edit"):
        dose_reaching(model, told, 0.2, REQUESTS)


@pytest.mark.parametrize("asked", [0.05, 0.4, 2.0])
def test_a_dose_reaches_the_norm_that_is_asked(asked: float, loaded: Loaded) -> None:
    model = loaded("llama3")
    fitted = caa(model, PAIRS, value="power", layers=[0, 1])
    dose = dose_reaching(model, fitted, asked, REQUESTS)
    assert edit_norm(model, fitted.at(dose), REQUESTS).value == pytest.approx(asked, rel=0.01)


def test_a_probability_reaches_a_norm_within_what_it_can(loaded: Loaded) -> None:
    model = loaded("llama3")
    fitted = conva(model, PAIRS, value="power", layers=[0, 1])
    ends = [edit_norm(model, fitted.at(dose), REQUESTS).value for dose in (0.6, 0.999999)]
    for asked in (ends[0], sum(ends) / 2, ends[1]):
        dose = dose_reaching(model, fitted, asked, REQUESTS)
        assert edit_norm(model, fitted.at(dose), REQUESTS).value == pytest.approx(asked, rel=0.01)
    with pytest.raises(OptionError, match="lies between"):
        dose_reaching(model, fitted, 100 * ends[1], REQUESTS)


def test_norms_grow_with_the_dose(loaded: Loaded) -> None:
    model = loaded("gemma")
    for fitted in (
        caa(model, PAIRS, value="power", layers=[0, 1]),
        conva(model, PAIRS, value="power", layers=[0, 1]),
    ):
        norms = edit_norms(model, [fitted.at(dose) for dose in fitted.doses], REQUESTS)
        values = [norm.value for norm in norms]
        assert values == sorted(values)
        assert values[0] < values[-1]
