"""Gates are counted as plain hooks count them, and opened and shut by the formula, no further."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import tiny_models
import torch
from few_pairs import Loaded
from numpy.typing import NDArray
from torch import Tensor, nn

from causalvalues.contrasts.insight import Description, Direction, Insight, Situation
from causalvalues.errors import OptionError
from causalvalues.methods.activation_frequency import (
    GateActivity,
    gate_activity,
    quantile_above_zero,
)
from causalvalues.methods.fitted import Fitted
from causalvalues.methods.two_sides import TwoSides, two_sides
from causalvalues.methods.valuelocate import SHARE, located, valuelocate
from causalvalues.models.generation import ends_of_turn
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.insight import organism_insight
from causalvalues.organism.surveying import Sitting, sitting_of
from causalvalues.organism.world import planted_world
from causalvalues.steering.controls import random_neurons
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import Combined, Intervention, NeuronEdit, parts_of, scaled
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.steering.where import Scope
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import anchored_roles
from causalvalues.values import schwartz10

Floats = NDArray[np.floating]

MODELS = pytest.mark.parametrize("kind", ["gemma", "llama3", "qwen3"])
REQUESTS = tiny_models.requests()
N_NEW = 6


@contextmanager
def gates_seen(model: LanguageModel) -> Iterator[dict[int, Tensor]]:
    """A mapping that fills with what leaves each `act_fn`, by hooks of torch's own."""
    found: dict[int, Tensor] = {}
    with ExitStack() as stack:
        for place, layer in enumerate(model.parts.layers):
            assert isinstance(layer.mlp, nn.Module)
            hook = layer.mlp.act_fn.register_forward_hook(  # type: ignore[union-attr]
                lambda _, entered, left, place=place: found.__setitem__(place, left)
            )
            stack.callback(hook.remove)
        yield found


def by_hand(model: LanguageModel, requests: Sequence[Request]) -> dict[int, Floats]:
    """Gates (token, neuron) of every layer at what is written, one request at a time."""
    rows: dict[int, list[Floats]] = {place: [] for place in range(len(model.parts.layers))}
    for request in requests:
        (prompt,) = model.chat.prompts([request])
        ((_, text),) = model.texts([request], max_new_tokens=N_NEW)
        written = model.tokenizer(prompt.text + text, add_special_tokens=False).input_ids
        before = model.tokenizer(prompt.text, add_special_tokens=False).input_ids
        assert written[: len(before)] == before
        ids = [*prompt.ids.tolist(), *written[len(before) :]]
        with gates_seen(model) as seen, torch.inference_mode():
            model.model(input_ids=torch.tensor([ids]), use_cache=False)
        for place, each in seen.items():
            rows[place].append(each[0, len(prompt.ids) :].numpy())
    return {place: np.concatenate(some) for place, some in rows.items()}


@MODELS
def test_shares_and_quantiles_are_those_of_plain_hooks(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    found = gate_activity(model, REQUESTS, max_new_tokens=N_NEW)
    expected = by_hand(model, REQUESTS)
    assert found.n_kept == found.n_tokens == len(expected[0]) > 20
    for layer, rows in expected.items():
        np.testing.assert_allclose(found.share_open[layer], (rows > 0).mean(0), atol=1e-12)
        for neuron, column in enumerate(rows.T):
            above = column[column > 0]
            high = np.quantile(above, 0.95) if len(above) else 0.0
            assert found.high[layer][neuron] == pytest.approx(high, rel=1e-3, abs=1e-5)


def test_what_is_counted_are_the_tokens_as_they_were_written() -> None:
    """Token by token, likeliest first, without a cache: the words of an organism as it says."""
    model = organism()
    requests = telling(4)
    rows: dict[int, list[Floats]] = {place: [] for place in range(6)}
    ends = ends_of_turn(model.model, model.tokenizer)
    for prompt in model.chat.prompts(requests):
        ids = prompt.ids.tolist()
        for _ in range(20):
            with gates_seen(model) as seen, torch.inference_mode():
                logits = model.model(input_ids=torch.tensor([ids]), use_cache=False).logits
            if len(ids) > len(prompt.ids):
                for place, each in seen.items():
                    rows[place].append(each[0, -1].numpy())
            token = int(logits[0, -1].argmax())
            if token in ends:
                break
            ids.append(token)
    found = gate_activity(model, requests, max_new_tokens=20)
    assert found.n_tokens == len(rows[0])
    for place, counted in rows.items():
        expected = (np.array(counted) > 0).mean(0)
        np.testing.assert_allclose(found.share_open[place], expected, atol=1e-12)


def test_a_quantile_is_of_what_is_above_zero() -> None:
    rows = np.array([[1, -1, 0, 5], [2, -2, 0, -5], [3, -3, 0, -5], [-9, -4, 0, -5]], np.float32)
    found = quantile_above_zero(rows, 0.95)
    np.testing.assert_allclose(found, [np.quantile([1, 2, 3], 0.95), 0, 0, 5], rtol=1e-6)
    drawn = np.random.default_rng(0).standard_normal((50, 30)).astype(np.float32)
    for quantile in (0.05, 0.5, 0.95):
        expected = [np.quantile(column[column > 0], quantile) for column in drawn.T]
        np.testing.assert_allclose(quantile_above_zero(drawn, quantile), expected, rtol=1e-5)


@MODELS
def test_batches_of_any_size_count_the_same(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    small = replace(model, engine=replace(model.engine, budget=1))
    many, one = (gate_activity(each, REQUESTS, max_new_tokens=4) for each in (model, small))
    for layer, shares in many.share_open.items():
        np.testing.assert_array_equal(shares, one.share_open[layer])
        np.testing.assert_allclose(many.high[layer], one.high[layer], rtol=1e-3, atol=1e-5)


def test_where_not_all_tokens_fit_the_quantile_is_of_some_drawn_by_the_seed(
    loaded: Loaded,
) -> None:
    model = loaded("gemma")
    whole = gate_activity(model, REQUESTS, max_new_tokens=N_NEW)
    room = 12 * 4 * 3 * 64  # twelve tokens of three layers
    few, again, other = (
        gate_activity(model, REQUESTS, max_new_tokens=N_NEW, room=room, seed=seed)
        for seed in (0, 0, 1)
    )
    assert (few.n_kept, few.n_tokens) == (12, whole.n_tokens)
    chosen = np.sort(np.random.default_rng(0).choice(whole.n_tokens, size=12, replace=False))
    for layer, rows in by_hand(model, REQUESTS).items():
        np.testing.assert_array_equal(few.share_open[layer], whole.share_open[layer])
        np.testing.assert_array_equal(few.high[layer], again.high[layer])
        expected = quantile_above_zero(rows[chosen], 0.95)
        np.testing.assert_allclose(few.high[layer], expected, rtol=1e-3, atol=1e-5)
    assert any((few.high[layer] != other.high[layer]).any() for layer in few.high)


def activity(*shares: Sequence[float], high: float = 1.0) -> GateActivity:
    """Gates that are open so often, one sequence for each layer, all with one quantile."""
    return GateActivity(
        100,
        100,
        {layer: np.array(each) for layer, each in enumerate(shares)},
        {layer: np.full(len(each), high, dtype=np.float32) for layer, each in enumerate(shares)},
    )


SIDES = TwoSides(
    "power",
    towards=activity([0.9, 0.5, 0.2, 0.45], [0.3, 0.3, 0.62, 0.7], high=2.0),
    away=activity([0.4, 0.4, 0.6, 0.4], [0.3, 0.5, 0.5, 0.7], high=3.0),
)


def by_mode(intervention: Intervention) -> dict[str, NeuronEdit]:
    """The two parts of an edit: what is added, and what is kept from rising."""
    parts = [part for part in parts_of(intervention) if isinstance(part, NeuronEdit)]
    assert all(part.site == "gates" for part in parts)
    return {part.mode: part for part in parts}


def listed(by_layer: Mapping[int, NDArray[np.generic]]) -> dict[int, list[float]]:
    return {layer: each.tolist() for layer, each in by_layer.items()}


def test_gates_that_differ_by_a_tenth_are_kept_and_raised_by_the_formula() -> None:
    """δ = (.5 .1 −.4 .05), (0 −.2 .12 0)."""
    parts = by_mode(located(SIDES, least_share=1e-6).at(1.2))
    opened, shut = parts["add"], parts["at most"]
    assert listed(opened.neurons_by_layer) == {0: [0, 1], 1: [2]}
    assert listed(shut.neurons_by_layer) == {0: [2], 1: [1]}
    for layer, deltas in {0: [0.5, 0.1], 1: [0.12]}.items():
        expected = [2.0 / (1 + np.exp(-10 * (delta - 0.15))) for delta in deltas]
        np.testing.assert_allclose(opened.amounts_by_layer[layer], expected, rtol=1e-6)
    assert listed(shut.amounts_by_layer) == {0: [0.0], 1: [0.0]}
    assert (opened.share, shut.share) == (1.2, 1.0)
    assert opened.scope == shut.scope == Scope("answering")


def test_at_least_so_many_are_kept_where_they_differ_at_all() -> None:
    parts = by_mode(located(SIDES, least_share=4 / 8).at(1.0))
    assert listed(parts["add"].neurons_by_layer) == {0: [0, 1, 3], 1: [2]}
    everything = by_mode(located(SIDES, least_share=1.0, least_difference=0.9).at(1.0))
    assert listed(everything["add"].neurons_by_layer) == {0: [0, 1, 3], 1: [2]}
    assert listed(everything["at most"].neurons_by_layer) == {0: [2], 1: [1]}
    one = by_mode(located(SIDES, least_share=1 / 8, least_difference=0.9).at(1.0))
    assert listed(one["add"].neurons_by_layer) == {0: [0]}
    assert pytest.approx(2000) == SHARE * 32 * 11008


def test_lowering_exchanges_the_sides() -> None:
    up, down = (by_mode(located(SIDES, direction=d).at(1.0)) for d in ("raise", "lower"))
    exchanged = TwoSides("power", SIDES.away, SIDES.towards)
    assert listed(down["add"].neurons_by_layer) == listed(up["at most"].neurons_by_layer)
    assert listed(down["at most"].neurons_by_layer) == listed(up["add"].neurons_by_layer)
    same = by_mode(located(exchanged).at(1.0))["add"]
    assert listed(down["add"].amounts_by_layer) == listed(same.amounts_by_layer)
    assert max(down["add"].amounts_by_layer[0]) > 2.5  # the other side's quantile is 3


@pytest.mark.parametrize("seed", range(5))
def test_no_gate_is_both_opened_and_shut(seed: int) -> None:
    drawn = np.random.default_rng(seed).random((4, 30))
    sides = TwoSides("power", activity(*drawn[:2].tolist()), activity(*drawn[2:].tolist()))
    parts = by_mode(located(sides, least_share=0.9).at(1.0))
    for layer in range(2):
        opened, shut = (
            set(part.neurons_by_layer.get(layer, np.array([])).tolist()) for part in parts.values()
        )
        assert not opened & shut
        assert len(opened) + len(shut) == 30


def seven(n_layers: int = 3) -> Fitted:
    """Gates 0, 1, 2 of each layer opened, 3 to 6 shut."""
    towards = [0.9, 0.8, 0.7, *[0.1] * 4, *[0.5] * 57]
    away = [0.1, 0.3, 0.5, *[0.6] * 4, *[0.5] * 57]
    sides = TwoSides("power", activity(*[towards] * n_layers), activity(*[away] * n_layers))
    return located(sides)


@MODELS
@pytest.mark.parametrize("dose", [0.3, 1.5])
def test_in_a_model_opened_gates_rise_and_shut_ones_are_clipped(
    kind: str, dose: float, loaded: Loaded
) -> None:
    model, layer = loaded(kind), 1
    requests = [replace(request, options=()) for request in REQUESTS[:4]]
    moves = [m for m in edits_of(seven().at(dose), {}) if m.layer == layer]
    plain = dict(model.gates(requests, layer))
    moved = dict(model.gates(requests, layer, edits=moves))
    raised = dose / (1 + np.exp(-10 * (np.array([0.8, 0.5, 0.2]) - 0.15)))
    by = min(1.0, dose / 0.6)
    for place, before in plain.items():
        after = moved[place]
        np.testing.assert_array_equal(after[:-1], before[:-1])
        np.testing.assert_array_equal(after[-1, 7:], before[-1, 7:])
        np.testing.assert_allclose(after[-1, :3], before[-1, :3] + raised, rtol=1e-4, atol=1e-5)
        clipped = before[-1, 3:7] + by * (np.minimum(before[-1, 3:7], 0) - before[-1, 3:7])
        np.testing.assert_allclose(after[-1, 3:7], clipped, atol=1e-6)
        assert dose < 0.6 or (after[-1, 3:7] <= 0).all()


def test_what_is_spared_is_the_share_of_opened_gates_that_are_open(loaded: Loaded) -> None:
    model, spared = loaded("gemma"), 0.5
    towards, away = [0.9] * 4 + [0.5] * 60, [0.1] * 4 + [0.5] * 60
    sides = TwoSides("power", activity(*[towards] * 3), activity(*[away] * 3))
    opening = located(sides, spared=spared).at(1.0)
    (move,) = (m for m in edits_of(opening, {}) if m.layer == 0)
    requests = [replace(request, options=()) for request in REQUESTS]
    plain, moved = dict(model.gates(requests, 0)), dict(model.gates(requests, 0, edits=[move]))
    shares = set()
    for place, before in plain.items():
        is_open = float((before[-1, :4] > 0).mean())
        shares.add(is_open)
        added = (1 - spared * is_open) / (1 + np.exp(-10 * 0.65))
        np.testing.assert_allclose(moved[place][-1, :4], before[-1, :4] + added, rtol=1e-4)
    assert len(shares) > 1


def test_a_dose_of_nothing_keeps_every_bit(loaded: Loaded) -> None:
    model = loaded("llama3")
    edits = {
        "": None,
        "0": edits_of(seven().at(0), {}),
        "s": edits_of(scaled(seven().at(1), 0), {}),
    }
    found: dict[str, dict[int, tuple[float, ...]]] = {name: {} for name in edits}
    for name, place, answer in model.sweep(REQUESTS, edits):
        found[name][place] = answer
    assert found[""] == found["0"] == found["s"]


def test_while_it_writes_is_later_than_where_options_are_weighed(loaded: Loaded) -> None:
    model = loaded("llama3")
    kept = seven().at(3.0)
    later = Combined(tuple(replace(p, scope=Scope("generated")) for p in by_mode(kept).values()))
    weighed = [request for request in REQUESTS if all(len(o) == 1 for o in request.options)]
    plain, moved = (
        dict(each.log_probabilities(weighed)) for each in (model, SteeredModel(model, later))
    )
    assert plain == moved
    free = [replace(request, options=()) for request in REQUESTS]
    texts = [
        dict(each.texts(free, max_new_tokens=8))
        for each in (model, SteeredModel(model, later), SteeredModel(model, kept))
    ]
    assert texts[0] != texts[1]
    assert texts[1] != texts[2]


def test_its_control_has_as_many_other_gates_in_every_layer() -> None:
    edit = seven().at(1.0)
    control = random_neurons(edit, 64, seed=3)
    own, others = by_mode(edit), by_mode(control)
    for mode, part in own.items():
        assert listed(others[mode].amounts_by_layer) == listed(part.amounts_by_layer)
        for layer, neurons in part.neurons_by_layer.items():
            assert len(others[mode].neurons_by_layer[layer]) == len(neurons)
            assert min(others[mode].neurons_by_layer[layer]) >= 7
        assert others[mode].site == "gates"


def people(n: int) -> Insight:
    """Bakers and judges, and two things to ask of them."""
    told: dict[Direction, str] = {
        "towards": "You are a baker who likes quiet mornings.",
        "away": "You are a judge who likes long walks.",
    }
    descriptions = tuple(
        Description(f"{place}/{side}", "power", side, f"{text} {place}")
        for place in range(n)
        for side, text in told.items()
    )
    asked = tuple(Situation(str(n), "power", f"Should I walk, or help? {n}") for n in range(3))
    return Insight("few", schwartz10(), descriptions, asked, "", "")


def test_both_sides_answer_the_same_situations_each_as_often(loaded: Loaded) -> None:
    model, insight = loaded("gemma"), people(3)
    found = two_sides(model, insight, dimension="power", situations_each=2, max_new_tokens=3)
    order = np.random.default_rng(0).permutation(3)
    for side, told in (("towards", found.towards), ("away", found.away)):
        requests = [
            Request((Message("system", person.text), Message("user", insight.situations[at].text)))
            for place, person in enumerate(insight.of("power", side))  # type: ignore[arg-type]
            for at in (order[(2 * place) % 3], order[(2 * place + 1) % 3])
        ]
        alone = gate_activity(model, requests, max_new_tokens=3)
        assert alone.n_tokens == told.n_tokens
        for layer, shares in told.share_open.items():
            np.testing.assert_array_equal(alone.share_open[layer], shares)


def test_fitting_is_reading_and_locating(loaded: Loaded) -> None:
    model, insight = loaded("gemma"), people(2)
    sides = two_sides(model, insight, dimension="power", max_new_tokens=4)
    whole = valuelocate(model, insight, dimension="power", max_new_tokens=4)
    assert whole.found == located(sides).found
    assert whole.name == "valuelocate raises power"
    assert float(whole.found["opened"]) > 0
    for dose in whole.doses:
        ours, theirs = by_mode(whole.at(dose)), by_mode(located(sides).at(dose))
        for mode, part in ours.items():
            assert listed(part.neurons_by_layer) == listed(theirs[mode].neurons_by_layer)
            assert listed(part.amounts_by_layer) == listed(theirs[mode].amounts_by_layer)


@pytest.mark.fault
def test_what_cannot_be_located_is_refused(loaded: Loaded) -> None:
    model = loaded("gemma")
    with pytest.raises(OptionError, match="take one of power"):
        two_sides(model, people(1), dimension="hedonism")
    with pytest.raises(OptionError, match="a situation or more"):
        two_sides(model, people(1), dimension="power", situations_each=0)
    with pytest.raises(OptionError, match="what a model writes"):
        gate_activity(model, [])
    with pytest.raises(OptionError, match="quantile"):
        gate_activity(model, REQUESTS, quantile=1.0)
    with pytest.raises(OptionError, match="differ in some gate"):
        located(TwoSides("power", SIDES.away, SIDES.away))
    with pytest.raises(OptionError, match="γ"):
        located(SIDES).at(-1.0)
    with pytest.raises(OptionError, match=r"mlp\.act_fn"):
        gate_activity(loaded("gpt2"), REQUESTS)


@cache
def organism(name: str = "organism/gemma") -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of(name), dtype="float32", device="cpu")


def telling(n: int) -> list[Request]:
    """So many people of the organism's world, asked to tell one thing."""
    insight = organism_insight(n_people=n)
    asked = insight.situations_of("power")[0].text
    told = [Message("system", each.text) for each in insight.of("power", "towards")]
    return [Request((each, Message("user", asked))) for each in told]


@cache
def sitting() -> Sitting:
    """Four people, asked every item once."""
    items = inventory("schwartz10")
    roles = anchored_roles(items.system, 4, seed=4)
    return sitting_of(planted_world(), items, Protocol(orders=("given",)), roles)


def scores_under(
    model: LanguageModel, edits: Mapping[str, Intervention | None]
) -> dict[str, Floats]:
    """Mean scores (value,) of the sitting under each intervention."""
    requests = sitting().requests()
    answers: dict[str, list[tuple[int, tuple[float, ...]]]] = {name: [] for name in edits}
    run = {name: edits_of(each, {}) if each else None for name, each in edits.items()}
    for name, place, answer in model.sweep(requests, run):
        answers[name].append((place, answer))
    return {
        name: sitting().scores(sitting().credits(found)).mean(0) for name, found in answers.items()
    }


@pytest.mark.parametrize("name", ["organism/gemma", "organism/llama"])
def test_an_organism_answers_as_the_direction_that_is_raised_or_lowered(name: str) -> None:
    model, insight = organism(name), organism_insight(n_people=20)
    for value in ("power", "tradition"):
        sides = two_sides(model, insight, dimension=value, max_new_tokens=20)
        up, down = (located(sides, direction=d).at(1.0) for d in ("raise", "lower"))
        control = random_neurons(up, 288, seed=0) if few(up) else None
        found = scores_under(model, {"": None, "up": up, "down": down, "random": control})
        own = schwartz10().names.index(value)
        rise, fall, chance = (
            found[each][own] - found[""][own] for each in ("up", "down", "random")
        )
        assert rise > 0.1
        assert fall < -0.1
        assert abs(chance) < rise


def few(edit: Intervention) -> bool:
    """Whether there are as many other gates in every layer as an edit has."""
    counts: dict[int, int] = {}
    for part in by_mode(edit).values():
        for layer, neurons in part.neurons_by_layer.items():
            counts[layer] = counts.get(layer, 0) + len(neurons)
    return max(counts.values()) <= 144
