"""A `Design` is everything that is to be asked: roles × questions × conditions, each with its key.

Guarantee: names are unique; each thing is asked by one request, which holds the role as a system
message or at the head of the user's; the place of a key says which thing it is the key of.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import get_args

from causalvalues.errors import OptionError
from causalvalues.survey.answer_row import digest_of, key_of
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Message, Request
from causalvalues.survey.roles import Role

__all__ = ["Asking", "Design", "request_of"]


@dataclass(frozen=True, slots=True)
class Asking:
    """One thing to ask: a question to a role under a condition."""

    key: bytes
    condition: str
    role: str
    question: Question
    request: Request


@dataclass(frozen=True)
class Design:
    """Who is asked what under which conditions; `conditions` maps a name to a content digest."""

    identity: Mapping[str, str]
    questions: tuple[Question, ...]
    roles: tuple[Role, ...]
    conditions: Mapping[str, str]
    role_place: RolePlace = "system"

    def __post_init__(self) -> None:
        if not self.identity.get("model"):
            raise OptionError("A respondent's identity names its model", found=f"{self.identity}")
        if self.role_place not in get_args(RolePlace):
            raise OptionError("`role_place` must be system or user", found=repr(self.role_place))
        for what, names in (
            ("question", [question.id for question in self.questions]),
            ("role", [role.id for role in self.roles]),
            ("condition", list(self.conditions)),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if not names or twice:
                raise OptionError(
                    f"Asking needs one {what} or more, each with its own id",
                    found=f"{twice[0]!r} twice" if twice else "none",
                )
        for name, digest in self.conditions.items():
            if bool(name) != bool(digest):
                raise OptionError(
                    "A condition has a name and a digest of its content, no intervention neither",
                    found=f"name {name!r}, digest {digest!r}",
                    remedy="give the digest, so that a changed intervention is asked again",
                )

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """Return every key: role by role, in a role question by question, then conditions."""
        keys = []
        for role, question in product(self.roles, self.questions):
            request_digest = digest_of(request_of(role, question, self.role_place))
            for condition, digest in self.conditions.items():
                key = key_of(
                    self.identity,
                    request_digest,
                    role=role.id,
                    question=question.id,
                    condition=condition,
                    condition_digest=digest,
                    max_new_tokens=question.max_new_tokens,
                )
                keys.append(key)
        return tuple(keys)

    def askings(
        self, missing: Sequence[bytes], *, n_roles: int, together: bool = False
    ) -> Iterator[list[Asking]]:
        """Yield what is missing, in chunks of `n_roles` whole roles.

        `together`: the one chunk in which asking was broken off comes whole, what is held of it
        too, so that what is computed together is what would have been.
        """
        wanted = set(missing)
        chunks = [self.roles[at : at + n_roles] for at in range(0, len(self.roles), n_roles)]
        broken = [roles for roles in chunks if together and self._broken_off(roles, wanted)]
        if len(broken) == 1:  # more than one: not by being stopped
            wanted.update(self._keys_of(broken[0]))
        for roles in chunks:
            chunk = list(self._chunk(roles, self._keys_of(roles), wanted))
            if chunk:
                yield chunk

    def _keys_of(self, roles: Sequence[Role]) -> tuple[bytes, ...]:
        """Return the keys of some roles that follow each other."""
        per_role = len(self.questions) * len(self.conditions)
        first = self._places[roles[0].id] * per_role
        return self.keys[first : first + len(roles) * per_role]

    @cached_property
    def _places(self) -> dict[str, int]:
        """Return the place of each role."""
        return {role.id: place for place, role in enumerate(self.roles)}

    def _broken_off(self, roles: Sequence[Role], wanted: set[bytes]) -> bool:
        """Return whether some roles lack what others have; all lack a question that is new."""
        lacking = [[key in wanted for key in self._keys_of([role])] for role in roles]
        partly = any(map(any, lacking)) and not all(map(all, lacking))
        return partly and (len(roles) == 1 or any(each != lacking[0] for each in lacking))

    def _chunk(
        self, roles: Sequence[Role], keys: Sequence[bytes], wanted: set[bytes]
    ) -> Iterator[Asking]:
        """Yield what is wanted of some roles; conditions of one question share its request."""
        n_conditions = len(self.conditions)
        for place, (role, question) in enumerate(product(roles, self.questions)):
            own = keys[place * n_conditions : (place + 1) * n_conditions]
            if wanted.isdisjoint(own):
                continue
            request = request_of(role, question, self.role_place)
            for key, condition in zip(own, self.conditions, strict=True):
                if key in wanted:
                    yield Asking(key, condition, role.id, question, request)


def request_of(role: Role, question: Question, role_place: RolePlace) -> Request:
    """Return what is said to a model: the role, if it has a text, and the question."""
    options = () if question.generate else tuple(option.label for option in question.options)
    messages: tuple[Message, ...]
    if not role.text:
        messages = (Message("user", question.text),)
    elif role_place == "system":
        messages = (Message("system", role.text), Message("user", question.text))
    else:
        messages = (Message("user", f"{role.text}\n\n{question.text}"),)
    return Request(messages, options, question.bare)
