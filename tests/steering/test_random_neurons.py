"""Random neurons stand where others stood: as many, at the same layers, others where there are."""

from dataclasses import replace

import numpy as np
import pytest
from kinds import ADD, BOUNDED, GATES, LAYER, NEURON_PROBES, NEURONS, PROBES, PROMPT, VECTOR

from causalvalues.errors import OptionError
from causalvalues.steering.controls import random_neurons
from causalvalues.steering.document import digest_of
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    ProbeEdit,
    parts_of,
)

N_NEURONS = 64
TWO_LAYERS = NeuronEdit(
    "rest",
    {0: np.array([3, 1]), 2: np.array([60, 1, 7])},
    {0: np.array([0.5, -1.0]), 2: np.array([1.0, 2.0, 3.0])},
    mode="set",
    share=0.5,
)


def only(given: Intervention) -> NeuronEdit:
    assert isinstance(given, NeuronEdit)
    return given


def test_other_neurons_are_edited_by_the_same_amounts() -> None:
    for given in (TWO_LAYERS, NEURONS, GATES):
        found = only(random_neurons(given, N_NEURONS, seed=3))
        assert list(found.neurons_by_layer) == list(given.neurons_by_layer)
        for layer, neurons in given.neurons_by_layer.items():
            drawn = found.neurons_by_layer[layer]
            assert len(np.unique(drawn)) == len(neurons)
            assert not set(drawn.tolist()) & set(neurons.tolist())
            assert ((drawn >= 0) & (drawn < N_NEURONS)).all()
            assert np.array_equal(found.amounts_by_layer[layer], given.amounts_by_layer[layer])
        kept = (given.mode, given.scope, given.share, given.site, given.spared)
        assert (found.mode, found.scope, found.share, found.site, found.spared) == kept


def test_a_seed_gives_the_same_and_another_seed_another() -> None:
    drawn = [digest_of(random_neurons(TWO_LAYERS, N_NEURONS, seed=seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_neuron_that_is_not_its_own_is_drawn_about_as_often() -> None:
    given = NeuronEdit("one", {1: np.array([4])}, {1: np.array([1.0])})
    drawn = [
        int(only(random_neurons(given, 8, seed=seed)).neurons_by_layer[1][0])
        for seed in range(1400)
    ]
    counts = np.bincount(drawn, minlength=8)
    assert counts[4] == 0
    assert (np.abs(np.delete(counts, 4) - 200) < 5 * np.sqrt(200)).all()


def test_what_is_read_and_what_moves_stay_together_with_their_weights_and_bounds() -> None:
    for given in (NEURON_PROBES, BOUNDED):
        found = random_neurons(given, N_NEURONS, seed=1)
        assert isinstance(found, ProbeEdit)
        reads, own = found.reads_by_layer[LAYER].tolist(), given.reads_by_layer[LAYER].tolist()
        assert not set(reads) & set(own)
        at = [own.index(neuron) for neuron in given.moves_by_layer[LAYER].tolist()]
        assert found.moves_by_layer[LAYER].tolist() == [reads[place] for place in at]
        assert found.probes == given.probes
        for side in ("low_by_layer", "high_by_layer"):
            assert getattr(found, side).keys() == getattr(given, side).keys()
            for layer, bounds in getattr(given, side).items():
                assert np.array_equal(getattr(found, side)[layer], bounds)


def test_parts_of_one_edit_are_replaced_by_the_same_others_and_the_rest_stays() -> None:
    same = replace(NEURONS, mode="at most")
    found = random_neurons(Combined((PROMPT, NEURONS, VECTOR, ADD, PROBES, same)), 64, seed=0)
    prompt, one, vector, feature, probes, two = parts_of(found)
    assert (prompt, vector, feature, probes) == (PROMPT, VECTOR, ADD, PROBES)
    assert isinstance(one, NeuronEdit)
    assert isinstance(two, NeuronEdit)
    assert np.array_equal(one.neurons_by_layer[LAYER], two.neurons_by_layer[LAYER])
    assert one.name == "random for rest"


def test_overlapping_parts_take_none_of_each_other() -> None:
    one = NeuronEdit("one", {1: np.array([0, 1])}, {1: np.ones(2)})
    two = NeuronEdit("two", {1: np.array([1, 2])}, {1: np.ones(2)})
    for seed in range(20):
        parts = list(parts_of(random_neurons(Combined((one, two)), 6, seed=seed)))
        drawn = [only(part).neurons_by_layer[1].tolist() for part in parts]
        assert set(drawn[0]) | set(drawn[1]) == {3, 4, 5}
        assert drawn[0][1] == drawn[1][0]


def test_where_more_than_half_are_taken_all_may_be_drawn() -> None:
    own = np.arange(5)
    given = NeuronEdit("most", {1: own}, {1: np.ones(5)})
    drawn = [only(random_neurons(given, 8, seed=s)).neurons_by_layer[1] for s in range(60)]
    assert all(len(np.unique(each)) == 5 for each in drawn)
    assert set(np.concatenate(drawn).tolist()) == set(range(8))


@pytest.mark.fault
def test_what_stands_for_no_neurons_of_a_model_is_an_error() -> None:
    with pytest.raises(OptionError, match=r"40 neurons.*neuron 6\d"):
        random_neurons(TWO_LAYERS, 40, seed=0)
    for given in (PROMPT, VECTOR, ADD, PROBES):
        with pytest.raises(OptionError, match="stand for neurons"):
            random_neurons(given, N_NEURONS, seed=0)
