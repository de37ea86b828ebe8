"""On a card the engine answers as on a processor, whatever is computed together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tiny_models
import torch
from card import DEVICE, TOLERANCE, lies_on_card, on_card
from naive import log_probabilities
from torch import Tensor

from causalvalues.models.edit import Edit, Site, Tokens
from causalvalues.models.language_model import LanguageModel

pytestmark = [pytest.mark.gpu, on_card]

KINDS = pytest.mark.parametrize("kind", ["gemma", "gemma2", "gemma3", "llama3", "mistral", "qwen3"])
DTYPES = pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
REQUESTS = tiny_models.requests()

Folder = Callable[[str], Path]
Loaded = Callable[[str], LanguageModel]


@dataclass(frozen=True)
class Pushed:
    """An edit that adds the same to every dimension."""

    layer: int
    size: float
    site: Site = "residual"
    phrase: str = ""
    alone: bool = False

    def __call__(self, activation: Tensor, tokens: Tokens) -> Tensor:
        return activation + self.size


def there(folder: Path, dtype: str) -> LanguageModel:
    return LanguageModel.load(folder, device=DEVICE, dtype=dtype)  # type: ignore[arg-type]


def away(found: dict[int, tuple[float, ...]], expected: dict[int, tuple[float, ...]]) -> float:
    """The largest difference of a log-probability."""
    assert set(found) == set(expected)
    return max(float(np.abs(np.subtract(found[i], expected[i])).max()) for i in expected)


@KINDS
@DTYPES
def test_a_card_answers_as_a_processor(
    kind: str, dtype: str, checkpoint: Folder, loaded: Loaded
) -> None:
    model = there(checkpoint(kind), dtype)
    assert lies_on_card(model)
    found = dict(model.log_probabilities(REQUESTS))
    expected = dict(loaded(kind).log_probabilities(REQUESTS))
    assert away(found, expected) < TOLERANCE[dtype]
    for place, one in expected.items():
        best = np.sort(one)[-2:]
        if best[1] - best[0] > 2 * TOLERANCE[dtype]:
            assert np.argmax(found[place]) == np.argmax(one)


@KINDS
@DTYPES
def test_what_is_computed_together_does_not_matter(
    kind: str, dtype: str, checkpoint: Folder
) -> None:
    model = there(checkpoint(kind), dtype)
    together = dict(model.log_probabilities(REQUESTS))
    narrow = replace(model, engine=replace(model.engine, budget=64))
    assert away(dict(narrow.log_probabilities(REQUESTS)), together) < TOLERANCE[dtype]
    alone = {place: log_probabilities(model, each) for place, each in enumerate(REQUESTS)}
    assert away(alone, together) < TOLERANCE[dtype]


@KINDS
@DTYPES
def test_an_edit_that_adds_nothing_changes_no_bit_there(
    kind: str, dtype: str, checkpoint: Folder
) -> None:
    model = there(checkpoint(kind), dtype)
    edits: dict[str, Edit | None] = {"plain": None, "none": Pushed(1, 0.0), "up": Pushed(1, 2.0)}
    found = {(name, place): one for name, place, one in model.sweep(REQUESTS, edits)}
    assert len(found) == 3 * len(REQUESTS)
    places = range(len(REQUESTS))
    assert all(found["none", place] == found["plain", place] for place in places)
    assert any(found["up", place] != found["plain", place] for place in places)


@KINDS
def test_what_is_read_there_is_what_is_read_here(
    kind: str, checkpoint: Folder, loaded: Loaded
) -> None:
    model = there(checkpoint(kind), "float32")
    for read in ("residuals", "neurons", "gates"):
        found = dict(getattr(model, read)(REQUESTS, 1))
        for place, rows in getattr(loaded(kind), read)(REQUESTS, 1):
            np.testing.assert_allclose(found[place], rows, rtol=1e-3, atol=1e-3)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two CUDA devices")
def test_layers_on_two_cards_answer_as_on_one(checkpoint: Folder) -> None:
    first = ("model.embed_tokens", "model.rotary_emb", "model.layers.0", "model.layers.1")
    device_map = {**dict.fromkeys(first, 0), "model.layers.2": 1, "model.norm": 1, "lm_head": 1}
    spread = LanguageModel.load(checkpoint("llama3"), dtype="float32", device_map=device_map)
    assert {weight.device.index for weight in spread.model.parameters()} == {0, 1}
    edits: dict[str, Edit | None] = {"plain": None, "early": Pushed(0, 0.5), "late": Pushed(2, 0.5)}
    one = there(checkpoint("llama3"), "float32")
    expected = {(name, place): found for name, place, found in one.sweep(REQUESTS, edits)}
    for name, place, found in spread.sweep(REQUESTS, edits):
        np.testing.assert_allclose(found, expected[name, place], rtol=0, atol=TOLERANCE["float32"])


def packages(*names: str) -> pytest.MarkDecorator:
    """Skip by name where a package is absent."""
    absent = [name for name in names if find_spec(name) is None]
    return pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")


QUANTISED = [
    pytest.param("int8", marks=packages("torchao")),
    pytest.param(
        "nf4",
        marks=[
            packages("bitsandbytes"),
            pytest.mark.skipif(not DEVICE.startswith("cuda"), reason="nf4 needs a CUDA device"),
        ],
    ),
]


def wide(folder: Path) -> Path:
    """A checkpoint whose matrices hold whole blocks of 64 weights."""
    from transformers import AutoModelForCausalLM, LlamaConfig

    tokenizer = tiny_models.llama3_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=32, initializer_range=0.05,
        bos_token_id=0, eos_token_id=[1, 4],
    )  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("quantize", QUANTISED)
@DTYPES
def test_quantised_it_answers_packed_as_alone_and_nearly_as_before(
    quantize: str, dtype: str, tmp_path: Path
) -> None:
    folder = wide(tmp_path / "wide")
    whole = dict(there(folder, "float32").log_probabilities(REQUESTS))
    model = LanguageModel.load(folder, device=DEVICE, dtype=dtype, quantize=quantize)  # type: ignore[arg-type]
    assert lies_on_card(model)
    assert model.identity["quantize"].startswith(quantize)
    found = dict(model.log_probabilities(REQUESTS))
    alone = {place: log_probabilities(model, each) for place, each in enumerate(REQUESTS)}
    assert away(found, alone) < TOLERANCE["bfloat16" if quantize == "nf4" else dtype]
    assert away(found, whole) < 1.0  # measured on a processor: int8 .02, nf4 .36
    assert found != whole


def answers_in_turns(model: LanguageModel, n_turns: int) -> Sequence[dict[int, tuple[float, ...]]]:
    return [dict(model.log_probabilities(REQUESTS)) for _ in range(n_turns)]


@DTYPES
def test_the_same_work_gives_the_same_bits_again(dtype: str, checkpoint: Folder) -> None:
    first, second, third = answers_in_turns(there(checkpoint("gemma"), dtype), 3)
    assert first == second == third
