"""A `Request` is what is said to a model, as text; a `Respondent` is whoever answers it.

    messages   who says what, in order: the role as system, the question as user
    options    the labels that may be answered; none where the answer is free text

A model in this process, a server, and a fake in a test are respondents alike: the survey knows
nothing else of them. Guarantee: a request holds no tokens and no weights, and what a respondent
says of itself in `identity` is all that its answers may depend on besides the request.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["Message", "Request", "Respondent", "Speaker", "computes_together"]

Speaker = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    speaker: Speaker
    text: str


@dataclass(frozen=True)
class Request:
    """A conversation that waits for an answer."""

    messages: tuple[Message, ...]
    options: tuple[str, ...] = ()
    bare: str = field(default="", compare=False)  # the question alone, where the text says more


class Respondent(Protocol):
    """Whoever answers: says who it is, weighs options, writes text."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Return all that answers depend on: model, revision, tokenizer, template, dtype."""

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield (place in requests, log-probability of each option), in whatever order is fast.

        Options are not rescaled: exp summed over options is the mass that the model puts on them.
        """

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int
    ) -> Iterator[tuple[int, str]]:
        """Yield (place in requests, the answer written greedily)."""


def computes_together(respondent: object) -> bool:
    """Return whether a respondent says that its answers' last digits depend on their company."""
    return bool(getattr(respondent, "computes_together", False))
