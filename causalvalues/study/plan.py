"""A `Study` is a study.yaml: who is asked what as whom, and what is made of the answers.

    name: gemma-2b-it
    model: {name: google/gemma-2b-it}
    inventory: schwartz10
    roles: {design: anchored, n_roles: 500}
    protocol: {scale: likert6, forms: [portrait], orders: [given, reversed]}
    settled: {level: 0.8}            # interventions by role prompt: each value set in turn
    discovery: {algorithm: pc, contexts: joint}
    methods: {methods: [prompt, conva], roles: {dev: 12, test: 24}}    # compared with each other
    steering: {sources: [lines, conva]}                                # what plans choose among

Guarantee: a study that loads has only known keys and allowed values; every fault is named with
where it stands in the file. Whether its parts fit together is what `Interview.of` finds out.
Nothing here runs anything.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, JsonValue, ValidationError, field_validator

from causalvalues.discovery.options import Algorithm, ContextUse, CorrelationKind, Engine, Search
from causalvalues.errors import FileError, OptionError
from causalvalues.study.methods.plan import MethodsPlan, SteeringMethod
from causalvalues.study.part import Above, Count, Number, Part, Whole
from causalvalues.study.plain_yaml import read_mapping
from causalvalues.study.wording import faults_in_words
from causalvalues.survey.inventory import Form, Inventory, inventory
from causalvalues.survey.protocol import Labels, Order, Protocol, RolePlace

__all__ = [
    "DiscoveryPlan",
    "ModelPlan",
    "ProtocolPlan",
    "RolesPlan",
    "SettledPlan",
    "SteeringPlan",
    "Study",
    "study_schema",
]

COMPARE = "compare it with experiments/gemma-2b-it/study.yaml, or see docs/study.md"


class ModelPlan(Part):
    """Who answers: a hub name, a path, organism/gemma, or http://host:port/v1#name."""

    name: str = Field(min_length=1)
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    device_map: Literal["auto", "balanced", "balanced_low_0", "sequential"] | None = None
    quantize: Literal["int8", "nf4"] | None = None


class RolesPlan(Part):
    """As whom the model answers."""

    design: Literal["anchored", "random", "traits", "file"] = "anchored"
    n_roles: Count | None = None  # None: 300, or all of a file
    first: Count | None = None  # ask only so many of them; the others can follow
    traits: dict[str, tuple[str, ...]] | Literal["kang2025"] = "kang2025"
    template: str = "{gender}; {job}; {type}"
    path: Path | None = None
    seed: Whole = 0


class ProtocolPlan(Part):
    """How items are asked; `preset: kang2025` stands for all the rest."""

    preset: Literal["kang2025"] | None = None
    scale: Literal["yes-no", "likert6", "pairwise"] = "likert6"
    forms: tuple[Form, ...] = ("portrait",)
    orders: tuple[Order, ...] = ("given", "reversed")
    labels: tuple[Labels, ...] = ("letters",)
    n_wordings: Count = 1
    pairs_per_values: Count = 1
    role_place: RolePlace = "system"
    seed: Whole = 0

    def protocol(self) -> Protocol:
        """Return the protocol; pairs are refused, as their scores cannot carry a graph."""
        if self.preset is not None:
            clash = [name for name in self.model_fields_set if _changed(self, name)]
            if set(clash) - {"preset"}:
                raise OptionError(
                    f"`preset: {self.preset}` stands for the whole protocol",
                    found=", ".join(sorted(set(clash) - {"preset"})),
                    remedy="leave the other keys out, or leave out the preset",
                )
            return Protocol.preset(self.preset)
        if self.scale == "pairwise":
            raise OptionError(
                "A graph needs scores that can vary freely",
                found="scale: pairwise; what a pair gives to one value it takes from another, so "
                "that the scores of every role add up to the same sum",
                remedy="use scale: likert6 or yes-no",
            )
        return Protocol(**self.model_dump(exclude={"preset"}))


class SettledPlan(Part):
    """Interventions by role prompt: each value in turn is set to a level, in some of the roles."""

    level: Annotated[float, Field(ge=-1, le=1, strict=True)] = 0.8
    values: tuple[str, ...] | Literal["all"] = "all"
    n_roles: Count | None = None  # None: in all of them


class DiscoveryPlan(Part):
    """How the graph is learnt, and how much doubt is measured."""

    algorithm: Algorithm = "pc"
    engine: Engine = "fast"
    alpha: Number = 0.01
    penalty: Number = 0.5
    correlation: CorrelationKind = "pearson"
    contexts: ContextUse | None = None  # None: joint where values are settled
    incomplete: Literal["refuse", "leave-out"] = "refuse"  # roles with a value without an answer
    n_resamples: Whole = 500
    n_permutations: Whole = 500
    seed: Whole = 0

    def search(self) -> Search:
        """Return the search."""
        kept = {"algorithm", "engine", "alpha", "penalty", "correlation", "seed"}
        return Search(**self.model_dump(include=kept))


class SteeringPlan(Part):
    """What plans of the run choose among, where `causalvalues candidates` is not told otherwise."""

    sources: tuple[Literal["features", "lines"] | SteeringMethod, ...] = ("features", "lines")
    saes: tuple[str, ...] = ()
    values: tuple[str, ...] | Literal["all"] = "all"
    doses: dict[SteeringMethod, Above] = Field(default_factory=dict)


def _changed(part: BaseModel, name: str) -> bool:
    """Return whether a field has another value than its default."""
    return bool(getattr(part, name) != type(part).model_fields[name].default)


class Study(Part):
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
    methods: MethodsPlan | None = None
    steering: SteeringPlan | None = None

    @field_validator("roles", "protocol", "discovery", mode="before")
    @classmethod
    def _empty_is_default(cls, part: object) -> object:
        return {} if part is None else part  # `roles:` with nothing behind it

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Return the study in a file; relative paths in it start from its folder."""
        path = Path(path)
        document = read_mapping(path, what="A study", remedy=COMPARE)
        try:
            study = cls.model_validate(document)
        except ValidationError as fault:
            raise FileError(
                f"{path} must be a study",
                found=faults_in_words(fault, document, cls),
                remedy=COMPARE,
            ) from None
        return study._from(path.parent)

    def _from(self, folder: Path) -> Self:
        """Return the study with its paths resolved against a folder."""
        roles, model, items = self.roles, self.model, self.inventory
        if roles.path is not None:
            roles = roles.model_copy(update={"path": folder / roles.path})
        if self.inventory_path is not None:
            items = str(folder / items)
        if model.name.startswith(("./", "../")):
            model = model.model_copy(update={"name": str(folder / model.name)})
        methods = self.methods and self.methods.resolved(folder)
        found = {"roles": roles, "inventory": items, "model": model, "methods": methods}
        return self.model_copy(update=found)

    @property
    def inventory_path(self) -> Path | None:
        """Return the file that the inventory is read from; None for one of the package."""
        path = Path(self.inventory)
        return path if path.suffix in (".yaml", ".yml") else None

    def read_inventory(self) -> Inventory:
        """Return the inventory, of the package or from a file."""
        path = self.inventory_path
        return inventory(self.inventory) if path is None else Inventory.from_yaml(path)

    @property
    def contexts(self) -> ContextUse:
        """Return how rows under interventions are used."""
        if self.discovery.contexts is not None:
            return self.discovery.contexts
        return "pool" if self.settled is None else "joint"

    def with_model(self, name: str) -> Self:
        """Return the study with another model, loaded by default options."""
        if not name:
            raise OptionError("A model needs a name", found="an empty one")
        return self.model_copy(update={"model": ModelPlan(name=name)})

    def with_roles(self, n_roles: int) -> Self:
        """Return the study asked of the first so many of its roles only, to try it out."""
        roles = self.roles.model_copy(update={"first": n_roles})
        return self.model_copy(update={"roles": roles})


def study_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of study.yaml, as published in docs/schema."""
    schema = Study.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
