"""The same questions to a model in this process: measured in a sweep, its health seen elsewhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from causalvalues.evaluation.health_rules import faults_of, with_health
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.neutral import NEUTRAL_TEXTS, neutral_divergence
from causalvalues.evaluation.repetition import repetition_under
from causalvalues.evaluation.surveying import survey_under
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    Scope,
    Strength,
    ValueVector,
    scaled,
)
from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.request import Message, Request
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import SETTLED, anchored_roles

ITEMS = inventory("schwartz10")
ROLES = anchored_roles(ITEMS.system, 3, seed=4)
QUESTIONS = tuple(Protocol(orders=("given",)).questions(ITEMS))
DEFINITION = {value.name: value.definition for value in ITEMS.system.values}
TOLD = RolePrompt(f"{DEFINITION['power']} {SETTLED[4]}", {"power": 0.8})


@cache
def model(name: str = "organism/gemma") -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of(name), dtype="float32", device="cpu")


def push(strength: float, scope: Scope | None = None) -> ValueVector:
    """A push in a direction drawn at random, in norms of the residual."""
    width = model().model.config.hidden_size
    direction = np.random.default_rng(2).standard_normal(width)
    vector = (direction / np.linalg.norm(direction)).astype(np.float32)
    return ValueVector("push", {1: vector}, Strength(strength, "residual norm"), scope or Scope())


def test_nothing_changes_nothing_and_too_much_breaks_the_model(tmp_path: Path) -> None:
    interventions: Mapping[str, Intervention] = {
        "nothing": scaled(push(1.0), 0),
        "too much": push(100.0),
        "told": TOLD,
        "both": Combined((TOLD, scaled(push(1.0), 0))),
    }
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = measure(model(), interventions, QUESTIONS, ROLES, store)
    assert not found["nothing"].differences.any()
    assert found["nothing"].healthy
    assert found["too much"].faults
    assert found["told"].healthy
    assert found["told"].of("power") > 0.2
    assert np.allclose(found["both"].differences, found["told"].differences, atol=1e-5)


def test_divergence_is_nothing_where_nothing_is_done_and_grows_with_the_dose() -> None:
    interventions: dict[str, Intervention] = {
        "told": TOLD,
        "nothing": scaled(push(1.0), 0),
        "phrase": push(1.0, Scope("phrase", " your values")),
        **{f"{dose}": push(dose) for dose in (0.05, 0.5, 5.0)},
        **{where: push(0.5, Scope(where)) for where in ("prompt", "generated", "after role")},
    }
    found = neutral_divergence(model(), interventions, NEUTRAL_TEXTS[:2])
    assert found["told"] == found["phrase"] == 0.0
    assert found["nothing"] == 0.0
    assert 0 < found["0.05"] < found["0.5"] < found["5.0"]
    assert found["prompt"] > 0
    assert found["generated"] > 0
    assert found["after role"] == pytest.approx(found["0.5"])
    assert faults_of({"neutral_divergence": found["5.0"]})


def test_divergence_is_that_of_two_plain_forwards() -> None:
    """By hand: the same vector added by a hook of torch's own, the text read at once."""
    organism, (text,) = model("organism/llama"), NEUTRAL_TEXTS[:1]
    vector = np.linspace(-0.3, 0.3, organism.model.config.hidden_size, dtype=np.float32)
    ids = torch.tensor([organism.tokenizer(text)["input_ids"]])
    middle = ids.shape[1] // 2
    with torch.inference_mode():
        plain = organism.model(ids).logits[0, middle:].log_softmax(-1)
        handle = organism.parts.layers[1].register_forward_hook(
            lambda layer, entered, left: left + torch.from_numpy(vector)
        )
        steered = organism.model(ids).logits[0, middle:].log_softmax(-1)
        handle.remove()
    expected = (steered.exp() * (steered - plain)).sum(-1).mean()
    found = neutral_divergence(organism, {"v": ValueVector("v", {1: vector})}, [text])
    assert found["v"] == pytest.approx(float(expected), rel=1e-4)


def test_what_a_steered_model_writes_is_looked_at(tmp_path: Path) -> None:
    asked = (Message("system", ROLES[0].text), Message("user", "Say one thing that is true."))
    interventions = {"nothing": scaled(push(1.0), 0), "too much": push(100.0)}
    numbers = repetition_under(model(), interventions, [Request(asked)], max_new_tokens=40)
    assert numbers["nothing"]["repetition_added"] == 0.0
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        found = measure(model(), interventions, QUESTIONS[:8], ROLES[:2], store)
    whole = with_health(found["nothing"], numbers["nothing"])
    assert whole.healthy
    assert whole.health["repeated"] == numbers["nothing"]["repeated"]
    assert not with_health(found["nothing"], {"repetition_added": 0.9}).healthy


def test_written_answers_are_steered_one_condition_after_the_other(tmp_path: Path) -> None:
    written = tuple(Protocol.preset("kang2025").questions(ITEMS))[:2]
    interventions = {"nothing": scaled(push(1.0), 0), "much": Combined((TOLD, push(100.0)))}
    with AnswerStore.open(tmp_path / "answers.sqlite") as store:
        responses = survey_under(
            model(), interventions, written, ROLES[:1], store, role_place="user"
        )
    text = responses.frame.set_index(["condition", "question"])["text"]
    assert text.loc["nothing"].tolist() == text.loc[""].tolist()
    assert text.loc["much"].tolist() != text.loc[""].tolist()
