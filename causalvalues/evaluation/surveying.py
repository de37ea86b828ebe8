"""`survey_under` asks every question of every role, unsteered and under each intervention.

    edits          of one sweep: what comes before the first edited layer is computed once
    role prompts   change what the roles are told; interventions that tell the same share a sweep
    written        answers are written condition by condition, by a steered model where it must be
    shared         a respondent that many workers hold is given the whole survey at once

Guarantee: every answer is kept, under the intervention's name and the digest of its content, the
weights of its autoencoder among it, and none is asked twice; a respondent that cannot be steered
inside is a named error before it is asked.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Any, Protocol, TypeGuard, cast

from causalvalues.errors import OptionError
from causalvalues.evaluation.groups import UNSTEERED, Group, asked_apart, groups_of, inside_of
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.gating import Gated
from causalvalues.steering.intervention import Intervention
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.survey.asking import Asked, Progress, Sweeper, ask, ask_under
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Respondent
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["UNSTEERED", "Shared", "ask_group", "is_shared", "survey_under", "sweeps"]


class Shared(Protocol):
    """A respondent that many workers hold: each asks a part of the survey, as one process would."""

    @property
    def sweeps(self) -> bool:
        """Return whether what they hold answers under many conditions at once."""

    def ask_all(
        self,
        groups: Sequence[Group],
        roles: Sequence[Role],
        questions: Sequence[Question],
        store: AnswerStore,
        *,
        role_place: RolePlace,
        progress: Progress | None,
    ) -> Sequence[bytes]:
        """Return the keys of all answers, once the store holds them; `roles` before any lines."""


def survey_under(
    model: Respondent,
    interventions: Mapping[str, Intervention],
    questions: Sequence[Question],
    roles: Sequence[Role],
    store: AnswerStore,
    *,
    dictionaries: Mapping[str, Dictionary] | None = None,
    role_place: RolePlace = "system",
    progress: Progress | None = None,
) -> Responses:
    """Return every answer without an intervention (condition "") and under each, by its name.

    `progress` counts the answers of all conditions together, those held before among them.
    """
    questions = tuple(questions)
    known = dictionaries or {}
    groups = groups_of(interventions, roles, known)
    written = any(question.generate for question in questions)
    for group in groups:
        _refuse_unsteerable(model, group, written=written)
    parts = asked_apart(groups, sweeps=sweeps(model), written=written)
    if is_shared(model):
        keys = model.ask_all(
            parts, roles, questions, store, role_place=role_place, progress=progress
        )
    else:
        keys = _asked_here(model, parts, questions, store, known, role_place, progress)
    return Responses.of(store.rows(frozenset(keys)), questions)


def ask_group(
    model: Respondent,
    group: Group,
    questions: Sequence[Question],
    store: AnswerStore,
    *,
    dictionaries: Mapping[str, Dictionary],
    role_place: RolePlace = "system",
    held: Container[bytes] = (),
    progress: Progress | None = None,
) -> Asked:
    """Return what was asked of one group; one condition without edits needs no sweep.

    `held` are keys whose answers another store holds: they are not asked.
    """
    written = any(question.generate for question in questions)
    _refuse_unsteerable(model, group, written=written)
    if not written and (group.edited or len(group.edits) > 1):
        sweeper = Gated(model) if isinstance(model, LanguageModel) else model
        return ask_under(
            cast(Sweeper[Any], sweeper), questions, group.roles, store, edits=group.edits,
            digests=group.digests, role_place=role_place, held=held, progress=progress,
        )  # fmt: skip
    (name,) = group.edits
    if group.edited:
        inside = inside_of(group.interventions[name])
        model = SteeredModel(cast(LanguageModel, model), inside, dictionaries)
    return ask(
        model, questions, group.roles, store, condition=name,
        condition_digest=group.digests.get(name, ""), role_place=role_place, held=held,
        progress=progress,
    )  # fmt: skip


def is_shared(model: object) -> TypeGuard[Shared]:
    """Return whether a respondent is held by many workers."""
    return callable(getattr(model, "ask_all", None))


def sweeps(model: Respondent) -> bool:
    """Return whether a respondent answers under many conditions at once."""
    return model.sweeps if is_shared(model) else callable(getattr(model, "sweep", None))


def _asked_here(
    model: Respondent,
    groups: Sequence[Group],
    questions: Sequence[Question],
    store: AnswerStore,
    dictionaries: Mapping[str, Dictionary],
    role_place: RolePlace,
    progress: Progress | None,
) -> list[bytes]:
    """Return the keys of all answers, once they were asked in this process."""
    sizes = [len(group.roles) * len(questions) * len(group.edits) for group in groups]
    keys: list[bytes] = []
    for group, size in zip(groups, sizes, strict=True):
        moved = _shifted(progress, len(keys) + size, sum(sizes))
        keys += ask_group(
            model, group, questions, store,
            dictionaries=dictionaries, role_place=role_place, progress=moved,
        ).keys  # fmt: skip
        if progress is not None:
            progress(len(keys), sum(sizes))
    return keys


def _refuse_unsteerable(model: Respondent, group: Group, *, written: bool) -> None:
    """Raise where a respondent would have to be steered inside and cannot be."""
    by_itself = written and not is_shared(model)  # workers look at what they hold
    if not group.edited or (isinstance(model, LanguageModel) if by_itself else sweeps(model)):
        return
    raise OptionError(
        "An intervention inside a model needs the model in this process",
        found=f"{group.edited[0]!r} for {model.identity.get('model', 'a respondent')}",
        remedy="load the model with LanguageModel.load, or tell it role prompts only",
    )


def _shifted(progress: Progress | None, after: int, total: int) -> Progress | None:
    """Return the progress of one part, which ends after so many answers, as that of the whole."""
    if progress is None:
        return None
    return lambda done, missing: progress(after - missing + done, total)
