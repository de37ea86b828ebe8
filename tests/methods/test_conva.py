"""A probe reads what it is brought to, wherever the model runs; all else keeps its bits."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import tiny_models
import torch
from few_pairs import PAIRS, Loaded, pairs_about
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.methods.conva import DOSES, conva, conva_of, several
from causalvalues.methods.fitted import Fitted
from causalvalues.methods.held_out import accuracy_of_pairs
from causalvalues.methods.probing import FittedProbe, Line
from causalvalues.models.edit import Site, Tokens
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.edits import edits_of
from causalvalues.steering.gate import Gate, WordDetector
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import ProbeEdit, ValueVector, scaled
from causalvalues.steering.where import Scope

WIDTH, LAYERS, DOSE = 32, (1, 2), 0.9
MODELS = pytest.mark.parametrize("kind", ["gemma", "llama3"])
REQUESTS = tiny_models.requests()[3:6]


def known_probe(layer: int, *, bias: float = -4.0, seed: int = 0) -> FittedProbe:
    """A probe at random, so low that every prompt of these tests is below what is asked."""
    weights = np.random.default_rng([seed, layer]).standard_normal(WIDTH) / 10
    return FittedProbe(layer, Line(weights, bias), accuracy_of_pairs(np.ones((9, 2), bool)), 0.1)


def known(value: str = "power", *, seed: int = 0, **options: object) -> Fitted:
    """The method made of probes at random."""
    probes = {layer: known_probe(layer, seed=seed) for layer in LAYERS}
    return conva_of(probes, value=value, n_layers=3, layers="all", **options)  # type: ignore[arg-type]


def reading(probe: FittedProbe, row: np.ndarray | Tensor) -> float:
    """The probability that a probe reads of one activation (width,)."""
    return 1 / (1 + math.exp(-float(probe.line.logits(np.asarray(row)))))


def last_rows(model: LanguageModel, layer: int, *, up_to: int = 0) -> list[np.ndarray]:
    """What leaves a layer at the last token of every prompt, edits of layers up to one active."""
    edits = [edit for edit in edits_of(known().at(DOSE), {}) if edit.layer <= up_to]
    found = dict(model.residuals(REQUESTS, layer, edits=edits))
    return [found[place][-1] for place in range(len(REQUESTS))]


@MODELS
def test_the_change_is_what_the_equation_says(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    for layer, before, after in ((1, 0, 1), (2, 1, 2)):
        probe = known_probe(layer)
        for own, moved in zip(
            last_rows(model, layer, up_to=before), last_rows(model, layer, up_to=after), strict=True
        ):
            gap = math.log(DOSE / (1 - DOSE)) - float(probe.line.logits(own))
            step = gap * probe.weights / (probe.weights @ probe.weights)
            assert gap > 0
            np.testing.assert_allclose(moved, own + step, atol=1e-4 * np.abs(own).max())
            assert reading(probe, moved) == pytest.approx(DOSE, abs=1e-4)


@dataclass(frozen=True, eq=False)
class Reads:
    """An edit that changes nothing, and keeps what it sees where a mask is true."""

    layer: int
    rows: list[Tensor] = field(default_factory=list)
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        self.rows.extend(activation[tokens.is_last & ~tokens.is_answer])
        return activation


@MODELS
@pytest.mark.parametrize("dose", [0.6, 0.9, 0.999])
def test_in_a_sweep_a_probe_reads_what_was_asked(kind: str, dose: float, loaded: Loaded) -> None:
    model, readers = loaded(kind), [Reads(layer) for layer in LAYERS]
    edits = [*edits_of(known().at(dose), {}), *readers]
    assert len(list(model.sweep(REQUESTS, {"raised": edits}))) == len(REQUESTS)
    for reader in readers:
        assert len(reader.rows) == len(REQUESTS)
        for row in reader.rows:
            assert reading(known_probe(reader.layer), row) == pytest.approx(dose, abs=1e-4)


@contextmanager
def seen(model: LanguageModel) -> Iterator[dict[int, list[Tensor]]]:
    """What leaves each layer, run by run, after every other hook."""
    found: dict[int, list[Tensor]] = {place: [] for place in range(len(model.parts.layers))}
    with ExitStack() as stack:
        for place, layer in enumerate(model.parts.layers):
            keep = found[place].append
            hook = layer.register_forward_hook(lambda _, entered, left, keep=keep: keep(left))
            stack.callback(hook.remove)
        yield found


def ids_of(model: LanguageModel) -> dict[str, Tensor]:
    """Prompts of different lengths, padded on the left."""
    rows = [prompt.ids.tolist() for prompt in model.chat.prompts(REQUESTS)]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return {"input_ids": ids, "attention_mask": mask}


@MODELS
def test_in_a_forward_pass_a_probe_reads_what_was_asked_and_the_rest_is_left(
    kind: str, loaded: Loaded
) -> None:
    model, given = loaded(kind), ids_of(loaded(kind))
    with torch.inference_mode(), seen(model) as plain:
        model.model(**given, use_cache=False)
    with torch.inference_mode(), steer(model, known().at(DOSE)), seen(model) as raised:
        model.model(**given, use_cache=False)
    assert torch.equal(plain[0][0], raised[0][0])
    assert torch.equal(plain[1][0][:, :-1], raised[1][0][:, :-1])
    for layer in LAYERS:
        for row in raised[layer][0][:, -1]:
            assert reading(known_probe(layer), row) == pytest.approx(DOSE, abs=1e-4)


@MODELS
def test_while_text_is_written_the_change_of_the_prompt_stays(kind: str, loaded: Loaded) -> None:
    model, given = loaded(kind), ids_of(loaded(kind))
    fitted = known()
    with torch.inference_mode(), steer(model, fitted.at(DOSE)), seen(model) as raised:
        written = model.model.generate(**given, max_new_tokens=4, min_new_tokens=4, do_sample=False)
    assert written.shape[1] == given["input_ids"].shape[1] + 4
    for row in raised[1][0][:, -1]:
        assert reading(known_probe(1), row) == pytest.approx(DOSE, abs=1e-4)
    weights = torch.tensor(known_probe(1).weights, dtype=torch.float32)
    direction = weights / weights.norm()
    with torch.inference_mode(), seen(model) as plain:
        model.model(**given, use_cache=False)
    step = (raised[1][0][:, -1] - plain[1][0][:, -1]) @ direction
    with torch.inference_mode(), seen(model) as again:  # the first written token, unsteered at 1
        model.model(input_ids=written[:, :-3], attention_mask=_longer(given), use_cache=False)
    assert torch.allclose((raised[1][1][:, -1] - again[1][0][:, -1]) @ direction, step, atol=1e-3)


def _longer(given: dict[str, Tensor]) -> Tensor:
    """The mask of prompts with one token more."""
    return torch.cat([given["attention_mask"], torch.ones(len(REQUESTS), 1, dtype=torch.int64)], 1)


def answers(model: LanguageModel, intervention: ProbeEdit | None) -> dict[int, tuple[float, ...]]:
    """What is answered under an intervention; None is the sweep's unsteered condition."""
    edits = None if intervention is None else edits_of(intervention, {})
    return {place: found for _, place, found in model.sweep(REQUESTS, {"": edits})}


@MODELS
@pytest.mark.parametrize("solve", ["query", "token"])
def test_at_strength_zero_every_bit_is_the_same(kind: str, solve: str, loaded: Loaded) -> None:
    model, edit = loaded(kind), known(solve=solve).at(DOSE)
    assert answers(model, scaled(edit, 0)) == answers(model, None)
    assert answers(model, edit) != answers(model, None)


@MODELS
def test_what_is_read_as_high_as_asked_keeps_every_bit(kind: str, loaded: Loaded) -> None:
    model = loaded(kind)
    content = {layer: known_probe(layer, bias=80.0) for layer in LAYERS}
    raised = conva_of(content, value="power", n_layers=3, layers="all").at(0.999)
    lowered = conva_of(content, value="power", n_layers=3, layers="all", direction="lower")
    assert answers(model, raised) == answers(model, None)
    assert answers(model, lowered.at(0.6)) != answers(model, None)


def test_a_higher_dose_asks_for_more_and_moves_further(loaded: Loaded) -> None:
    model, fitted = loaded("llama3"), known()
    assert fitted.doses == DOSES
    plain = last_rows(model, 1)[0]
    steps = []
    for dose in fitted.doses:
        edit = edits_of(fitted.at(dose), {})[:1]
        moved = dict(model.residuals(REQUESTS[:1], 1, edits=edit))[0][-1]
        steps.append(float(np.linalg.norm(moved - plain)))
    assert steps == sorted(steps)
    assert len(set(steps)) == len(steps)


def test_solved_by_token_every_token_in_scope_reads_what_was_asked(loaded: Loaded) -> None:
    model = loaded("gemma")
    edit = edits_of(known(solve="token", scope=Scope("all")).at(DOSE), {})[:1]
    plain = dict(model.residuals(REQUESTS, 1))
    for place, rows in model.residuals(REQUESTS, 1, edits=edit):
        before, after = (
            1 / (1 + np.exp(-known_probe(1).line.logits(r))) for r in (plain[place], rows)
        )
        np.testing.assert_allclose(after, np.maximum(before, DOSE), atol=1e-4)
        assert (before < DOSE).sum() > 1


def test_to_lower_is_to_raise_with_the_sides_exchanged(loaded: Loaded) -> None:
    model = loaded("llama3")
    swapped = [
        replace(pair, speaks_for=pair.speaks_against, speaks_against=pair.speaks_for)
        for pair in PAIRS
    ]
    lower = conva(model, PAIRS, value="power", layers=[1], direction="lower").at(0.9)
    other = conva(model, swapped, value="power", layers=[1]).at(0.9)
    for one, two in zip(lower.probes, other.probes, strict=True):
        np.testing.assert_allclose(one.weights_by_layer[1], two.weights_by_layer[1], atol=1e-3)
        assert one.bias_by_layer[1] == pytest.approx(two.bias_by_layer[1], abs=1e-3)


def test_it_is_fitted_to_the_pairs_of_its_value_alone(loaded: Loaded) -> None:
    model, others = loaded("llama3"), pairs_about("security", "judge", "walks")
    one = conva(model, PAIRS, value="power", layers=[0, 1])
    same = conva(model, [*others, *PAIRS], value="power", layers=[0, 1])
    assert one.found == same.found
    assert one.found["layers"] == "0 1"
    assert one.found["pairs judged by"] == 8
    for layer in (0, 1):
        one_, same_ = (each.at(0.9).probes[0].weights_by_layer[layer] for each in (one, same))
        np.testing.assert_allclose(one_, same_, atol=1e-6)


def test_only_layers_that_tell_sides_are_edited(loaded: Loaded) -> None:
    fitted = conva(loaded("llama3"), PAIRS, value="power", threshold=0.5)
    assert set(fitted.at(0.9).layers) <= {0, 1}  # of three layers the last is left out
    with pytest.raises(OptionError, match="at best"):
        conva(loaded("llama3"), PAIRS, value="power", threshold=1.0)


def test_a_gate_goes_with_it(loaded: Loaded) -> None:
    gate = Gate("about power", WordDetector(np.ones(8, np.float32), 0.0))
    assert known(gate=gate).at(0.7).gate is gate


def shortest(weights: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """The shortest change that fills all gaps, found by trying every set of those that bind."""
    found = []
    for binding in ([], [0], [1], [0, 1]):
        some = weights[binding]
        change = (
            some.T @ np.linalg.solve(some @ some.T, gaps[binding]) if binding else 0 * weights[0]
        )
        if (weights @ change >= gaps - 1e-9).all():
            found.append(change)
    return min(found, key=np.linalg.norm)


@MODELS
@pytest.mark.parametrize("doses", [(0.9, 0.4), (0.9, 0.99), (0.6, 0.999)])
def test_several_values_are_brought_where_asked_at_once_by_the_shortest_change(
    kind: str, doses: tuple[float, float], loaded: Loaded
) -> None:
    model = loaded(kind)
    power, security = known("power", seed=0), known("security", seed=1, direction="lower")
    edit = several([power, security], doses)
    assert edit.layers == LAYERS
    signs, probes = (1, -1), (known_probe(1, seed=0), known_probe(1, seed=1))
    weights = np.stack([sign * each.weights for sign, each in zip(signs, probes, strict=True)])
    biases = np.array([sign * each.bias for sign, each in zip(signs, probes, strict=True)])
    asked = np.log(doses) - np.log1p(-np.array(doses))
    found = dict(model.residuals(REQUESTS, 1, edits=edits_of(edit, {})[:1]))
    for place, own in enumerate(last_rows(model, 1)):
        moved = found[place][-1]
        assert (weights @ moved + biases >= asked - 1e-3).all()
        expected = own + shortest(weights, asked - weights @ own - biases)
        np.testing.assert_allclose(moved, expected, atol=1e-4 * np.abs(own).max())


def test_several_values_share_one_dose_or_have_one_each() -> None:
    both = [known("power"), known("security", seed=1)]
    assert [probe.probability for probe in several(both, 0.8).probes] == [0.8, 0.8]
    assert [probe.probability for probe in several(both, [0.7, 0.8]).probes] == [0.7, 0.8]


@pytest.mark.parametrize(
    ("fitted", "dose", "told"),
    [
        ([known(), known()], 0.9, "each once"),
        ([known(), known("security", scope=Scope("all"))], 0.9, "share"),
        ([known(), known("security", solve="token")], 0.9, "share"),
        ([known()], [0.9, 0.8], "has a dose"),
        ([], 0.9, "each once"),
        ([replace(known(), at=lambda _: ValueVector("v", {0: np.ones(4, np.float32)}))], 1, "prob"),
    ],
)
def test_what_cannot_be_steered_at_once_is_refused(
    fitted: list[Fitted], dose: float | list[float], told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        several(fitted, dose)
