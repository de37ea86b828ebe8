"""An `Interview` is what a study asks of whom: items, questions, and the roles of each condition.

Guarantee: whatever in a study does not fit together is named, with the part it stands in, when its
interview is made: before a model is loaded, and before anything is asked.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from string import Formatter
from typing import Self

from causalvalues.discovery.options import Search
from causalvalues.errors import InputError, OptionError
from causalvalues.organism.world import planted_world
from causalvalues.study.methods.checking import check_methods
from causalvalues.study.plan import RolesPlan, Study
from causalvalues.study.respondents import check_model
from causalvalues.survey.credits import values_of
from causalvalues.survey.guards import SPARE_ROWS
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.protocol import Protocol, Question
from causalvalues.survey.readings import How
from causalvalues.survey.roles import (
    Role,
    anchored_roles,
    kang2025_traits,
    read_roles,
    settle,
    trait_roles,
)
from causalvalues.survey.scoring import Unclear

__all__ = ["Group", "Interview"]

N_ROLES = 300
ANCHORED = ("anchored", "random")


@dataclass(frozen=True)
class Group:
    """The roles that are asked under one condition, and the values it settles."""

    name: str  # of the condition; "" where nothing is settled
    settled: dict[str, float]
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Interview:
    """Everything that is asked, built once; the first group is under no intervention."""

    items: Inventory
    protocol: Protocol
    questions: tuple[Question, ...]
    groups: tuple[Group, ...]
    how: How
    unclear: Unclear
    search: Search

    @property
    def names(self) -> tuple[str, ...]:
        """Return the values that are scored."""
        return self.items.system.names

    @property
    def n_answers(self) -> int:
        """Return how many answers a whole run holds."""
        return sum(len(group.roles) for group in self.groups) * len(self.questions)

    @classmethod
    def of(cls, study: Study) -> Self:
        """Return what a study asks, once all its parts are known to fit together."""
        with _part("model"):
            check_model(study.model)
        with _part("inventory"):
            items = study.read_inventory()
        with _part("protocol"):
            protocol = study.protocol.protocol()
            questions = tuple(protocol.questions(items))
            _check_questions(questions, items)
        with _part("roles"):
            roles = _roles(study.roles, items)
        with _part("settled"):
            groups = _groups(study, roles, items)
        with _part("how"):
            how = _how(study, written=any(question.generate for question in questions))
        with _part("discovery"):
            search = _search(study)
        with _part("truth"):
            _check_truth(study, items)
        with _part("methods"):
            _check_methods(study, items, roles)
        unclear: Unclear = "missing" if study.protocol.preset is None else "zero"
        return cls(items, protocol, questions, groups, how, unclear, search)


@contextmanager
def _part(name: str) -> Iterator[None]:
    """Say in which part of a study a fault stands."""
    try:
        yield
    except InputError as fault:
        raise type(fault)(
            f"In `{name}` of the study: {fault.expected}", found=fault.found, remedy=fault.remedy
        ) from fault


def _check_questions(questions: tuple[Question, ...], items: Inventory) -> None:
    """Raise unless every value of the system is asked about, and no other, each question once."""
    credited = {value for question in questions for value in values_of(question)}
    known = set(items.system.names)
    for wrong, what in ((known - credited, "without a question"), (credited - known, "unknown")):
        if wrong:
            raise OptionError(
                f"Every value of {items.system.name} needs its questions, and no other value",
                found=f"{what}: {', '.join(sorted(wrong))}",
            )
    twice = [name for name, n in Counter(question.id for question in questions).items() if n > 1]
    if twice:
        raise OptionError("Every question needs its own id", found=f"{twice[0]!r} twice")


def _roles(plan: RolesPlan, items: Inventory) -> tuple[Role, ...]:
    """Return the roles, all of the design or the first of them."""
    _check_roles_plan(plan)
    roles = _designed(plan, items)
    n_asked = plan.first or len(roles)
    if n_asked > len(roles):
        raise OptionError(
            f"`first` (or --roles) is at most the {len(roles)} roles of the study",
            found=str(n_asked),
            remedy="raise n_roles: that is another design, all of whose roles are asked anew",
        )
    texts = Counter(role.text for role in roles)
    if len(texts) < len(roles):
        raise OptionError(
            "Every role needs its own text",
            found=f"{len(texts)} texts for {len(roles)} roles",
            remedy="name every trait in the template",
        )
    needed = max(len(items.system.names) + SPARE_ROWS, 5)
    if n_asked < needed:
        raise OptionError(
            f"{len(items.system.names)} values need at least {needed} roles", found=str(n_asked)
        )
    return roles[:n_asked]


def _check_roles_plan(plan: RolesPlan) -> None:
    """Raise where a key is given that the design does not look at."""
    fields = RolesPlan.model_fields
    belongs = {"traits": ("traits",), "template": ("traits",), "path": ("file",)}
    for name, designs in belongs.items():
        if plan.design not in designs and getattr(plan, name) != fields[name].default:
            raise OptionError(
                f"`{name}` belongs to `design: {designs[0]}`", found=f"design: {plan.design}"
            )
    if plan.design == "file" and plan.path is None:
        raise OptionError("`design: file` needs the `path` of a CSV file with id and text")


def _designed(plan: RolesPlan, items: Inventory) -> tuple[Role, ...]:
    """Return every role of a design."""
    if plan.design == "file" and plan.path is not None:
        roles = read_roles(plan.path)
        n_roles = plan.n_roles or len(roles)
        if n_roles > len(roles):
            raise OptionError(f"{plan.path.name} holds {len(roles)} roles", found=str(n_roles))
        return roles[:n_roles]
    n_roles = plan.n_roles or N_ROLES
    if plan.design == "anchored":
        return anchored_roles(items.system, n_roles, seed=plan.seed)
    if plan.design == "random":
        return anchored_roles(items.system, n_roles, design="random", seed=plan.seed)
    traits = kang2025_traits() if plan.traits == "kang2025" else plan.traits
    _check_traits(traits, plan.template)
    return trait_roles(traits, n_roles, template=plan.template, seed=plan.seed)


def _check_traits(traits: dict[str, tuple[str, ...]], template: str) -> None:
    """Raise unless levels are told apart and the template names traits, as they are."""
    for name, levels in traits.items():
        if len(set(levels)) < len(levels):
            raise OptionError(f"The levels of `{name}` must differ", found=", ".join(levels))
    try:
        named = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as fault:
        raise OptionError("A template names traits in braces", found=f"{template!r}") from fault
    if not named <= set(traits):
        raise OptionError(f"The template may name {', '.join(traits)}", found=f"{template!r}")


def _groups(study: Study, roles: tuple[Role, ...], items: Inventory) -> tuple[Group, ...]:
    """Return the roles without intervention, then those of each value that is settled in turn."""
    plan, plain = study.settled, Group("", {}, roles)
    if plan is None:
        return (plain,)
    if study.roles.design not in ANCHORED:
        raise OptionError(
            "Values are settled in roles whose design is anchored or random",
            found=f"design: {study.roles.design}",
            remedy="leave out `settled`, or change the design",
        )
    system = items.system
    names = system.names if plan.values == "all" else plan.values
    absent = [name for name in names if name not in system.names]
    if absent or not names or len(set(names)) < len(names):
        raise OptionError(
            f"`values` names values of {system.name}, each once: {', '.join(system.names)}",
            found=", ".join(absent or names) or "none",
        )
    if plan.n_roles is not None and plan.n_roles > len(roles) and study.roles.first is None:
        raise OptionError(
            f"Values are settled in some of the {len(roles)} roles",
            found=f"n_roles: {plan.n_roles}",
        )
    groups = []
    for name in names:
        settled = {name: plan.level}
        chosen = tuple(settle(role, system, settled) for role in roles[: plan.n_roles])
        groups.append(Group(f"do({name}={plan.level:+g})", settled, chosen))
    return (plain, *groups)


def _how(study: Study, *, written: bool) -> How:
    """Return how answers are read."""
    if study.how is not None and (study.how == "text") != written:
        raise OptionError(
            "`how` is text where answers are written, expected or choice where options are weighed",
            found=study.how,
            remedy="leave `how` out",
        )
    return study.how or ("text" if written else "expected")


def _search(study: Study) -> Search:
    """Return the search; contexts need values that are settled, and an engine that knows them."""
    search = study.discovery.search()
    if study.settled is None and study.contexts != "pool":
        raise OptionError(
            f"`contexts: {study.contexts}` needs interventions",
            found="no `settled`",
            remedy="leave `contexts` out, or settle values",
        )
    if study.contexts == "joint" and (search.algorithm, search.engine) == ("ges", "causal-learn"):
        raise OptionError(
            "causal-learn's GES knows no contexts",
            found="contexts: joint",
            remedy="use engine: fast, or contexts: observational",
        )
    return search


def _check_methods(study: Study, items: Inventory, roles: tuple[Role, ...]) -> None:
    """Raise where methods cannot be compared as planned."""
    if study.methods is not None:
        parted = None if study.roles.design in ANCHORED else len(roles)
        check_methods(study.methods, study.model.name, items, n_roles=parted)


def _check_truth(study: Study, items: Inventory) -> None:
    """Raise where the planted world has other values than are asked about."""
    if study.truth == "planted" and set(items.system.names) != set(planted_world().names):
        raise OptionError(
            "The planted world has the values of schwartz10", found=f"those of {items.system.name}"
        )
