"""Where a card's memory is small, batches are halved: no row is lost and none is given twice."""

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tiny_models
import torch
from card import DEVICE, TOLERANCE, on_card
from test_engine_on_card import Pushed
from transformers import AutoModelForCausalLM, LlamaConfig

from causalvalues.errors import PromptTooLong
from causalvalues.models.edit import Edit
from causalvalues.models.language_model import LanguageModel
from causalvalues.survey.request import Message, Request

pytestmark = [pytest.mark.gpu, on_card]

INNER, LARGE = 8192, 1 << 16
MIB = 2**20
EDITS: dict[str, Edit | None] = {"plain": None, "up": Pushed(1, 0.5), "late": Pushed(2, -0.5)}


def hungry(folder: Path) -> Path:
    """A checkpoint whose batches take much more memory than its weights."""
    tokenizer = tiny_models.llama3_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=INNER, num_hidden_layers=3,
        num_attention_heads=2, num_key_value_heads=1, head_dim=32, max_position_embeddings=8192,
        initializer_range=0.05, bos_token_id=0, eos_token_id=[1, 4],
    )  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def different(n: int) -> list[Request]:
    """Prompts that share next to nothing, so that each has its own tokens."""
    drawn = np.random.default_rng(0)
    words = ["quiet", "mornings", "long", "walks", "judge", "baker", "stranger", "freedom", "help"]
    return [
        Request((Message("user", f"{place} {' '.join(drawn.choice(words, 60))}"),), ("yes", "no"))
        for place in range(n)
    ]


@contextmanager
def little_memory(room: int) -> Iterator[None]:
    """Leave so many bytes to what is computed: a share of the card, or of a process's addresses."""
    if DEVICE.startswith("cuda"):
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        card = torch.device(DEVICE).index or 0
        total = torch.cuda.get_device_properties(card).total_memory
        share = (torch.cuda.memory_reserved(card) + room) / total
        torch.cuda.set_per_process_memory_fraction(share, card)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, card)
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def loaded(tmp_path: Path, budget: int = LARGE) -> LanguageModel:
    folder = hungry(tmp_path / "hungry")
    return LanguageModel.load(folder, device=DEVICE, dtype="float32", token_budget=budget)


def test_batches_that_do_not_fit_are_halved_and_no_row_is_lost(tmp_path: Path) -> None:
    model, requests = loaded(tmp_path), different(100)
    expected = {
        (name, place): one
        for name, place, one in loaded(tmp_path, budget=512).sweep(requests, EDITS)
    }
    with little_memory(300 * MIB):
        found = list(model.sweep(requests, EDITS))
    assert model.engine.budget < LARGE  # memory did run out
    counts = Counter((name, place) for name, place, _ in found)
    assert counts == Counter(dict.fromkeys(expected, 1))
    for name, place, one in found:
        np.testing.assert_allclose(one, expected[name, place], rtol=0, atol=TOLERANCE["float32"])


def test_afterwards_the_model_goes_on_as_before(tmp_path: Path) -> None:
    model, requests = loaded(tmp_path), different(40)
    with little_memory(200 * MIB):
        before = dict(model.log_probabilities(requests))
    after = dict(model.log_probabilities(requests))
    for place, one in before.items():
        np.testing.assert_allclose(after[place], one, rtol=0, atol=TOLERANCE["float32"])
    hooks = [
        len(each._forward_hooks) + len(each._forward_pre_hooks) for each in model.model.modules()
    ]
    assert not any(hooks)


def test_a_prompt_for_which_nothing_is_left_is_named(tmp_path: Path) -> None:
    model = loaded(tmp_path)
    long = Request((Message("user", "quiet mornings and long walks " * 600),), ("yes", "no"))
    with little_memory(8 * MIB), pytest.raises(PromptTooLong, match="must fit into memory"):
        list(model.log_probabilities([long]))
    assert len(list(model.log_probabilities([long]))) == 1
