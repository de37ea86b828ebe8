"""Edits by probes inside a model: as by hand, however prompts are packed, padded, cached, grown."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import by_hand
import numpy as np
import pytest
import tiny_models
import torch
from by_hand import Text
from kinds import (
    EVERY,
    GATES,
    KNOWN,
    LAYER,
    PHRASE,
    PROBES,
    SCOPES,
    TWO_PROBES,
    VECTOR,
    logits_of,
    padded,
    prompts_of,
    scoped,
)
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.options import continuations
from causalvalues.steering.edits import edits_of
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import Combined, Intervention, ProbeEdit, Scope
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.request import Message, Request

Loaded = Callable[[str], LanguageModel]

NEW = ("gates", "probes by query", "probes by token", "two probes", "neurons by probe")
NEW += ("neurons within bounds", "combined probes")
TEXTS = (
    "You are a baker who likes quiet mornings and long walks.",
    "You are a judge.",
    "Should I help a stranger? I like quiet mornings, and walks.",
)
ROLE_ENDS = [4, 0, 2]
N_ANSWER = 4
OPTIONS = ("agree completely", "agree mostly", "agree", "disagree a little")
REQUESTS = [
    *[tiny_models.requests()[place] for place in (1, 5, 6, 7)],
    *[
        Request((Message("user", f"Should I {n}? I like quiet mornings."),), OPTIONS)
        for n in "abca"
    ],
]
FAR = replace(PROBES.probes[0], bias_by_layer=dict.fromkeys(PROBES.layers, -40.0))
ALWAYS = replace(PROBES, probes=(FAR,), scope=Scope("answering"))  # no text reads as asked
MODELS = pytest.mark.parametrize("name", ["gemma", "llama3"])
ALL_SCOPES = pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.where)


def texts_of(model: LanguageModel) -> list[Text]:
    """Prompts with answers of a few tokens."""
    found = []
    for row, ids in enumerate(prompts_of(model, TEXTS)):
        pieces = [model.tokenizer.decode([token]) for token in ids]
        ends = np.cumsum([len(piece) for piece in pieces])
        start = TEXTS[row].find(PHRASE) + len("".join(pieces)) - len(TEXTS[row])
        inside = (ends > start) & (ends - [len(p) for p in pieces] < start + len(PHRASE))
        said = np.flatnonzero(inside).tolist() if PHRASE in TEXTS[row] else []
        answer = [20 + 7 * row + step for step in range(N_ANSWER)]
        found.append(Text([*ids, *answer], len(ids), ROLE_ENDS[row], said))
    return found


def close(one: Tensor, two: Tensor) -> bool:
    return torch.allclose(one, two, rtol=1e-3, atol=1e-4 * float(two.abs().max()))


@torch.inference_mode()
def told(model: LanguageModel, texts: list[Text], side: str, *, cached: bool) -> list[Tensor]:
    """What a batch says at every token of each text: prompts, then answers token by token."""
    ids, mask = padded([text.ids[: text.n_prompt] for text in texts], side)
    cache, said = None, []
    for step in range(N_ANSWER + 1):
        places = (mask.cumsum(1) - 1).clamp(min=0)
        n_new = ids.shape[1] if not cached or step == 0 else 1
        read = model.model(
            ids[:, -n_new:],
            attention_mask=mask,
            position_ids=places[:, -n_new:],
            past_key_values=cache,
            use_cache=cached,
        )
        cache = read.past_key_values if cached else None
        said.append(read.logits[:, -1:] if step else read.logits)
        if step < N_ANSWER:
            new = torch.tensor([[text.ids[text.n_prompt + step]] for text in texts])
            ids, mask = torch.cat([ids, new], 1), torch.cat([mask, torch.ones_like(new)], 1)
    whole = torch.cat(said, dim=1)
    return [row[real > 0] for row, real in zip(whole, mask, strict=True)]


@MODELS
@ALL_SCOPES
@pytest.mark.parametrize("kind", NEW)
def test_hooks_do_what_is_done_by_hand(kind: str, scope: Scope, name: str, loaded: Loaded) -> None:
    model, given = loaded(name), scoped(EVERY[kind], scope)
    texts = texts_of(model)
    expected = [by_hand.logits(model, given, text) for text in texts]
    plain = [logits_of(model.model, torch.tensor([text.ids]))[0] for text in texts]
    assert not all(map(close, expected, plain))
    for side, cached in (("left", True), ("left", False), ("right", True)):
        with steer(model, given, KNOWN, role_ends=ROLE_ENDS) as steered:
            found = told(model, texts, side, cached=cached)
        assert all(map(close, found, expected)), (side, cached)
        if cached:
            n_reached = sum(int(text.where(scope).sum()) for text in texts)
            assert set(steered.n_tokens) == {n_reached}


def weighed_by_hand(
    model: LanguageModel, request: Request, given: Intervention
) -> tuple[float, ...]:
    """Log-probability of every option, one plain pass for each way to write it."""
    (prompt,) = model.chat.prompts([request])
    (marks,) = model.marks([request], PHRASE)
    ways = continuations(request.options, lambda way: model.chat.continued(prompt.text, way))
    found = []
    for sequence in ways.sequences:
        ids = [*prompt.ids.tolist(), *sequence]
        n_prompt = len(prompt.ids)
        said_at = np.flatnonzero(marks.in_phrase).tolist()
        logits = by_hand.logits(model, given, Text(ids, n_prompt, prompt.role_end, said_at))
        said = logits.double().log_softmax(-1)
        steps = range(n_prompt - 1, len(ids) - 1)
        found.append(sum(float(said[step, ids[step + 1]]) for step in steps))
    return ways.weigh(np.array(found))


@MODELS
@ALL_SCOPES
@pytest.mark.parametrize("kind", ["probes by query", "neurons within bounds", "combined probes"])
def test_a_sweep_does_what_is_done_by_hand(
    kind: str, scope: Scope, name: str, loaded: Loaded
) -> None:
    model, given = loaded(name), scoped(EVERY[kind], scope)
    found = dict(SteeredModel(model, given).log_probabilities(REQUESTS))
    for place in (1, 3, 4, 6, 7):
        expected = weighed_by_hand(model, REQUESTS[place], given)
        np.testing.assert_allclose(found[place], expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[4], found[7], rtol=1e-4, atol=1e-4)  # the same prompt


@pytest.mark.parametrize("name", ["gemma2", "gemma3", "llama2", "mistral", "qwen3"])
def test_other_architectures_are_edited_by_hand_alike(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    for scope in (Scope("all"), Scope("answering")):
        given = scoped(EVERY["combined probes"], scope)
        found = dict(SteeredModel(model, given).log_probabilities(REQUESTS))
        for place in (3, 4):
            expected = weighed_by_hand(model, REQUESTS[place], given)
            np.testing.assert_allclose(found[place], expected, rtol=2e-3, atol=2e-3)


def test_a_residual_needs_no_known_mlp(loaded: Loaded) -> None:
    model = loaded("gpt2")
    for given in (PROBES, replace(TWO_PROBES, solve="token", scope=Scope("answering"))):
        found = dict(SteeredModel(model, given).log_probabilities(REQUESTS[4:]))
        expected = weighed_by_hand(model, REQUESTS[4], given)
        np.testing.assert_allclose(found[0], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("solve", ["query", "token"])
def test_only_what_precedes_an_answer_is_left_as_it_was(solve: str, loaded: Loaded) -> None:
    """A prompt's beginning, which others share, never holds what one of them asks for."""
    model = loaded("llama3")
    edit = replace(ALWAYS, solve=solve)  # type: ignore[arg-type]
    edits = edits_of(edit, {})
    plain, found = (
        dict(model.residuals(REQUESTS, 2)),
        dict(model.residuals(REQUESTS, 2, edits=edits)),
    )
    for place in range(len(REQUESTS)):
        np.testing.assert_allclose(found[place][:-1], plain[place][:-1], atol=1e-5)
        assert not np.allclose(found[place][-1], plain[place][-1], atol=1e-2)
    whole = edits_of(replace(edit, scope=Scope("all")), {})
    everywhere = dict(model.residuals(REQUESTS, 2, edits=whole))
    alone = [dict(model.residuals([one], 2, edits=whole))[0] for one in REQUESTS]
    for place, expected in enumerate(alone):
        np.testing.assert_allclose(everywhere[place], expected, atol=1e-4)


@contextmanager
def seen_at(model: LanguageModel, layer: int) -> Iterator[list[Tensor]]:
    """A list that fills with what leaves a layer; before edits if it is entered before them."""
    found: list[Tensor] = []
    hook = model.parts.layers[layer].register_forward_hook(
        lambda _, given, left: found.append(left.clone())
    )
    try:
        yield found
    finally:
        hook.remove()


def reading(edit: ProbeEdit, layer: int, seen: Tensor) -> Tensor:
    """The probability that the first probe reads."""
    (probe, *_) = edit.probes
    weights = torch.tensor(probe.weights_by_layer[layer])
    return torch.sigmoid(seen @ weights + probe.bias_by_layer[layer])


@contextmanager
def around(
    model: LanguageModel, edit: ProbeEdit, layer: int, *, first: Intervention | None = None
) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """What leaves a layer before and after an edit, others done first."""
    with ExitStack() as stack:
        if first is not None:
            stack.enter_context(steer(model, first, KNOWN))
        before = stack.enter_context(seen_at(model, layer))
        stack.enter_context(steer(model, edit, KNOWN))
        yield before, stack.enter_context(seen_at(model, layer))


@MODELS
@pytest.mark.parametrize("solve", ["query", "token"])
@pytest.mark.parametrize("probability", [0.9, 0.2])
def test_after_the_edit_a_probe_reads_its_probability_and_above_it_keeps_its_bits(
    probability: float, solve: str, name: str, loaded: Loaded
) -> None:
    """Each layer on what earlier ones left: other edits, and the same one at lower layers."""
    model, n_above, n_below = loaded(name), 0, 0
    probes = (PROBES.probes[0].at(probability),)
    edit = replace(PROBES, probes=probes, solve=solve)  # type: ignore[arg-type]
    earlier = replace(VECTOR, vector_by_layer={0: VECTOR.vector_by_layer[LAYER]})
    for first in (None, earlier, GATES):
        for layer in edit.layers:
            for text in prompts_of(model, TEXTS):
                with around(model, edit, layer, first=first) as (before, after):
                    logits_of(model.model, torch.tensor([text]))
                rows = slice(-1, None) if solve == "query" else slice(None)
                own, left = before[0][0, rows], after[0][0, rows]
                short = reading(edit, layer, own) < probability
                assert torch.allclose(
                    reading(edit, layer, left)[short], torch.tensor(probability), atol=1e-4
                )
                assert torch.equal(own[~short], left[~short])
                n_above, n_below = n_above + int((~short).sum()), n_below + int(short.sum())
    assert n_below > 0
    assert n_above > 0


def test_an_edit_made_twice_is_made_once(loaded: Loaded) -> None:
    model = loaded("gemma")
    for kind in ("probes by query", "probes by token", "neurons by probe", "neurons within bounds"):
        ids, mask = padded(prompts_of(model, TEXTS))
        with steer(model, EVERY[kind]):
            once = logits_of(model.model, ids, mask)
        with steer(model, Combined((EVERY[kind], EVERY[kind]))):
            assert close(logits_of(model.model, ids, mask)[mask > 0], once[mask > 0])


def written(model: LanguageModel, ids: Tensor, mask: Tensor, *, use_cache: bool = True) -> Tensor:
    """What a model writes greedily after a batch."""
    return model.model.generate(
        ids,
        attention_mask=mask,
        use_cache=use_cache,
        max_new_tokens=6,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )


@MODELS
@ALL_SCOPES
@pytest.mark.parametrize("kind", ["probes by query", "combined probes"])
def test_a_cache_changes_nothing_of_what_is_written(
    kind: str, scope: Scope, name: str, loaded: Loaded
) -> None:
    model = loaded(name)
    ids, mask = padded(prompts_of(model, TEXTS))
    texts = []
    for use_cache in (True, False):
        with steer(model, scoped(EVERY[kind], scope), role_ends=ROLE_ENDS) as steered:
            texts.append(written(model, ids, mask, use_cache=use_cache))
            assert steered.n_runs == 6
    assert torch.equal(*texts)


@MODELS
def test_what_is_solved_at_the_prompt_is_added_to_every_token_that_is_written(
    name: str, loaded: Loaded
) -> None:
    model, edit, layer = loaded(name), ALWAYS, LAYER
    rows, alone = prompts_of(model, TEXTS), {}
    for text in rows:
        with around(model, edit, layer) as (before, after):
            logits_of(model.model, torch.tensor([text]))
        alone[tuple(text)] = (after[0] - before[0])[0, -1]
    with around(model, edit, layer) as (before, after):
        for batch in (rows, rows[::-1][:2]):  # another text after the first in one block
            ids, mask = padded(batch)
            before.clear()
            after.clear()
            written(model, ids, mask)
            changes = [two - one for one, two in zip(before, after, strict=True)]
            assert [change.shape[1] for change in changes] == [ids.shape[1], 1, 1, 1, 1, 1]
            assert torch.equal(before[0][:, :-1], after[0][:, :-1])
            found = changes[0][:, -1]
            assert found.any(dim=1).all()
            for change in changes[1:]:
                assert torch.allclose(change[:, 0], found, atol=1e-5)
            for row, text in enumerate(batch):
                assert torch.allclose(alone[tuple(text)], found[row], atol=1e-4)


def test_solved_by_token_every_token_that_is_written_is_brought_there_anew(loaded: Loaded) -> None:
    model = loaded("gemma")
    edit = replace(PROBES, scope=Scope("answering"), solve="token")
    ids, mask = padded(prompts_of(model, TEXTS))
    for layer in edit.layers:
        with around(model, edit, layer) as (before, after):
            written(model, ids, mask)
        own, left = (torch.cat([seen[:, -1:] for seen in each], 1) for each in (before, after))
        wanted = reading(edit, layer, own).clamp(min=0.9)
        assert torch.allclose(reading(edit, layer, left), wanted, atol=1e-4)
        assert len(torch.unique((left - own)[0].norm(dim=-1))) > 2


@pytest.mark.parametrize("kind", ["probes by query", "neurons within bounds"])
def test_beams_keep_the_change_of_their_prompt(kind: str, loaded: Loaded) -> None:
    model = loaded("llama3")
    given = scoped(EVERY[kind], Scope("answering"))
    rows = prompts_of(model, TEXTS)
    settings = {"max_new_tokens": 5, "num_beams": 3, "do_sample": False, "eos_token_id": None}
    with steer(model, given):
        ids, mask = padded(rows)
        found = model.model.generate(ids, attention_mask=mask, pad_token_id=0, **settings)
        for row, text in enumerate(rows):
            alone = torch.tensor([text])
            expected = model.model.generate(
                alone, attention_mask=torch.ones_like(alone), pad_token_id=0, **settings
            )
            assert torch.equal(found[row, ids.shape[1] :], expected[0, len(text) :])


@pytest.mark.fault
def test_an_answer_onto_a_prompt_read_before_the_block_is_an_error(loaded: Loaded) -> None:
    model = loaded("gemma")
    text = torch.tensor(prompts_of(model, TEXTS)[:1])
    with torch.inference_mode():
        cache = model.model(text[:, :-2], use_cache=True).past_key_values
        with (
            pytest.raises(OptionError, match="prompt that is answered"),
            steer(model, scoped(PROBES, Scope("generated"))),
        ):
            model.model(text[:, -2:], past_key_values=cache)
