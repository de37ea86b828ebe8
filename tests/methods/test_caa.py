"""The mean difference of pairs, by running sums, added at some layers."""

import numpy as np
import pytest
import tiny_models
from few_pairs import PAIRS, Loaded, pairs_about

from causalvalues.errors import OptionError
from causalvalues.methods.caa import DOSES, caa, caa_by_layer, mean_differences
from causalvalues.methods.probing import probes_of
from causalvalues.models.conditions import Point
from causalvalues.models.last_tokens import last_tokens
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import scaled
from causalvalues.steering.where import Scope

MODELS = pytest.mark.parametrize("kind", ["gemma", "llama3", "qwen3"])
REQUESTS = tiny_models.requests()[3:6]


@MODELS
def test_it_is_the_mean_of_differences_within_pairs(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    found = mean_differences(model, PAIRS)
    assert list(found) == [0, 1, 2]
    for layer, vector in found.items():
        differences = []
        for pair in PAIRS:  # one text at a time
            rows = np.zeros((2, 32))
            for some in last_tokens(model, [pair.speaks_for, pair.speaks_against], [Point(layer)]):
                rows[some.places] = some.rows[Point(layer)]
            differences.append(rows[0] - rows[1])
        expected = np.mean(differences, axis=0)
        np.testing.assert_allclose(vector, expected, atol=1e-5 * np.abs(expected).max() + 1e-5)


def test_the_order_of_pairs_does_not_matter(loaded: Loaded) -> None:
    one = mean_differences(loaded("llama3"), PAIRS, layers=[1])[1]
    other = mean_differences(loaded("llama3"), PAIRS[::-1], layers=[1])[1]
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_exchanging_the_sides_turns_it_round_as_lowering_does(loaded: Loaded) -> None:
    model = loaded("gemma")
    up, down = (
        caa(model, PAIRS, value="power", layers=[1], direction=side).at(2.0)
        for side in ("raise", "lower")
    )
    np.testing.assert_array_equal(up.vector_by_layer[1], -down.vector_by_layer[1])


@MODELS
def test_a_dose_adds_the_vector_so_many_times_where_the_answer_begins(
    kind: str, loaded: Loaded
) -> None:
    model = loaded(kind)
    fitted = caa(model, PAIRS, value="power", layers=[1])
    vector = mean_differences(model, PAIRS, layers=[1])[1]
    plain = dict(model.residuals(REQUESTS, 1))
    for dose in (0.5, 3.0):
        for place, rows in model.residuals(REQUESTS, 1, edits=edits_of(fitted.at(dose), {})):
            assert np.array_equal(rows[:-1], plain[place][:-1])
            expected = plain[place][-1] + dose * vector
            np.testing.assert_allclose(rows[-1], expected, atol=1e-4 * np.abs(expected).max())


def test_at_strength_zero_nothing_changes(loaded: Loaded) -> None:
    model = loaded("llama3")
    edits = {"": None, "none": edits_of(scaled(caa(model, PAIRS, value="power").at(8.0), 0), {})}
    found = {(name, place): answer for name, place, answer in model.sweep(REQUESTS, edits)}
    assert all(found["", place] == found["none", place] for place in range(len(REQUESTS)))


def test_a_rule_chooses_the_layer_by_probes_known_or_new(loaded: Loaded) -> None:
    model = loaded("llama3")
    probes = probes_of(model, PAIRS)
    one, same = caa(model, PAIRS, value="power"), caa(model, PAIRS, value="power", probes=probes)
    assert one.found == same.found
    early = [probes[layer] for layer in (0, 1)]
    best = max(early, key=lambda probe: (probe.accuracy.value, -probe.loss))
    assert one.found["layers"] == str(best.layer)
    assert caa(model, PAIRS, value="power", layers="all").found["layers"] == "0 1 2"


def test_each_layer_alone_may_be_tried(loaded: Loaded) -> None:
    model = loaded("llama3")
    every = caa_by_layer(model, PAIRS, value="power", scope=Scope("all"))
    together = caa(model, PAIRS, value="power", layers="all").at(1.0)
    assert list(every) == [0, 1, 2]
    for layer, fitted in every.items():
        assert fitted.doses == DOSES
        assert fitted.at(1.0).scope == Scope("all")
        (own,) = fitted.at(1.0).vector_by_layer.items()
        assert own[0] == layer
        np.testing.assert_allclose(own[1], together.vector_by_layer[layer], atol=1e-6)


def test_pairs_of_another_value_are_left_out(loaded: Loaded) -> None:
    model, others = loaded("llama3"), pairs_about("security", "judge", "walks")
    one, same = (
        caa(model, pairs, value="power", layers=[0]).at(1.0).vector_by_layer[0]
        for pairs in (PAIRS, [*PAIRS, *others])
    )
    np.testing.assert_array_equal(one, same)
    with pytest.raises(OptionError, match="contrast pairs of it"):
        caa(model, PAIRS, value="tradition")
    with pytest.raises(OptionError, match="a contrast pair"):
        mean_differences(model, [])
