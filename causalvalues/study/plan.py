"""A `Study` is a study.yaml: who is asked what as whom, and what is made of the answers.

    name: gemma-2b-it
    model: {name: google/gemma-2b-it}
    inventory: schwartz10
    roles: {design: anchored, n_roles: 500}
    protocol: {scale: likert6, forms: [portrait], orders: [given, reversed]}
    settled: {level: 0.8}            # interventions by role prompt: each value set in turn
    discovery: {algorithm: pc, contexts: joint}

Guarantee: a study that loads has only known keys and allowed values; every fault is named with
where it stands in the file. Nothing here runs anything.
"""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from causalvalues.discovery.options import Algorithm, ContextUse, CorrelationKind, Engine, Search
from causalvalues.errors import FileError, OptionError
from causalvalues.survey.inventory import Form, Inventory, inventory
from causalvalues.survey.protocol import Labels, Order, Protocol, RolePlace, Scale
from causalvalues.survey.roles import (
    Role,
    anchored_roles,
    kang2025_traits,
    read_roles,
    settle,
    trait_roles,
)

__all__ = ["Condition", "DiscoveryPlan", "ModelPlan", "RolesPlan", "Study"]

Settled = dict[str, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelPlan(_Part):
    """Who answers: a hub name, a path, organism/gemma, or http://host:port/v1#name."""

    name: str
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    device_map: str | None = None


class RolesPlan(_Part):
    """As whom the model answers."""

    design: Literal["anchored", "random", "traits", "file"] = "anchored"
    n_roles: int = Field(default=300, ge=1)
    traits: dict[str, list[str]] | Literal["kang2025"] | None = None
    template: str = "{gender}; {job}; {type}"
    path: Path | None = None
    seed: int = Field(default=0, ge=0)


class ProtocolPlan(_Part):
    """How items are asked; `preset: kang2025` replaces the rest."""

    preset: Literal["kang2025"] | None = None
    scale: Scale = "likert6"
    forms: tuple[Form, ...] = ("portrait",)
    orders: tuple[Order, ...] = ("given", "reversed")
    labels: tuple[Labels, ...] = ("letters",)
    n_wordings: int = 1
    pairs_per_values: int = 1
    role_place: RolePlace = "system"
    seed: int = 0

    def protocol(self) -> Protocol:
        """Return the protocol."""
        if self.preset is not None:
            return Protocol.preset(self.preset)
        return Protocol(**self.model_dump(exclude={"preset"}))


class SettledPlan(_Part):
    """Interventions by role prompt: each value in turn is set to a level, in some of the roles."""

    level: float = Field(default=0.8, ge=-1, le=1)
    values: tuple[str, ...] | Literal["all"] = "all"
    n_roles: int | None = Field(default=None, ge=1)


class DiscoveryPlan(_Part):
    """How the graph is learnt, and how much doubt is measured."""

    algorithm: Algorithm = "pc"
    engine: Engine = "fast"
    alpha: float = 0.01
    penalty: float = 0.5
    correlation: CorrelationKind = "pearson"
    contexts: ContextUse = "joint"
    n_resamples: int = Field(default=500, ge=0)
    n_permutations: int = Field(default=500, ge=0)
    seed: int = Field(default=0, ge=0)

    def search(self) -> Search:
        """Return the search."""
        kept = {"algorithm", "engine", "alpha", "penalty", "correlation", "seed"}
        return Search(**self.model_dump(include=kept))


class Condition(_Part):
    """One condition: its name, "" for none, and the values it settles."""

    name: str
    settled: Settled


class Study(_Part):
    """Everything that decides what a run computes."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: ModelPlan
    inventory: str = "schwartz10"
    roles: RolesPlan = RolesPlan()
    protocol: ProtocolPlan = ProtocolPlan()
    settled: SettledPlan | None = None
    how: Literal["expected", "choice", "text"] | None = None  # None: text where answers are written
    discovery: DiscoveryPlan = DiscoveryPlan()
    truth: Literal["planted"] | None = None

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Return the study in a file; relative paths in it start from its folder."""
        path = Path(path)
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            study = cls.model_validate(document)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
            raise FileError(
                f"A study was expected at {path}",
                found=f"{type(fault).__name__}: {fault}",
                remedy="start from experiments/organism/study.yaml",
            ) from fault
        except ValidationError as fault:
            raise FileError(
                f"{path} must be a study",
                found="; ".join(_in_words(error) for error in fault.errors()[:3]),
                remedy="compare it with experiments/organism/study.yaml",
            ) from fault
        return study._from(path.parent)

    def _from(self, folder: Path) -> Self:
        """Return the study with its paths resolved against a folder."""
        roles = self.roles
        if roles.path is not None:
            roles = roles.model_copy(update={"path": folder / roles.path})
        items = self.inventory
        if Path(items).suffix in (".yaml", ".yml"):
            items = str(folder / items)
        return self.model_copy(update={"roles": roles, "inventory": items})

    def with_model(self, name: str) -> Self:
        """Return the study with another model, loaded by default options."""
        return self.model_copy(update={"model": ModelPlan(name=name)})

    def with_roles(self, n_roles: int) -> Self:
        """Return the study with another number of roles."""
        roles = self.roles.model_copy(update={"n_roles": n_roles})
        return self.model_copy(update={"roles": roles})

    def read_inventory(self) -> Inventory:
        """Return the inventory, of the package or from a file."""
        if Path(self.inventory).suffix in (".yaml", ".yml"):
            return Inventory.from_yaml(self.inventory)
        return inventory(self.inventory)

    def read_roles(self, items: Inventory) -> tuple[Role, ...]:
        """Return the roles."""
        plan = self.roles
        if plan.design in ("anchored", "random"):
            design: Literal["latin", "random"] = "latin" if plan.design == "anchored" else "random"
            return anchored_roles(items.system, plan.n_roles, design=design, seed=plan.seed)
        if plan.design == "traits":
            traits = plan.traits if isinstance(plan.traits, dict) else kang2025_traits()
            return trait_roles(traits, plan.n_roles, template=plan.template, seed=plan.seed)
        if plan.path is None:
            raise OptionError("Roles from a file need `roles: {design: file, path: …}`")
        return read_roles(plan.path)

    def conditions(self, items: Inventory) -> tuple[Condition, ...]:
        """Return no intervention, then each value settled in turn."""
        unsettled = Condition(name="", settled={})
        if self.settled is None:
            return (unsettled,)
        if self.roles.design not in ("anchored", "random"):
            raise OptionError(
                "Values are settled in anchored roles", found=f"roles: design {self.roles.design}"
            )
        names = items.system.names if self.settled.values == "all" else self.settled.values
        absent = sorted(set(names) - set(items.system.names))
        if absent:
            raise OptionError(
                f"`settled` names values of {items.system.name}", found=", ".join(absent)
            )
        level = self.settled.level
        return (
            unsettled,
            *(Condition(name=f"do({name}={level:+g})", settled={name: level}) for name in names),
        )

    def roles_under(
        self, condition: Condition, roles: tuple[Role, ...], items: Inventory
    ) -> tuple[Role, ...]:
        """Return the roles that are asked under a condition."""
        if not condition.settled:
            return roles
        n_roles = None if self.settled is None else self.settled.n_roles
        return tuple(settle(role, items.system, condition.settled) for role in roles[:n_roles])


def _in_words(error: object) -> str:
    """Return where a fault stands and what it is."""
    told: dict[str, object] = error  # type: ignore[assignment]
    where = ".".join(str(part) for part in told["loc"]) or "the document"  # type: ignore[attr-defined]
    return f"{where}: {str(told['msg']).lower()}"
