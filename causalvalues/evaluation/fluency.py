"""Fluency: is what a model writes under an intervention still language?

    perplexity    exp of the mean over texts of surprise per token, under the model unsteered
    times         the same of steered ÷ unsteered, text by text to the same request
    repeated, distinct_1, distinct_2     of the words of each text, see `repetition`
    empty         share of texts without a word

The model unsteered judges every text after the request as it stands, whatever a role prompt told
besides, so that all interventions are judged alike. A loop of words is no surprise to it: low
perplexity means fluent only where `repeated` is low too.
Guarantee: intervals are over texts; an empty text has no perplexity and is counted as empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.estimate import Estimate
from causalvalues.evaluation.perplexity import surprises
from causalvalues.evaluation.repetition import repetition_by_text
from causalvalues.evaluation.surveying import UNSTEERED
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.asking import Progress
from causalvalues.survey.columns import frozen
from causalvalues.survey.request import Request, Respondent

__all__ = ["Fluency", "fluency", "fluency_under"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fluency:
    """How fluent some texts are."""

    texts: tuple[str, ...]
    surprises: Floats  # (text,) nats a token; NaN where empty
    level: float = 0.95

    def __post_init__(self) -> None:
        found = np.array(self.surprises, dtype=np.float64)
        if found.shape != (len(self.texts),):
            raise OptionError("Every text surprises so much", found=f"{found.shape}")
        object.__setattr__(self, "surprises", frozen(found))

    @property
    def perplexity(self) -> Estimate:
        """Return the geometric mean over texts."""
        return _exp(self._mean(self.surprises))

    @property
    def repeated(self) -> Estimate:
        """Return the share of runs of words that stood in the same text before."""
        return self._mean(self._repetition["repeated"])

    @property
    def distinct_1(self) -> Estimate:
        """Return the share of different words."""
        return self._mean(self._repetition["distinct_1"])

    @property
    def distinct_2(self) -> Estimate:
        """Return the share of different pairs of words."""
        return self._mean(self._repetition["distinct_2"])

    @property
    def empty(self) -> float:
        """Return the share of texts without a word; NaN of no text."""
        none = [not text.strip() for text in self.texts]
        return float(np.mean(none)) if none else float("nan")

    def times(self, unsteered: "Fluency") -> Estimate:
        """Return how many times as large perplexity is as that of other texts, pair by pair."""
        if len(unsteered.texts) != len(self.texts):
            raise OptionError(
                "Texts are compared that answer the same requests",
                found=f"{len(self.texts)} and {len(unsteered.texts)}",
            )
        return _exp(self._mean(self.surprises - unsteered.surprises))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them; what is missing is null."""
        names = ("perplexity", "repeated", "distinct_1", "distinct_2")
        found: dict[str, Any] = {name: getattr(self, name).to_dict() for name in names}
        empty = self.empty if self.texts else None
        return {**found, "empty": empty, "n_texts": len(self.texts)}

    @cached_property
    def _repetition(self) -> dict[str, Floats]:
        """Return the repetition of each text."""
        return repetition_by_text(self.texts)

    def _mean(self, numbers: Floats) -> Estimate:
        """Return the mean over texts."""
        return Estimate.of_clusters(numbers, level=self.level, of="text")


def fluency(
    judge: LanguageModel,
    requests: Sequence[Request],
    texts: Sequence[str],
    *,
    level: float = 0.95,
) -> Fluency:
    """Return the fluency of texts that answer requests, as an unsteered model sees it."""
    return Fluency(tuple(texts), surprises(judge, requests, texts), level)


def fluency_under(
    model: LanguageModel,
    interventions: Mapping[str, Intervention],
    requests: Sequence[Request],
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    max_new_tokens: int = 100,
    level: float = 0.95,
    progress: Progress | None = None,
) -> dict[str, Fluency]:
    """Return the fluency of what is written without an intervention ("") and under each."""
    if UNSTEERED in interventions:
        raise OptionError("An intervention needs a name", found=repr(UNSTEERED))
    writers: dict[str, Respondent] = {UNSTEERED: model}
    for name, intervention in interventions.items():
        writers[name] = SteeredModel(model, intervention, dictionaries or {})
    found = {}
    for name, writer in writers.items():
        by_place = dict(writer.texts(requests, max_new_tokens=max_new_tokens))
        texts = [by_place[place] for place in range(len(requests))]
        found[name] = fluency(model, requests, texts, level=level)
        if progress is not None:
            progress(len(found), len(writers))
    return found


def _exp(log: Estimate) -> Estimate:
    """Return the exponential of an estimate of a logarithm."""
    value, low, high = np.exp([log.value, log.low, log.high])
    return Estimate(float(value), float(low), float(high), log.n, log.unscored)
