"""How active every feature of a dictionary is: while roles are asked, or at the tokens of a phrase.

    maximum     the largest activation seen: what a strength in feature maxima is measured in
    mean        over all tokens
    frequency   the share of tokens at which a feature is active at all
    by_group    the mean over a group's tokens: (group, feature); a role's are those after the role,
                where the model knows all of it

A role's own tokens count once, those after it with every question; the first token of a prompt,
whose residual is unlike any other, is left out. Guarantee: activations of some tokens are held at a
time, never (token, feature) of many prompts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.cards import SaeCard, find_card, neuronpedia_url
from causalvalues.steering.dictionary import Dictionary
from causalvalues.survey.design import request_of
from causalvalues.survey.protocol import Question
from causalvalues.survey.request import Request
from causalvalues.survey.roles import Role

__all__ = ["FeatureActivity", "activity_at", "feature_activity"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Progress = Callable[[int, int], None]

AT_ONCE = 2**24  # activations that are held at once


@dataclass(frozen=True, eq=False)
class FeatureActivity:
    """How active every feature of one dictionary was."""

    sae: str
    layer: int
    sae_digest: str
    n_tokens: int
    maximum: Floats  # (feature,)
    mean: Floats  # (feature,)
    frequency: Floats  # (feature,)
    groups: tuple[str, ...]  # roles, or the phrase
    by_group: Floats  # (group, feature)
    card: SaeCard | None = None

    @property
    def n_features(self) -> int:
        """Return how many features there are."""
        return len(self.maximum)

    @property
    def live(self) -> NDArray[np.int64]:
        """Return the features that were active at some token."""
        return np.flatnonzero(self.frequency > 0)

    def link(self, feature: int) -> str:
        """Return where Neuronpedia shows a feature; empty where it does not."""
        return (neuronpedia_url(self.card, feature) or "") if self.card else ""


def feature_activity(
    model: LanguageModel,
    dictionary: Dictionary,
    roles: Sequence[Role],
    questions: Sequence[Question],
    *,
    at_once: int = AT_ONCE,
    progress: Progress | None = None,
) -> FeatureActivity:
    """Return how active features are while every role is asked every question.

    Give training roles only: what is chosen by this must be judged on others.
    """
    if not roles or not questions:
        raise OptionError("Activity is read from roles and questions", found="none of either")
    requests = [
        request_of(role, question, "system") for role, question in product(roles, questions)
    ]
    ends = [max(mark.role_end, 1) for mark in model.marks(requests)]

    def tokens(place: int, n_tokens: int) -> tuple[Bools, Bools]:
        """Return (token,) which tokens count, and which come after the role."""
        after = np.arange(n_tokens) >= ends[place]
        counted = np.arange(n_tokens) >= 1 if place % len(questions) == 0 else after
        return counted, after

    names = tuple(role.id for role in roles)
    groups = [place // len(questions) for place in range(len(requests))]
    return _activity(model, dictionary, requests, names, groups, tokens, at_once, progress)


def activity_at(
    model: LanguageModel,
    dictionary: Dictionary,
    requests: Sequence[Request],
    phrase: str,
    *,
    at_once: int = AT_ONCE,
) -> FeatureActivity:
    """Return how active features are in some prompts; the one group is the tokens of a phrase."""
    marks = model.marks(requests, phrase)
    if not phrase or not any(mark.in_phrase.any() for mark in marks):
        raise OptionError(
            "The phrase must stand in a prompt",
            found=f"{phrase!r} in none of {len(requests)}",
            remedy="check its spaces and capitals, or give prompts that have it",
        )

    def tokens(place: int, n_tokens: int) -> tuple[Bools, Bools]:
        """Return (token,) which tokens count, and which say the phrase."""
        return np.arange(n_tokens) >= 1, marks[place].in_phrase

    groups = [0] * len(requests)
    return _activity(model, dictionary, requests, (phrase,), groups, tokens, at_once, None)


def _activity(
    model: LanguageModel,
    dictionary: Dictionary,
    requests: Sequence[Request],
    names: tuple[str, ...],
    groups: Sequence[int],
    tokens: Callable[[int, int], tuple[Bools, Bools]],
    at_once: int,
    progress: Progress | None,
) -> FeatureActivity:
    """Return what is counted of each prompt, added up prompt by prompt."""
    sums = _Sums(len(names), dictionary.n_features)
    home = dictionary.direction(0).device
    read = model.residuals(requests, dictionary.layer)
    for n_done, (place, residual) in enumerate(read, start=1):
        counted, grouped = tokens(place, len(residual))
        kept, own = torch.from_numpy(residual[counted]), torch.from_numpy(grouped[counted])
        for part in _parts(len(kept), max(at_once // dictionary.n_features, 1)):
            with torch.no_grad():
                active = dictionary.activations(kept[part].to(home)).float()
            sums.add(groups[place], active, own[part].to(home))
        if progress is not None:
            progress(n_done, len(requests))
    card = getattr(dictionary, "card", None)
    if not isinstance(card, SaeCard):
        found = find_card(dictionary.name)
        card = found[0] if found else None
    return sums.activity(dictionary, names, card)


class _Sums:
    """What is added up, feature by feature."""

    def __init__(self, n_groups: int, n_features: int) -> None:
        self.n_tokens = 0
        self.maximum = np.full(n_features, -np.inf)
        self.total, self.n_active = np.zeros((2, n_features))
        self.by_group, self.n_by_group = np.zeros((n_groups, n_features)), np.zeros(n_groups)

    def add(self, group: int, active: Tensor, own: Tensor) -> None:
        """Count activations (token, feature), and whether a token is one of the group's own."""
        self.n_tokens += len(active)
        self.maximum = np.maximum(self.maximum, _array(active.amax(0)))
        self.total += _array(active.sum(0))
        self.n_active += _array((active > 0).sum(0))
        self.by_group[group] += _array(active[own].sum(0))
        self.n_by_group[group] += int(own.sum())

    def activity(
        self, dictionary: Dictionary, names: tuple[str, ...], card: SaeCard | None
    ) -> FeatureActivity:
        """Return the means and shares."""
        return FeatureActivity(
            sae=dictionary.name,
            layer=dictionary.layer,
            sae_digest=dictionary.digest,
            n_tokens=self.n_tokens,
            maximum=self.maximum,
            mean=self.total / self.n_tokens,
            frequency=self.n_active / self.n_tokens,
            groups=names,
            by_group=self.by_group / np.maximum(self.n_by_group, 1)[:, None],
            card=card,
        )


def _parts(n_tokens: int, size: int) -> Iterator[slice]:
    """Yield tokens, some at a time."""
    for first in range(0, n_tokens, size):
        yield slice(first, first + size)


def _array(numbers: Tensor) -> Floats:
    """Return numbers (feature,) as an array."""
    found: Floats = numbers.double().cpu().numpy()
    return found
