"""The change that probes ask for is the least there is, by SciPy's own solvers, and no other."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize, nnls
from torch import Tensor

from causalvalues.errors import Fault, OptionError
from causalvalues.models.edit import BEFORE, NOBODY, Tokens
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import Probe, ProbeEdit, Scope, scaled
from causalvalues.steering.probe_moves import MoveByProbes, least_change, least_change_within

Floats = NDArray[np.float64]


def by_nnls(weights: Floats, gaps: Floats) -> Floats:
    """The shortest δ with W δ ≥ gaps: least distance programming (Lawson and Hanson, ch. 23)."""
    if (gaps <= 0).all():
        return np.zeros(weights.shape[1])
    rows = np.vstack([weights.T, gaps])
    wanted = np.append(np.zeros(weights.shape[1]), 1.0)
    left = rows @ nnls(rows, wanted)[0] - wanted
    return -left[:-1] / left[-1]


def by_slsqp(weights: Floats, gap: float, low: Floats, high: Floats) -> Floats:
    """The shortest δ within bounds with w·δ ≥ gap."""
    found = minimize(
        lambda change: change @ change,
        np.zeros(len(weights)),
        jac=lambda change: 2 * change,
        bounds=list(zip(low, high, strict=True)),
        constraints={"type": "ineq", "fun": lambda c: c @ weights - gap, "jac": lambda _: weights},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    return np.asarray(found.x)


def by_root(weights: Floats, gap: float, low: Floats, high: Floats) -> Floats:
    """The same for any number of places: the root of w·clip(λ w, low, high) − gap."""
    most = np.where(weights > 0, high, np.where(weights < 0, low, 0.0))
    if gap <= 0:
        return np.zeros(len(weights))
    if weights @ most <= gap:
        return most
    far = 1.0
    while weights @ np.clip(far * weights, low, high) < gap:
        far *= 2
    pull = brentq(lambda pull: weights @ np.clip(pull * weights, low, high) - gap, 0, far)
    return np.clip(pull * weights, low, high)


def tensor(numbers: object) -> Tensor:
    return torch.tensor(np.asarray(numbers), dtype=torch.float32)


@pytest.mark.parametrize("n_probes", [1, 2, 3, 5])
@pytest.mark.parametrize("alike", [0.0, 0.9])
def test_one_or_more_probes_are_served_by_the_shortest_change(n_probes: int, alike: float) -> None:
    rng = np.random.default_rng(n_probes)
    shared = rng.standard_normal(12)
    weights = alike * shared + (1 - alike) * rng.standard_normal((n_probes, 12))
    gaps = 3 * rng.standard_normal((40, n_probes))
    found = least_change(tensor(weights), tensor(gaps)).numpy()
    for row, gap in enumerate(gaps):
        np.testing.assert_allclose(found[row], by_nnls(weights, gap), atol=2e-3, rtol=2e-3)
        assert (weights @ found[row] >= gap - 1e-4).all()


def test_where_nothing_is_short_nothing_changes() -> None:
    for n_probes in (1, 3):
        gaps = torch.tensor([[0.0] * n_probes, [-2.0] * n_probes])
        assert not least_change(torch.ones(n_probes, 4), gaps).any()


def test_one_probe_moves_along_its_weights() -> None:
    found = least_change(torch.tensor([[3.0, 0.0, 4.0]]), torch.tensor([[5.0], [-1.0]]))
    assert torch.allclose(found, torch.tensor([[0.6, 0.0, 0.8], [0.0, 0.0, 0.0]]))


def test_a_probe_without_weight_asks_for_nothing() -> None:
    nothing, one = torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 0.0]])
    assert not least_change(nothing, torch.tensor([[7.0]])).any()
    both = least_change(torch.cat([nothing, one]), torch.tensor([[7.0, 2.0]]))
    assert torch.allclose(both, 2 * one)


def test_of_probes_that_contradict_each_other_the_last_is_heeded() -> None:
    one = torch.tensor([[1.0, 2.0]])
    found = least_change(torch.cat([one, -one]), torch.tensor([[1.0, 3.0]]))
    assert torch.allclose(found, -3 * one / 5, atol=1e-3)


@pytest.mark.parametrize("n_places", [1, 2, 7])
def test_within_bounds_the_change_is_that_of_a_solver(n_places: int) -> None:
    rng = np.random.default_rng(n_places)
    for _ in range(25):
        weights = rng.standard_normal(n_places)
        low, high = -rng.exponential(size=n_places), rng.exponential(size=n_places)
        most = weights @ np.where(weights > 0, high, low)
        gap = float(rng.uniform(0.01, 0.95) * most)
        (found,) = least_change_within(
            tensor(weights), tensor([gap]), tensor([low]), tensor([high])
        ).numpy()
        np.testing.assert_allclose(found, by_slsqp(weights, gap, low, high), atol=2e-4)
        assert weights @ found == pytest.approx(gap, abs=1e-5)


def test_many_places_are_moved_alike() -> None:
    rng = np.random.default_rng(5)
    weights = rng.standard_normal(3000) * rng.choice([0, 1e-4, 1, 30], 3000)
    low, high = -rng.exponential(size=(20, 3000)), rng.exponential(size=(20, 3000))
    low[:, ::3], high[:, 1::3] = 0.0, 0.0  # at a bound, or beyond it
    most = np.where(weights > 0, high, low) @ weights
    gaps = most * np.linspace(-0.2, 1.3, 20)
    found = least_change_within(tensor(weights), tensor(gaps), tensor(low), tensor(high)).numpy()
    assert (found >= low.astype(np.float32)).all()
    assert (found <= high.astype(np.float32)).all()
    for row, gap in enumerate(gaps):
        expected = by_root(weights, float(gap), low[row], high[row])
        np.testing.assert_allclose(found[row], expected, atol=1e-4)


def test_bounds_that_are_never_met_change_nothing_in_the_answer() -> None:
    rng = np.random.default_rng(2)
    weights, gaps = tensor(rng.standard_normal(9)), tensor([3.0, 0.5, -1.0])
    wide = torch.full((3, 9), 100.0)
    found = least_change_within(weights, gaps, -wide, wide)
    assert torch.allclose(found, least_change(weights[None], gaps[:, None]), atol=1e-6)


def test_what_cannot_be_reached_is_approached_as_far_as_bounds_let_it() -> None:
    weights, gaps = torch.tensor([2.0, -1.0, 0.0]), torch.tensor([100.0])
    low, high = torch.tensor([[-1.0, -0.25, -1.0]]), torch.tensor([[0.5, 3.0, 1.0]])
    found = least_change_within(weights, gaps, low, high)
    assert found.tolist() == [[0.5, -0.25, 0.0]]
    assert not least_change_within(torch.zeros(3), gaps, low, high).any()
    assert not least_change_within(weights, gaps, 0 * low, 0 * high).any()


def test_no_gap_is_no_change_whatever_the_bounds() -> None:
    low, high = -torch.ones(3, 4), torch.ones(3, 4)
    gaps = torch.tensor([0.0, -1.0, -1e6])
    assert not least_change_within(torch.ones(4), gaps, low, high).any()


# The edit itself, on given tokens.

WIDTH = 6
WEIGHTS = np.array([1.0, -2.0, 0.5, 0.0, 3.0, -1.0], dtype=np.float32)
PROBE = Probe("power", {0: WEIGHTS}, {0: 2.0}, 0.9)
RESIDUAL = ProbeEdit("power", (PROBE,), scope=Scope("all"))
NEURONS = ProbeEdit(
    "power",
    (replace(PROBE, weights_by_layer={0: WEIGHTS[:4]}),),
    site="neurons",
    reads_by_layer={0: np.array([5, 0, 3, 1])},
    moves_by_layer={0: np.array([3, 5])},
)
BOUNDED = replace(
    NEURONS, low_by_layer={0: np.array([-1.0, -1.0])}, high_by_layer={0: np.array([1.0, 1.5])}
)


def the(edit: ProbeEdit) -> MoveByProbes:
    (found,) = edits_of(edit, {})
    assert isinstance(found, MoveByProbes)
    return found


def activations(n_rows: int = 2, n_tokens: int = 5) -> Tensor:
    made = torch.Generator().manual_seed(8)
    return torch.randn(n_rows, n_tokens, WIDTH, generator=made)


def tokens_of(
    query: list[list[int]], last: list[int], memory: dict[object, Tensor] | None = None
) -> Tokens:
    """Tokens of which some are last ones, those after them answers."""
    whose = torch.tensor(query)
    place = torch.arange(whose.shape[1]).expand_as(whose)
    ends = torch.tensor(last)[:, None]
    return Tokens(
        ids=place,
        positions=place,
        after_role=place >= 1,
        is_last=place == ends,
        is_answer=place > ends,
        query=whose,
        memory=memory,
    )


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def read(activation: Tensor, places: list[int] | None = None) -> Tensor:
    """What the probe reads, in logits."""
    weights = torch.tensor(WEIGHTS if places is None else WEIGHTS[: len(places)])
    return (activation if places is None else activation[..., places]) @ weights + 2.0


def test_every_token_is_brought_to_its_probability_and_no_further() -> None:
    own = activations()
    found = the(replace(RESIDUAL, solve="token"))(own, tokens_of([[4] * 5] * 2, [4, 4]))
    short = read(own) < logit(0.9)
    assert short.any()
    assert not short.all()
    assert torch.allclose(read(found)[short], torch.tensor(logit(0.9)), atol=1e-5)
    bits = torch.int32
    assert torch.equal(found.view(bits)[~short], own.view(bits)[~short])
    along = torch.nn.functional.cosine_similarity(
        found[short] - own[short], torch.tensor(WEIGHTS), dim=-1
    )
    assert torch.allclose(along, torch.ones(()), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_read_as_asked_keeps_its_bits_minus_zeros_too(dtype: torch.dtype) -> None:
    own = activations().to(dtype)
    own[0, 0] = -0.0
    own[1, 2, 3] = -0.0  # a probe's weight is 0 there
    easy = replace(RESIDUAL, probes=(replace(PROBE, bias_by_layer={0: 50.0}),))
    bits = torch.int16 if dtype == torch.bfloat16 else torch.int32
    tokens = tokens_of([[4] * 5] * 2, [4, 4])
    for solve in ("token", "query"):
        kept = the(replace(easy, solve=solve))(own.clone(), tokens)
        assert torch.equal(kept.view(bits), own.view(bits))
        moved = the(replace(RESIDUAL, solve=solve))(own.clone(), tokens)
        assert torch.equal(moved.view(bits)[..., 3], own.view(bits)[..., 3])
        assert not torch.equal(moved, own)


def test_a_share_is_that_part_of_the_way() -> None:
    own, tokens = activations(), tokens_of([[4] * 5] * 2, [4, 4])
    whole = the(replace(RESIDUAL, solve="token"))(own, tokens) - own
    for share in (0.5, 2.0, -1.0):
        part = the(scaled(replace(RESIDUAL, solve="token"), share))(own, tokens) - own
        assert torch.allclose(part, share * whole, atol=1e-5)


def test_a_probe_turned_round_is_brought_down() -> None:
    own, tokens = activations(), tokens_of([[4] * 5] * 2, [4, 4])
    down = replace(RESIDUAL, probes=(PROBE.negated().at(0.99),), solve="token")
    found = the(down)(own, tokens)
    assert (read(found) <= logit(0.01) + 1e-4).all()


def test_only_neurons_that_may_move_do_and_within_what_was_seen_of_them() -> None:
    own = 2 * activations()
    reads = NEURONS.reads_by_layer[0].tolist()
    tokens = tokens_of([[4] * 5] * 2, [4, 4])
    for given in (NEURONS, BOUNDED):
        found = the(replace(given, solve="token", scope=Scope("all")))(own, tokens)
        others = [neuron for neuron in range(WIDTH) if neuron not in (3, 5)]
        assert torch.equal(found[..., others], own[..., others])
        short = read(own, reads) < logit(0.9)
        if given is NEURONS:
            assert torch.allclose(read(found, reads)[short], torch.tensor(logit(0.9)), atol=1e-4)
            continue
        for neuron, low, high in ((3, -1.0, 1.0), (5, -1.0, 1.5)):
            before, after = own[..., neuron], found[..., neuron]
            inside = (before >= low) & (before <= high)
            assert (after[inside] >= low).all()
            assert (after[inside] <= high).all()
            outside = ~inside & short
            assert outside.any()
            towards = after[outside] - before[outside]
            assert ((before[outside] > high) | (towards >= 0)).all()  # never further out
            assert ((before[outside] < low) | (towards <= 0)).all()
        assert (read(found, reads)[short] <= logit(0.9) + 1e-4).all()


@pytest.mark.parametrize("share", [3.0, -2.0, 0.5])
def test_bounds_hold_whatever_the_share(share: float) -> None:
    own = activations().clamp(-1, 1)
    tokens = tokens_of([[4] * 5] * 2, [4, 4])
    found = the(scaled(replace(BOUNDED, solve="token", scope=Scope("all")), share))(own, tokens)
    assert not torch.equal(found, own)
    assert ((found >= -1 - 1e-6) & (found <= 1.5 + 1e-6)).all()
    assert (found[..., 3] <= 1 + 1e-6).all()


def test_several_probes_are_all_heeded() -> None:
    other = Probe("rest", {0: np.roll(WEIGHTS, 2)}, {0: -1.0}, 0.7)
    both = replace(RESIDUAL, probes=(PROBE, other), solve="token")
    own = activations()
    found = the(both)(own, tokens_of([[4] * 5] * 2, [4, 4]))
    weights = np.stack([WEIGHTS, np.roll(WEIGHTS, 2)]).astype(np.float64)
    targets = np.array([logit(0.9) - 2, logit(0.7) + 1])
    for before, after in zip(own.flatten(0, 1), found.flatten(0, 1), strict=True):
        gaps = targets - weights @ before.double().numpy()
        np.testing.assert_allclose((after - before).numpy(), by_nnls(weights, gaps), atol=1e-4)


def test_in_a_tree_a_query_is_moved_by_what_its_own_last_token_reads() -> None:
    """One row: a shared token, two queries with two and one tokens of answers, and a filler."""
    own = activations(1, 8)
    tokens = tokens_of([[NOBODY, NOBODY, 2, 2, 2, 5, 5, NOBODY]], [2])
    for given, places in ((RESIDUAL, None), (NEURONS, NEURONS.reads_by_layer[0].tolist())):
        found = the(replace(given, scope=Scope("all")))(own, tokens)
        single = the(replace(given, solve="token", scope=Scope("all")))(own, tokens) - own
        change = found - own
        assert torch.equal(found[:, [0, 1, 7]], own[:, [0, 1, 7]])
        for source, members in ((2, (2, 3, 4)), (5, (5, 6))):
            for member in members:
                assert torch.allclose(change[0, member], single[0, source], atol=1e-6)
        assert (read(own, places)[0, [2, 5]] < logit(0.9)).any()


def in_turn(edit: MoveByProbes, whole: Tensor, n_prompt: int, *, padded: list[int]) -> Tensor:
    """Rows read prompt first, then token by token, their last token of the prompt where it ends."""
    memory: dict[object, Tensor] = {}
    n_rows = len(whole)
    prompt = tokens_of(
        [[n_prompt - 1 - right] * n_prompt for right in padded],
        [n_prompt - 1 - right for right in padded],
        memory,
    )
    pieces = [edit(whole[:, :n_prompt], prompt)]
    for place in range(n_prompt, whole.shape[1]):
        answer = tokens_of([[BEFORE]] * n_rows, [-1] * n_rows, memory)
        pieces.append(edit(whole[:, place : place + 1], answer))
    return torch.cat(pieces, dim=1)


@pytest.mark.parametrize("where", ["all", "answering", "generated", "last", "prompt"])
def test_what_is_found_at_the_prompt_is_added_to_all_that_is_written(where: str) -> None:
    own = activations(2, 7)
    for given in (RESIDUAL, NEURONS):
        edit = the(replace(given, scope=Scope(where)))  # type: ignore[arg-type]
        found = in_turn(edit, own, 4, padded=[0, 0])
        at_once = edit(own, tokens_of([[3] * 7] * 2, [3, 3]))
        assert torch.allclose(found, at_once, atol=1e-6)
        reached = {"all": range(7), "answering": range(3, 7), "generated": range(4, 7)}
        reached |= {"last": range(3, 4), "prompt": range(4)}
        moved = (found != own).any(dim=-1).any(dim=0).nonzero()[:, 0].tolist()
        assert moved == list(reached[where])


def test_padding_on_the_right_hides_no_last_token() -> None:
    own = activations(2, 6)
    edit = the(replace(RESIDUAL, scope=Scope("answering")))
    found = in_turn(edit, own, 4, padded=[0, 2])
    alone = edit(own[1:, :2], tokens_of([[1, 1]], [1], {}))
    assert torch.allclose(found[1, 1] - own[1, 1], alone[0, 1] - own[1, 1], atol=1e-6)
    assert torch.allclose(found[1, 5] - own[1, 5], alone[0, 1] - own[1, 1], atol=1e-6)


def test_a_row_of_padding_among_others_does_no_harm() -> None:
    own, memory = activations(2, 4), {}
    edit = the(RESIDUAL)
    found = edit(own, tokens_of([[3] * 4, [BEFORE] * 4], [3, -1], memory))
    assert torch.isfinite(found).all()
    assert torch.allclose(found[:1], edit(own[:1], tokens_of([[3] * 4], [3], {})))


def test_a_scope_outside_the_prompts_of_others_needs_no_prompt_of_its_own() -> None:
    for where, alone in (
        ("all", True),
        ("prompt", True),
        ("after role", True),
        ("last", False),
        ("generated", False),
        ("answering", False),
    ):
        edit = the(replace(RESIDUAL, scope=Scope(where)))  # type: ignore[arg-type]
        assert edit.alone == alone
        assert not the(replace(RESIDUAL, scope=edit.scope, solve="token")).alone
    assert the(replace(RESIDUAL, scope=Scope("phrase", " rest"))).alone


def test_gradients_pass_through_every_way_of_solving() -> None:
    other = Probe("rest", {0: np.roll(WEIGHTS, 2)}, {0: -9.0}, 0.7)
    both = replace(RESIDUAL, probes=(PROBE, other))
    for given in (RESIDUAL, both, NEURONS, BOUNDED):
        for solve in ("token", "query"):
            own = activations().requires_grad_()
            found = the(replace(given, solve=solve))(own, tokens_of([[4] * 5] * 2, [4, 4]))
            found.sum().backward()
            assert own.grad is not None
            assert torch.isfinite(own.grad).all()


@pytest.mark.fault
def test_an_answer_without_its_prompt_is_an_error_with_its_reason() -> None:
    own = activations(2, 1)
    for memory in ({}, {the(RESIDUAL): torch.zeros(1, WIDTH)}):
        with pytest.raises(OptionError, match="prompt that is answered"):
            the(RESIDUAL)(own, tokens_of([[BEFORE]] * 2, [-1, -1], memory))
    edit = the(RESIDUAL)
    few = {edit: torch.zeros(1, WIDTH)}  # of another batch
    with pytest.raises(OptionError, match="prompt that is answered"):
        edit(own, tokens_of([[BEFORE]] * 2, [-1, -1], few))
    last = the(replace(RESIDUAL, scope=Scope("last")))  # nothing is to be done to an answer
    assert torch.equal(last(own, tokens_of([[BEFORE]] * 2, [-1, -1], {})), own)


@pytest.mark.fault
def test_a_query_that_nobody_tells_is_a_fault() -> None:
    tokens = replace(tokens_of([[4] * 5] * 2, [4, 4]), query=None)
    with pytest.raises(Fault, match="whose token"):
        the(RESIDUAL)(activations(), tokens)
    assert the(replace(RESIDUAL, solve="token"))(activations(), tokens).shape == (2, 5, WIDTH)


Make = Callable[[], object]
TWO = np.array([0, 1])
ONES = np.ones(2, dtype=np.float32)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: PROBE.at(1.0), "brought to a probability"),
        (lambda: PROBE.at(0.0), "brought to a probability"),
        (lambda: PROBE.at(float("nan")), "finite"),
        (lambda: replace(PROBE, bias_by_layer={1: 0.0}), "weights and a bias"),
        (lambda: replace(PROBE, weights_by_layer={}), "weights and a bias"),
        (lambda: replace(PROBE, weights_by_layer={0: 0 * WEIGHTS}), "must read something"),
        (lambda: replace(PROBE, bias_by_layer={0: float("inf")}), "finite"),
        (lambda: replace(RESIDUAL, probes=()), "needs a probe"),
        (lambda: replace(RESIDUAL, share=float("nan")), "finite"),
        (lambda: replace(RESIDUAL, solve="once"), "`solve` must be one of query, token"),
        (lambda: replace(RESIDUAL, site="gates"), "`site` must be one of residual, neurons"),
        (lambda: replace(RESIDUAL, reads_by_layer={0: TWO}), "weighs all"),
        (lambda: replace(RESIDUAL, moves_by_layer={0: TWO}), "all is read and moved"),
        (
            lambda: replace(RESIDUAL, probes=(PROBE, Probe("s", {0: ONES}, {0: 0.0}, 0.5))),
            "weighs all",
        ),
        (lambda: replace(NEURONS, reads_by_layer={}), "Every layer needs the neurons"),
        (lambda: replace(NEURONS, reads_by_layer={0: np.arange(5)}), "weighs all"),
        (lambda: replace(NEURONS, reads_by_layer={0: np.array([5, 0, 3, 3])}), "each once"),
        (lambda: replace(NEURONS, reads_by_layer={0: np.array([5, 0, 3, -1])}), "counted from 0"),
        (lambda: replace(NEURONS, moves_by_layer={0: np.array([3, 3])}), "each once"),
        (lambda: replace(NEURONS, moves_by_layer={0: np.array([2])}), "among those"),
        (lambda: replace(NEURONS, low_by_layer={0: -ONES}), "both bounds"),
        (lambda: replace(NEURONS, high_by_layer={0: ONES}), "both bounds"),
        (lambda: replace(BOUNDED, high_by_layer={0: ONES[:1]}), "both bounds"),
        (lambda: replace(BOUNDED, high_by_layer={0: -2 * ONES}), "the lower one first"),
        (lambda: replace(BOUNDED, probes=BOUNDED.probes * 2), "moved by one probe"),
    ],
)
def test_what_is_no_edit_by_probes_is_an_error(make: Make, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        make()


@pytest.mark.fault
def test_another_model_is_an_error() -> None:
    tokens = tokens_of([[4] * 5] * 2, [4, 4])
    for given, needed in ((RESIDUAL, 6), (NEURONS, 6)):
        with pytest.raises(OptionError, match=f"{needed} wide"):
            the(given)(activations()[..., :5], tokens)
    with pytest.raises(OptionError, match="6 wide"):
        the(RESIDUAL)(torch.zeros(2, 5, 7), tokens)
