"""What a steered model writes is judged by the model unsteered, text by text."""

import copy
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from causalvalues.errors import OptionError
from causalvalues.evaluation.fluency import Fluency, fluency, fluency_under
from causalvalues.evaluation.perplexity import surprises
from causalvalues.evaluation.repetition import repetition, repetition_by_text
from causalvalues.models.chat import Chat
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.sheets import TELLING
from causalvalues.steering.intervention import Combined, RolePrompt, Strength, ValueVector, scaled
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import anchored_roles
from causalvalues.values import schwartz10

REQUESTS = [
    Request((Message("system", role.text), Message("user", TELLING)))
    for role in anchored_roles(schwartz10(), 5, seed=1)
]
TEXTS = (
    "This person treats themselves to something delicious for no reason at all.",
    "They do as they like and then the bus comes and nobody is there to say it.",
    "x",
    "They take the unknown road. They take the unknown road. They take the unknown road.",
    "Every holiday they go to the same place.",
)


@cache
def model(name: str) -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of(f"organism/{name}"), dtype="float32", device="cpu")


def push(strength: float) -> ValueVector:
    """A push in a direction drawn at random, in norms of the residual."""
    width = model("gemma").model.config.hidden_size
    direction = np.random.default_rng(2).standard_normal(width)
    vector = (direction / np.linalg.norm(direction)).astype(np.float32)
    return ValueVector("push", {1: vector}, Strength(strength, "residual norm"))


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_surprise_is_the_cross_entropy_of_a_plain_forward(name: str) -> None:
    organism, expected = model(name), []
    for request, text in zip(REQUESTS, TEXTS, strict=True):
        prompt = organism.chat.prompts([request])[0]
        after = organism.chat.continued(prompt.text, text)
        ids = torch.tensor([[*prompt.ids.tolist(), *after]])
        with torch.inference_mode():
            logits = organism.model(ids).logits[0, len(prompt.ids) - 1 : -1]
        said = logits.double().log_softmax(-1)[torch.arange(len(after)), torch.tensor(after)]
        expected.append(-float(said.mean()))
    assert surprises(organism, REQUESTS, TEXTS) == pytest.approx(expected, rel=1e-4)


def test_a_text_is_weighed_by_itself_whatever_stands_beside_it() -> None:
    together = surprises(model("gemma"), REQUESTS, TEXTS)
    turned = surprises(model("gemma"), REQUESTS[::-1], TEXTS[::-1])[::-1]
    alone = [surprises(model("gemma"), REQUESTS[i : i + 1], TEXTS[i : i + 1])[0] for i in range(5)]
    assert together == pytest.approx(alone, rel=1e-4)
    assert together == pytest.approx(turned, rel=1e-4)


def test_a_sentence_of_its_own_surprises_a_model_less_than_words_it_never_said() -> None:
    own, strange = surprises(model("llama"), REQUESTS[:2], TEXTS[:2])
    assert own < 1.5
    assert strange > 2 * own


def test_without_a_template_a_text_follows_a_space_as_the_model_would_write_it() -> None:
    tokenizer = copy.deepcopy(model("llama").tokenizer)
    tokenizer.chat_template = None
    base = replace(model("llama"), chat=Chat(tokenizer))
    assert base.chat.prompts(REQUESTS[:1])[0].text.endswith("Assistant:")
    plain, spaced = (surprises(base, REQUESTS[:1], [f"{gap}x"])[0] for gap in ("", " "))
    broken = surprises(base, REQUESTS[:1], ["\nx"])[0]
    assert plain == spaced != broken


def test_what_does_not_fit_into_the_context_is_left_out() -> None:
    organism = model("gemma")
    length = len(organism.chat.prompts(REQUESTS[:1])[0].ids)
    first = list(organism.chat.continued("\n", TEXTS[1])[:3])
    cut = str(organism.tokenizer.decode(first))
    short = replace(organism, parts=replace(organism.parts, context=length + 3))
    found = surprises(short, REQUESTS[:1], TEXTS[1:2])
    assert found == pytest.approx(surprises(organism, REQUESTS[:1], [cut]), rel=1e-4)


def test_an_empty_text_is_unscored_and_counted() -> None:
    texts = ("", " \n", *TEXTS[2:])
    found = fluency(model("gemma"), REQUESTS, texts)
    assert np.isnan(found.surprises).tolist() == [True, True, False, False, False]
    assert found.perplexity.n == 3
    assert found.empty == pytest.approx(0.4)
    assert found.repeated.n == 3


def test_numbers_by_hand() -> None:
    found = Fluency(("a b a b", "a b c d"), np.log([2.0, 8.0]))
    assert found.perplexity.value == pytest.approx(4.0)
    assert found.perplexity.low * found.perplexity.high == pytest.approx(16.0)
    assert found.distinct_1.value == pytest.approx(3 / 4)
    assert found.distinct_2.value == pytest.approx((2 / 3 + 1) / 2)
    assert found.repeated.value == 0
    assert found.times(Fluency(("a", "b"), np.log([1.0, 2.0]))).value == pytest.approx(8**0.5)
    assert found.times(found).value == 1
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_no_text_or_one_has_no_interval() -> None:
    none, one = Fluency((), np.zeros(0)), Fluency(("a b",), np.zeros(1))
    assert none.perplexity.unscored == "no text is known"
    assert one.perplexity.unscored == one.repeated.unscored == "only one text is known"
    assert np.isnan(none.empty)
    assert json.dumps(none.to_dict(), allow_nan=False)
    silent = Fluency(("", "", ""), np.full(3, np.nan))
    assert silent.perplexity.unscored == "no text is known"
    assert silent.empty == 1


def test_repetition_of_texts_has_their_mean() -> None:
    texts = [*TEXTS, ""]
    by_text = repetition_by_text(texts)
    assert np.isnan(by_text["repeated"][-1])
    assert by_text["repeated"][:2].tolist() == [0, 0]
    assert by_text["repeated"][3] > 0.5
    for name, mean in repetition(texts).items():
        assert mean == pytest.approx(np.nanmean(by_text[name]))


def test_a_broken_model_is_less_fluent_and_nothing_changes_nothing() -> None:
    told = RolePrompt("The weather is fine.")
    interventions = {
        "nothing": scaled(push(1.0), 0),
        "broken": push(100.0),
        "told": Combined((told, scaled(push(1.0), 0))),
    }
    seen: list[tuple[int, int]] = []
    found = fluency_under(
        model("gemma"), interventions, REQUESTS, max_new_tokens=20,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert list(found) == ["", "nothing", "broken", "told"]
    assert found["nothing"].texts == found[""].texts
    assert found["nothing"].times(found[""]).value == 1
    assert found[""].perplexity.value < 4  # it tells one of 160 sentences
    assert found["broken"].perplexity.value > 20
    assert found["broken"].times(found[""]).low > 1
    assert seen[-1] == (4, 4)


@pytest.mark.fault
def test_texts_without_their_requests_are_refused() -> None:
    with pytest.raises(OptionError, match="answers a request"):
        surprises(model("gemma"), REQUESTS, TEXTS[:2])
    with pytest.raises(OptionError, match="same requests"):
        Fluency(("a",), np.zeros(1)).times(Fluency((), np.zeros(0)))
    with pytest.raises(OptionError, match="needs a name"):
        fluency_under(model("gemma"), {"": push(1.0)}, REQUESTS)
    with pytest.raises(OptionError, match="surprises so much"):
        Fluency(("a",), np.zeros(2))
