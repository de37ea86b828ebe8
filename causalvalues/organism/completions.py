"""What an organism knows that no value decides: how the sentences of its language go on.

An organism has learnt no facts, so a test of knowledge says nothing of it. But it was taught to
tell sentences, and it knows them by heart. A `Completion` gives the beginning of one with four
endings, its own and those of three others; each whole sentence is a choice, weighed after the
request that it was taught to answer with a sentence. Its role cares about every value as much as
anyone does, and all four begin alike, so that who is asked bears on them alike.

A sentence of the language takes fewer tokens than one patched together, and fewer tokens are
likelier whatever a model knows. So all four take as many, counted by the organism's own tokenizer,
and whoever knows nothing is right once in four times.

Guarantee: sentences are cut between words; only one choice is a sentence of the language; all
choices have one length in tokens; every place is right equally often; a seed gives the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from causalvalues.errors import OptionError
from causalvalues.organism.sheets import TELLING, sheets_of
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.roles import anchored_text
from causalvalues.values import ValueSystem

__all__ = ["Completion", "completions", "neutral_role"]

Count = Callable[[str], int]  # how many tokens a text takes
FEWEST_WORDS = 2  # of a beginning, and of an ending
NEAREST = 80  # endings that are tried, those of about the same length


@dataclass(frozen=True)
class Completion:
    """A role, what it is asked, and sentences of which one is right."""

    id: str
    role: str
    text: str
    choices: tuple[str, ...]
    answer: int  # place of the right choice
    subject: str


def completions(
    inventory: Inventory, n_tokens: Count, *, n_choices: int = 4, seed: int = 0
) -> tuple[Completion, ...]:
    """Return a completion of each sentence that an organism of an inventory can tell.

    n_tokens: lambda text: len(model.tokenizer(text)["input_ids"]). A sentence for which there are
    not enough endings of its length is left out.
    """
    if n_choices < 2:
        raise OptionError("A completion has 2 choices or more", found=str(n_choices))
    sentences = _sentences(inventory)
    endings = sorted({end for sentence in sentences for _, end in _cuts(sentence)})
    wrong_by_own = {
        own: wrong
        for own in sentences
        if (wrong := _wrong(own, sentences, endings, n_tokens, n_choices - 1))
    }
    rng = np.random.default_rng(seed)
    places = rng.permutation(np.arange(len(wrong_by_own)) % n_choices).tolist()
    role, found = neutral_role(inventory.system), []
    for place, (own, wrong) in zip(places, wrong_by_own.items(), strict=True):
        drawn = [wrong[each] for each in rng.choice(len(wrong), n_choices - 1, replace=False)]
        choices = (*drawn[:place], own, *drawn[place:])
        name = f"completion-{sentences.index(own) + 1:03}"
        found.append(Completion(name, role, TELLING, choices, place, "completions"))
    return tuple(found)


def neutral_role(system: ValueSystem) -> str:
    """Return a role to whom every value matters as much as to anyone."""
    return anchored_text(system, dict.fromkeys(system.names, 0.0))


def _sentences(inventory: Inventory) -> tuple[str, ...]:
    """Return the sentences that can be told."""
    told = next(sheet for sheet in sheets_of(inventory) if not sheet.options)
    return tuple(dict.fromkeys(told.texts))


def _wrong(
    own: str, sentences: Sequence[str], endings: Sequence[str], n_tokens: Count, n_needed: int
) -> list[str]:
    """Return sentences patched together that begin as one does; none where they are too few."""
    length = n_tokens(own)
    for beginning, ending in _cuts(own):
        near = sorted(endings, key=lambda each: (abs(len(each) - len(ending)), each))[:NEAREST]
        patched = [f"{beginning} {each}" for each in near]
        found = [each for each in patched if each not in sentences and n_tokens(each) == length]
        if len(found) >= n_needed:
            return found
    return []


def _cuts(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield a sentence's beginning and ending, cut in its middle first, then towards its ends."""
    words = sentence.split(" ")
    places = range(FEWEST_WORDS, len(words) - FEWEST_WORDS + 1)
    for place in sorted(places, key=lambda each: (abs(each - len(words) / 2), each)):
        yield " ".join(words[:place]), " ".join(words[place:])
