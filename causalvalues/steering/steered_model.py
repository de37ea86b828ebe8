"""A `SteeredModel` is a respondent: a language model under an intervention.

    role prompts   told into the system message of every request
    edits          run by `sweep` where options are weighed, by `steer` where text is written

Guarantee: its identity is the model's with the digest of the intervention; between two answers no
hook stays in the model, so that it may be asked with and without the intervention in turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.document import digest_of
from causalvalues.steering.edits import Move, edits_of
from causalvalues.steering.gating import Gated
from causalvalues.steering.hooks import steer
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    gated,
    gates_of,
    parts_of,
)
from causalvalues.steering.telling import told_system
from causalvalues.survey.request import Message, Request

__all__ = ["SteeredModel"]

AT_ONCE = 128  # texts that are written before the first of them is given


@dataclass(frozen=True, eq=False)
class SteeredModel:
    """A language model, and what is done to it."""

    model: LanguageModel
    intervention: Intervention
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)
    computes_together: ClassVar[bool] = True

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Return all that answers depend on: the model's identity, and the intervention."""
        return {**self.model.identity, "intervention": digest_of(self.intervention)}

    @cached_property
    def gated(self) -> Gated:
        """Return the model as it obeys gates."""
        return Gated(self.model)

    @cached_property
    def edits(self) -> tuple[Move, ...]:
        """Return the edits of the intervention."""
        return edits_of(self.intervention, self.dictionaries)

    def log_probabilities(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield (place in requests, log-probability of each option), in whatever order is fast."""
        asked = self._told(requests)
        for _, place, found in self.gated.sweep(asked, {"": self.edits or None}):
            yield place, found

    def texts(
        self, requests: Sequence[Request], *, max_new_tokens: int = 256
    ) -> Iterator[tuple[int, str]]:
        """Yield (place in requests, the answer written greedily)."""
        told = self._told(requests)
        if not self.edits:
            yield from self.model.texts(told, max_new_tokens=max_new_tokens)
            return
        self.model.refuse_absent(told, {edit.phrase for edit in self.edits})
        for places, intervention in self._opened(told):
            for start in range(0, len(places), AT_ONCE):
                some = places[start : start + AT_ONCE]
                asked = [told[place] for place in some]
                for place, text in self._written(asked, intervention, max_new_tokens):
                    yield some[place], text

    def _opened(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[list[int], Intervention | None]]:
        """Yield places of requests for which the same gates open, and what is left to be done."""
        for places, shut in self.gated.patterns(gates_of(self.intervention), requests):
            left = tuple(
                part
                for part in parts_of(self.intervention)
                if not isinstance(part, RolePrompt) and part.gate not in shut
            )
            yield places, Combined(left) if left else None

    def _written(
        self, requests: list[Request], intervention: Intervention | None, max_new_tokens: int
    ) -> list[tuple[int, str]]:
        """Return (place, text) of some requests, all written before the hooks are gone."""
        if intervention is None:
            return list(self.model.texts(requests, max_new_tokens=max_new_tokens))
        edits = [part for part in parts_of(intervention) if not isinstance(part, RolePrompt)]
        after_role = any(edit.scope.where == "after role" for edit in edits)
        with steer(
            self.model,
            gated(intervention, None),
            self.dictionaries,
            role_ends=self._role_ends(requests) if after_role else None,
            prompts_told=True,
            phrases_told=True,
        ):
            return list(self.model.texts(requests, max_new_tokens=max_new_tokens))

    def _role_ends(self, requests: Sequence[Request]) -> dict[tuple[int, ...], int]:
        """Return the first token after the role by the ids of the prompt."""
        found: dict[tuple[int, ...], int] = {}
        for prompt in self.model.chat.prompts(requests):
            ids = tuple(prompt.ids.tolist())
            if found.setdefault(ids, prompt.role_end) != prompt.role_end:
                raise OptionError(
                    "Prompts that read alike must have roles that end alike",
                    found=f"two of {len(ids)} tokens that do not",
                    remedy="write them in two calls, or take another scope",
                )
        return found

    def _told(self, requests: Sequence[Request]) -> list[Request]:
        """Return requests with the role prompts told into their system messages."""
        return [self._told_one(request) for request in requests]

    def _told_one(self, request: Request) -> Request:
        """Return a request with the role prompts told."""
        system = [m for m in request.messages[:1] if m.speaker == "system"]
        before = system[0].text if system else ""
        after = told_system(before, self.intervention)
        if after == before:
            return request
        rest = request.messages[len(system) :]
        return replace(request, messages=(Message("system", after), *rest))
