"""A steered model answers as its hooks and its sweep say, and stays unsteered in between."""

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import tiny_models
import torch
from kinds import ADD, COMBINED, EVERY, KNOWN, NEURONS, PROMPT, SCOPES, VECTOR, scoped

from causalvalues.errors import OptionError
from causalvalues.models.chat import Prompt
from causalvalues.models.generation import ends_of_turn
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import continuations
from causalvalues.steering.document import digest_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import Combined, Intervention, RolePrompt, Scope, scaled
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.request import Message, Request

Loaded = Callable[[str], LanguageModel]

REQUESTS = [tiny_models.requests()[place] for place in (0, 1, 5, 8)]
MODELS = pytest.mark.parametrize("name", ["gemma", "llama3"])


@torch.inference_mode()
def weighed(model: LanguageModel, prompt: Prompt, options: tuple[str, ...]) -> tuple[float, ...]:
    """Log-probabilities of options by plain passes: the prompt, then each option onto its cache."""
    ways = continuations(options, lambda way: model.chat.continued(prompt.text, way))
    read = model.model(torch.from_numpy(prompt.ids)[None], use_cache=True)
    found = []
    for sequence in ways.sequences:
        logits = [read.logits[:, -1:]]
        if len(sequence) > 1:
            cache = copy.deepcopy(read.past_key_values)
            rest = torch.tensor([sequence[:-1]])
            logits.append(model.model(rest, past_key_values=cache).logits)
        said = torch.cat(logits, dim=1)[0].double().log_softmax(dim=-1)
        found.append(sum(float(said[place, token]) for place, token in enumerate(sequence)))
    return ways.weigh(np.array(found))


def by_hooks(
    model: LanguageModel, requests: list[Request], given: Intervention
) -> list[tuple[float, ...]]:
    """What every request is answered while hooks are installed."""
    prompts = model.chat.prompts(requests)
    ends = {tuple(prompt.ids.tolist()): prompt.role_end for prompt in prompts}
    with steer(model, given, KNOWN, role_ends=ends):
        return [
            weighed(model, prompt, request.options)
            for prompt, request in zip(prompts, requests, strict=True)
        ]


def answers(model: SteeredModel, requests: list[Request]) -> list[tuple[float, ...]]:
    found = dict(model.log_probabilities(requests))
    return [found[place] for place in range(len(requests))]


def alike(one: list[tuple[float, ...]], two: list[tuple[float, ...]]) -> bool:
    return all(np.allclose(a, b, rtol=1e-4, atol=1e-4) for a, b in zip(one, two, strict=True))


@MODELS
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.where)
@pytest.mark.parametrize("kind", ["add", "ablate", "combined", "combined probes", "two probes"])
def test_a_sweep_and_hooks_answer_alike(kind: str, scope: Scope, name: str, loaded: Loaded) -> None:
    model, given = loaded(name), scoped(EVERY[kind], scope)
    found = answers(SteeredModel(model, given, KNOWN), REQUESTS)
    assert alike(found, by_hooks(model, REQUESTS, given))
    plain = answers(SteeredModel(model, scaled(given, 0), KNOWN), REQUESTS)
    assert plain == [dict(model.log_probabilities(REQUESTS))[place] for place in range(4)]
    assert not alike(found, plain)


@MODELS
@pytest.mark.parametrize("kind", EVERY)
def test_every_kind_is_swept_as_it_is_hooked(kind: str, name: str, loaded: Loaded) -> None:
    model = loaded(name)
    found = answers(SteeredModel(model, EVERY[kind], KNOWN), REQUESTS)
    assert alike(found, by_hooks(model, REQUESTS, EVERY[kind]))


@MODELS
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.where)
@pytest.mark.parametrize("kind", ["combined", "combined probes"])
def test_texts_are_those_written_one_by_one(
    kind: str, name: str, scope: Scope, loaded: Loaded
) -> None:
    model, given = loaded(name), scoped(EVERY[kind], scope)
    steered = SteeredModel(model, given, KNOWN)
    found = dict(steered.texts(REQUESTS, max_new_tokens=6))
    prompts = model.chat.prompts(REQUESTS)
    role_ends = {tuple(prompt.ids.tolist()): prompt.role_end for prompt in prompts}
    ends = ends_of_turn(model.model, model.tokenizer)
    with steer(model, given, KNOWN, role_ends=role_ends), torch.inference_mode():
        for place, prompt in enumerate(prompts):
            ids: list[int] = prompt.ids.tolist()
            for _ in range(6):
                logits = model.model(torch.tensor([ids]), use_cache=False).logits
                if int(logits[0, -1].argmax()) in ends:
                    break
                ids.append(int(logits[0, -1].argmax()))
            new = model.tokenizer.decode(ids[len(prompt.ids) :], skip_special_tokens=True)
            assert found[place] == new.strip()
    if scope.where != "phrase":  # a few tokens of one prompt: its text may stay the same
        assert found != dict(model.texts(REQUESTS, max_new_tokens=6))


@MODELS
def test_role_prompts_are_told_in_the_system_message(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    both = Combined((PROMPT, ADD))
    told = [
        Request((Message("system", "Rest well."), *REQUESTS[0].messages), REQUESTS[0].options),
        *[
            Request(
                (
                    Message("system", f"{request.messages[0].text}\nRest well."),
                    *request.messages[1:],
                ),
                request.options,
            )
            for request in REQUESTS[1:]
        ],
    ]
    assert answers(SteeredModel(model, PROMPT), REQUESTS) == answers(
        SteeredModel(model, scaled(ADD, 0), KNOWN), told
    )
    found, expected = SteeredModel(model, both, KNOWN), SteeredModel(model, ADD, KNOWN)
    assert answers(found, REQUESTS) == answers(expected, told)
    assert list(found.texts(REQUESTS, max_new_tokens=4)) == list(
        expected.texts(told, max_new_tokens=4)
    )
    assert list(SteeredModel(model, PROMPT).texts(REQUESTS, max_new_tokens=4)) == list(
        model.texts(told, max_new_tokens=4)
    )


def test_the_role_ends_after_what_was_told(loaded: Loaded) -> None:
    model = loaded("llama3")
    given = Combined((RolePrompt("You rest.", place="start"), scoped(ADD, Scope("after role"))))
    steered = SteeredModel(model, given, KNOWN)
    requests = [
        Request((Message("system", f"You rest.\n{r.messages[0].text}"), *r.messages[1:]), r.options)
        for r in REQUESTS[1:]
    ]
    expected = by_hooks(model, requests, scoped(ADD, Scope("after role")))
    assert alike(answers(steered, REQUESTS[1:]), expected)


def test_the_identity_names_the_intervention(loaded: Loaded) -> None:
    model = loaded("gemma")
    steered = SteeredModel(model, COMBINED, KNOWN)
    assert steered.identity == {**model.identity, "intervention": digest_of(COMBINED)}
    other = SteeredModel(model, scaled(COMBINED, 2), KNOWN)
    assert other.identity != steered.identity


def test_between_two_texts_the_model_is_unsteered(loaded: Loaded) -> None:
    model = loaded("gemma")
    before = dict(model.texts(REQUESTS, max_new_tokens=4))
    given = SteeredModel(model, VECTOR).texts(REQUESTS, max_new_tokens=4)
    assert next(given)[1] != before[0]
    assert dict(model.texts(REQUESTS, max_new_tokens=4)) == before
    assert len(list(given)) == len(REQUESTS) - 1
    many = [REQUESTS[place % 4] for place in range(130)]
    found = dict(SteeredModel(model, VECTOR).texts(many, max_new_tokens=1))
    assert [found[place] for place in range(4)] * 32 == [found[place] for place in range(128)]


def test_a_phrase_need_not_stand_in_every_prompt(loaded: Loaded) -> None:
    model = loaded("gemma")
    given = SteeredModel(model, scoped(NEURONS, Scope("phrase", " quiet mornings")))
    many = [REQUESTS[0]] * 130 + [REQUESTS[1]]  # more than are written at once
    found = dict(given.texts(many, max_new_tokens=1))
    assert found[0] == dict(model.texts(many[:1], max_new_tokens=1))[0]
    assert found[130] == dict(given.texts([REQUESTS[1]], max_new_tokens=1))[0]


def test_nothing_asked_is_nothing_answered(loaded: Loaded) -> None:
    for given in (NEURONS, PROMPT):
        steered = SteeredModel(loaded("gemma"), given)
        assert list(steered.log_probabilities([])) == []
        assert list(steered.texts([], max_new_tokens=3)) == []


@pytest.mark.fault
def test_what_cannot_be_run_is_an_error(loaded: Loaded) -> None:
    model = loaded("gemma")
    with pytest.raises(OptionError, match="'fake'"):
        list(SteeredModel(model, ADD).log_probabilities(REQUESTS))
    absent = SteeredModel(model, replace(NEURONS, scope=Scope("phrase", "loud nights")))
    with pytest.raises(OptionError, match="loud nights"):
        list(absent.log_probabilities(REQUESTS))
    with pytest.raises(OptionError, match="loud nights"):
        list(absent.texts(REQUESTS, max_new_tokens=2))
    asked = [
        Request((Message("system", "Rest."), Message("user", "Well?"))),
        Request((Message("user", "Rest.\n\nWell?"),)),
    ]
    after = SteeredModel(model, replace(NEURONS, scope=Scope("after role")))
    with pytest.raises(OptionError, match="read alike"):
        list(after.texts(asked, max_new_tokens=2))
