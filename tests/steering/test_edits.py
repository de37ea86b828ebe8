"""Every edit does what its equation says, at the tokens of its scope and at no others."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fake_dictionary import FakeDictionary
from torch import Tensor

from causalvalues.errors import OptionError, SaeError, WrongHook, WrongWidth
from causalvalues.models.edit import Tokens
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    Probe,
    ProbeEdit,
    RolePrompt,
    SaeFeature,
    Scope,
    Strength,
    ValueVector,
    scaled,
)

FAKE = FakeDictionary(layer=1)
KNOWN = {"fake": FAKE}
DIRECTION = FAKE.direction(5)
VECTOR = np.arange(32, dtype=np.float32) - 9
NEURONS, AMOUNTS = np.array([7, 2, 30]), np.array([0.5, -2.0, 0.0], dtype=np.float32)

ADD = SaeFeature("fake", 5, 1, Strength(100.0))
IN_MAXIMA = SaeFeature("fake", 5, 1, Strength(-1.5, "feature maximum"), observed_maximum=4.0)
IN_NORMS = SaeFeature("fake", 5, 1, Strength(0.3, "residual norm"))
CLAMP = SaeFeature("fake", 5, 1, Strength(3.0), mode="clamp")
ABLATE = SaeFeature("fake", 5, 1, mode="ablate")
VALUE = ValueVector("power", {1: VECTOR, 0: 2 * VECTOR}, Strength(2.0))
VALUE_IN_NORMS = ValueVector("power", {1: VECTOR}, Strength(0.3, "residual norm"))
NEURON = NeuronEdit("rest", {1: NEURONS}, {1: AMOUNTS})
SET, AT_MOST = replace(NEURON, mode="set"), replace(NEURON, mode="at most")
GATES = NeuronEdit("rest", {1: NEURONS}, {1: AMOUNTS}, site="gates", spared=0.5)
PROBES = ProbeEdit("power", (Probe("power", {1: VECTOR / 9}, {1: -20.0}, 0.9),), scope=Scope("all"))
PLACES = ProbeEdit(
    "rest",
    (Probe("rest", {1: VECTOR[:3]}, {1: -20.0}, 0.9),),
    site="neurons",
    reads_by_layer={1: NEURONS},
    moves_by_layer={1: NEURONS[1:]},
    scope=Scope("all"),
)
LOW_HIGH = {"low_by_layer": {1: -9 * np.ones(2)}, "high_by_layer": {1: 9 * np.ones(2)}}
EVERY: dict[str, Intervention] = {
    "add": ADD,
    "add in maxima": IN_MAXIMA,
    "add in norms": IN_NORMS,
    "clamp": CLAMP,
    "ablate": ABLATE,
    "vector": VALUE,
    "vector in norms": VALUE_IN_NORMS,
    "neurons add": NEURON,
    "neurons set": SET,
    "neurons at most": AT_MOST,
    "gates spared": GATES,
    "probes by query": PROBES,
    "probes by token": replace(PROBES, solve="token"),
    "two probes": replace(PROBES, probes=(*PROBES.probes, PROBES.probes[0].negated().at(0.2))),
    "neurons by probe": PLACES,
    "neurons within bounds": replace(PLACES, **LOW_HIGH),  # type: ignore[arg-type]
}


def mask(text: str) -> Tensor:
    return torch.tensor([[mark == "x" for mark in line] for line in text.split()])


TOKENS = Tokens(
    ids=torch.zeros(2, 5, dtype=torch.int64),
    positions=torch.arange(5).expand(2, 5),
    after_role=mask("--xxx ---xx"),
    is_last=mask("--x-- --x--"),
    is_answer=mask("---xx ---xx"),
    in_phrase={" your values": mask("xx--- -----")},
    query=torch.full((2, 5), 2),
)
MASKS = {
    Scope("all"): mask("xxxxx xxxxx"),
    Scope("prompt"): mask("xxx-- xxx--"),
    Scope("generated"): mask("---xx ---xx"),
    Scope("last"): mask("--x-- --x--"),
    Scope("answering"): mask("--xxx --xxx"),
    Scope("after role"): mask("--xxx ---xx"),
    Scope("phrase", " your values"): mask("xx--- -----"),
}


def residual(dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(3)).to(dtype)


def run(intervention: Intervention, own: Tensor, tokens: Tokens = TOKENS) -> Tensor:
    """What the first edit makes of an activation."""
    return edits_of(intervention, KNOWN)[0](own.clone(), tokens)


def active(h: Tensor) -> Tensor:
    return (h @ DIRECTION).relu()[..., None]


EQUATIONS = {
    "add": lambda h: h + 100 * DIRECTION,
    "add in maxima": lambda h: h - 6 * DIRECTION,
    "add in norms": lambda h: h + 0.3 * h.norm(dim=-1, keepdim=True) * DIRECTION,
    "clamp": lambda h: h + (3 - active(h)) * DIRECTION,
    "ablate": lambda h: h - active(h) * DIRECTION,
    "vector": lambda h: h + 4 * torch.tensor(VECTOR),  # layer 0 first
    "vector in norms": lambda h: (
        h + 0.3 * h.norm(dim=-1, keepdim=True) * torch.tensor(VECTOR / np.linalg.norm(VECTOR))
    ),
}


@pytest.mark.parametrize("kind", EQUATIONS)
@pytest.mark.parametrize("share", [1.0, -0.5])
def test_a_residual_moves_as_the_equation_says(kind: str, share: float) -> None:
    h = residual()
    expected = h + share * (EQUATIONS[kind](h) - h)
    found = run(scaled(EVERY[kind], share), h)
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-4)


def test_what_is_added_to_gates_is_spared_where_they_are_open_already() -> None:
    own, amounts = residual(), torch.tensor(AMOUNTS)
    for spared in (0.0, 0.5, 1.0):
        found = run(replace(GATES, spared=spared), own)[..., NEURONS]
        for row, token in np.ndindex(2, 5):
            n_open = sum(float(own[row, token, neuron]) > 0 for neuron in NEURONS)
            expected = own[row, token, NEURONS] + (1 - spared * n_open / 3) * amounts
            assert torch.allclose(found[row, token], expected, atol=1e-6)


def test_neurons_move_as_the_equation_says() -> None:
    own, amounts = residual(), torch.tensor(AMOUNTS)
    rest = [place for place in range(32) if place not in NEURONS]
    for given, wanted in (
        (NEURON, own[..., NEURONS] + amounts),
        (SET, amounts.expand(2, 5, 3)),
        (AT_MOST, own[..., NEURONS].minimum(amounts)),
        (scaled(SET, 0.5), (own[..., NEURONS] + amounts) / 2),
        (scaled(NEURON, -2), own[..., NEURONS] - 2 * amounts),
    ):
        found = run(given, own)
        assert torch.equal(found[..., rest], own[..., rest])
        assert torch.allclose(found[..., NEURONS], wanted, atol=1e-6)
    assert torch.equal(run(SET, own)[..., NEURONS], amounts.expand(2, 5, 3))


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scope", MASKS, ids=lambda scope: scope.where)
def test_only_tokens_in_scope_move_and_others_keep_their_bits(
    kind: str, dtype: torch.dtype, scope: Scope
) -> None:
    own, where = residual(dtype) + 3 * DIRECTION.to(dtype), MASKS[scope]  # active nearly everywhere
    own[0, 0, :] = -0.0
    found = run(replace(EVERY[kind], scope=scope), own)
    whole = run(EVERY[kind], own)
    assert found.dtype == dtype
    bits = torch.int16 if dtype == torch.bfloat16 else torch.int32
    assert torch.equal(found.view(bits)[~where], own.view(bits)[~where])
    if "probe" in kind:  # how many tokens are read at once rounds what is read
        assert torch.allclose(found[where].float(), whole[where].float(), rtol=1e-5, atol=1e-5)
    else:
        assert torch.equal(found.view(bits)[where], whole.view(bits)[where])
    assert not torch.equal(found, own)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_no_share_changes_no_bit(kind: str, dtype: torch.dtype) -> None:
    own = residual(dtype)
    own[0, 0, :] = -0.0
    bits = torch.int16 if dtype == torch.bfloat16 else torch.int32
    for share in (0.0, -0.0):
        found = run(scaled(EVERY[kind], share), own)
        assert torch.equal(found.view(bits), own.view(bits))


def test_no_amount_changes_no_bit() -> None:
    own = torch.full((2, 5, 32), -0.0)
    nothing = np.zeros(32, dtype=np.float32)
    for given in (
        replace(ADD, strength=Strength(0.0)),
        replace(IN_MAXIMA, strength=Strength(0.0, "feature maximum")),
        replace(IN_NORMS, strength=Strength(0.0, "residual norm")),
        replace(VALUE, strength=Strength(0.0)),
        NeuronEdit("none", {1: NEURONS}, {1: nothing[:3]}),
    ):
        assert torch.equal(run(given, own).view(torch.int32), own.view(torch.int32))


def test_the_change_is_computed_in_float32_and_added_in_the_own_type() -> None:
    own = residual(torch.bfloat16)
    step = (100 * DIRECTION).to(torch.bfloat16)
    assert torch.equal(run(ADD, own), own + step)
    clamped = (3 - (own.float() @ DIRECTION).relu())[..., None] * DIRECTION
    assert torch.allclose(run(CLAMP, own), own + clamped.to(torch.bfloat16), rtol=0.01, atol=0.01)


def test_what_is_given_is_not_written_to() -> None:
    for given in EVERY.values():
        own = residual()
        edits_of(given, KNOWN)[0](own, TOKENS)
        assert torch.equal(own, residual())


def test_gradients_pass_through_an_edit() -> None:
    for given in EVERY.values():
        with torch.inference_mode():
            (edit, *_) = edits_of(given, KNOWN)
            edit(residual(), TOKENS)
        own = residual().requires_grad_()
        edit(own, TOKENS).sum().backward()
        assert own.grad is not None


def test_edits_come_in_order_and_role_prompts_give_none() -> None:
    both = Combined((NEURON, RolePrompt("Rest."), Combined((VALUE, ADD))))
    found = edits_of(both, KNOWN)
    assert [edit.layer for edit in found] == [1, 0, 1, 1]
    assert [edit.site for edit in found] == ["neurons", *["residual"] * 3]
    assert edits_of(RolePrompt("Rest."), {}) == ()
    (edit,) = edits_of(replace(ADD, scope=Scope("phrase", " your values")), KNOWN)
    assert edit.phrase == " your values"


@pytest.mark.fault
@pytest.mark.parametrize(
    ("given", "known", "error", "says"),
    [
        (ADD, {}, OptionError, "'fake'"),
        (ADD, {"fake": FakeDictionary(layer=2)}, WrongHook, "layer 1"),
        (replace(ADD, feature=24), KNOWN, OptionError, "from 0 to 23"),
        (replace(ADD, sae_digest="another"), KNOWN, SaeError, "digest"),
        (replace(VALUE_IN_NORMS, vector_by_layer={0: 0 * VECTOR}), {}, OptionError, "zeros"),
        (NeuronEdit("odd", {0: np.array([-1])}, {0: AMOUNTS[:1]}), {}, OptionError, "from 0"),
    ],
)
def test_what_does_not_fit_is_an_error_with_its_name(
    given: Intervention, known: dict[str, FakeDictionary], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        edits_of(given, known)


@pytest.mark.fault
def test_another_width_is_an_error() -> None:
    narrow = {"fake": FakeDictionary(layer=1, width=16)}
    for given in (ADD, CLAMP):
        with pytest.raises(WrongWidth, match="16 wide"):
            edits_of(given, narrow)[0](residual(), TOKENS)
    with pytest.raises(OptionError, match="3 wide"):
        run(replace(VALUE, vector_by_layer={0: VECTOR[:3]}), residual())
    with pytest.raises(OptionError, match="from 0 to 31"):
        run(replace(NEURON, neurons_by_layer={1: np.array([7, 2, 32])}), residual())
    with pytest.raises(OptionError, match="looked for"):
        run(replace(ADD, scope=Scope("phrase", "values")), residual())
