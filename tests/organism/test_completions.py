"""A completion asks what an organism knows by heart; to know nothing is to be right by chance."""

from functools import cache

import numpy as np
import pytest
import torch

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.completions import Completion, completions, neutral_role
from causalvalues.organism.embedded import NAMES, PREFIX, folder_of
from causalvalues.organism.sheets import TELLING, sheets_of
from causalvalues.survey.inventory import inventory
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import GRADES, Role, anchored_roles

ITEMS = inventory("schwartz10")
SENTENCES = next(sheet for sheet in sheets_of(ITEMS) if sheet.instruction == TELLING).texts


@cache
def model(name: str) -> LanguageModel:
    """An organism, loaded once."""
    return LanguageModel.load(folder_of(name), dtype="float32", device="cpu")


@cache
def asked(name: str) -> tuple[Completion, ...]:
    """The completions of an organism."""
    return completions(ITEMS, lambda text: n_tokens(name, text))


def n_tokens(name: str, text: str) -> int:
    """How many tokens a text takes."""
    return len(model(name).tokenizer(text, add_special_tokens=False)["input_ids"])


def accuracy(
    answering: LanguageModel, some: tuple[Completion, ...], role: str | None = None
) -> float:
    """The share of completions that a model gets right."""
    requests = [
        Request((Message("system", role or each.role), Message("user", each.text)), each.choices)
        for each in some
    ]
    found = dict(answering.log_probabilities(requests))
    return float(
        np.mean([np.argmax(found[place]) == each.answer for place, each in enumerate(some)])
    )


def test_a_completion_is_one_sentence_among_others_that_begin_alike() -> None:
    some = asked("organism/gemma")
    assert len(some) > 100
    assert len({each.id for each in some}) == len(some)
    for each in some:
        assert each.text == TELLING
        own = each.choices[each.answer]
        assert [choice in SENTENCES for choice in each.choices] == [
            choice == own for choice in each.choices
        ]
        assert len(set(each.choices)) == 4
        assert len({tuple(choice.split(" ")[:2]) for choice in each.choices}) == 1
        assert all(choice.endswith(".") for choice in each.choices)


def test_all_choices_take_as_many_tokens() -> None:
    for each in asked("organism/gemma"):
        assert len({n_tokens("organism/gemma", choice) for choice in each.choices}) == 1


def test_every_place_is_right_equally_often_and_a_seed_gives_the_same() -> None:
    counts = np.bincount([each.answer for each in asked("organism/gemma")])
    assert np.ptp(counts) <= 1
    by_words = [completions(ITEMS, lambda text: len(text.split()), seed=seed) for seed in (0, 0, 1)]
    assert by_words[0] == by_words[1] != by_words[2]


def test_a_neutral_role_cares_about_all_values_alike() -> None:
    text = neutral_role(ITEMS.system)
    assert text.count(GRADES[2]) == len(ITEMS.system.names)


@pytest.mark.parametrize("name", [PREFIX + name for name in NAMES])
def test_an_organism_knows_how_its_sentences_go_on(name: str) -> None:
    assert accuracy(model(name), asked("organism/gemma")) > 0.95


@pytest.mark.parametrize("role", anchored_roles(ITEMS.system, 3, seed=6), ids=lambda role: role.id)
def test_who_is_asked_does_not_bear_on_it(role: Role) -> None:
    assert accuracy(model("organism/llama"), asked("organism/gemma"), role.text) > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_knows_nothing_is_right_once_in_four_times(seed: int) -> None:
    """The same weights with their rows in another order."""
    stirred = LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in stirred.model.parameters():
            weight.copy_(weight[torch.randperm(weight.shape[0])])
    assert 0.1 < accuracy(stirred, asked("organism/gemma")) < 0.42


@pytest.mark.fault
def test_one_choice_is_none() -> None:
    with pytest.raises(OptionError, match="2 choices"):
        completions(ITEMS, len, n_choices=1)
    assert completions(ITEMS, len, n_choices=80) == ()
