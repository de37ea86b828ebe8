"""A control is as large, at the same place, and knows nothing of the value."""

import numpy as np
import pytest
import torch
from hand_made import line, tuned

from causalvalues.leaderboard.controls import control_of
from causalvalues.methods.edit_norm import edit_norm
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    Probe,
    ProbeEdit,
    SaeFeature,
    ValueVector,
    gated,
)
from causalvalues.steering.where import Scope, Strength
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

ITEMS = inventory("schwartz10")
REQUESTS = [
    request_of(role, question, "system")
    for role in anchored_roles(ITEMS.system, 2, seed=5)
    for question in list(Protocol(orders=("given",)).questions(ITEMS))[:2]
]
RNG = np.random.default_rng(8)
GATE = Gate("any", WordDetector(np.ones(8, np.float32), 0.0))


class Axes:
    """A dictionary whose features are axes, each two long."""

    name, layer, digest = "axes", 2, "a1"

    def __init__(self, width: int) -> None:
        self.width = self.n_features = width

    def direction(self, feature: int) -> torch.Tensor:
        """One axis."""
        return 2 * torch.eye(self.width)[feature]


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    """An organism; nobody changes it."""
    return LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")


@pytest.fixture(scope="module")
def width(model: LanguageModel) -> int:
    """How wide the residual is."""
    return int(model.model.config.hidden_size)


def controlled(model: LanguageModel, intervention: Intervention, *, seed: int = 0) -> Intervention:
    """The control of an intervention."""
    known = {"axes": Axes(int(model.model.config.hidden_size))}
    found = control_of(model, known, REQUESTS, seed=seed)(tuned([0.3]).fitted, intervention)
    assert found is not None
    return found


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    """The cosine of the angle between two vectors."""
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def random_vector(width: int) -> np.ndarray:
    """Some vector."""
    return RNG.standard_normal(width).astype(np.float32)


def test_of_a_vector_it_is_another_direction_as_long(model: LanguageModel, width: int) -> None:
    own = ValueVector("v", {1: random_vector(width), 3: 2 * random_vector(width)}, Strength(1.5),
                      Scope("answering"), 0.5, GATE)  # fmt: skip
    found = controlled(model, own)
    assert isinstance(found, ValueVector)
    assert (found.strength, found.scope, found.share, found.gate) == (
        own.strength, own.scope, own.share, own.gate,
    )  # fmt: skip
    for layer, vector in own.vector_by_layer.items():
        other = found.vector_by_layer[layer]
        assert np.linalg.norm(other) == pytest.approx(np.linalg.norm(vector), rel=1e-5)
        assert abs(cosine(other, vector)) < 0.6


def test_of_a_feature_it_is_a_direction_as_long_as_what_is_added(model: LanguageModel) -> None:
    own = SaeFeature(
        "axes", 3, 2, Strength(1.5, "feature maximum"), scope=Scope("last"), observed_maximum=4.0
    )
    found = controlled(model, own)
    assert isinstance(found, ValueVector)
    (vector,) = found.vector_by_layer.values()
    assert found.strength.amount * np.linalg.norm(vector) == pytest.approx(1.5 * 4.0 * 2, rel=1e-5)
    assert (list(found.vector_by_layer), found.scope) == ([2], Scope("last"))


def test_of_an_edit_by_probes_it_is_as_large_at_every_layer(
    model: LanguageModel, width: int
) -> None:
    weights = {layer: random_vector(width) / width for layer in (1, 3)}
    probe = Probe("power", weights, dict.fromkeys(weights, -1.0), 0.99)
    own = gated(ProbeEdit("conva", (probe,), scope=Scope("answering")), GATE)
    found = controlled(model, own)
    assert isinstance(found, ValueVector)
    assert (found.scope, found.gate) == (Scope("answering"), GATE)
    size, other = edit_norm(model, own, REQUESTS), edit_norm(model, found, REQUESTS)
    assert other.by_layer == pytest.approx(size.by_layer, rel=0.02)
    assert size.value > 0
    for layer, vector in weights.items():
        assert abs(cosine(found.vector_by_layer[layer], vector)) < 0.6


def test_of_neurons_it_is_as_many_others_moved_as_far(model: LanguageModel) -> None:
    neurons, amounts = np.array([0, 3, 5]), np.array([1.0, -2.0, 3.0], dtype=np.float32)
    own = Combined(
        (
            NeuronEdit("up", {1: neurons}, {1: amounts}, site="gates", spared=0.5),
            NeuronEdit("shut", {1: np.array([7])}, {1: np.zeros(1, np.float32)}, "at most"),
        )
    )
    found = controlled(model, own)
    assert isinstance(found, Combined)
    for one, other in zip(own.parts, found.parts, strict=True):
        assert isinstance(one, NeuronEdit)
        assert isinstance(other, NeuronEdit)
        assert (one.mode, one.site, one.spared) == (other.mode, other.site, other.spared)
        assert np.array_equal(one.amounts_by_layer[1], other.amounts_by_layer[1])
        assert len(np.unique(other.neurons_by_layer[1])) == len(one.neurons_by_layer[1])
        assert not {0, 3, 5, 7} & set(other.neurons_by_layer[1].tolist())


def test_of_neurons_that_probes_move_it_is_others_too(model: LanguageModel) -> None:
    neurons = {2: np.array([1, 4])}
    probe = Probe("power", {2: np.ones(2, np.float32)}, {2: 0.0}, 0.9)
    own = ProbeEdit(
        "neva", (probe,), site="neurons", reads_by_layer=neurons, moves_by_layer=neurons
    )
    found = controlled(model, own)
    assert isinstance(found, ProbeEdit)
    assert found.probes == own.probes
    assert len(found.moves_by_layer[2]) == 2
    assert not {1, 4} & set(found.moves_by_layer[2].tolist())


def test_lines_have_none(model: LanguageModel, width: int) -> None:
    control = control_of(model, {}, REQUESTS, seed=0)
    told = line(1.0)
    both = Combined((told, ValueVector("v", {1: random_vector(width)})))
    assert [control(tuned([0.3]).fitted, each) for each in (told, both)] == [None, None]


def test_a_seed_gives_the_same_control_and_another_seed_another(
    model: LanguageModel, width: int
) -> None:
    own = ValueVector("v", {1: random_vector(width)})
    one, same, other = (controlled(model, own, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.vector_by_layer[1], same.vector_by_layer[1])
    assert not np.array_equal(one.vector_by_layer[1], other.vector_by_layer[1])
