"""Attribution is a gradient: it agrees with what small steps do, and leaves the model alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny_models
import torch
from fake_dictionary import FakeDictionary
from register_dictionary import RegisterDictionary, organism, register_of, registers

from causalvalues.errors import OptionError, WrongHook
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.world import planted_world
from causalvalues.steering.attribution import by_attribution
from causalvalues.steering.edits import edits_of
from causalvalues.steering.feature_activity import feature_activity
from causalvalues.steering.gradients import flows_of
from causalvalues.steering.intervention import Scope, Strength, ValueVector
from causalvalues.survey.design import request_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Option, Protocol, Question
from causalvalues.survey.roles import Role, anchored_roles

Loaded = Callable[[str], LanguageModel]

ITEMS = inventory("schwartz10")
ROLES = (Role("baker", "You are a baker who likes quiet mornings."), Role("nobody", ""))
LETTERS = (
    Option("A", "more", {"power": 1.0, "security": -0.5}),
    Option("B", "same", {"power": 0.2, "security": 0.0}),
    Option("C", "less", {"power": -1.0, "security": 0.5}),
)
WORDS = tuple(
    Option(label, label, {"power": size})
    for label, size in (("agree completely", 1.0), ("agree", 0.2), ("disagree a little", -1.0))
)
QUESTIONS = (
    Question("letters", "Answer with A, B, C alone.\nBeing free", LETTERS),
    Question("words", "Answer with one of: agree completely, agree, disagree a little.", WORDS),
)
ASKED = [(role, question) for role in ROLES for question in QUESTIONS]
VALUES = ("power", "security")
LAYER = 1


def scores_under(model: LanguageModel, vector: np.ndarray | None) -> list[dict[str, float]]:
    """Scores of every question to every role, with a vector added everywhere."""
    requests = [request_of(role, question, "system") for role, question in ASKED]
    edit = None
    if vector is not None:
        added = ValueVector("step", {LAYER: vector}, Strength(1.0), Scope("prompt"))
        edit = edits_of(added, {})
    found: dict[int, dict[str, float]] = {}
    for _, place, logs in model.sweep(requests, {"": edit}):
        found[place] = ASKED[place][1].score(np.exp(logs))
    return [found[place] for place in range(len(ASKED))]


@pytest.mark.parametrize("name", ["gemma", "gemma2", "gemma3", "llama3", "gpt2"])
def test_gradients_are_what_small_steps_do(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    flows = list(flows_of(model, ASKED, LAYER, values=VALUES, at_once=3))
    towards = flows[0].gradients["power"].sum(0)
    step = (towards / towards.norm() * 5e-3).numpy()
    plain, up, down = (scores_under(model, each) for each in (None, step, -step))
    moved = 0.0
    for place, flow in enumerate(flows):
        assert set(flow.scores) == set(plain[place])
        for value, score in flow.scores.items():
            assert score == pytest.approx(plain[place][value], abs=1e-4)
            expected = (up[place][value] - down[place][value]) / 2
            found = float((flow.gradients[value] @ torch.from_numpy(step)).sum())
            assert found == pytest.approx(expected, rel=0.05, abs=1e-5)
            moved = max(moved, abs(expected))
    assert moved > 1e-4


def test_a_batch_gives_what_each_prompt_gives_alone(loaded: Loaded) -> None:
    model = loaded("llama3")
    alone, together = (
        list(flows_of(model, ASKED, LAYER, values=VALUES, at_once=n)) for n in (1, 4)
    )
    for one, other in zip(alone, together, strict=True):
        assert torch.allclose(one.residual, other.residual, atol=1e-4)
        for value, gradient in one.gradients.items():
            assert torch.allclose(gradient, other.gradients[value], atol=1e-4)


def test_the_model_is_left_as_it_was(loaded: Loaded) -> None:
    model = loaded("gemma")
    before = {name: each.clone() for name, each in model.model.state_dict().items()}
    wanted = [each.requires_grad for each in model.model.parameters()]
    requests = [request_of(role, question, "system") for role, question in ASKED]
    answered = sorted(model.log_probabilities(requests))
    flows = flows_of(model, ASKED, LAYER, values=VALUES, at_once=2)
    next(flows)
    flows.close()
    assert [each.requires_grad for each in model.model.parameters()] == wanted
    assert all(each.grad is None for each in model.model.parameters())
    assert all(torch.equal(each, before[name]) for name, each in model.model.state_dict().items())
    assert not any(module._forward_hooks for module in model.model.modules())
    assert sorted(model.log_probabilities(requests)) == answered
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_a_value_owes_its_score_to_its_own_register_and_to_its_causes(name: str) -> None:
    model, dictionary = organism(name), RegisterDictionary(registers(name))
    roles = anchored_roles(ITEMS.system, 8, seed=3)
    questions = tuple(Protocol(orders=("given",)).questions(ITEMS))[::2]
    activity = feature_activity(model, dictionary, roles, questions[:2])
    some = ("achievement", "power", "security", "stimulation")
    table = by_attribution(model, dictionary, roles, questions, activity, values=some, top=2)
    spread = planted_world().total_effects()
    for value in some:
        rows = table.of(value).rows
        own = [(register_of(row.feature, dictionary), row.sign) for row in rows]
        assert ((value, 1), 1) in own
        assert ((value, -1), -1) in own
        for (cause, side), sign in own:
            if cause not in ("", value):
                place = [planted_world().names.index(each) for each in (cause, value)]
                assert np.sign(spread[place[0], place[1]]) == side * sign


def test_attribution_of_the_maximum_foretells_what_a_small_dose_does(loaded: Loaded) -> None:
    model, fake = loaded("llama3"), FakeDictionary(layer=LAYER)
    read = feature_activity(model, fake, ROLES, QUESTIONS)
    table = by_attribution(model, fake, ROLES, QUESTIONS, read, of="maximum", top=3)
    plain = scores_under(model, None)
    for row in table.rows[:4]:
        dose = 1e-3
        step = (fake.direction(row.feature) * row.maximum * dose).numpy()
        # the first token is not counted: how little it matters is part of the tolerance
        after = scores_under(model, step)
        change = [a[row.value] - p[row.value] for a, p in zip(after, plain, strict=True)
                  if row.value in a]  # fmt: skip
        assert np.mean(change) / dose == pytest.approx(row.sign * row.score, rel=0.3)
    owed = by_attribution(model, fake, ROLES, QUESTIONS, read, top=3)
    assert {row.rule for row in owed.rows} != {row.rule for row in table.rows}


@pytest.mark.fault
def test_attribution_that_cannot_be_is_an_error(loaded: Loaded) -> None:
    model, fake = loaded("gemma"), FakeDictionary(layer=1)
    read = feature_activity(model, fake, ROLES, QUESTIONS)
    with pytest.raises(OptionError, match="its questions"):
        by_attribution(model, fake, ROLES, QUESTIONS, read, values=("might",))
    with pytest.raises(OptionError, match="same dictionary"):
        by_attribution(model, FakeDictionary(1, seed=3), ROLES, QUESTIONS, read)
    with pytest.raises(OptionError, match="activation or maximum"):
        by_attribution(model, fake, ROLES, QUESTIONS, read, of="all")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="needs roles"):
        by_attribution(model, fake, (), QUESTIONS, read)
    written = tuple(Protocol.preset("kang2025").questions(ITEMS))[:1]
    with pytest.raises(OptionError, match="weighed"):
        by_attribution(model, fake, ROLES, written, read)
    with pytest.raises(WrongHook, match="from 0 to 2"):
        list(flows_of(model, ASKED, 7, values=VALUES))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("home", ["cpu", "cuda"])
def test_a_gpu_gives_what_the_cpu_gives(home: str, tmp_path: Path) -> None:
    class There(FakeDictionary):
        """A dictionary on a device."""

        def direction(self, feature: int) -> torch.Tensor:
            return super().direction(feature).to(home)

        def activations(self, residual: torch.Tensor) -> torch.Tensor:
            assert residual.device.type == home
            return super().activations(residual)

    folder = tiny_models.save("llama3", tmp_path / "llama3")
    tables = []
    for device, fake in (("cpu", FakeDictionary(LAYER)), ("cuda", There(LAYER))):
        model = LanguageModel.load(folder, device=device, dtype="float32")
        read = feature_activity(model, fake, ROLES, QUESTIONS)
        tables.append(by_attribution(model, fake, ROLES, QUESTIONS, read, top=4).to_frame())
    assert list(tables[0]["feature"]) == list(tables[1]["feature"])
    assert np.allclose(tables[0][["score", "maximum"]], tables[1][["score", "maximum"]], rtol=1e-2)
