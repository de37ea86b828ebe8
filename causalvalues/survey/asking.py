"""`ask` puts every question to every role and keeps each answer; what is kept is not asked again.

Answers are written as they come, every few hundred or with the first answer after a second. Being
stopped, by Ctrl-C or by an error, writes what has come first: the same call goes on from there.
`ask_under` is the same door for a respondent that answers under many conditions at once. Where what
is computed together shows in the last digits, the chunk of roles in which asking was broken off is
computed whole once more, and only what was missing is kept: the store ends as if nothing had been.

Guarantee: after a call returns, the store holds one whole answer for each of its keys; a respondent
that skips, repeats or misshapes an answer is a `Fault`, and nothing of that answer is kept.
"""

import math
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from causalvalues.errors import Interrupted, OptionError
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.answering import (
    Given,
    Sweeper,
    answers_of_respondent,
    answers_of_sweeper,
    checked,
)
from causalvalues.survey.design import Asking, Design
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Respondent, computes_together
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["ROLES_AT_ONCE", "Asked", "Progress", "Sweeper", "ask", "ask_under"]

Progress = Callable[[int, int], None]
Edit = TypeVar("Edit")

NOT_FINITE = "not finite"
WRITE_EVERY = 256  # answers
WRITE_EVERY_SECONDS = 1.0
ROLES_AT_ONCE = 16


@dataclass(frozen=True)
class Asked:
    """What a call of `ask` did; `keys` are those of all its answers, for `AnswerStore.rows`."""

    n_asked: int
    n_held: int  # were in the store already
    n_damaged: int  # were found damaged and removed; those that were wanted count as asked
    seconds: float
    keys: tuple[bytes, ...] = field(repr=False)


def ask(
    respondent: Respondent,
    questions: Iterable[Question],
    roles: Iterable[Role],
    store: AnswerStore,
    *,
    condition: str = "",
    condition_digest: str = "",
    role_place: RolePlace = "system",
    roles_at_once: int = ROLES_AT_ONCE,
    held: Container[bytes] = (),
    progress: Progress | None = None,
) -> Asked:
    """Return what was asked, once the store holds an answer to every question by every role.

    A respondent gets `roles_at_once` whole roles at a time, so that it can share what they share.
    `held` are keys whose answers another store holds: they are not asked.
    """
    design = Design(
        dict(respondent.identity),
        tuple(questions),
        tuple(roles),
        {condition: condition_digest},
        role_place,
    )
    answers = partial(answers_of_respondent, respondent)
    return _keep(
        answers, design, store, roles_at_once=roles_at_once, elsewhere=held, progress=progress,
        together=computes_together(respondent),
    )  # fmt: skip


def ask_under(
    sweeper: Sweeper[Edit],
    questions: Iterable[Question],
    roles: Iterable[Role],
    store: AnswerStore,
    *,
    edits: Mapping[str, Edit | None],
    digests: Mapping[str, str],
    role_place: RolePlace = "system",
    roles_at_once: int = ROLES_AT_ONCE,
    held: Container[bytes] = (),
    progress: Progress | None = None,
) -> Asked:
    """Return what was asked, once the store holds every answer under every condition.

    `edits` names conditions ("" and None: no intervention); `digests` are their contents', so that
    an intervention that changed under its old name is asked again.
    """
    asked = tuple(questions)
    written = [question.id for question in asked if question.generate]
    if written:
        raise OptionError(
            "Many conditions at once are for options that are weighed",
            found=f"a question whose answer is written: {written[0]}",
            remedy="use ask, one condition after the other",
        )
    conditions = {name: digests.get(name, "") for name in edits}
    design = Design(dict(sweeper.identity), asked, tuple(roles), conditions, role_place)
    answers = partial(answers_of_sweeper, sweeper, edits)
    return _keep(
        answers, design, store, roles_at_once=roles_at_once, elsewhere=held, progress=progress,
        together=computes_together(sweeper),
    )  # fmt: skip


def _keep(
    answers: Callable[[Sequence[Asking]], Iterator[tuple[Asking, Given]]],
    design: Design,
    store: AnswerStore,
    *,
    roles_at_once: int,
    elsewhere: Container[bytes] = (),
    progress: Progress | None,
    together: bool = False,
) -> Asked:
    """Return what was asked, after writing answers as they come."""
    if roles_at_once < 1:
        raise OptionError("`roles_at_once` must be 1 or more", found=str(roles_at_once))
    started = time.monotonic()
    n_damaged = store.drop_damaged()
    missing = [key for key in store.missing(design.keys) if key not in elsewhere]
    wanted = set(missing)
    desk = _Desk(store, design.identity["model"], len(missing), progress)
    try:
        for chunk in design.askings(missing, n_roles=roles_at_once, together=together):
            for asking, given in checked(chunk, answers(chunk)):
                if asking.key in wanted:
                    desk.take(asking, given)
    except KeyboardInterrupt:
        desk.write()
        raise Interrupted(
            f"Asking stopped after {desk.n_done} of {len(missing)} answers",
            found=f"all of them are kept in {store.path}",
            remedy="run the same command again: it goes on from there",
        ) from None
    finally:
        desk.write()
    n_held = len(design.keys) - len(missing)
    return Asked(len(missing), n_held, n_damaged, time.monotonic() - started, design.keys)


class _Desk:
    """Where answers wait for the next write."""

    def __init__(
        self, store: AnswerStore, model: str, total: int, progress: Progress | None
    ) -> None:
        self.n_done = 0
        self._store, self._model, self._total = store, model, total
        self._progress = progress
        self._waiting: list[Answer] = []
        self._written = time.monotonic()
        self._report()

    def take(self, asking: Asking, given: Given) -> None:
        """Take one answer; write where it is time to."""
        numbers: tuple[float, ...] = () if isinstance(given, str) else given
        text = given.encode(errors="replace").decode() if isinstance(given, str) else None
        self._waiting.append(
            Answer(
                key=asking.key,
                model=self._model,
                condition=asking.condition,
                role=asking.role,
                question=asking.question.id,
                log_probabilities=numbers,
                text=text,
                flags=NOT_FINITE if any(map(math.isnan, numbers)) else "",
            )
        )
        late = time.monotonic() - self._written >= WRITE_EVERY_SECONDS
        if late or len(self._waiting) >= WRITE_EVERY:
            self.write()

    def write(self) -> None:
        """Write what waits; only what is on the disk is reported as done."""
        if self._waiting:
            self._store.put(self._waiting)
            self.n_done += len(self._waiting)
            self._waiting = []
            self._report()
        self._written = time.monotonic()

    def _report(self) -> None:
        """Say how far asking is."""
        if self._progress is not None and self._total:
            self._progress(self.n_done, self._total)
