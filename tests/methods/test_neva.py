"""A value's own neurons are found where they were planted, and moved no further than was seen."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pytest
import tiny_models
from few_pairs import Loaded, pairs_about
from numpy.typing import NDArray

from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction
from causalvalues.methods.neuron_probes import (
    NeuronProbe,
    NeuronProbes,
    neuron_probe,
    neuron_probes,
    writing_of,
)
from causalvalues.methods.neuron_selection import (
    least_kept,
    ranks_of,
    rivals_of,
    selective,
    strongest,
)
from causalvalues.methods.neva import DOSES, METHOD, Way, neva
from causalvalues.methods.probing import Split, split_of
from causalvalues.models.conditions import Point
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.last_tokens import last_tokens
from causalvalues.organism.contrasts import organism_contrasts
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.surveying import sitting_of
from causalvalues.organism.world import planted_world
from causalvalues.steering.controls import random_neurons
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import Intervention, ProbeEdit, scaled
from causalvalues.steering.where import Scope
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles
from causalvalues.values import schwartz10

Floats = NDArray[np.floating]

MODELS = pytest.mark.parametrize("kind", ["gemma", "llama3", "qwen3"])
REQUESTS = tiny_models.requests()
FREE = [replace(request, options=()) for request in REQUESTS]
N_PAIRS, N_NEURONS = 60, 30


def test_the_strongest_of_all_layers_are_kept_ties_in_order() -> None:
    scores = {2: np.array([0.5, 3.0, 0.0]), 0: np.array([3.0, -4.0, 1.0, 3.0])}
    assert {k: v.tolist() for k, v in strongest(scores, 3).items()} == {0: [0, 3], 2: [1]}
    assert {k: v.tolist() for k, v in strongest(scores, 1).items()} == {0: [0]}
    everything = strongest(scores, 99)
    assert {k: v.tolist() for k, v in everything.items()} == {0: [0, 2, 3], 2: [0, 1]}
    among = {0: np.array([False, True, True, True]), 2: np.array([True, False, True])}
    found = strongest(scores, 2, among=among)
    assert {k: v.tolist() for k, v in found.items()} == {0: [2, 3]}


def test_ranks_count_who_scores_higher_and_nothing_has_no_rank() -> None:
    found = ranks_of({0: np.array([0.0, -5.0, 2.0]), 1: np.array([2.0, 7.0])})
    assert found[0].tolist() == [np.inf, 2.0, 3.0]
    assert found[1].tolist() == [3.0, 1.0]


def test_a_neuron_is_a_values_own_where_it_ranks_higher_than_for_any_other() -> None:
    own = {0: np.array([9.0, 5.0, 1.0, 0.0, 3.0])}
    other = {0: np.array([0.1, 5.0, 0.0, 8.0, 0.2])}  # ranks 4, 2, none, 1, 3
    assert selective(own, [other])[0].tolist() == [True, False, True, False, False]
    assert selective(own, [other, {0: np.array([1.0, 0, 0, 0, 0])}])[0].tolist() == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert selective(own, [])[0].all()


def test_rivals_are_of_another_group() -> None:
    system = schwartz10()
    known = ("power", "achievement", "benevolence", "security")
    assert rivals_of(system, "power", known) == ("benevolence", "security")
    apart = system.model_copy(update={"groups": {}, "opposites": ()})
    assert rivals_of(apart, "power", known) == known[1:]


def test_a_share_is_at_least_one_neuron() -> None:
    assert least_kept(0.0005, 1728) == 1
    assert least_kept(0.03, 1728) == 52
    with pytest.raises(OptionError, match="above 0"):
        least_kept(0.0, 10)


def planted(told: Mapping[tuple[int, int], float], *, seed: int) -> dict[int, NeuronProbe]:
    """Probes of two layers of noise in which some neurons tell the sides, so strongly."""
    rng = np.random.default_rng(seed)
    pairs = pairs_of_number(N_PAIRS)
    split = split_of(pairs)
    sides = np.tile([1.0, -1.0], N_PAIRS)
    found = {}
    for layer in range(2):
        rows = rng.standard_normal((2 * N_PAIRS, N_NEURONS))
        for (at, neuron), strength in told.items():
            if at == layer:
                rows[:, neuron] = strength * sides + 0.5 * rows[:, neuron]
        found[layer] = neuron_probe(
            rows, split, layer=layer, writing=np.ones(N_NEURONS, np.float32)
        )
    return found


def pairs_of_number(n: int):  # type: ignore[no-untyped-def]
    """So many pairs, each a scenario of its own; their texts are nobody's."""
    (first, *_) = pairs_about("power", "walks", "mornings")
    return [replace(first, id=str(place), scenario=f"s-{place}") for place in range(n)]


@cache
def planted_probes() -> NeuronProbes:
    """Neuron 3 tells power; 5 tells benevolence as well, and more; 7 achievement, of its group."""
    by_value = {
        "power": planted({(0, 3): 0.7, (0, 5): 0.5, (1, 7): -0.6}, seed=1),
        "achievement": planted({(1, 7): 0.7}, seed=2),
        "benevolence": planted({(0, 5): -0.8, (0, 9): 0.5}, seed=3),
    }
    return NeuronProbes(schwartz10(), by_value)


def test_planted_neurons_are_found_and_one_shared_with_another_group_is_dropped() -> None:
    def kept(is_selective: bool, n: int) -> dict[int, list[int]]:
        fitted = neva(
            planted_probes(),
            value="power",
            share=n / (2 * N_NEURONS),
            way="told",
            is_selective=is_selective,
        )
        return {
            layer: each.tolist() for layer, each in edit_of(fitted.at(0.9)).moves_by_layer.items()
        }

    assert kept(True, 2) == {0: [3], 1: [7]}
    assert kept(False, 3) == {0: [3, 5], 1: [7]}
    assert 5 not in kept(True, 60)[0]


def edit_of(intervention: Intervention) -> ProbeEdit:
    """The edit by probes that an intervention is."""
    assert isinstance(intervention, ProbeEdit)
    return intervention


def test_signs_say_which_side_a_neuron_speaks_for() -> None:
    probes = planted_probes()
    scores = probes.scores("power")
    assert scores[0][3] > 0 > scores[1][7]
    own = probes.of("power")[0]
    expected = own.probe.weights * own.spread
    np.testing.assert_allclose(own.scores, expected)


def test_what_was_seen_is_of_the_fitted_pairs_side_by_side() -> None:
    pairs = pairs_of_number(N_PAIRS)
    split = split_of(pairs)
    rows = np.random.default_rng(0).standard_normal((2 * N_PAIRS, 4)).astype(np.float32)
    rows[::2, 0] += 9.0
    ones = np.ones(4, np.float32)
    found = neuron_probe(rows, split, layer=0, writing=ones, outside=0.1)
    fitted = rows.reshape(N_PAIRS, 2, 4)[split.train]
    for side, seen in enumerate((found.seen_for, found.seen_against)):
        np.testing.assert_allclose(seen.mean, fitted[:, side].mean(0), rtol=1e-4, atol=1e-6)
        low, high = np.quantile(fitted[:, side], [0.1, 0.9], axis=0)
        np.testing.assert_allclose(seen.low, low, rtol=1e-5)
        np.testing.assert_allclose(seen.high, high, rtol=1e-5)
    np.testing.assert_allclose(found.spread, fitted.reshape(-1, 4).std(0), rtol=1e-5)
    widest = neuron_probe(rows, split, layer=0, writing=ones, outside=0)
    np.testing.assert_array_equal(widest.seen_for.high, fitted[:, 0].max(0))
    moved = rows.copy()
    moved.reshape(N_PAIRS, 2, 4)[split.test] += 100.0  # pairs that are held out
    again = neuron_probe(moved, split, layer=0, writing=ones, outside=0.1)
    np.testing.assert_array_equal(again.probe.weights, found.probe.weights)
    np.testing.assert_array_equal(again.seen_for.high, found.seen_for.high)


@MODELS
def test_writing_is_what_a_unit_of_a_neuron_adds_to_the_residual(kind: str, loaded: Loaded) -> None:
    model, layer = loaded(kind), 1
    rows = np.random.default_rng(0).standard_normal((8, 32))
    split = Split(np.array([0, 2]), np.array([1, 3]))
    direction = (rows[[0, 4]] - rows[[1, 5]]).mean(0)
    direction /= np.linalg.norm(direction)
    found = writing_of(model, layer, rows, split)
    weight = model.parts.layers[layer].mlp.down_proj.weight.detach().numpy()  # type: ignore[union-attr,operator]
    np.testing.assert_allclose(found, direction @ weight, rtol=1e-4, atol=1e-5)
    assert all(each.grad is None for each in model.model.parameters())


def contrasts() -> ContrastSet:
    """Three values, twenty pairs each, in words that tiny tokenizers know."""
    pairs = (
        *pairs_about("power", "walks", "mornings"),
        *pairs_about("achievement", "long walks", "quiet"),
        *pairs_about("benevolence", "a stranger", "a judge"),
    )
    return ContrastSet("few", schwartz10(), pairs, "", "")


@cache
def tiny_probes(model: LanguageModel) -> NeuronProbes:
    return neuron_probes(model, contrasts(), C=1.0)


@MODELS
def test_probes_are_fitted_to_what_enters_the_projection(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    probes = tiny_probes(model)
    assert probes.values == ("achievement", "power", "benevolence")
    pairs = contrasts().of("power")
    for layer, each in probes.of("power").items():
        rows = np.zeros((2 * len(pairs), 64), np.float32)
        for place, pair in enumerate(pairs):  # one text at a time
            for side, text in enumerate((pair.speaks_for, pair.speaks_against)):
                (some,) = last_tokens(model, [text], [Point(layer, "neurons")])
                rows[2 * place + side] = some.rows[Point(layer, "neurons")][0]
        train = rows.reshape(-1, 2, 64)[split_of(pairs).train].reshape(-1, 64)
        np.testing.assert_allclose(each.spread, train.std(0), rtol=1e-3, atol=1e-5)
        assert 0 < np.count_nonzero(each.probe.weights) < 64


@MODELS
@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("way", get_args(Way))
def test_in_a_model_kept_neurons_stay_within_bounds_and_others_keep_their_bits(
    kind: str, direction: Direction, way: Way, loaded: Loaded
) -> None:
    model = loaded(kind)
    fitted = neva(
        tiny_probes(model),
        value="power",
        direction=direction,
        share=0.03,
        least_accuracy=0.0,
        way=way,
    )
    edit = edit_of(fitted.at(0.99))
    assert sum(map(len, edit.moves_by_layer.values())) == round(0.03 * 3 * 64)
    for move in edits_of(edit, {}):
        layer, kept = move.layer, edit.moves_by_layer[move.layer]
        low, high = edit.low_by_layer[layer], edit.high_by_layer[layer]
        plain = dict(model.neurons(FREE, layer))
        moved = dict(model.neurons(FREE, layer, edits=[move]))
        others = np.setdiff1d(np.arange(64), kept)
        probe = edit.probes[0]
        for place, before in plain.items():
            after = moved[place]
            np.testing.assert_array_equal(after[:-1], before[:-1])
            np.testing.assert_array_equal(after[-1, others], before[-1, others])
            own, new = before[-1, kept], after[-1, kept]
            assert (new <= np.maximum(high, own) + 1e-5).all()
            assert (new >= np.minimum(low, own) - 1e-5).all()
            reads = edit.reads_by_layer[layer]
            was, now = (
                rows[-1, reads] @ probe.weights_by_layer[layer] + probe.bias_by_layer[layer]
                for rows in (before, after)
            )
            at_bounds = np.isclose(new, high, atol=1e-4) | np.isclose(new, low, atol=1e-4)
            outside = (own > high) | (own < low)
            assert now >= was - 1e-4
            assert now >= np.log(99) - 1e-2 or (at_bounds | outside).all()


def test_a_layer_that_writes_against_what_it_tells_is_moved_the_other_way() -> None:
    by_layer = planted({(0, 3): 0.8, (0, 5): 0.5, (1, 7): 0.6}, seed=1)
    against = np.zeros(N_NEURONS, np.float32)
    against[3], against[5] = -2.0, 0.5
    by_layer[0] = replace(by_layer[0], writing=against)
    probes = NeuronProbes(schwartz10(), {"power": by_layer})
    told, written = (
        edit_of(neva(probes, value="power", share=1.0, way=way).at(0.9))
        for way in get_args(Way)[::-1]
    )
    assert {3, 5} <= set(told.moves_by_layer[0].tolist())
    assert 7 in written.moves_by_layer[1]
    assert written.moves_by_layer[0].tolist() == [3]  # the other one writes for it
    for layer, sign in ((0, -1.0), (1, 1.0)):
        own = by_layer[layer]
        reads = written.reads_by_layer[layer]
        np.testing.assert_array_equal(reads, np.flatnonzero(own.probe.weights))
        expected = (sign * own.probe.weights[reads]).astype(np.float32)
        np.testing.assert_array_equal(written.probes[0].weights_by_layer[layer], expected)
        assert written.probes[0].bias_by_layer[layer] == sign * own.probe.bias
        side = own.seen_for if sign > 0 else own.seen_against
        kept = written.moves_by_layer[layer]
        np.testing.assert_array_equal(written.low_by_layer[layer], side.low[kept])
        np.testing.assert_array_equal(written.high_by_layer[layer], side.high[kept])
    found = neva(probes, value="power", share=1.0).found
    assert found["layers that write against it"] == "0"


def test_lowering_negates_the_probes_within_the_bounds_of_the_other_side() -> None:
    up, down = (
        edit_of(neva(planted_probes(), value="power", direction=d, way="told").at(0.9))
        for d in get_args(Direction)
    )
    own = planted_probes().of("power")
    for layer, kept in up.moves_by_layer.items():
        np.testing.assert_array_equal(kept, down.moves_by_layer[layer])
        weights = [each.probes[0].weights_by_layer[layer] for each in (up, down)]
        np.testing.assert_array_equal(weights[0], -weights[1])
        np.testing.assert_array_equal(down.high_by_layer[layer], own[layer].seen_against.high[kept])


def test_a_dose_is_the_probability_and_changes_nothing_else() -> None:
    fitted = neva(planted_probes(), value="power")
    assert fitted.method == METHOD == "NeVA-style (formulas ours)"
    assert (fitted.unit, fitted.doses, fitted.scale) == ("P₀", DOSES, "logit")
    edits = [edit_of(fitted.at(dose)) for dose in DOSES]
    assert [edit.probes[0].probability for edit in edits] == list(DOSES)
    for edit in edits:
        assert edit.scope == Scope("answering")
        for layer, kept in edit.moves_by_layer.items():
            np.testing.assert_array_equal(kept, edits[0].moves_by_layer[layer])
    assert 0.5 < float(fitted.found["reach"]) <= 1.0


def test_batches_of_any_size_fit_and_steer_the_same(loaded: Loaded) -> None:
    model = loaded("llama3")
    small = replace(model, engine=replace(model.engine, budget=1))
    edits = [
        edit_of(
            neva(neuron_probes(each, contrasts(), C=1.0), value="power", least_accuracy=0).at(0.9)
        )
        for each in (model, small)
    ]
    for layer, kept in edits[0].moves_by_layer.items():
        np.testing.assert_array_equal(kept, edits[1].moves_by_layer[layer])
        np.testing.assert_allclose(
            edits[0].high_by_layer[layer], edits[1].high_by_layer[layer], rtol=1e-3, atol=1e-5
        )
    answers = [
        {place: found for _, place, found in each.sweep(REQUESTS, {"": edits_of(edits[0], {})})}
        for each in (model, small)
    ]
    for place, found in answers[0].items():
        np.testing.assert_allclose(found, answers[1][place], atol=1e-3)


def test_scaled_to_nothing_it_keeps_every_bit(loaded: Loaded) -> None:
    model = loaded("gemma")
    edit = neva(tiny_probes(model), value="power", least_accuracy=0).at(0.99)
    found: dict[str, dict[int, tuple[float, ...]]] = {"": {}, "0": {}, "1": {}}
    conditions = {"": None, "0": edits_of(scaled(edit, 0), {}), "1": edits_of(edit, {})}
    for name, place, answer in model.sweep(REQUESTS, conditions):
        found[name][place] = answer
    assert found[""] == found["0"] != found["1"]


def test_its_control_has_as_many_other_neurons_in_every_layer() -> None:
    edit = edit_of(neva(planted_probes(), value="power", share=0.05).at(0.9))
    control = edit_of(random_neurons(edit, 2 * N_NEURONS, seed=0))
    for layer, kept in edit.moves_by_layer.items():
        assert len(control.moves_by_layer[layer]) == len(kept)
        assert not set(control.reads_by_layer[layer]) & set(edit.reads_by_layer[layer])
        np.testing.assert_array_equal(control.high_by_layer[layer], edit.high_by_layer[layer])


@pytest.mark.fault
def test_what_cannot_be_found_is_refused(loaded: Loaded) -> None:
    probes = planted_probes()
    with pytest.raises(OptionError, match="probed for power"):
        neva(probes, value="hedonism")
    with pytest.raises(OptionError, match="accuracy above 1"):
        neva(probes, value="power", least_accuracy=1.0)
    with pytest.raises(OptionError, match="above 0"):
        neva(probes, value="power", share=0.0)
    with pytest.raises(OptionError, match="`way`"):
        neva(probes, value="power", way="back")  # type: ignore[arg-type]
    twins = NeuronProbes(schwartz10(), dict.fromkeys(("power", "benevolence"), probes.of("power")))
    with pytest.raises(OptionError, match="power's own"):
        neva(twins, value="power")
    split = split_of(pairs_of_number(N_PAIRS))
    rows = np.random.default_rng(0).standard_normal((2 * N_PAIRS, 4))
    with pytest.raises(OptionError, match="outside of bounds"):
        neuron_probe(rows, split, layer=0, writing=np.ones(4, np.float32), outside=0.5)
    with pytest.raises(OptionError, match=r"mlp\."):
        neuron_probes(loaded("gpt2"), contrasts())


def test_an_organism_answers_as_the_value_that_is_raised_or_lowered() -> None:
    model = LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")
    known = organism_contrasts(model.chat)
    probes = neuron_probes(model, known)
    items, world = inventory("schwartz10"), planted_world()
    roles = anchored_roles(items.system, 3, seed=4)
    sitting = sitting_of(world, items, Protocol(orders=("given",)), roles)
    for value in ("power", "conformity"):
        up, down = (neva(probes, value=value, direction=d).at(0.9999) for d in get_args(Direction))
        edits = {"": None, "up": up, "down": down, "random": random_neurons(up, 288, seed=0)}
        answers: dict[str, list[tuple[int, tuple[float, ...]]]] = {name: [] for name in edits}
        run = {name: edits_of(each, {}) if each else None for name, each in edits.items()}
        for name, place, answer in model.sweep(sitting.requests(), run):
            answers[name].append((place, answer))
        scores = {n: sitting.scores(sitting.credits(a)).mean(0) for n, a in answers.items()}
        own = world.names.index(value)
        rise, fall, chance = (scores[n][own] - scores[""][own] for n in ("up", "down", "random"))
        assert rise > 0.02
        assert fall < -0.02
        assert abs(chance) < rise
