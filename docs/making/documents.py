"""The form of every document that a run writes by hand, as the published schemas describe it.

    comparison.json  candidates.json  profiles.json  plan.json  verdict.json  stages.json
    an inventory in YAML, as `Inventory.from_yaml` reads it

Documents with a model of their own in the package (graph, study, intervention, manifest, …) are not
repeated here. Guarantee: tests hold these forms against what real runs write.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from causalvalues.provenance import Manifest
from causalvalues.steering.schema import InterventionDocument

__all__ = [
    "CandidatesDocument",
    "ComparisonDocument",
    "InventoryDocument",
    "PlanDocument",
    "ProfileDocument",
    "ProfilesDocument",
    "StagesDocument",
    "VerdictDocument",
]

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="A SHA-256 in hexadecimal.")]
Row = list[float | None]
Role = Literal["target", "held", "other"]
Kind = Literal["same", "remarked", "reversed", "added", "removed"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UsedDocument(_Part):
    """One candidate of a plan: its dose, what it changes itself, which values it settles."""

    name: str
    dose: float
    direct: dict[str, float]
    settles: list[str]


class PredictedDocument(_Part):
    """What is predicted of one value: the change and its 95 % interval, in units of the score."""

    change: float
    low: float
    high: float


class PlannedDocument(_Part):
    """What was asked for, what was chosen, and what is expected of it."""

    schema_name: Literal["causalvalues.plan/1"] = Field(alias="schema")
    targets: dict[str, float] = Field(description="The gain asked of each value.")
    hold: list[str]
    method: str
    used: list[UsedDocument]
    intervention: Digest
    predicted: dict[str, PredictedDocument]
    collateral: float = Field(description="Expected: weighted sum of |change| of other values.")
    left_out: dict[str, str] = Field(description="Candidates that were not used, with the reason.")
    beat: dict[str, float] = Field(description="Collateral of other ways to the same gain.")
    why: list[str]


class PlanDocument(PlannedDocument):
    """A plan, as `causalvalues plan` writes it: what to use, at which dose, and why."""

    draws: Digest | None = Field(
        default=None, description="The SHA-256 of prediction.safetensors beside it."
    )
    rests_on: dict[str, Digest] = Field(description="The files it was made from.")


class ValueRow(_Part):
    """One value: what was predicted, what was measured, and whether they agree."""

    value: str
    role: Role
    predicted: float | None
    predicted_low: float | None
    predicted_high: float | None
    measured: float | None
    measured_low: float | None
    measured_high: float | None
    verdict: Literal["as predicted", "missed", "not measured"]


class ProfileDocument(_Part):
    """What one intervention did to every value, role by role."""

    schema_name: Literal["causalvalues.effect-profile/1"] = Field(alias="schema")
    name: str
    values: list[str]
    roles: list[str]
    differences: list[Row] = Field(description="(role, value); null where nothing was asked.")
    before: list[Row] | None = Field(description="(role, value): the scores without it.")
    n_answers: int = Field(ge=0)
    digest: str
    health: dict[str, float | None]
    faults: list[str] = Field(description="What is broken, in words; empty where nothing is.")


class ByRole(_Part):
    """Everything that was measured, role by role."""

    measured: ProfileDocument | None
    control: ProfileDocument | None
    unguided: ProfileDocument | None


class VerdictDocument(_Part):
    """What a plan did on held-out items and roles, as `causalvalues evaluate` writes it."""

    schema_name: Literal["causalvalues.steering-report/1"] = Field(alias="schema")
    plan: PlannedDocument
    gain: dict[str, float | None]
    collateral: dict[str, float | None]
    values: list[ValueRow]
    health: dict[str, float | None]
    faults: list[str]
    control: dict[str, float | None] | None = Field(
        description="What directions at random of the same norm changed; null where none was run."
    )
    n_answers: int = Field(ge=0)
    unguided: str | None = Field(description="The single best candidate, at its dose.")
    planted: dict[str, float] | None = Field(
        description="What the gain alone brings, where the truth is planted."
    )
    by_role: ByRole


class ProfilesDocument(_Part):
    """What every candidate does to every value, as `causalvalues effects RUN` writes it."""

    schema_name: Literal["causalvalues.profiles/1"] = Field(alias="schema")
    rests_on: dict[str, Digest]
    profiles: list[ProfileDocument]


class CandidatesDocument(_Part):
    """What may be used to steer, as `causalvalues candidates` writes it."""

    schema_name: Literal["causalvalues.candidates/1"] = Field(alias="schema")
    seed: int = Field(description="Parts items and roles for the rest of the run.")
    chosen_by: list[str]
    candidates: dict[str, InterventionDocument]


class EdgeMarks(_Part):
    """An edge with a mark at each end: -1 tail, 1 arrow, 2 circle."""

    first: str
    second: str
    mark_first: Literal[-1, 1, 2]
    mark_second: Literal[-1, 1, 2]


class ChangeDocument(_Part):
    """One edge in both graphs; null where a graph does not have it."""

    change: Kind
    found: EdgeMarks | None
    other: EdgeMarks | None


class MeasureDocument(_Part):
    """One distance and what relabelled graphs give; null with a reason where it is undefined."""

    name: str
    value: float | None
    better: Literal["lower", "higher"]
    chance_mean: float | None
    chance_low: float | None
    chance_high: float | None
    p_value: float | None
    n_relabellings: int
    reason: str


class ComparisonDocument(_Part):
    """Two graphs side by side: distances against chance, and what became of every edge."""

    schema_number: Literal[1] = Field(alias="schema")
    names: list[str]
    left_out: list[str]
    measures: list[MeasureDocument]
    edges: list[ChangeDocument]
    manifest: Manifest


class StageDocument(_Part):
    """A finished stage: the digest of its inputs, and its files with theirs."""

    made_from: Digest
    files: dict[str, Digest]


class StagesDocument(BaseModel):
    """Which stage of a run was made from what; the same command again runs only what changed."""

    model_config = ConfigDict(frozen=True, extra="allow")

    __pydantic_extra__: dict[str, StageDocument]

    seal: Annotated[Digest, Field(description="The SHA-256 of all stages.")] | None = None


class ItemEntry(_Part):
    """One item in its forms, each in one wording or more; `also` keys other values it bears on."""

    ask: list[str] = []
    portrait: list[str] = []
    also: dict[str, Literal[-1, 1]] = {}


class Sides(_Part):
    """Items that speak for a value, and items that speak against it."""

    speaks_for: list[ItemEntry] = Field(alias="for", default=[])
    against: list[ItemEntry] = []


class InventoryDocument(_Part):
    """Items of one value system, with who wrote them and under which licence (YAML)."""

    name: str
    system: str
    source: str
    licence: str
    items: dict[str, Sides]
