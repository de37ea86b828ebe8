"""A `Group` holds the conditions of a survey under which roles are told the same: one sweep.

    groups_of     unsteered comes first; interventions that tell the same lines stand together
    asked_apart   groups whole where one sweep answers all of each, else condition by condition

Guarantee: every condition stands in one group, with the digest of its content, the weights of its
autoencoder among it; a group knows the keys of its answers before any of them is asked.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from causalvalues.errors import OptionError
from causalvalues.models.edit import Edit
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.document import digest_of
from causalvalues.steering.edits import edits_of
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    RolePrompt,
    SaeFeature,
    gates_of,
    parts_of,
)
from causalvalues.steering.telling import told
from causalvalues.survey.design import Design
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.roles import Role

__all__ = ["UNSTEERED", "Group", "asked_apart", "groups_of", "inside_of"]

UNSTEERED = ""
Edits = tuple[Edit, ...]


@dataclass(frozen=True, eq=False)
class Group:
    """Conditions under which roles are told the same."""

    roles: tuple[Role, ...]  # as they are told
    edits: dict[str, Edits | None]  # by condition; None where nothing is edited
    digests: dict[str, str]
    interventions: dict[str, Intervention] = field(default_factory=dict)  # but unsteered

    @property
    def edited(self) -> list[str]:
        """Return the conditions under which something inside the model is edited."""
        return [name for name, edits in self.edits.items() if edits is not None]

    @property
    def is_gated(self) -> bool:
        """Return whether a gate decides what is swept together."""
        return any(gates_of(each) for each in self.interventions.values())

    def only(self, names: Collection[str]) -> "Group":
        """Return the group with some of its conditions."""
        return Group(
            self.roles,
            {name: edits for name, edits in self.edits.items() if name in names},
            {name: digest for name, digest in self.digests.items() if name in names},
            {name: each for name, each in self.interventions.items() if name in names},
        )

    def between(self, first: int, last: int) -> "Group":
        """Return the group with some of its roles, the last one left out."""
        return replace(self, roles=self.roles[first:last])

    def design(
        self,
        identity: Mapping[str, str],
        questions: Sequence[Question],
        role_place: RolePlace,
        *,
        written: bool,
    ) -> Design:
        """Return all that is asked of the group; who answers in writing is the steered model."""
        who = dict(identity)
        if written and self.edited:
            who["intervention"] = digest_of(inside_of(self.interventions[self.edited[0]]))
        conditions = {name: self.digests.get(name, "") for name in self.edits}
        return Design(who, tuple(questions), self.roles, conditions, role_place)


def groups_of(
    interventions: Mapping[str, Intervention],
    roles: Sequence[Role],
    dictionaries: Mapping[str, Dictionary],
) -> list[Group]:
    """Return the conditions, those with equally told roles together; unsteered ones come first."""
    if UNSTEERED in interventions:
        raise OptionError("An intervention needs a name", found=repr(UNSTEERED))
    first = Group(tuple(roles), {UNSTEERED: None}, {})
    by_texts = {tuple(role.text for role in roles): first}
    for name, intervention in interventions.items():
        told_roles = tuple(told(role, intervention) for role in roles)
        texts = tuple(role.text for role in told_roles)
        group = by_texts.setdefault(texts, Group(told_roles, {}, {}))
        group.edits[name] = edits_of(intervention, dictionaries) or None
        group.digests[name] = digest_of(_pinned(intervention, dictionaries))
        group.interventions[name] = intervention
    return list(by_texts.values())


def asked_apart(groups: Sequence[Group], *, sweeps: bool, written: bool) -> list[Group]:
    """Return groups whole where one sweep answers all of each, else condition by condition."""
    if sweeps and not written:
        return list(groups)
    return [group.only((name,)) for group in groups for name in group.edits]


def inside_of(intervention: Intervention) -> Combined:
    """Return what an intervention does inside a model; its lines are told to the roles."""
    parts = (part for part in parts_of(intervention) if not isinstance(part, RolePrompt))
    return Combined(tuple(parts))


def _pinned(intervention: Intervention, dictionaries: Mapping[str, Dictionary]) -> Intervention:
    """Return the intervention with the digest of the weights that it will be done with."""
    if isinstance(intervention, Combined):
        return Combined(tuple(_pinned(part, dictionaries) for part in intervention.parts))
    if isinstance(intervention, SaeFeature) and intervention.sae in dictionaries:
        return replace(intervention, sae_digest=dictionaries[intervention.sae].digest)
    return intervention
