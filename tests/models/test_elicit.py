"""Packed answers are the plain ones, on every architecture, whatever fits at once."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import naive
import numpy as np
import pytest
import tiny_models
import torch
from torch import Tensor

from causalvalues.errors import Fault, OptionError, PromptTooLong
from causalvalues.models.conditions import Point, Step
from causalvalues.models.edit import Edit, Site, Tokens
from causalvalues.models.elicit import Tally
from causalvalues.models.forward import Batch, Compute, Pass
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.replay import Resume
from causalvalues.survey.request import Message, Request

REQUESTS = tiny_models.requests()


@dataclass(frozen=True)
class Unchanged:
    """An edit that changes nothing."""

    layer: int
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        return activation


@dataclass(frozen=True)
class Pushed:
    """An edit that adds to every dimension, where the tokens say so."""

    layer: int
    where: str
    size: float = 0.7
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, residual: Tensor, tokens: Tokens) -> Tensor:
        wide = torch.arange(residual.shape[-1], device=residual.device) % 3 - 1
        moved = residual + self.size * wide + 0.01 * tokens.positions[..., None]
        return torch.where(getattr(tokens, self.where)[..., None], moved, residual)


@dataclass(frozen=True)
class Cramped:
    """A computer whose memory holds so many tokens."""

    inner: Compute
    limit: int
    fault: type[Exception] | Exception = torch.OutOfMemoryError

    def forward(
        self,
        batch: Batch,
        *,
        keep: Collection[Point] = (),
        resume: Resume | None = None,
        steps: Sequence[Step] = (),
        to_end: bool = True,
    ) -> Pass:
        if batch.n_tokens > self.limit:
            raise self.fault
        return self.inner.forward(batch, keep=keep, resume=resume, steps=steps, to_end=to_end)

    def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
        return self.inner.weigh(states, rows, tokens)


def with_engine(model: LanguageModel, **changes: object) -> LanguageModel:
    """The same model with another engine."""
    engine = replace(model.engine, tally=Tally(), **changes)  # type: ignore[arg-type]
    return replace(model, engine=engine)


def test_packed_answers_are_the_plain_ones(every_model: LanguageModel) -> None:
    expected = [naive.log_probabilities(every_model, request) for request in REQUESTS]
    for budget in (1, 150, 100_000):
        found = list(with_engine(every_model, budget=budget).log_probabilities(REQUESTS))
        assert sorted(place for place, _ in found) == list(range(len(REQUESTS)))
        for place, answer in found:
            np.testing.assert_allclose(answer, expected[place], rtol=0, atol=1e-4)


def test_a_sweep_is_separate_runs_with_hooks(every_model: LanguageModel) -> None:
    edits: dict[str, Edit | None] = {
        "plain": None,
        "first": Pushed(0, "after_role"),
        "middle": Pushed(1, "is_last", 2.0),
        "last": Pushed(2, "after_role"),
    }
    layers = list(every_model.parts.layers)
    found = {(name, i): answer for name, i, answer in every_model.sweep(REQUESTS, edits)}
    assert len(found) == len(edits) * len(REQUESTS)
    assert all(a is b for a, b in zip(layers, every_model.parts.layers, strict=True))
    for (name, place), answer in found.items():
        if place % 2 or name == "first":
            expected = naive.log_probabilities(every_model, REQUESTS[place], edits[name])
            np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-4)
    assert found["plain", 0] != found["middle", 0] != found["last", 0]


def test_an_edit_that_changes_nothing_changes_no_bit(every_model: LanguageModel) -> None:
    edits: dict[str, Edit | None] = {"plain": None, **{str(i): Unchanged(i) for i in range(3)}}
    found = {(name, i): answer for name, i, answer in every_model.sweep(REQUESTS, edits)}
    for (_, place), answer in found.items():
        assert answer == found["plain", place]
    alone = dict(every_model.log_probabilities(REQUESTS))
    assert all(alone[place] == found["plain", place] for place in alone)


def test_an_edit_sees_the_role_and_the_end(loaded: Callable[[str], LanguageModel]) -> None:
    """Tokens of the role, and of what the template writes before it, come before `after_role`."""
    model = loaded("llama3")
    seen: list[Tokens] = []

    @dataclass(frozen=True)
    class Spy:
        layer: int
        site: Site = "residual"
        phrase: str = ""
        alone: bool = False

        def __call__(self, residual: Tensor, tokens: Tokens) -> Tensor:
            seen.append(tokens)
            return residual

    role, item = "You are a judge.", "Should I help a stranger?"
    request = Request((Message("system", role), Message("user", item)), ("yes", "no"))
    list(model.sweep([request], {"spy": Spy(1)}))
    (tokens,) = seen
    text = model.tokenizer.decode(tokens.ids[0][~tokens.after_role[0] & (tokens.ids[0] > 0)])
    assert text.endswith(role)
    after = model.tokenizer.decode(tokens.ids[0][tokens.after_role[0]])
    assert after.startswith("<|eot_id|>")
    assert item in after
    assert tokens.is_last.sum() == 1
    place = int(tokens.is_last[0].nonzero()[0])
    assert place == tokens.after_role[0].nonzero()[-1] - 1  # "y" of "yes" is read after it


def test_shared_text_is_computed_once(loaded: Callable[[str], LanguageModel]) -> None:
    role = "You are a baker who likes quiet mornings and long walks. " * 12
    asked = [
        Request((Message("system", role), Message("user", f"Should I {n}?")), ("yes", "no"))
        for n in range(30)
    ]
    model = with_engine(loaded("llama3"))
    list(model.log_probabilities(asked))
    assert model.tally.least < 0.2 * model.tally.asked
    assert model.tally.least <= model.tally.computed < 0.5 * model.tally.asked


def test_a_sweep_computes_the_lower_layers_once(loaded: Callable[[str], LanguageModel]) -> None:
    model = with_engine(loaded("llama3"))
    list(model.sweep(REQUESTS, {"a": Unchanged(1)}))
    once = model.tally.computed
    list(model.sweep(REQUESTS, {str(n): Unchanged(1) for n in range(4)}))
    assert model.tally.computed - once == pytest.approx(once * (2 / 3 + 4 / 3))


def test_residuals_are_those_of_the_plain_forward(every_model: LanguageModel) -> None:
    found = dict(every_model.residuals(REQUESTS, 1))
    assert sorted(found) == list(range(len(REQUESTS)))
    for place, residual in found.items():
        (prompt,) = every_model.chat.prompts([REQUESTS[place]])
        ids = torch.from_numpy(prompt.ids)[None]
        with torch.inference_mode():
            states = every_model.model(input_ids=ids, output_hidden_states=True).hidden_states
        assert residual.dtype == np.float32
        np.testing.assert_allclose(residual, states[2][0].numpy(), rtol=0, atol=1e-4)


@pytest.mark.fault
@pytest.mark.parametrize(
    "fault",
    [
        torch.OutOfMemoryError,
        MemoryError,
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=["device", "python", "cpu"],
)
def test_when_memory_runs_out_work_is_halved_and_nothing_lost(
    loaded: Callable[[str], LanguageModel], fault: type[Exception] | Exception
) -> None:
    model = loaded("llama3")
    edits: dict[str, Edit | None] = {"plain": None, "up": Pushed(1, "after_role")}
    expected = {(name, i): answer for name, i, answer in model.sweep(REQUESTS * 3, edits)}
    cramped = with_engine(model, compute=Cramped(model.engine.compute, 400, fault))
    found = list(cramped.sweep(REQUESTS * 3, edits))
    assert max(Counter((name, i) for name, i, _ in found).values()) == 1
    assert len(found) == len(expected)
    for name, place, answer in found:
        np.testing.assert_allclose(answer, expected[name, place], rtol=0, atol=1e-4)
    assert cramped.engine.budget < model.engine.budget


@pytest.mark.fault
def test_a_prompt_that_never_fits_is_named(loaded: Callable[[str], LanguageModel]) -> None:
    model = loaded("llama3")
    cramped = with_engine(model, compute=Cramped(model.engine.compute, 20))
    with pytest.raises(PromptTooLong, match="fit into memory"):
        list(cramped.log_probabilities(REQUESTS))
    with pytest.raises(PromptTooLong, match="1024 tokens"):
        list(model.log_probabilities([Request((Message("user", "A " * 2000),), ("yes", "no"))]))


@pytest.mark.fault
def test_another_fault_is_not_taken_for_lack_of_memory(
    loaded: Callable[[str], LanguageModel],
) -> None:
    model = loaded("llama3")
    broken = Cramped(model.engine.compute, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="do not match"):
        list(with_engine(model, compute=broken).log_probabilities(REQUESTS))


@pytest.mark.fault
def test_what_cannot_be_swept_is_an_error(loaded: Callable[[str], LanguageModel]) -> None:
    model = loaded("llama3")
    with pytest.raises(OptionError, match="layer from 0 to 2"):
        list(model.sweep(REQUESTS, {"up": Unchanged(3)}))
    with pytest.raises(OptionError, match="at least one condition"):
        list(model.sweep(REQUESTS, {}))
    with pytest.raises(OptionError, match="needs options"):
        list(model.log_probabilities([Request((Message("user", "Why?"),))]))

    @dataclass(frozen=True)
    class Cut:
        layer: int
        site: Site = "residual"
        phrase: str = ""
        alone: bool = False

        def __call__(self, residual: Tensor, tokens: Tokens) -> Tensor:
            return residual[:, :1]

    with pytest.raises(OptionError, match="shape"):
        list(model.sweep(REQUESTS, {"cut": Cut(1)}))


@pytest.mark.fault
def test_an_edit_that_never_fires_is_a_fault(loaded: Callable[[str], LanguageModel]) -> None:
    """As when the layers that were found are not the ones that run."""
    model = loaded("llama3")
    batches: list[Batch] = []

    @dataclass(frozen=True)
    class Recorder:
        inner: Compute

        def forward(
            self,
            batch: Batch,
            *,
            keep: Collection[Point] = (),
            resume: Resume | None = None,
            steps: Sequence[Step] = (),
            to_end: bool = True,
        ) -> Pass:
            batches.append(batch)
            return self.inner.forward(batch, keep=keep, resume=resume, steps=steps, to_end=to_end)

        def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
            return self.inner.weigh(states, rows, tokens)

    list(with_engine(model, compute=Recorder(model.engine.compute)).log_probabilities(REQUESTS[:1]))
    residual = torch.zeros(*batches[0].ends.shape, 32)
    idle = torch.nn.ModuleList(torch.nn.Identity() for _ in range(3))
    parts = replace(model.parts, layers=idle)
    decoder = type(model.engine.compute)(parts)  # type: ignore[call-arg]
    with pytest.raises(Fault, match="reach the model"):
        decoder.forward(batches[0], resume=Resume(1, residual))


def test_answers_do_not_wait_for_all(loaded: Callable[[str], LanguageModel]) -> None:
    model = with_engine(loaded("llama3"), budget=150)
    answers = model.log_probabilities(REQUESTS)
    next(answers)
    first = model.tally.computed
    list(answers)
    assert first < 0.5 * model.tally.computed


@pytest.mark.gpu
@pytest.mark.parametrize("kind", ["gemma", "gemma2", "gemma3_text", "llama3"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-3), ("bfloat16", 0.5)])
def test_a_gpu_agrees_with_the_cpu(
    kind: str,
    dtype: str,
    tolerance: float,
    loaded: Callable[[str], LanguageModel],
    checkpoint: Callable[[str], object],
) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    there = LanguageModel.load(checkpoint(kind), dtype=dtype, device="cuda")  # type: ignore[arg-type]
    edits: dict[str, Edit | None] = {"plain": None, "same": Unchanged(1)}
    found = {(name, i): answer for name, i, answer in there.sweep(REQUESTS, edits)}
    for place, expected in loaded(kind).log_probabilities(REQUESTS):
        assert found["same", place] == found["plain", place]
        np.testing.assert_allclose(found["plain", place], expected, rtol=0, atol=tolerance)
