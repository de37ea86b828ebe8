"""Whose token is whose, what stands alone because of it, and where the gates of an MLP are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import naive
import numpy as np
import pytest
import tiny_models
import torch
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.conditions import Point
from causalvalues.models.edit import NOBODY, Edit, Site, Tokens
from causalvalues.models.elicit import Tally
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Message, Request

Loaded = Callable[[str], LanguageModel]

OPTIONS = ("agree completely", "agree mostly", "agree", "disagree a little")
ROLE = Message("system", "You are a baker who likes quiet mornings and long walks.")
BEGUN = [Request((ROLE, Message("user", f"Should I {n}?")), OPTIONS) for n in ("help", "rest", "r")]
REQUESTS = [*tiny_models.requests(), *BEGUN, BEGUN[0], BEGUN[1]]


@dataclass(frozen=True)
class Echo:
    """Adds to tokens of a query what is read at the last token of its prompt."""

    layer: int
    where: str = "after_role"
    size: float = 0.8
    site: Site = "residual"
    phrase: str = ""
    alone: bool = True

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        assert tokens.query is not None
        last = tokens.query.clamp(min=0)[..., None].expand_as(activation)
        added = self.size * activation.gather(1, last).roll(1, -1)
        where = tokens.query >= 0
        if self.where:
            where = where & getattr(tokens, self.where)
        return torch.where(where[..., None], activation + added, activation)


@dataclass(frozen=True)
class Spy:
    """Notes what it is told, and changes nothing."""

    seen: list[Tokens]
    layer: int = 1
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        self.seen.append(tokens)
        return activation


def swept(
    model: LanguageModel, edits: Edit | Sequence[Edit] | None, requests: Sequence[Request]
) -> list[tuple[float, ...]]:
    found = {place: answer for _, place, answer in model.sweep(requests, {"": edits})}
    assert len(found) == len(requests)
    return [found[place] for place in range(len(requests))]


def with_engine(model: LanguageModel, **changes: object) -> LanguageModel:
    """The same model with another engine."""
    engine = replace(model.engine, tally=Tally(), **changes)  # type: ignore[arg-type]
    return replace(model, engine=engine)


@pytest.mark.parametrize("where", ["", "after_role"])
def test_what_a_prompt_says_last_may_change_what_it_said_first(
    where: str, every_model: LanguageModel
) -> None:
    edits: list[Edit] = [Echo(1, where), Echo(0, where, 0.3)]
    if every_model.parts.model_type != "gpt2":
        edits += [Echo(1, where, site="neurons"), Echo(2, where, site="gates")]
    found = swept(every_model, edits, REQUESTS)
    order = {"gates": 0, "neurons": 1, "residual": 2}
    in_order = sorted(edits, key=lambda edit: (edit.layer, order[edit.site]))
    for place in (0, 5, 8, 9, 10):
        expected = naive.log_probabilities(every_model, REQUESTS[place], in_order)
        np.testing.assert_allclose(found[place], expected, rtol=0, atol=2e-4)
    np.testing.assert_allclose(found[-2], found[9], rtol=0, atol=2e-4)  # asked twice
    np.testing.assert_allclose(found[-1], found[10], rtol=0, atol=2e-4)
    assert found != swept(every_model, None, REQUESTS)


@pytest.mark.parametrize("budget", [1, 60, 100_000])
@pytest.mark.parametrize("kind", ["gemma", "llama3"])
def test_a_last_token_and_its_answers_need_not_stand_alone(
    kind: str, budget: int, loaded: Loaded
) -> None:
    model = with_engine(loaded(kind), budget=budget)
    for where in ("is_last", "is_answer"):
        shared, single = (Echo(1, where, alone=alone) for alone in (False, True))
        found = swept(model, shared, REQUESTS)
        np.testing.assert_allclose(
            np.concatenate(found), np.concatenate(swept(model, single, REQUESTS)), atol=2e-4
        )
        expected = naive.log_probabilities(model, REQUESTS[8], shared)
        np.testing.assert_allclose(found[8], expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize("alone", [False, True])
def test_every_token_is_of_the_query_that_reads_it_alone(alone: bool, loaded: Loaded) -> None:
    model, seen = with_engine(loaded("llama3"), budget=100_000), []
    swept(model, Spy(seen, alone=alone), REQUESTS)
    n_last = n_nobody = 0
    for tokens in seen:
        query = tokens.query
        assert query is not None
        place = torch.arange(query.shape[1]).expand_as(query)
        known = query >= 0
        assert (query[~known] == NOBODY).all()
        assert tokens.is_last.gather(1, query.clamp(min=0))[known].all()
        assert torch.equal(query[tokens.is_last], place[tokens.is_last])
        assert known[tokens.is_answer].all()
        assert (query[tokens.is_answer] < place[tokens.is_answer]).all()
        filler = (tokens.ids == 0) & (tokens.positions == 0) & (place > 0)
        assert not known[filler].any()
        n_last += int(tokens.is_last.sum())
        n_nobody += int((~known & ~filler).sum())
        if alone:
            assert (tokens.is_last.sum(1) == 1).all()
            assert known[~filler].all()
    assert n_last == (len(REQUESTS) if alone else len(REQUESTS) - 2)  # two are asked twice
    assert (n_nobody == 0) == alone


def test_conditions_that_stand_alone_are_swept_beside_those_that_share(loaded: Loaded) -> None:
    model = loaded("gemma")
    edits: dict[str, Edit | None] = {"plain": None, "alone": Echo(1), "shared": Echo(1, "is_last")}
    edits["shared"] = replace(edits["shared"], alone=False)  # type: ignore[type-var]
    found: dict[str, dict[int, tuple[float, ...]]] = {name: {} for name in edits}
    for name, place, answer in model.sweep(REQUESTS, edits):
        assert place not in found[name]
        found[name][place] = answer
    for name, edit in edits.items():
        single = swept(model, edit, REQUESTS)
        assert [found[name][place] for place in range(len(REQUESTS))] == single


def test_one_edit_that_needs_it_is_enough_to_stand_alone(loaded: Loaded) -> None:
    model, seen = loaded("gemma"), []
    swept(model, [Spy(seen), Echo(2)], REQUESTS)
    assert all((tokens.is_last.sum(1) == 1).all() for tokens in seen)


@dataclass(frozen=True)
class Cramped:
    """A computer whose memory holds so many tokens."""

    inner: object
    limit: int

    def forward(self, batch, **given):  # type: ignore[no-untyped-def]
        if batch.n_tokens > self.limit:
            raise torch.OutOfMemoryError
        return self.inner.forward(batch, **given)  # type: ignore[attr-defined]

    def weigh(self, states: Tensor, rows: Tensor, tokens: Tensor) -> Tensor:
        return self.inner.weigh(states, rows, tokens)  # type: ignore[attr-defined]


def test_prompts_that_stand_alone_are_halved_where_memory_runs_out(loaded: Loaded) -> None:
    whole = with_engine(loaded("llama3"), budget=100_000)
    small = with_engine(whole, compute=Cramped(whole.engine.compute, 400), budget=100_000)
    found = swept(small, Echo(1), REQUESTS)
    expected = swept(whole, Echo(1), REQUESTS)
    np.testing.assert_allclose(np.concatenate(found), np.concatenate(expected), atol=2e-4)


@pytest.mark.parametrize("kind", ["gemma2", "llama2", "qwen3"])
def test_what_is_read_under_an_edit_that_stands_alone_is_what_it_leaves(
    kind: str, loaded: Loaded
) -> None:
    model, edits = loaded(kind), [Echo(0, "")]
    found = dict(model.residuals(REQUESTS, 1, edits=edits))
    gates = dict(model.gates(REQUESTS, 1, edits=edits))
    neurons = dict(model.neurons(REQUESTS, 1, edits=edits))
    unedited = dict(model.residuals(REQUESTS, 1))
    for place, request in enumerate(REQUESTS):
        for point, rows in (
            (Point(1), found),
            (Point(1, "gates"), gates),
            (Point(1, "neurons"), neurons),
        ):
            expected = read_plainly(model, request, point, edits)
            np.testing.assert_allclose(rows[place], expected, rtol=1e-3, atol=1e-3)
        assert not np.allclose(found[place][0], unedited[place][0], atol=1e-3)  # its first token


def read_plainly(
    model: LanguageModel, request: Request, point: Point, edits: Sequence[Edit]
) -> np.ndarray:  # type: ignore[type-arg]
    """What passes a point at every token of a prompt, by plain hooks."""
    (prompt,) = model.chat.prompts([request])
    ids = torch.from_numpy(prompt.ids)[None]
    place = torch.arange(ids.shape[1])[None]
    last = ids.shape[1] - 1
    tokens = Tokens(
        ids,
        place,
        place >= prompt.role_end,
        place == last,
        place < 0,
        query=torch.full_like(ids, last),
    )
    seen: list[Tensor] = []

    @dataclass(frozen=True)
    class Reader(Spy):
        def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
            seen.append(activation[0].clone())
            return activation

    handles = [
        naive.hooked(model, edit, tokens) for edit in (*edits, Reader([], point.layer, point.site))
    ]
    with torch.inference_mode():
        model.model(input_ids=ids)
    for handle in handles:
        handle.remove()
    return seen[0].numpy()


@pytest.mark.parametrize("kind", ["gemma", "gemma3", "llama3", "mistral"])
def test_neurons_are_gates_times_what_is_projected_up(kind: str, loaded: Loaded) -> None:
    """Gates times up_proj is what enters down_proj: the two points are either side of it."""
    model = loaded(kind)
    gates, neurons = (dict(read(REQUESTS[:3], 1)) for read in (model.gates, model.neurons))
    mlp = model.parts.layers[1].mlp
    entered: list[Tensor] = []
    handle = mlp.up_proj.register_forward_hook(lambda _, given, left: entered.append(left))  # type: ignore[union-attr, operator]
    try:
        for place, request in enumerate(REQUESTS[:3]):
            (prompt,) = model.chat.prompts([request])
            with torch.inference_mode():
                model.model(input_ids=torch.from_numpy(prompt.ids)[None])
            up = entered.pop()[0].numpy()
            np.testing.assert_allclose(gates[place] * up, neurons[place], rtol=1e-3, atol=1e-4)
            assert gates[place].shape == neurons[place].shape == (len(prompt.ids), 64)
    finally:
        handle.remove()


@pytest.mark.fault
def test_a_model_without_gates_says_so(loaded: Loaded) -> None:
    model = loaded("gpt2")
    with pytest.raises(OptionError, match=r"`mlp.act_fn`.*residual"):
        list(model.gates(REQUESTS, 1))
    with pytest.raises(OptionError, match=r"`mlp.act_fn`"):
        swept(model, Echo(1, site="gates"), REQUESTS)


@pytest.mark.fault
def test_an_edit_that_does_not_say_whether_it_stands_alone_is_refused(loaded: Loaded) -> None:
    @dataclass(frozen=True)
    class Silent:
        layer: int = 0
        site: Site = "residual"
        phrase: str = ""

        def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
            return activation

    with pytest.raises(OptionError, match="without alone"):
        swept(loaded("gemma"), Silent(), REQUESTS)  # type: ignore[arg-type]


@pytest.mark.fault
def test_gates_are_read_only_before_the_residual_is_edited(loaded: Loaded) -> None:
    edits: list[Edit] = [Echo(1, site="neurons")]
    with pytest.raises(OptionError, match=r"layer 1 \(neurons\) for gates of layer 1"):
        list(loaded("llama3").gates(REQUESTS, 1, edits=edits))
    assert list(loaded("llama3").neurons(REQUESTS, 1, edits=[Echo(1, site="gates")]))
