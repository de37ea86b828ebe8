"""Activity that is added up a few tokens at a time is that of all tokens at once."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from fake_dictionary import FakeDictionary

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.feature_activity import activity_at, feature_activity
from causalvalues.survey.design import request_of
from causalvalues.survey.protocol import Option, Question
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role

Loaded = Callable[[str], LanguageModel]

FAKE = FakeDictionary(layer=1)
ROLES = (
    Role("baker", "You are a baker who likes quiet mornings."),
    Role("nobody", ""),
    Role("judge", "You are a judge."),
)
YES_NO = (Option("yes", "yes", {"power": 1.0}), Option("no", "no", {"power": -1.0}))
QUESTIONS = tuple(
    Question(text, text, YES_NO)
    for text in ("Should I help a stranger?", "Should I plan each day?", "Being free to plan?")
)
MODELS = pytest.mark.parametrize("name", ["gemma", "llama3"])


def all_at_once(model: LanguageModel) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Activations of every token that counts, and of each role's after the role."""
    counted, after = [], []
    for role in ROLES:
        requests = [request_of(role, question, "system") for question in QUESTIONS]
        ends = [max(mark.role_end, 1) for mark in model.marks(requests)]
        active = [
            FAKE.activations(torch.from_numpy(residual))
            for _, residual in sorted(model.residuals(requests, FAKE.layer))
        ]
        counted += [each[1 if n == 0 else ends[n] :] for n, each in enumerate(active)]
        after.append(torch.cat([each[end:] for each, end in zip(active, ends, strict=True)]))
    return torch.cat(counted), after


@MODELS
@pytest.mark.parametrize("at_once", [24 * 3, 2**24])
def test_streaming_adds_up_to_the_whole(name: str, at_once: int, loaded: Loaded) -> None:
    model = loaded(name)
    whole, after = all_at_once(model)
    seen = []
    found = feature_activity(
        model, FAKE, ROLES, QUESTIONS, at_once=at_once, progress=lambda *done: seen.append(done)
    )
    assert found.n_tokens == len(whole)
    assert np.allclose(found.maximum, whole.amax(0), rtol=1e-4)
    assert np.allclose(found.mean, whole.mean(0), rtol=1e-4)
    assert np.allclose(found.frequency, (whole > 0).float().mean(0), atol=2 / len(whole))
    assert np.allclose(found.by_group, torch.stack([a.mean(0) for a in after]), rtol=1e-3)
    assert found.groups == ("baker", "nobody", "judge")
    assert (found.sae, found.layer, found.sae_digest) == ("fake", 1, FAKE.digest)
    assert seen[-1] == (9, 9)


@MODELS
def test_the_group_of_a_phrase_is_its_tokens(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    requests = [request_of(Role("", ""), question, "system") for question in QUESTIONS]
    found = activity_at(model, FAKE, requests, " plan")
    said, whole = [], []
    for mark, (_, residual) in zip(
        model.marks(requests, " plan"), sorted(model.residuals(requests, 1)), strict=True
    ):
        active = FAKE.activations(torch.from_numpy(residual))
        said.append(active[mark.in_phrase])
        whole.append(active[1:])
    assert sum(map(len, said)) >= 2
    assert np.allclose(found.by_group[0], torch.cat(said).mean(0), rtol=1e-4)
    assert np.allclose(found.maximum, torch.cat(whole).amax(0), rtol=1e-4)


def test_no_more_activations_are_held_than_asked(loaded: Loaded) -> None:
    class Watched(FakeDictionary):
        """A dictionary that refuses many tokens."""

        def activations(self, residual: torch.Tensor) -> torch.Tensor:
            assert residual.numel() // residual.shape[-1] <= 4
            return super().activations(residual)

    feature_activity(loaded("llama3"), Watched(1), ROLES, QUESTIONS, at_once=4 * 24)


@pytest.mark.fault
def test_activity_of_nothing_is_an_error(loaded: Loaded) -> None:
    model = loaded("llama3")
    with pytest.raises(OptionError, match="roles and questions"):
        feature_activity(model, FAKE, (), QUESTIONS)
    with pytest.raises(OptionError, match="phrase"):
        activity_at(model, FAKE, [Request((Message("user", "Should I?"),))], " your values")
