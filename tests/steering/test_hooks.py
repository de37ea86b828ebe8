"""What holds of every kind of intervention while it runs inside a model, and after."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_models
import torch
from fake_dictionary import FakeDictionary
from kinds import (
    ADD,
    ADDED,
    COMBINED,
    EVERY,
    FAKE,
    KNOWN,
    LAYER,
    NEURONS,
    PHRASE,
    PROMPT,
    SCOPES,
    VECTOR,
    logits_of,
    padded,
    prompts_of,
    scoped,
)
from torch import Tensor, nn
from transformers import PreTrainedModel

from causalvalues.errors import (
    HookNeverFired,
    OptionError,
    UnknownArchitecture,
    WrongHook,
    WrongWidth,
)
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.replay import stopped
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    Scope,
    Strength,
    parts_of,
    scaled,
)

Loaded = Callable[[str], LanguageModel]

TEXTS = (
    "You are a baker who likes quiet mornings and long walks.",
    "You are a judge.",
    "Should I help a stranger? I like quiet mornings, and walks.",
)
ROLE_ENDS = [4, 0, 2]
KINDS = pytest.mark.parametrize("kind", EVERY)
MODELS = pytest.mark.parametrize("name", ["gemma", "llama3"])


def batch_of(model: LanguageModel, side: str = "left") -> tuple[Tensor, Tensor]:
    return padded(prompts_of(model, TEXTS), side)


def hooks_of(model: PreTrainedModel) -> list[tuple[int, ...]]:
    """How many hooks every module has."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_forward_hooks_always_called")
    return [
        *[tuple(len(getattr(module, kind)) for kind in kinds) for module in model.modules()],
        *[(len(each._forward_hooks_with_kwargs),) for each in model.modules()],
        *[(len(each._forward_pre_hooks_with_kwargs),) for each in model.modules()],
    ]


@contextmanager
def residuals_of(model: LanguageModel) -> Iterator[dict[int, Tensor]]:
    """A mapping that fills with what leaves each layer, after every other hook."""
    found: dict[int, Tensor] = {}
    with ExitStack() as stack:
        for place, layer in enumerate(model.parts.layers):
            hook = layer.register_forward_hook(
                lambda _, entered, left, place=place: found.__setitem__(place, left)
            )
            stack.callback(hook.remove)
        yield found


@MODELS
@KINDS
def test_scaled_to_nothing_it_changes_no_bit(kind: str, name: str, loaded: Loaded) -> None:
    model = loaded(name)
    ids, mask = batch_of(model)
    before = logits_of(model.model, ids, mask)
    with steer(model, scaled(EVERY[kind], 0), KNOWN) as steered:
        assert torch.equal(logits_of(model.model, ids, mask), before)
    assert set(steered.n_tokens) == {int(mask.sum())}


@MODELS
@KINDS
def test_leaving_restores_every_bit(kind: str, name: str, loaded: Loaded) -> None:
    model = loaded(name)
    ids, mask = batch_of(model)
    before, hooks = logits_of(model.model, ids, mask), hooks_of(model.model)
    weights = {name: each.clone() for name, each in model.model.state_dict().items()}
    modules = list(map(id, model.model.modules()))
    with steer(model, EVERY[kind], KNOWN):
        assert not torch.equal(logits_of(model.model, ids, mask), before)
    with pytest.raises(ZeroDivisionError), steer(model, EVERY[kind], KNOWN):
        _ = logits_of(model.model, ids, mask)[1 // 0]
    assert hooks_of(model.model) == hooks
    assert list(map(id, model.model.modules())) == modules
    assert torch.equal(logits_of(model.model, ids, mask), before)
    after = model.model.state_dict()
    assert list(after) == list(weights)
    assert all(torch.equal(after[name], each) for name, each in weights.items())


@MODELS
@pytest.mark.parametrize("kind", ADDED)
def test_what_is_added_can_be_taken_away(kind: str, name: str, loaded: Loaded) -> None:
    model = loaded(name)
    ids, mask = batch_of(model)
    before, given = logits_of(model.model, ids, mask), EVERY[kind]
    with steer(model, given, KNOWN), steer(model, scaled(given, -1), KNOWN):
        after = logits_of(model.model, ids, mask)
    assert torch.allclose(after[mask > 0], before[mask > 0], atol=1e-4)


@MODELS
def test_blocks_inside_each_other_add_up(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    ids, mask = batch_of(model)
    with steer(model, COMBINED, KNOWN):
        expected = logits_of(model.model, ids, mask)
    with ExitStack() as stack:
        for part in parts_of(COMBINED):
            stack.enter_context(steer(model, part, KNOWN))
        assert torch.equal(logits_of(model.model, ids, mask), expected)
    with steer(model, scaled(ADD, 2), KNOWN):
        expected = logits_of(model.model, ids, mask)
    with steer(model, ADD, KNOWN), steer(model, ADD, KNOWN):
        assert torch.allclose(logits_of(model.model, ids, mask), expected, atol=1e-4)


@MODELS
@KINDS
def test_layers_below_and_rows_of_padding_keep_their_bits(
    kind: str, name: str, loaded: Loaded
) -> None:
    model = loaded(name)
    for side in ("left", "right"):
        ids, mask = batch_of(model, side)
        with residuals_of(model) as plain:
            logits_of(model.model, ids, mask)
        before = dict(plain)
        with steer(model, EVERY[kind], KNOWN), residuals_of(model) as after:
            logits_of(model.model, ids, mask)
        assert torch.equal(after[0], before[0])
        assert torch.equal(after[LAYER][mask == 0], before[LAYER][mask == 0])
        assert not torch.equal(after[LAYER][mask > 0], before[LAYER][mask > 0])


@MODELS
def test_an_edit_of_the_last_layer_leaves_the_others_alone(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    ids, mask = batch_of(model)
    last = {"last": FakeDictionary(layer=2)}
    given = replace(ADD, sae="last", layer=2)
    with residuals_of(model) as plain:
        logits_of(model.model, ids, mask)
    with steer(model, given, last), residuals_of(model) as after:
        logits_of(model.model, ids, mask)
    assert torch.equal(after[0], plain[0])
    assert torch.equal(after[1], plain[1])
    assert torch.allclose(after[2][mask > 0], plain[2][mask > 0] + 6 * FAKE.direction(3), atol=1e-5)


@MODELS
@KINDS
def test_a_text_is_steered_alike_alone_and_among_others(
    kind: str, name: str, loaded: Loaded
) -> None:
    model = loaded(name)
    for scope in (Scope("all"), Scope("last"), Scope("phrase", PHRASE)):
        given = scoped(EVERY[kind], scope)
        (left, left_mask), (right, right_mask) = batch_of(model), batch_of(model, "right")
        with steer(model, given, KNOWN):
            on_left = logits_of(model.model, left, left_mask)
            on_right = logits_of(model.model, right, right_mask)
            for row, text in enumerate(prompts_of(model, TEXTS)):
                alone = logits_of(model.model, torch.tensor([text]))[0]
                scale = float(alone.abs().max())
                assert torch.allclose(on_left[row, -len(text) :], alone, atol=1e-5 * scale)
                assert torch.allclose(on_right[row, : len(text)], alone, atol=1e-5 * scale)


def written(model: LanguageModel, *, use_cache: bool) -> Tensor:
    """What a model writes greedily after a batch."""
    ids, mask = batch_of(model)
    return model.model.generate(
        ids,
        attention_mask=mask,
        use_cache=use_cache,
        max_new_tokens=8,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )


@MODELS
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.where)
def test_a_cache_changes_nothing(name: str, scope: Scope, loaded: Loaded) -> None:
    model = loaded(name)
    _, mask = batch_of(model)
    n_phrase = sum(len(model.tokenizer.tokenize(PHRASE)) for text in TEXTS if PHRASE in text)
    n_written = 3 * 7  # the last of eight is never read
    n_prompt = int(mask.sum())
    n_expected = {
        "all": n_prompt + n_written,
        "prompt": n_prompt,
        "generated": n_written,
        "last": 3,
        "answering": 3 + n_written,
        "phrase": n_phrase,
        "after role": n_prompt - sum(ROLE_ENDS) + n_written,
    }
    texts = []
    for use_cache in (True, False):
        given = scoped(COMBINED, scope)
        with steer(model, given, KNOWN, role_ends=ROLE_ENDS) as steered:
            texts.append(written(model, use_cache=use_cache))
            assert steered.n_runs == 8
        if use_cache:
            assert set(steered.n_tokens) == {n_expected[scope.where]}
    assert torch.equal(*texts)
    assert not torch.equal(texts[0], written(model, use_cache=True))


@MODELS
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.where)
def test_a_scope_is_what_a_hook_by_hand_makes_of_it(
    name: str, scope: Scope, loaded: Loaded
) -> None:
    model = loaded(name)
    for side in ("left", "right"):
        ids, mask = batch_of(model, side)
        where = torch.zeros_like(mask, dtype=torch.bool)
        for row, text in enumerate(prompts_of(model, TEXTS)):
            first = ids.shape[1] - len(text) if side == "left" else 0
            pieces = [model.tokenizer.decode([token]) for token in text]
            for place in range(len(text)):
                before, until = "".join(pieces[:place]), "".join(pieces[: place + 1])
                start = "".join(pieces).find(PHRASE)
                inside = len(until) > start >= 0 and len(before) < start + len(PHRASE)
                where[row, first + place] = {
                    "all": True,
                    "prompt": True,
                    "generated": False,
                    "last": place == len(text) - 1,
                    "answering": place == len(text) - 1,
                    "phrase": inside,
                    "after role": place >= ROLE_ENDS[row],
                }[scope.where]
        step = where[..., None] * 6 * FAKE.direction(3)
        hook = model.parts.layers[LAYER].register_forward_hook(lambda _, e, left: left + step)  # noqa: B023
        by_hand = logits_of(model.model, ids, mask)
        hook.remove()
        with steer(model, scoped(ADD, scope), KNOWN, role_ends=ROLE_ENDS) as steered:
            found = logits_of(model.model, ids, mask)
        assert steered.n_tokens == (int(where.sum()),) == steered.n_expected
        assert torch.equal(found, by_hand)


@MODELS
def test_tokens_onto_a_cache_are_answers(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    text = torch.tensor(prompts_of(model, TEXTS)[:1])
    for scope, expected in zip(SCOPES, (3, 0, 3, 0, 3, 0, 3), strict=True):
        with steer(model, scoped(ADD, scope), KNOWN, role_ends=[4]) as steered:
            with torch.inference_mode():
                cache = model.model(text[:, :-3], use_cache=True).past_key_values
                before = steered.n_tokens[0]
                model.model(text[:, -3:], past_key_values=cache)
            assert steered.n_tokens[0] - before == expected


@KINDS
def test_numbers_may_be_bfloat16(kind: str, loaded: Loaded) -> None:
    full = loaded("llama3")
    model = full.model.__class__(full.model.config).to(torch.bfloat16).eval()
    model.load_state_dict(full.model.state_dict())
    ids, mask = batch_of(full)
    before = logits_of(model, ids, mask)
    with steer(model, EVERY[kind], KNOWN):
        after = logits_of(model, ids, mask)
    with steer(model, scaled(EVERY[kind], 0), KNOWN):
        assert torch.equal(logits_of(model, ids, mask), before)
    with steer(full, EVERY[kind], KNOWN):
        exact = logits_of(full.model, ids, mask)
    assert after.dtype == torch.bfloat16
    assert not torch.equal(after, before)
    away = (after.float() - exact)[mask > 0].abs().mean()
    assert away < 0.1 * exact[mask > 0].abs().mean()


def test_the_parts_of_a_model_may_be_spread(loaded: Loaded, tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    folder = tiny_models.save("llama3", tmp_path / "llama3")
    spread = LanguageModel.load(folder, device_map={"": "cpu"})
    ids, mask = batch_of(spread)
    with steer(loaded("llama3"), COMBINED, KNOWN):
        expected = logits_of(loaded("llama3").model, ids, mask)
    with steer(spread, COMBINED, KNOWN):
        assert torch.equal(logits_of(spread.model, ids, mask), expected)


def test_embeddings_are_steered_as_their_ids_are(loaded: Loaded) -> None:
    model = loaded("llama3")
    ids, mask = batch_of(model)
    given = {"inputs_embeds": model.model.get_input_embeddings()(ids).detach()}
    for where in ("all", "prompt", "last", "after role"):
        with steer(model, scoped(COMBINED, Scope(where)), KNOWN, role_ends=ROLE_ENDS):
            expected = logits_of(model.model, ids, mask)
            with torch.inference_mode():
                found = model.model(**given, attention_mask=mask).logits
        assert torch.equal(found, expected)
    with (
        pytest.raises(OptionError, match="embeddings"),
        steer(model, scoped(ADD, Scope("phrase", PHRASE)), KNOWN),
    ):
        model.model(**given, attention_mask=mask)


@pytest.mark.parametrize("name", ["gemma2", "gemma3", "mistral", "gpt2"])
def test_other_architectures_are_steered_alike(name: str, loaded: Loaded) -> None:
    model = loaded(name)
    given: Intervention = Combined((VECTOR, ADD)) if name == "gpt2" else COMBINED
    ids, mask = batch_of(model)
    before = logits_of(model.model, ids, mask)
    for scope in SCOPES:
        with steer(model, scoped(given, scope), KNOWN, role_ends=ROLE_ENDS):
            after = logits_of(model.model, ids, mask)
            with_cache = written(model, use_cache=True)
            assert torch.equal(with_cache, written(model, use_cache=False))
        assert torch.equal(after, before) == (scope.where == "generated")
    if name == "gpt2":
        hooks = hooks_of(model.model)
        with pytest.raises(UnknownArchitecture, match="down_proj"), steer(model, NEURONS):
            pass
        assert hooks_of(model.model) == hooks


def test_positional_inputs_and_the_decoder_itself_are_steered_too(loaded: Loaded) -> None:
    model = loaded("gemma")
    ids, mask = batch_of(model)
    with steer(model, ADD, KNOWN) as steered, torch.inference_mode():
        expected = model.model(input_ids=ids, attention_mask=mask).logits
        assert torch.equal(model.model(ids, mask).logits, expected)
        states = model.parts.decoder(ids, mask)[0]
        assert torch.equal(model.parts.head(states), expected)
    assert steered.n_runs == 3
    assert steered.n_tokens == (3 * int(mask.sum()),)


class Failing:
    """A hook that fails the first time."""

    n_calls = 0

    def __call__(self, *_: object) -> None:
        self.n_calls += 1
        if self.n_calls == 1:
            raise torch.OutOfMemoryError


@pytest.mark.fault
def test_a_run_that_failed_on_the_way_does_not_count(loaded: Loaded) -> None:
    model = loaded("gemma")
    ids, mask = batch_of(model)
    with steer(model, COMBINED, KNOWN) as steered:
        hook = model.parts.layers[LAYER].register_forward_hook(Failing())
        with pytest.raises(torch.OutOfMemoryError):
            logits_of(model.model, ids, mask)
        logits_of(model.model, ids, mask)
        hook.remove()
    assert steered.n_runs == 1
    assert set(steered.n_tokens) == {int(mask.sum())}


class Twice(nn.Module):
    """A layer that runs twice."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, entering: Tensor, **given: object) -> Tensor:
        return self.layer(self.layer(entering, **given), **given)


class Shorter(nn.Module):
    """A layer whose MLP sees fewer tokens than there are."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, entering: Tensor, **_: object) -> Tensor:
        self.layer.mlp(entering[:, 1:])
        return entering


@contextmanager
def replaced(model: LanguageModel, make: Callable[[nn.Module], nn.Module]) -> Iterator[None]:
    """Another module in the place of the edited layer."""
    layers = model.parts.layers
    own = layers[LAYER]
    layers[LAYER] = make(own)
    try:
        yield
    finally:
        layers[LAYER] = own


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["add", "neurons add"])
def test_a_hook_that_misses_tokens_is_a_fault(kind: str, loaded: Loaded) -> None:
    model, given = loaded("gemma"), EVERY[kind]
    ids, mask, hooks = *batch_of(model), hooks_of(model.model)
    with pytest.raises(HookNeverFired, match="no run"), steer(model, given, KNOWN):
        pass
    with (
        pytest.raises(HookNeverFired, match=rf"0 of {mask.sum()}"),
        steer(model, given, KNOWN),
        stopped(model.parts.layers, after=0),
    ):
        logits_of(model.model, ids, mask)
    with (
        pytest.raises(HookNeverFired, match=rf"{2 * mask.sum()} of {mask.sum()}"),
        steer(model, given, KNOWN),
        replaced(model, Twice),
    ):
        logits_of(model.model, ids, mask)
    assert hooks_of(model.model) == hooks


@pytest.mark.fault
def test_a_layer_that_sees_other_tokens_is_a_fault(loaded: Loaded) -> None:
    model = loaded("gemma")
    with (
        pytest.raises(HookNeverFired, match="decoder reads"),
        steer(model, NEURONS),
        replaced(model, Shorter),
    ):
        logits_of(model.model, *batch_of(model))


@pytest.mark.fault
def test_a_layer_outside_its_decoder_is_a_fault(loaded: Loaded) -> None:
    model = loaded("gemma")
    with steer(model, NEURONS) as steered:
        with pytest.raises(HookNeverFired, match="its decoder"):
            model.parts.layers[LAYER].mlp.down_proj(torch.zeros(1, 3, 64))
        logits_of(model.model, *batch_of(model))
    assert steered.n_runs == 1


@pytest.mark.fault
def test_a_role_prompt_is_told_not_hooked(loaded: Loaded) -> None:
    model = loaded("gemma")
    both = Combined((PROMPT, ADD))
    for given, prompts_told in ((PROMPT, False), (PROMPT, True), (both, False)):
        for one in (model, model.model):
            with (
                pytest.raises(OptionError, match="told, not hooked"),
                steer(one, given, KNOWN, prompts_told=prompts_told),
            ):
                pass
    ids, mask = batch_of(model)
    with steer(model, ADD, KNOWN):
        expected = logits_of(model.model, ids, mask)
    with steer(model, both, KNOWN, prompts_told=True):
        assert torch.equal(logits_of(model.model, ids, mask), expected)


@pytest.mark.fault
def test_what_cannot_be_steered_is_an_error_with_its_reason(loaded: Loaded) -> None:
    model = loaded("gemma")
    ids, mask = batch_of(model)
    phrase, after = Scope("phrase", PHRASE), Scope("after role")
    hooks = hooks_of(model.model)
    deep = {"deep": FakeDictionary(layer=3)}
    wide = {"fake": FakeDictionary(layer=LAYER, width=48)}
    for given, known, options, error, says in (
        (scoped(ADD, phrase), KNOWN, {}, OptionError, "tokenizer"),
        (scoped(ADD, after), KNOWN, {}, OptionError, "role_ends"),
        (scoped(ADD, after), KNOWN, {"role_ends": [1]}, OptionError, "1 for 3 rows"),
        (scoped(ADD, after), KNOWN, {"role_ends": {(1,): 2}}, OptionError, "role ends"),
        (replace(ADD, sae="deep", layer=3), deep, {}, WrongHook, "from 0 to 2"),
        (replace(VECTOR, vector_by_layer={5: [1.0]}), {}, {}, OptionError, "from 0 to 2"),
        (ADD, wide, {}, WrongWidth, "48 wide"),
        (ADD, {}, {}, OptionError, "'fake'"),
        (
            scoped(ADD, Scope("phrase", "Quiet")),
            KNOWN,
            {"tokenizer": model.tokenizer},
            OptionError,
            "'Quiet' in none",
        ),
    ):
        with pytest.raises(error, match=says), steer(model.model, given, known, **options):
            logits_of(model.model, ids, mask)
        assert hooks_of(model.model) == hooks
    for bad in (mask[:, None, None, :], mask[:, :4], mask[:1]):
        with pytest.raises(OptionError, match="mask"), steer(model, ADD, KNOWN):
            logits_of(model.model, ids, bad)
    with pytest.raises(OptionError, match="neither"), steer(model, ADD, KNOWN):
        model.model()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@KINDS
def test_a_model_on_a_gpu_is_steered_as_on_a_cpu(
    kind: str, dtype: str, loaded: Loaded, tmp_path: Path
) -> None:
    folder = tiny_models.save("gemma", tmp_path / "gemma")
    there = LanguageModel.load(folder, device="cuda", dtype=dtype)
    here = loaded("gemma")
    ids, mask = batch_of(here)
    on_gpu = ids.cuda(), mask.cuda()
    for scope in SCOPES:
        given = scoped(EVERY[kind], scope)
        before = logits_of(there.model, *on_gpu)
        with steer(there, scaled(given, 0), KNOWN, role_ends=ROLE_ENDS):
            assert torch.equal(logits_of(there.model, *on_gpu), before)
        with steer(there, given, KNOWN, role_ends=ROLE_ENDS) as steered:
            found = logits_of(there.model, *on_gpu)
        with steer(here, given, KNOWN, role_ends=ROLE_ENDS) as expected:
            exact = logits_of(here.model, ids, mask)
        assert steered.n_tokens == expected.n_tokens
        away = (found.float().cpu() - exact)[mask > 0].abs().mean()
        share = 0.1 if dtype == "bfloat16" else 1e-3
        assert away < share * exact[mask > 0].abs().mean()
        assert torch.equal(logits_of(there.model, *on_gpu), before)


def test_strengths_in_maxima_and_raw_agree(loaded: Loaded) -> None:
    model = loaded("gemma")
    ids, mask = batch_of(model)
    twice = replace(ADD, strength=Strength(2.0, "feature maximum"), observed_maximum=3.0)
    with steer(model, ADD, KNOWN):
        expected = logits_of(model.model, ids, mask)
    with steer(model, twice, KNOWN):
        assert torch.equal(logits_of(model.model, ids, mask), expected)
