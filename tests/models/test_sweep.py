"""A sweep of any edits is one plain run per prompt and option, with hooks, for each condition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import naive
import numpy as np
import pytest
import tiny_models
import torch
from torch import Tensor, nn

from causalvalues.errors import Fault, HookNeverFired, OptionError
from causalvalues.models.conditions import Point, Step
from causalvalues.models.edit import Edit, Site, Tokens
from causalvalues.models.elicit import Tally
from causalvalues.models.hooked import acting
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Message, Request

REQUESTS = [
    *tiny_models.requests(),
    Request((Message("user", "You are a judge who likes your values."),), ("yes", "no")),
    Request((Message("user", "You are a judge who likes your value."),), ("yes", "no")),
]
VALUES, LIKES = "your values", " likes"


@dataclass(frozen=True)
class Pushed:
    """Scales and moves every dimension, where the tokens say so; two of them do not commute."""

    layer: int
    where: str = "after_role"
    size: float = 0.7
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        wide = torch.arange(activation.shape[-1], device=activation.device) % 3 - 1
        moved = (1 + self.size) * activation + wide + 0.01 * tokens.positions[..., None]
        where = tokens.in_phrase[self.phrase] if self.phrase else getattr(tokens, self.where)
        return torch.where(where[..., None], moved, activation)


@dataclass(frozen=True)
class Unchanged:
    layer: int
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        return activation


RESIDUALS: Mapping[str, Edit | Sequence[Edit] | None] = {
    "none": [],
    "layers": [Pushed(2, "is_last"), Pushed(0), Pushed(1, size=-0.4)],
    "given order": [Pushed(1, size=-0.9), Pushed(1, size=2.0)],
    "other order": [Pushed(1, size=2.0), Pushed(1, size=-0.9)],
    "answer": Pushed(1, "is_answer", 2.0),
    "phrase": Pushed(0, phrase=VALUES),
    "phrases": (Pushed(1, phrase=VALUES), Pushed(0, phrase=LIKES)),
}
NEURONS: Mapping[str, Edit | Sequence[Edit] | None] = {
    "lowest": Pushed(0, site="neurons"),
    "middle": [Pushed(1, site="neurons", size=3.0), Pushed(2)],
    "both": [Pushed(1, size=-0.5), Pushed(1, site="neurons"), Pushed(2, site="neurons")],
    "phrase of neurons": [Pushed(0, site="neurons", phrase=LIKES)],
    "gates": [Pushed(1, site="gates", size=2.0)],
    "every site": [Pushed(1, site=site) for site in ("residual", "neurons", "gates")],
}
SITES = ("gates", "neurons", "residual")


def has_neurons(model: LanguageModel) -> bool:
    return model.parts.model_type != "gpt2"


def in_order(edits: Edit | Sequence[Edit] | None) -> list[Edit]:
    """Edits as they act, written down once more."""
    given = [] if edits is None else list(edits) if isinstance(edits, Sequence) else [edits]
    return sorted(given, key=lambda edit: (edit.layer, SITES.index(edit.site)))


def hooks(model: LanguageModel) -> list[list[object]]:
    """The hooks of every module; the library keeps some of its own."""
    modules = model.model.modules()
    return [[*m._forward_hooks.values(), *m._forward_pre_hooks.values()] for m in modules]


def test_a_sweep_is_plain_runs_with_hooks(every_model: LanguageModel) -> None:
    edits = {"plain": None, **RESIDUALS, **(NEURONS if has_neurons(every_model) else {})}
    before = hooks(every_model)
    found = {(name, i): answer for name, i, answer in every_model.sweep(REQUESTS, edits)}
    assert len(found) == len(edits) * len(REQUESTS)
    assert hooks(every_model) == before
    for number, ((name, place), answer) in enumerate(found.items()):
        if place >= len(REQUESTS) - 2 or number % 4 == 0:
            expected = naive.log_probabilities(every_model, REQUESTS[place], in_order(edits[name]))
            np.testing.assert_allclose(answer, expected, rtol=0, atol=2e-4, err_msg=name)
    by_name = {name: [found[name, i] for i in range(len(REQUESTS))] for name in edits}
    assert by_name["plain"] == by_name["none"]
    assert len({str(answers) for answers in by_name.values()}) == len(edits) - 1
    assert found["phrase", len(REQUESTS) - 2] != found["plain", len(REQUESTS) - 2]
    assert found["phrase", len(REQUESTS) - 1] == found["plain", len(REQUESTS) - 1]


def test_edits_that_change_nothing_change_no_bit(every_model: LanguageModel) -> None:
    edits: dict[str, Edit | Sequence[Edit] | None] = {
        "plain": None,
        "three": [Unchanged(layer, phrase=LIKES) for layer in (2, 0, 1)],
        "twice": (Unchanged(1), Unchanged(1)),
    }
    if has_neurons(every_model):
        edits |= {str(layer): Unchanged(layer, "neurons") for layer in range(3)}
        edits["all"] = [Unchanged(i, site) for i in range(3) for site in SITES]
    found = {(name, i): answer for name, i, answer in every_model.sweep(REQUESTS, edits)}
    assert all(answer == found["plain", place] for (_, place), answer in found.items())


def test_half_precision_is_edited_too(checkpoint: Callable[[str], object]) -> None:
    model = LanguageModel.load(checkpoint("gemma2"), dtype="bfloat16", device="cpu")  # type: ignore[arg-type]
    same = [Unchanged(0), Unchanged(1, "neurons"), Unchanged(2, "gates")]
    edits = {"plain": None, "same": same, **NEURONS}
    found = {(name, i): answer for name, i, answer in model.sweep(REQUESTS, edits)}
    assert all(found["same", i] == found["plain", i] for i in range(len(REQUESTS)))
    expected = naive.log_probabilities(model, REQUESTS[0], in_order(NEURONS["both"]))
    np.testing.assert_allclose(found["both", 0], expected, rtol=0, atol=0.3)


def test_a_map_of_devices_is_swept(checkpoint: Callable[[str], object]) -> None:
    spread = LanguageModel.load(checkpoint("llama3"), dtype="float32", device_map={"": "cpu"})  # type: ignore[arg-type]
    whole = LanguageModel.load(checkpoint("llama3"), dtype="float32", device="cpu")  # type: ignore[arg-type]
    edits = {**RESIDUALS, **NEURONS}
    assert sorted(spread.sweep(REQUESTS, edits)) == sorted(whole.sweep(REQUESTS, edits))


def test_tokens_are_on_the_device_of_what_is_edited() -> None:
    flags = {name: torch.ones(1, 2, dtype=torch.bool) for name in ("after_role", "is_last")}
    ids = torch.ones(1, 2, dtype=torch.int64)
    tokens = Tokens(ids, ids, **flags, is_answer=ids > 1, in_phrase={LIKES: ids > 0})
    step = Step("far", Pushed(0, phrase=LIKES))
    assert step(torch.zeros(1, 2, 4, device="meta"), tokens).device.type == "meta"


def test_layers_below_the_edits_run_once(loaded: Callable[[str], LanguageModel]) -> None:
    model = loaded("llama3")
    engine = replace(model.engine, tally=Tally())
    counted = replace(model, engine=engine)
    list(counted.sweep(REQUESTS, {"plain": None}))
    whole = engine.tally.computed
    for edits, share in (
        ([Unchanged(1, "neurons")], 1 / 3 + 2 / 3),
        ([Unchanged(1), Unchanged(2)], 2 / 3 + 1 / 3),
        ([Unchanged(0, "neurons")], 1),
    ):
        engine.tally.computed = 0.0
        list(counted.sweep(REQUESTS, {"edited": edits}))
        assert engine.tally.computed == pytest.approx(whole * share)


def test_marks_are_those_of_the_characters(every_model: LanguageModel) -> None:
    for phrase in ("", VALUES, LIKES, "aa", "s", "nowhere at all"):
        for request, marks in zip(REQUESTS, every_model.marks(REQUESTS, phrase), strict=True):
            (prompt,) = every_model.chat.prompts([request])
            assert marks.in_phrase.tolist() == naive.says(every_model, prompt, phrase)
            assert marks.ids.tolist() == prompt.ids.tolist()
            assert marks.role_end == prompt.role_end
    said = [marks.ids[marks.in_phrase] for marks in every_model.marks(REQUESTS, VALUES)]
    assert [len(ids) > 0 for ids in said] == [False] * (len(REQUESTS) - 2) + [True, False]
    assert VALUES in every_model.tokenizer.decode(said[-2])


def plainly_read(model: LanguageModel, request: Request, point: Point, edits: list[Edit]) -> Tensor:
    """What passes a point at every token of a prompt, by plain hooks."""
    (prompt,) = model.chat.prompts([request])
    ids = torch.from_numpy(prompt.ids)[None]
    place = torch.arange(ids.shape[1])[None]
    phrases = {e.phrase: torch.tensor([naive.says(model, prompt, e.phrase)]) for e in edits}
    last = place == ids.shape[1] - 1
    tokens = Tokens(ids, place, place >= prompt.role_end, last, place < 0, phrases)
    handles = [naive.hooked(model, edit, tokens) for edit in edits]
    seen: list[Tensor] = []

    @dataclass(frozen=True)
    class Reader(Unchanged):
        def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
            seen.append(activation[0].clone())
            return activation

    handles.append(naive.hooked(model, Reader(point.layer, point.site), tokens))
    with torch.inference_mode():
        model.model(input_ids=ids)
    for handle in handles:
        handle.remove()
    return seen[0]


@pytest.mark.parametrize("kind", ["gemma2", "llama2", "qwen3"])
@pytest.mark.parametrize("edits", [[], [Pushed(1, phrase=LIKES), Pushed(0, site="neurons")]])
def test_activations_are_read_as_edits_leave_them(
    loaded: Callable[[str], LanguageModel], kind: str, edits: list[Edit]
) -> None:
    model = loaded(kind)
    before = hooks(model)
    neurons = dict(model.neurons(REQUESTS, 2, edits=edits))
    gates = dict(model.gates(REQUESTS, 2, edits=edits))
    residuals = dict(model.residuals(REQUESTS, 1, edits=edits))
    assert hooks(model) == before
    for place, request in enumerate(REQUESTS):
        for point, found in (
            (Point(2, "neurons"), neurons),
            (Point(2, "gates"), gates),
            (Point(1), residuals),
        ):
            expected = plainly_read(model, request, point, in_order(edits))
            assert found[place].dtype == np.float32
            np.testing.assert_allclose(found[place], expected.numpy(), rtol=1e-3, atol=1e-3)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"up": Pushed(0, phrase=" your nothing")}, "' your nothing' in none of 11"),
        ({"up": [Unchanged(0, phrase=f"{n}") for n in range(17)]}, "16 phrases"),
        ({"up": [Unchanged(0), Unchanged(3)]}, "'up' needs a layer from 0 to 2"),
        ({"up": Unchanged(0, "attention")}, "'up' needs a site: residual, neurons"),  # type: ignore[arg-type]
        ({"up": len}, "'up' must be callable and have a layer"),
    ],
)
def test_what_cannot_act_is_refused_before_anything_runs(
    loaded: Callable[[str], LanguageModel], edits: dict[str, Edit], said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        next(loaded("llama3").sweep(REQUESTS, edits))


@pytest.mark.fault
def test_neurons_need_a_projection_and_the_residual_does_not(
    loaded: Callable[[str], LanguageModel],
) -> None:
    model = loaded("gpt2")
    assert list(model.sweep(REQUESTS[:1], {"up": [Unchanged(0), Unchanged(2)]}))
    with pytest.raises(OptionError, match=r"`mlp.down_proj`.*residual"):
        list(model.sweep(REQUESTS, {"up": Unchanged(1, "neurons")}))
    with pytest.raises(OptionError, match=r"`mlp.down_proj`"):
        list(model.neurons(REQUESTS, 1))


@pytest.mark.fault
def test_edits_after_what_is_read_are_refused(loaded: Callable[[str], LanguageModel]) -> None:
    with pytest.raises(OptionError, match=r"layer 1 \(residual\) for neurons of layer 1"):
        list(loaded("llama3").neurons(REQUESTS, 1, edits=[Unchanged(1)]))


@pytest.mark.fault
@pytest.mark.parametrize("site", ["neurons", "residual"])
def test_a_later_edit_that_fails_leaves_no_hook(
    loaded: Callable[[str], LanguageModel], site: Site
) -> None:
    @dataclass(frozen=True)
    class Cut(Unchanged):
        def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
            return activation[:, :1]

    model = loaded("llama3")
    layers, before = list(model.parts.layers), hooks(model)
    with pytest.raises(OptionError, match="'cut' must return an activation of the shape"):
        list(model.sweep(REQUESTS, {"cut": [Unchanged(0), Cut(2, site)]}))
    assert hooks(model) == before
    assert all(one is two for one, two in zip(layers, model.parts.layers, strict=True))


@pytest.mark.fault
@pytest.mark.parametrize(("n_runs", "error"), [(0, HookNeverFired), (2, Fault)])
def test_an_edit_that_does_not_act_once_is_a_fault(n_runs: int, error: type[Fault]) -> None:
    layers = nn.ModuleList(nn.Identity() for _ in range(2))
    ids = torch.ones(1, 2, dtype=torch.int64)
    tokens = Tokens(ids, ids, ids > 0, ids > 0, ids > 1)

    def run() -> None:
        with acting(layers, [Step("up", Unchanged(1))], tokens):
            for _ in range(n_runs):
                layers[1](torch.zeros(1, 2, 3))

    with pytest.raises(error, match=rf"{n_runs} times at layer 1 \(residual\) of 'up'"):
        run()
    assert not layers[1]._forward_hooks
