"""The last tokens of raw texts are those of a plain forward of each text alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import naive
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from causalvalues.errors import OptionError, PromptTooLong
from causalvalues.models.conditions import Point
from causalvalues.models.edit import Site, Tokens
from causalvalues.models.elicit import Tally
from causalvalues.models.language_model import LanguageModel
from causalvalues.models.last_tokens import LastTokens, last_tokens

Loaded = Callable[[str], LanguageModel]

TEXTS = (
    "You are a baker who likes quiet mornings and long walks.",
    "Rest.",
    "Should I help a stranger, or should I rest and walk in the quiet morning as bakers do?" * 2,
    "a",
    "You are a judge. Being free to plan each day matters to you more than almost anything.",
    "Rest.",
    "Été, naïve: 10 % of 3½?\n\n",
)


def points_of(model: LanguageModel) -> list[Point]:
    sites: tuple[Site, ...] = ("residual", "neurons", "gates")
    if model.parts.model_type == "gpt2":
        sites = ("residual",)
    return [Point(layer, site) for layer in (2, 0, 1) for site in sites]


def with_budget(model: LanguageModel, budget: int) -> LanguageModel:
    """The same model with an engine of its own."""
    return replace(model, engine=replace(model.engine, tally=Tally(), budget=budget))


def gathered(batches: Sequence[LastTokens], n_texts: int) -> dict[Point, np.ndarray]:  # type: ignore[type-arg]
    """(text, width) by point, every text once."""
    places = np.concatenate([batch.places for batch in batches])
    assert sorted(places.tolist()) == list(range(n_texts))
    return {
        point: np.concatenate([batch.rows[point] for batch in batches])[places.argsort()]
        for point in batches[0].rows
    }


class Reader:
    """Notes what passes a point."""

    phrase, alone = "", False

    def __init__(self, point: Point) -> None:
        self.layer, self.site = point.layer, point.site
        self.seen: list[Tensor] = []

    def __call__(self, activation: Tensor, tokens: object) -> Tensor:
        self.seen.append(activation)
        return activation


def plainly(model: LanguageModel, ids: list[int], point: Point) -> np.ndarray:  # type: ignore[type-arg]
    """What passes a point at the last of some tokens, alone."""
    whole = torch.tensor([ids])
    reader = Reader(point)
    no = whole < 0
    handle = naive.hooked(model, reader, Tokens(whole, whole, no, no, no))
    with torch.inference_mode():
        model.model(input_ids=whole, use_cache=False)
    handle.remove()
    (seen,) = reader.seen
    return seen[0, -1].float().numpy()


def hooks_of(model: LanguageModel) -> list[list[object]]:
    modules = model.model.modules()
    return [[*m._forward_hooks.values(), *m._forward_pre_hooks.values()] for m in modules]


@pytest.mark.parametrize("budget", [1, 70, 100_000])
def test_last_tokens_are_those_of_each_text_alone(budget: int, every_model: LanguageModel) -> None:
    model, points = with_budget(every_model, budget), points_of(every_model)
    before, layers = hooks_of(model), list(model.parts.layers)
    batches = list(last_tokens(model, TEXTS, points))
    found = gathered(batches, len(TEXTS))
    assert hooks_of(model) == before
    assert all(one is two for one, two in zip(layers, model.parts.layers, strict=True))
    assert set(found) == set(points)
    n_batches = {1: len(TEXTS), 100_000: 1}
    assert len(batches) == n_batches.get(budget, len(batches))
    for place, text in enumerate(TEXTS):
        ids = model.tokenizer(text).input_ids
        for point in points:
            row = found[point][place]
            assert row.dtype == np.float32
            np.testing.assert_allclose(row, plainly(model, ids, point), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ["gemma", "llama2", "llama3", "gemma3"])
def test_a_text_that_brings_its_own_beginning_begins_once(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    bos = model.tokenizer.bos_token
    texts = ["You are a judge.", f"{bos}You are a judge.", f"A judge says {bos} now."]
    ids = [model.tokenizer(texts[0]).input_ids, model.tokenizer(texts[2]).input_ids]
    assert ids[0].count(model.tokenizer.bos_token_id) == 1
    assert ids[1].count(model.tokenizer.bos_token_id) == 2  # what a text says in its middle stays
    rows = gathered(list(last_tokens(model, texts, [Point(1)])), 3)[Point(1)]
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)
    np.testing.assert_allclose(rows[0], plainly(model, ids[0], Point(1)), atol=1e-3)
    np.testing.assert_allclose(rows[2], plainly(model, ids[1], Point(1)), atol=1e-3)


def test_a_model_whose_tokenizer_begins_no_text_reads_it_as_it_is(loaded: Loaded) -> None:
    model = loaded("gpt2")
    ids = model.tokenizer("You are", add_special_tokens=False).input_ids
    assert model.tokenizer.bos_token_id not in ids
    (batch,) = last_tokens(model, ["You are"], [Point(2)])
    np.testing.assert_allclose(batch.rows[Point(2)][0], plainly(model, ids, Point(2)), atol=1e-3)


def test_what_is_kept_is_the_last_tokens_and_nothing_else(loaded: Loaded) -> None:
    model = with_budget(loaded("llama3"), 200)
    n_runs = []
    count = model.parts.decoder.register_forward_hook(lambda *_: n_runs.append(1))
    try:
        batches = last_tokens(model, TEXTS * 20, [Point(0), Point(1, "neurons")])
        first = next(batches)
        assert len(n_runs) == 1  # later batches wait to be asked for
        for rows in first.rows.values():
            assert torch.from_numpy(rows).untyped_storage().nbytes() == rows.nbytes
        assert len(list(batches)) == len(n_runs) - 1
    finally:
        count.remove()


def test_layers_above_what_is_read_do_not_run(loaded: Loaded) -> None:
    model, n_runs = loaded("gemma"), []
    hooks = [
        layer.register_forward_hook(lambda *_, place=place: n_runs.append(place))
        for place, layer in enumerate(model.parts.layers)
    ]
    try:
        list(last_tokens(model, TEXTS[:2], [Point(1, "gates"), Point(0)]))
    finally:
        for hook in hooks:
            hook.remove()
    assert n_runs == [0, 1]


def test_numbers_of_half_precision_are_given_in_full(checkpoint: Callable[[str], object]) -> None:
    model = LanguageModel.load(checkpoint("gemma2"), dtype="bfloat16", device="cpu")  # type: ignore[arg-type]
    found = gathered(list(last_tokens(model, TEXTS, [Point(1), Point(1, "gates")])), len(TEXTS))
    for point, rows in found.items():
        assert rows.dtype == np.float32
        exact = plainly(model, model.tokenizer(TEXTS[0]).input_ids, point)
        assert np.abs(rows[0] - exact).mean() < 0.05 * np.abs(exact).mean()


@contextmanager
def cramped(decoder: nn.Module, limit: int) -> Iterator[list[int]]:
    """A decoder whose memory holds so many tokens; how many were asked of it."""
    asked: list[int] = []

    def refuse(_: nn.Module, args: object, given: dict[str, Tensor]) -> None:
        asked.append(given["input_ids"].numel())
        if asked[-1] > limit:
            raise torch.OutOfMemoryError

    hook = decoder.register_forward_pre_hook(refuse, with_kwargs=True)
    try:
        yield asked
    finally:
        hook.remove()


def test_where_memory_runs_out_batches_are_halved_and_stay_small(loaded: Loaded) -> None:
    model, points = with_budget(loaded("llama3"), 600), points_of(loaded("llama3"))
    texts = TEXTS * 20
    expected = gathered(list(last_tokens(model, texts, points)), len(texts))
    before = hooks_of(model)
    with cramped(model.parts.decoder, 300) as asked:
        found = gathered(list(last_tokens(model, texts, points)), len(texts))
    assert hooks_of(model) == before
    for point in points:
        np.testing.assert_allclose(found[point], expected[point], rtol=1e-4, atol=1e-4)
    refused = [place for place, n_tokens in enumerate(asked) if n_tokens > 300]
    assert refused
    assert max(refused) < len(asked) / 2  # what was learnt at first holds for what comes later


@pytest.mark.fault
def test_a_text_that_does_not_fit_is_an_error(loaded: Loaded) -> None:
    model = with_budget(loaded("llama3"), 4000)
    before, layers = hooks_of(model), list(model.parts.layers)
    with (
        cramped(model.parts.decoder, 10),
        pytest.raises(PromptTooLong, match="memory"),
    ):
        list(last_tokens(model, TEXTS, [Point(0)]))
    assert hooks_of(model) == before
    assert all(one is two for one, two in zip(layers, model.parts.layers, strict=True))
    with pytest.raises(PromptTooLong, match="1024 tokens"):
        list(last_tokens(model, ["Rest. " * 1000], [Point(0)]))


@pytest.mark.fault
def test_what_cannot_be_read_is_refused(loaded: Loaded) -> None:
    model = loaded("llama3")
    for points, says in (
        ([], "point"),
        ([Point(3)], "from 0 to 2"),
        ([Point(0, "attention")], "site"),  # type: ignore[arg-type]
    ):
        with pytest.raises(OptionError, match=says):
            list(last_tokens(model, TEXTS, points))
    assert list(last_tokens(model, [], [Point(0)])) == []
    with pytest.raises(OptionError, match="has a token"):
        list(last_tokens(loaded("gpt2"), [""], [Point(0)]))
    with pytest.raises(OptionError, match=r"`mlp.act_fn`"):
        list(last_tokens(loaded("gpt2"), TEXTS, [Point(0, "gates")]))
