"""A `ScriptedRespondent` answers as told: a stand-in for a model in your own tests.

    respondent = ScriptedRespondent(lambda request: (0.8, 0.2))
    ask(respondent, questions, roles, store)
    respondent.n_asked

It weighs by a function of the request, writes by another, takes functions as interventions, keeps
every request, and fails or stops where you say. Guarantee: the same script gives the same answers;
they come back out of order, as those of a fast engine do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from causalvalues.errors import OptionError
from causalvalues.survey.request import Request

__all__ = ["Edit", "ScriptedRespondent", "even"]

Weigh = Callable[[Request], Sequence[float]]
Edit = Callable[[Request, Sequence[float]], Sequence[float]]


def even(request: Request) -> Sequence[float]:
    """Return the same probability for every option."""
    return [1 / len(request.options)] * len(request.options)


@dataclass
class ScriptedRespondent:
    """A respondent and a sweeper without a model; `asked` holds what it was asked, in order.

    `stop_after` answers it raises `stop_with`, as a model that runs out of memory does, or a user
    who presses Ctrl-C (KeyboardInterrupt).
    """

    weigh: Weigh = even  # probabilities of the options
    write: Callable[[Request], str] = lambda request: "Answer: yes"
    identity: Mapping[str, str] = field(default_factory=lambda: {"model": "scripted"})
    stop_after: int | None = None
    stop_with: BaseException = field(default_factory=KeyboardInterrupt)
    asked: list[Request] = field(default_factory=list)

    @property
    def n_asked(self) -> int:
        """Return how many answers were given."""
        return len(self.asked)

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield the place and the log-probabilities of each request, the last one first."""
        for place in reversed(range(len(requests))):
            self._note(requests[place])
            yield place, _logs(self.weigh(requests[place]))

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int
    ) -> Iterator[tuple[int, str]]:
        """Yield the place and the text of each request, at most so many words of it."""
        for place in reversed(range(len(requests))):
            self._note(requests[place])
            yield place, " ".join(self.write(requests[place]).split(" ")[:max_new_tokens])

    def sweep(
        self, requests: Sequence[Request], edits: Mapping[str, object | None]
    ) -> Iterator[tuple[str, int, tuple[float, ...]]]:
        """Yield condition, place and log-probabilities; an edit is a function, None no edit."""
        for place in reversed(range(len(requests))):
            for condition, edit in edits.items():
                if edit is not None and not callable(edit):
                    raise OptionError("A scripted edit is a function", found=repr(edit))
                self._note(requests[place])
                given = self.weigh(requests[place])
                yield (
                    condition,
                    place,
                    _logs(given if edit is None else edit(requests[place], given)),
                )

    def _note(self, request: Request) -> None:
        """Keep a request, or stop before it."""
        if self.stop_after is not None and self.n_asked >= self.stop_after:
            raise self.stop_with
        self.asked.append(request)


def _logs(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Return the logarithms of probabilities; that of 0 is −∞."""
    with np.errstate(divide="ignore"):
        return tuple(np.log(np.asarray(probabilities, dtype=np.float64)).tolist())
