"""What comes back from a respondent, matched to what was asked, and checked on the way.

A `Sweeper` is a respondent that answers under many conditions at once.
Guarantee: every asking gets exactly one answer, of its own shape; anything else is a `Fault` that
names the question, the role and the condition.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from causalvalues.errors import Fault
from causalvalues.survey.design import Asking
from causalvalues.survey.request import Request, Respondent

__all__ = ["Given", "Sweeper", "answers_of_respondent", "answers_of_sweeper", "checked"]

Given = tuple[float, ...] | str
Thing = TypeVar("Thing")
Edit = TypeVar("Edit")
Edit_contra = TypeVar("Edit_contra", contravariant=True)


class Sweeper(Protocol[Edit_contra]):
    """A respondent that answers under many conditions at once, sharing the work between them."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Return all that answers depend on besides the request and the edit."""

    def sweep(
        self, requests: Sequence[Request], edits: Mapping[str, Edit_contra | None]
    ) -> Iterator[tuple[str, int, tuple[float, ...]]]:
        """Yield (condition, place in requests, log-probability of each option), in any order."""


def answers_of_respondent(
    respondent: Respondent, askings: Sequence[Asking]
) -> Iterator[tuple[Asking, Given]]:
    """Yield the answers of a respondent: options weighed, then texts written."""
    by_length = sorted(askings, key=lambda asking: asking.question.max_new_tokens or 0)
    for length, group in groupby(by_length, key=lambda asking: asking.question.max_new_tokens):
        group_askings = list(group)
        requests = [asking.request for asking in group_askings]
        given: Iterator[tuple[int, Given]]
        if length is None:
            given = respondent.log_probabilities(requests)
        else:
            given = respondent.texts(requests, max_new_tokens=length)
        for place, answer in given:
            yield _at(group_askings, place), answer


def answers_of_sweeper(
    sweeper: Sweeper[Edit], edits: Mapping[str, Edit | None], askings: Sequence[Asking]
) -> Iterator[tuple[Asking, Given]]:
    """Yield the answers of a sweeper; requests that miss the same conditions go together."""
    missing: dict[tuple[str, str], dict[str, Asking]] = {}
    for asking in askings:
        thing = asking.role, asking.question.id
        missing.setdefault(thing, {})[asking.condition] = asking
    together: dict[tuple[str, ...], list[dict[str, Asking]]] = {}
    for by_condition in missing.values():
        together.setdefault(tuple(by_condition), []).append(by_condition)
    for conditions, group in together.items():
        requests = [next(iter(each.values())).request for each in group]
        wanted = {name: edits[name] for name in conditions}
        for condition, place, answer in sweeper.sweep(requests, wanted):
            if condition not in wanted:
                raise Fault("A sweeper answers under the conditions given", found=repr(condition))
            yield _at(group, place)[condition], answer


def _at(things: Sequence[Thing], place: int) -> Thing:
    """Return the thing at a place that a respondent named."""
    if not 0 <= place < len(things):
        raise Fault(
            "A respondent names places among the requests it was given",
            found=f"place {place} of {len(things)}",
        )
    return things[place]


def checked(
    askings: Sequence[Asking], given: Iterable[tuple[Asking, Given]]
) -> Iterator[tuple[Asking, Given]]:
    """Yield answers as they come; each must have its shape, and every asking exactly one."""
    left = {asking.key for asking in askings}
    for asking, answer in given:
        if asking.key not in left:
            raise Fault("A respondent answers each request once", found=f"{_name(asking)} twice")
        if isinstance(answer, str):
            answered = asking.question.generate
        else:
            answered = len(answer) == len(asking.request.options) > 0
        if not answered:
            raise Fault(
                "An answer is a text, or one log-probability for each option",
                found=f"{_size(answer)} for {_name(asking)}",
            )
        left.remove(asking.key)
        yield asking, answer
    if left:
        first = next(asking for asking in askings if asking.key in left)
        raise Fault(
            "A respondent answers every request",
            found=f"none for {len(left)} of {len(askings)}, among them {_name(first)}",
        )


def _size(answer: Given) -> str:
    """Return what an error says of an answer: never its words."""
    if isinstance(answer, str):
        return f"a text of {len(answer)} characters"
    return f"{len(answer)} log-probabilities"


def _name(asking: Asking) -> str:
    """Return what an error calls an asking."""
    under = f" under {asking.condition!r}" if asking.condition else ""
    return f"{asking.question.id!r} asked of {asking.role!r}{under}"
