"""Does a text repeat itself? A steered model that is broken often writes one phrase for ever.

    repeated     share of runs of n words that stood in the same text before
    distinct_1   different words among all words · distinct_2 the same for pairs of words

Guarantee: each number is the mean over texts; texts too short to repeat anything count as 0
repeated, and a text without a word is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.request import Request

__all__ = ["repetition", "repetition_added", "repetition_by_text", "repetition_under"]

Floats = NDArray[np.float64]


def repetition(texts: Iterable[str], *, n_words: int = 3) -> dict[str, float]:
    """Return `repeated`, `distinct_1` and `distinct_2`, each the mean over texts."""
    by_text = repetition_by_text(texts, n_words=n_words)
    return {name: _mean(numbers[np.isfinite(numbers)]) for name, numbers in by_text.items()}


def repetition_by_text(texts: Iterable[str], *, n_words: int = 3) -> dict[str, Floats]:
    """Return the same numbers of each text (text,); NaN where it has no word."""
    spoken = [re.findall(r"\S+", text.lower()) for text in texts]
    return {
        "repeated": np.array([1 - _distinct(words, n_words) for words in spoken]),
        "distinct_1": np.array([_distinct(words, 1) for words in spoken]),
        "distinct_2": np.array([_distinct(words, 2) for words in spoken]),
    }


def repetition_added(unsteered: Iterable[str], steered: Iterable[str]) -> dict[str, float]:
    """Return the repetition of steered texts, and `repetition_added` by steering."""
    found = repetition(steered)
    return {**found, "repetition_added": found["repeated"] - repetition(unsteered)["repeated"]}


def repetition_under(
    model: LanguageModel,
    interventions: Mapping[str, Intervention],
    requests: Sequence[Request],
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    max_new_tokens: int = 100,
) -> dict[str, dict[str, float]]:
    """Return the numbers of each intervention by its name, of what is written to some requests."""
    plain = [text for _, text in model.texts(requests, max_new_tokens=max_new_tokens)]
    found = {}
    for name, intervention in interventions.items():
        steered = SteeredModel(model, intervention, dictionaries or {})
        texts = [text for _, text in steered.texts(requests, max_new_tokens=max_new_tokens)]
        found[name] = repetition_added(plain, texts)
    return found


def _distinct(words: Sequence[str], length: int) -> float:
    """Return the share of different runs among all runs; 1 where there is none, NaN of no word."""
    if not words:
        return float("nan")
    runs = [tuple(words[start : start + length]) for start in range(len(words) - length + 1)]
    return len(set(runs)) / len(runs) if runs else 1.0


def _mean(numbers: Floats) -> float:
    """Return the mean, NaN of nothing."""
    return float(numbers.mean()) if len(numbers) else float("nan")
