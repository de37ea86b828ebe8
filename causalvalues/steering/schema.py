"""The form of an intervention's document, checked by type before anything is made of it.

Guarantee: a document with a field too many, too few or of another type is refused with the name of
the field; numbers are finite.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from causalvalues.steering.gate import GateState
from causalvalues.steering.intervention import Mode, NeuronMode, NeuronSite, Place
from causalvalues.steering.probe_edit import ProbeSite, Solve
from causalvalues.steering.where import Unit, Where

__all__ = [
    "AnyDocument",
    "ArrayDocument",
    "ArrayType",
    "ClassifierDocument",
    "CombinedDocument",
    "GateDocument",
    "InterventionDocument",
    "NeuronEditDocument",
    "ProbeDetectorDocument",
    "ProbeDocument",
    "ProbeEditDocument",
    "RolePromptDocument",
    "SaeFeatureDocument",
    "ScopeDocument",
    "StrengthDocument",
    "ValueVectorDocument",
    "WordDetectorDocument",
]

ArrayType = Literal["float32", "int64"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class ArrayDocument(_Part):
    """What an array is known by; its numbers lie beside the document."""

    shape: list[int]
    dtype: ArrayType
    sha256: str


class StrengthDocument(_Part):
    """How much."""

    amount: float
    unit: Unit


class ScopeDocument(_Part):
    """At which tokens."""

    where: Where
    phrase: str


class ProbeDetectorDocument(_Part):
    """A probe that tells questions about a value."""

    kind: Literal["probe"]
    layer: int
    weights: ArrayDocument
    bias: float


class WordDetectorDocument(_Part):
    """Hashed words that tell them."""

    kind: Literal["words"]
    weights: ArrayDocument
    bias: float


class ClassifierDocument(_Part):
    """A text classifier that tells them."""

    kind: Literal["classifier"]
    model: str
    label: str
    revision: str


class GateDocument(_Part):
    """What decides whether an intervention acts."""

    name: str
    detector: Annotated[
        ProbeDetectorDocument | WordDetectorDocument | ClassifierDocument,
        Field(discriminator="kind"),
    ]
    threshold: float
    state: GateState


class RolePromptDocument(_Part):
    """Lines that a role is told besides its own."""

    kind: Literal["role prompt"]
    text: str
    settles: dict[str, float]
    place: Place
    share: float


class SaeFeatureDocument(_Part):
    """One feature of a sparse autoencoder."""

    kind: Literal["sae feature"]
    sae: str
    feature: int
    layer: int
    strength: StrengthDocument
    mode: Mode
    scope: ScopeDocument
    share: float
    observed_maximum: float | None
    sae_digest: str
    gate: GateDocument | None = None


class ValueVectorDocument(_Part):
    """One vector for each of some layers."""

    kind: Literal["value vector"]
    name: str
    vector_by_layer: dict[int, ArrayDocument]
    strength: StrengthDocument
    scope: ScopeDocument
    share: float
    gate: GateDocument | None = None


class NeuronEditDocument(_Part):
    """Some neurons of each of some layers."""

    kind: Literal["neuron edit"]
    name: str
    neurons_by_layer: dict[int, ArrayDocument]
    amounts_by_layer: dict[int, ArrayDocument]
    mode: NeuronMode
    scope: ScopeDocument
    share: float
    site: NeuronSite = "neurons"
    spared: float = 0.0
    gate: GateDocument | None = None


class ProbeDocument(_Part):
    """What tells one value, layer by layer."""

    value: str
    weights_by_layer: dict[int, ArrayDocument]
    bias_by_layer: dict[int, float]
    probability: float


class ProbeEditDocument(_Part):
    """Probes that are brought to their probabilities."""

    kind: Literal["probe edit"]
    name: str
    probes: list[ProbeDocument]
    site: ProbeSite
    reads_by_layer: dict[int, ArrayDocument]
    moves_by_layer: dict[int, ArrayDocument]
    low_by_layer: dict[int, ArrayDocument]
    high_by_layer: dict[int, ArrayDocument]
    solve: Solve
    scope: ScopeDocument
    share: float
    gate: GateDocument | None = None


class CombinedDocument(_Part):
    """Several interventions at once."""

    kind: Literal["combined"]
    parts: list["AnyDocument"]


AnyDocument = Annotated[
    RolePromptDocument
    | SaeFeatureDocument
    | ValueVectorDocument
    | ProbeEditDocument
    | NeuronEditDocument
    | CombinedDocument,
    Field(discriminator="kind"),
]


class InterventionDocument(_Part):
    """What is done to a model."""

    schema_name: Literal["causalvalues.intervention/1"] = Field(alias="schema")
    intervention: AnyDocument
    sha256: str | None = Field(
        default=None,
        description="Of schema and intervention as canonical JSON; leave it out after a change.",
    )
