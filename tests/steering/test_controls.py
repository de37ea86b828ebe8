"""Controls are as large as what they control, at the same place, and point elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from fake_dictionary import FakeDictionary
from kinds import ABLATE, ADD, CLAMP, KNOWN, NEURONS, PROMPT, VECTOR

from causalvalues.errors import OptionError
from causalvalues.steering.controls import N_ALIKE, random_feature, random_vector
from causalvalues.steering.document import digest_of
from causalvalues.steering.feature_activity import FeatureActivity
from causalvalues.steering.intervention import (
    Combined,
    SaeFeature,
    Scope,
    Strength,
    ValueVector,
    parts_of,
)

FAKE = FakeDictionary(layer=1, n_features=64)
FREQUENCY = np.array([0.5**n for n in range(60)] + [0.0] * 4)
ACTIVITY = FeatureActivity(
    "fake", 1, FAKE.digest, 100, np.arange(1.0, 65.0), FREQUENCY, FREQUENCY, ("r",), FREQUENCY[None]
)
LIKE = SaeFeature("fake", 30, 1, Strength(2.0, "feature maximum"), observed_maximum=31.0)


class Stretched(FakeDictionary):
    """Directions of different lengths."""

    def direction(self, feature: int):  # type: ignore[no-untyped-def]
        return super().direction(feature) * (1 + feature)


def added(feature: SaeFeature, dictionary: FakeDictionary) -> float:
    """How long a vector is added."""
    maximum = feature.observed_maximum if feature.strength.unit == "feature maximum" else 1.0
    return float(feature.strength.amount * maximum * dictionary.direction(feature.feature).norm())


def test_a_random_feature_is_active_about_as_often_and_adds_as_much() -> None:
    dictionary = Stretched(layer=1, n_features=64)
    drawn = [random_feature(dictionary, ACTIVITY, LIKE, seed=seed) for seed in range(40)]
    chosen = {each.feature for each in drawn}
    assert 8 < len(chosen) <= N_ALIKE
    assert chosen <= set(range(30 - N_ALIKE // 2, 31 + N_ALIKE // 2)) - {30}
    for each in drawn:
        assert added(each, dictionary) == pytest.approx(added(LIKE, dictionary))
        assert (each.sae, each.layer, each.scope) == (LIKE.sae, LIKE.layer, LIKE.scope)
        assert each.observed_maximum == ACTIVITY.maximum[each.feature]
    again = random_feature(dictionary, ACTIVITY, LIKE, seed=3)
    assert again == drawn[3]


def test_a_random_feature_is_none_that_was_left_out_or_never_active() -> None:
    but = set(range(64)) - {30, 40, 62}
    drawn = {random_feature(FAKE, ACTIVITY, LIKE, seed=s, but=but).feature for s in range(5)}
    assert drawn == {40}
    with pytest.raises(OptionError, match="about as often"):
        random_feature(FAKE, ACTIVITY, LIKE, seed=0, but=range(62))
    dead = SaeFeature("fake", 62, 1, Strength(1.0))
    with pytest.raises(OptionError, match="about as often"):
        random_feature(FAKE, ACTIVITY, dead, seed=0)


def test_strengths_that_are_relative_stay_so() -> None:
    clamp = SaeFeature("fake", 30, 1, Strength(2.0, "feature maximum"), "clamp", observed_maximum=1)
    found = random_feature(FAKE, ACTIVITY, clamp, seed=0)
    assert found.strength == clamp.strength
    assert found.observed_maximum == ACTIVITY.maximum[found.feature]
    in_norms = SaeFeature("fake", 30, 1, Strength(0.3, "residual norm"))
    assert random_feature(FAKE, ACTIVITY, in_norms, seed=0).strength == in_norms.strength


def only(intervention: object) -> ValueVector:
    assert isinstance(intervention, ValueVector)
    return intervention


def test_a_random_vector_is_as_long_at_the_same_place() -> None:
    feature = SaeFeature("fake", 3, 1, Strength(6.0), scope=Scope("last"), share=0.5)
    found = only(random_vector(feature, KNOWN, seed=1))
    (vector,) = found.vector_by_layer.values()
    assert list(found.vector_by_layer) == [1]
    assert (found.strength, found.scope, found.share) == (Strength(6.0), Scope("last"), 0.5)
    direction = KNOWN["fake"].direction(3).numpy()
    assert np.linalg.norm(vector) == pytest.approx(np.linalg.norm(direction), rel=1e-5)
    assert abs(vector @ direction) < 0.6
    assert digest_of(found) == digest_of(random_vector(feature, KNOWN, seed=1))
    assert digest_of(found) != digest_of(random_vector(feature, KNOWN, seed=2))


def test_every_mode_of_a_feature_has_a_control() -> None:
    assert only(random_vector(CLAMP, KNOWN, seed=0)).strength == Strength(6.0)  # 2 maxima of 3
    known = replace(ABLATE, observed_maximum=3.0)
    assert only(random_vector(known, KNOWN, seed=0)).strength == Strength(-3.0)
    with pytest.raises(OptionError, match="observed maximum"):
        random_vector(ABLATE, KNOWN, seed=0)
    norms = replace(ADD, strength=Strength(0.2, "residual norm"))
    assert only(random_vector(norms, KNOWN, seed=0)).strength == norms.strength


def test_vectors_keep_their_layers_lengths_and_units_and_lines_are_told() -> None:
    found = list(parts_of(random_vector(Combined((PROMPT, VECTOR, ADD)), KNOWN, seed=0)))
    assert found[0] == PROMPT
    control = only(found[1])
    assert (control.strength, control.scope) == (VECTOR.strength, VECTOR.scope)
    drawn = list(control.vector_by_layer.values())
    for layer, vector in VECTOR.vector_by_layer.items():
        own = np.linalg.norm(control.vector_by_layer[layer])
        assert own == pytest.approx(np.linalg.norm(vector), rel=1e-5)
    assert not np.allclose(drawn[0], -drawn[1])
    assert len(found) == 3


@pytest.mark.fault
def test_what_has_no_direction_has_no_random_vector() -> None:
    with pytest.raises(OptionError, match="neurons"):
        random_vector(NEURONS, KNOWN, seed=0)
    with pytest.raises(OptionError, match="lines only"):
        random_vector(PROMPT, KNOWN, seed=0)
    with pytest.raises(OptionError, match="dictionary"):
        random_vector(ADD, {}, seed=0)
