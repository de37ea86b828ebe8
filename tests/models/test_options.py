"""What an option weighs is the chance that the answer begins with it, counted once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalvalues.errors import OptionError
from causalvalues.models.options import continuations, ways_of_writing


def letters(text: str) -> tuple[int, ...]:
    """A tokenizer whose tokens are characters."""
    return tuple(map(ord, text))


def lower(text: str) -> tuple[int, ...]:
    """One that knows neither spaces at the start nor capitals."""
    return letters(text.strip().lower())


@pytest.mark.parametrize(
    ("label", "ways"),
    [
        ("A", ("A", " A")),
        ("1", ("1", " 1")),
        ("yes", ("yes", "Yes", " yes", " Yes")),
        ("Agree a little", ("Agree a little", "agree a little", " Agree a little")),
        ("10", ("10", " 10")),
    ],
)
def test_a_label_is_written_in_these_ways(label: str, ways: tuple[str, ...]) -> None:
    assert ways_of_writing(label)[: len(ways)] == ways


def test_ways_that_read_alike_count_once() -> None:
    found = continuations(("yes", "no"), lower)
    assert found.sequences == (letters("no"), letters("yes"))


def test_a_label_belongs_to_its_own_option() -> None:
    """ "Us" is a way of writing "us", and here also an option."""
    found = continuations(("us", "Us"), letters)
    owner = dict(zip(found.sequences, found.owners, strict=True))
    assert owner[letters("us")] == 0
    assert owner[letters("Us")] == 1
    assert letters(" us") not in owner  # either could have been meant
    assert letters(" Us") not in owner


def test_an_option_that_begins_another_keeps_what_is_left() -> None:
    found = continuations(("1", "10", "100"), lambda text: letters(text.strip()))
    assert found.sequences == (letters("1"), letters("10"), letters("100"))
    weights = found.weigh(np.log([0.7, 0.4, 0.1]))
    np.testing.assert_allclose(np.exp(weights), [0.3, 0.3, 0.1])
    assert found.weigh(np.log([0.4, 0.4, 0.1]))[0] == -np.inf


LABELS = st.lists(st.text("ab1 ", min_size=1, max_size=4), min_size=1, max_size=5, unique=True)


@settings(max_examples=150, deadline=None)
@given(LABELS.filter(lambda labels: all(map(str.strip, labels))), st.integers(0, 2**32))
def test_options_share_out_what_the_model_says(labels: list[str], seed: int) -> None:
    """By simulation: an answer counts for the longest way of writing that begins it."""
    found = continuations(labels, letters)
    rng = np.random.default_rng(seed)
    alphabet = [ord(c) for c in "ab1 AB"]
    chance = dict(zip(alphabet, rng.dirichlet(np.ones(6)), strict=True))
    weighed = np.array([sum(np.log(chance[t]) for t in s) for s in found.sequences])
    mass = np.exp(found.weigh(weighed))
    assert mass.sum() <= 1 + 1e-9
    by_owner = np.zeros(len(labels))
    longest = max(map(len, found.sequences))

    def walk(text: tuple[int, ...], p: float, owner: int | None) -> None:
        if text in found.sequences:
            owner = found.owners[found.sequences.index(text)]
        if len(text) == longest or not any(s[: len(text)] == text for s in found.sequences):
            if owner is not None:
                by_owner[owner] += p
            return
        for token in alphabet:
            walk((*text, token), p * chance[token], owner)

    walk((), 1.0, None)
    np.testing.assert_allclose(mass, by_owner, atol=1e-9)


@pytest.mark.fault
@pytest.mark.parametrize("labels", [(), ("yes", ""), ("yes", "yes"), (" ",)])
def test_options_that_cannot_be_told_apart_are_an_error(labels: tuple[str, ...]) -> None:
    with pytest.raises(OptionError):
        continuations(labels, letters)


@pytest.mark.fault
def test_labels_that_the_tokenizer_confuses_are_an_error() -> None:
    with pytest.raises(OptionError, match="tells from the others"):
        continuations(("Yes", "yes"), lower)
