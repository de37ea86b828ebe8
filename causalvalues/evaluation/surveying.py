"""`survey_under` asks every question of every role, unsteered and under each intervention.

    edits          of one sweep: what comes before the first edited layer is computed once
    role prompts   change what the roles are told; interventions that tell the same share a sweep
    written        answers are written condition by condition, by a steered model where it must be

Guarantee: every answer is kept, under the intervention's name and the digest of its content, the
weights of its autoencoder among it, and none is asked twice; a respondent that cannot be steered
inside is a named error before it is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from causalvalues.errors import OptionError
from causalvalues.models.edit import Edit
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.document import digest_of
from causalvalues.steering.edits import edits_of
from causalvalues.steering.gating import Gated
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    SaeFeature,
    parts_of,
)
from causalvalues.steering.steered_model import SteeredModel
from causalvalues.steering.telling import told
from causalvalues.survey.asking import Asked, Progress, Sweeper, ask, ask_under
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.request import Respondent
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role

__all__ = ["UNSTEERED", "survey_under"]

UNSTEERED = ""
Edits = tuple[Edit, ...]


@dataclass(frozen=True, eq=False)
class _Group:
    """Conditions under which roles are told the same: they share a sweep."""

    roles: tuple[Role, ...]
    edits: dict[str, Edits | None]  # by condition; None where nothing is edited
    digests: dict[str, str]

    @property
    def edited(self) -> list[str]:
        """Return the conditions under which something inside the model is edited."""
        return [name for name, edits in self.edits.items() if edits is not None]

    def only(self, name: str) -> "_Group":
        """Return the group with one condition."""
        digests = {name: self.digests[name]} if name in self.digests else {}
        return _Group(self.roles, {name: self.edits[name]}, digests)


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
    groups = _groups(interventions, tuple(roles), known)
    written = any(question.generate for question in questions)
    for group in groups:
        _refuse_unsteerable(model, group, written=written)
    total = len(roles) * len(questions) * (1 + len(interventions))
    keys: list[bytes] = []
    for part in _parts(model, groups, written=written):
        answers = model
        if written and part.edited:
            answers = _steered(model, interventions[part.edited[0]], known)
        size = len(part.roles) * len(questions) * len(part.edits)
        moved = _shifted(progress, len(keys) + size, total)
        keys += _asked(answers, part, questions, store, role_place, moved, written=written).keys
        if progress is not None:
            progress(len(keys), total)
    return Responses.of(store.rows(frozenset(keys)), questions)


def _groups(
    interventions: Mapping[str, Intervention],
    roles: tuple[Role, ...],
    dictionaries: Mapping[str, Dictionary],
) -> list[_Group]:
    """Return the conditions, those with equally told roles together; unsteered ones come first."""
    if UNSTEERED in interventions:
        raise OptionError("An intervention needs a name", found=repr(UNSTEERED))
    first = _Group(roles, {UNSTEERED: None}, {})
    by_texts = {tuple(role.text for role in roles): first}
    for name, intervention in interventions.items():
        told_roles = tuple(told(role, intervention) for role in roles)
        texts = tuple(role.text for role in told_roles)
        group = by_texts.setdefault(texts, _Group(told_roles, {}, {}))
        group.edits[name] = edits_of(intervention, dictionaries) or None
        group.digests[name] = digest_of(_pinned(intervention, dictionaries))
    return list(by_texts.values())


def _pinned(intervention: Intervention, dictionaries: Mapping[str, Dictionary]) -> Intervention:
    """Return the intervention with the digest of the weights that it will be done with."""
    if isinstance(intervention, Combined):
        return Combined(tuple(_pinned(part, dictionaries) for part in intervention.parts))
    if isinstance(intervention, SaeFeature) and intervention.sae in dictionaries:
        return replace(intervention, sae_digest=dictionaries[intervention.sae].digest)
    return intervention


def _parts(model: Respondent, groups: Sequence[_Group], *, written: bool) -> list[_Group]:
    """Return groups whole where one sweep answers all of each, else condition by condition."""
    if _sweeps(model) and not written:
        return list(groups)
    return [group.only(name) for group in groups for name in group.edits]


def _asked(
    model: Respondent,
    group: _Group,
    questions: Sequence[Question],
    store: AnswerStore,
    role_place: RolePlace,
    progress: Progress | None,
    *,
    written: bool,
) -> Asked:
    """Return what was asked of one group; one condition without edits needs no sweep."""
    if not written and (group.edited or len(group.edits) > 1):
        sweeper = Gated(model) if isinstance(model, LanguageModel) else model
        return ask_under(
            cast(Sweeper[Any], sweeper), questions, group.roles, store, edits=group.edits,
            digests=group.digests, role_place=role_place, progress=progress,
        )  # fmt: skip
    (name,) = group.edits
    return ask(
        model, questions, group.roles, store, condition=name,
        condition_digest=group.digests.get(name, ""), role_place=role_place, progress=progress,
    )  # fmt: skip


def _steered(
    model: Respondent, intervention: Intervention, dictionaries: Mapping[str, Dictionary]
) -> Respondent:
    """Return the model with an intervention's edits; its role prompts are told to the roles."""
    inside = tuple(part for part in parts_of(intervention) if not isinstance(part, RolePrompt))
    return SteeredModel(cast(LanguageModel, model), Combined(inside), dictionaries)


def _refuse_unsteerable(model: Respondent, group: _Group, *, written: bool) -> None:
    """Raise where a respondent would have to be steered inside and cannot be."""
    if not group.edited or (isinstance(model, LanguageModel) if written else _sweeps(model)):
        return
    raise OptionError(
        "An intervention inside a model needs the model in this process",
        found=f"{group.edited[0]!r} for {model.identity.get('model', 'a respondent')}",
        remedy="load the model with LanguageModel.load, or tell it role prompts only",
    )


def _sweeps(model: Respondent) -> bool:
    """Return whether a respondent answers under many conditions at once."""
    return callable(getattr(model, "sweep", None))


def _shifted(progress: Progress | None, after: int, total: int) -> Progress | None:
    """Return the progress of one part, which ends after so many answers, as that of the whole."""
    if progress is None:
        return None
    return lambda done, missing: progress(after - missing + done, total)
