"""Free answers are greedy, end where the turn ends, and do not depend on their neighbours."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import tiny_models
import torch
from transformers import GenerationConfig, PreTrainedModel

from causalvalues.errors import OptionError, PromptTooLong
from causalvalues.models.generation import Writer, ends_of_turn
from causalvalues.models.language_model import LanguageModel

REQUESTS = tiny_models.requests()


def by_hand(model: LanguageModel, place: int, n_tokens: int) -> str:
    """The likeliest token, again and again, without a cache."""
    (prompt,) = model.chat.prompts([REQUESTS[place]])
    ids, new = prompt.ids.tolist(), []
    ends = ends_of_turn(model.model, model.tokenizer)
    for _ in range(n_tokens):
        with torch.inference_mode():
            logits = model.model(input_ids=torch.tensor([ids + new]), use_cache=False).logits
        token = int(logits[0, -1].argmax())
        if token in ends:
            break
        new.append(token)
    return model.tokenizer.decode(new, skip_special_tokens=True).strip()


def test_texts_are_those_written_one_by_one(every_model: LanguageModel) -> None:
    found = dict(every_model.texts(REQUESTS, max_new_tokens=6))
    assert sorted(found) == list(range(len(REQUESTS)))
    for place in (0, 4, 8):
        assert found[place] == by_hand(every_model, place, 6)


@pytest.mark.parametrize(("kind", "mark"), [("gemma", "<end_of_turn>"), ("llama3", "<|eot_id|>")])
def test_the_mark_of_a_turn_ends_a_text(
    kind: str, mark: str, loaded: Callable[[str], LanguageModel]
) -> None:
    model = loaded(kind)
    assert model.tokenizer.convert_tokens_to_ids(mark) in ends_of_turn(model.model, model.tokenizer)
    assert model.tokenizer.eos_token_id in ends_of_turn(model.model, model.tokenizer)


def test_batches_of_any_size_write_the_same(loaded: Callable[[str], LanguageModel]) -> None:
    model = loaded("llama3")
    expected = dict(model.texts(REQUESTS, max_new_tokens=4))
    for budget in (1, 200):
        small = replace(model, engine=replace(model.engine, budget=budget))
        assert dict(small.texts(REQUESTS, max_new_tokens=4)) == expected


class Cramped(torch.nn.Module):
    """A model whose memory holds so many tokens of prompts."""

    def __init__(self, inner: PreTrainedModel, limit: int) -> None:
        super().__init__()
        self.inner, self.limit, self.n_refused = inner, limit, 0
        self.generation_config = inner.generation_config

    def generate(
        self, ids: torch.Tensor, attention_mask: torch.Tensor, generation_config: GenerationConfig
    ) -> torch.Tensor:
        if ids.numel() > self.limit:
            self.n_refused += 1
            raise torch.OutOfMemoryError
        return self.inner.generate(
            ids, attention_mask=attention_mask, generation_config=generation_config
        )


@pytest.mark.fault
def test_when_memory_runs_out_no_text_is_lost(loaded: Callable[[str], LanguageModel]) -> None:
    model = loaded("llama3")
    expected = dict(model.texts(REQUESTS, max_new_tokens=4))
    prompts = list(enumerate(model.chat.prompts(REQUESTS)))
    cramped = Cramped(model.model, 200)
    found = list(Writer(cramped, model.tokenizer, 4096).texts(prompts, max_new_tokens=4))
    assert cramped.n_refused > 0
    assert len(found) == len(REQUESTS)
    assert dict(found) == expected
    small = Writer(Cramped(model.model, 10), model.tokenizer, 4096)
    with pytest.raises(PromptTooLong, match="fewer new tokens"):
        list(small.texts(prompts, max_new_tokens=4))


@pytest.mark.fault
def test_no_room_for_a_text_is_an_error(loaded: Callable[[str], LanguageModel]) -> None:
    with pytest.raises(OptionError, match="max_new_tokens"):
        next(loaded("llama3").texts(REQUESTS, max_new_tokens=0))
