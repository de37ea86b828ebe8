"""The viewer's document: everything that one page shows, as the browser reads it.

This is the contract between Python and the page (docs/schema/viewer.schema.json). Nodes are known
by their place in `nodes`; every other part speaks of them by that number.

    graphs      the found graph first, then other searches of the same rows, then graphs to compare
    effects     the total effect of every value on every other, where the graph has them
    influence   draws of the linear model along the graph: what "what if" computes with
    trials      interventions of a study: what was expected of each, and what came

Guarantee: frozen, no number that is none (NaN is refused), nothing that the page would need to
fetch.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from causalvalues.discovery.graph import NodeKind

__all__ = [
    "SCHEMA",
    "CheckView",
    "EdgeView",
    "EffectsView",
    "GraphView",
    "InfluenceView",
    "ItemView",
    "NodeView",
    "PlanView",
    "ProvenanceView",
    "ResamplesView",
    "SupportView",
    "TrialRow",
    "TrialView",
    "UsedView",
    "ViewerDocument",
    "viewer_schema",
]

SCHEMA: Literal["causalvalues.viewer/1"] = "causalvalues.viewer/1"

Node = Annotated[int, Field(ge=0)]  # the place of a node in `nodes`
Mark = Literal[-1, 1, 2]  # tail, arrow, circle
Count = int | float  # not whole where a share is no count
Matrix = list[list[float | None]]  # (cause, effect)
Verdict = Literal["as predicted", "missed", "not measured", "not predicted"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ItemView(_Part):
    """One item that a value is asked by; `key` is −1 where agreeing speaks against the value."""

    text: str
    key: Literal[1, -1]


class NodeView(_Part):
    """One value or context: what it means, how it was asked, and where it stands."""

    name: str
    kind: NodeKind = "value"
    definition: str = ""
    group: str | None = None
    angle: float | None = None  # on the circle of the theory, in degrees
    on_circle: tuple[float, float]  # x, y in −1 … 1, y downwards
    in_layers: tuple[float, float]  # causes above effects
    items: list[ItemView] = []
    n_items: int | None = None
    reliability: dict[str, float] = {}  # by the name of the coefficient
    mean: float | None = None  # over the rows without intervention
    spread: float | None = None  # their standard deviation


class SupportView(_Part):
    """Shares of resamples in which a pair had an edge, and which."""

    adjacent: float
    directed: float  # first → second
    reversed: float  # second → first
    undirected: float
    bidirected: float


class EdgeView(_Part):
    """One edge; a directed one runs from first to second."""

    first: Node
    second: Node
    mark_first: Mark
    mark_second: Mark
    support: SupportView | None = None


class ResamplesView(_Part):
    """In how many resamples a pair had an edge, and which; a pair without any is left out."""

    n_resamples: Annotated[int, Field(ge=1)]
    unit: Literal["cluster", "row"]
    # first, second; adjacent, first → second, second → first, undirected, bidirected
    pairs: list[tuple[Node, Node, Count, Count, Count, Count, Count]]


class GraphView(_Part):
    """One graph over the nodes: found, found by another search, or another one to compare with."""

    name: str
    kind: Literal["found", "search", "agreement", "other"]
    says: str = ""  # how it came about, in a sentence
    edges: list[EdgeView]
    absent: list[Node] = []  # nodes that this graph does not have
    resamples: Annotated[int, Field(ge=0)] | None = None  # the place of its table


class EffectsView(_Part):
    """Total effects [cause][effect], a change per unit of the cause; null where there is none."""

    method: str
    low: Matrix
    high: Matrix
    interval_low: Matrix
    interval_high: Matrix


class InfluenceView(_Part):
    """Draws of the linear model along the graph: `weights` (draw, pair), 0 where a pair has none.

    Little-endian 32-bit floats, draw after draw, in base64. Every draw is acyclic.
    """

    basis: str  # what the draws are, in a sentence
    n_draws: Annotated[int, Field(ge=1)]
    pairs: list[tuple[Node, Node]]  # cause, effect
    weights: str


class TrialRow(_Part):
    """What one intervention was expected to do to one value, and what it did."""

    node: Node
    role: Literal["target", "held", "other"]
    predicted: float | None = None
    predicted_low: float | None = None
    predicted_high: float | None = None
    measured: float | None = None
    measured_low: float | None = None
    measured_high: float | None = None
    verdict: Verdict


class TrialView(_Part):
    """One intervention of a study, predicted and measured."""

    name: str
    kind: str  # feature, line, value settled, plan, …
    says: str = ""  # how it was predicted, in a sentence
    healthy: bool = True
    faults: list[str] = []
    n_roles: int | None = None
    rows: list[TrialRow]


class UsedView(_Part):
    """One intervention that a plan uses."""

    name: str
    dose: float
    settles: list[Node] = []
    direct: dict[Node, float] = {}  # what it changes itself


class PlanView(_Part):
    """What was asked of the planner, what it chose, and why."""

    targets: dict[Node, float]
    hold: list[Node]
    used: list[UsedView]
    predicted: list[TrialRow]
    collateral: float
    method: str
    beat: dict[str, float]  # the collateral expected of other ways to the same gain
    why: list[str]
    left_out: dict[str, str]  # reason by candidate


class CheckView(_Part):
    """A named check with its answer; null = could not be asked."""

    name: str
    passed: bool | None
    detail: str = ""


class ProvenanceView(_Part):
    """What made the page's numbers, what they passed, and what a reader must know."""

    caveats: list[str]
    checks: list[CheckView] = []
    manifest: dict[str, JsonValue] = {}


class ViewerDocument(_Part):
    """Everything that one page shows."""

    schema_name: Literal["causalvalues.viewer/1"] = Field(default=SCHEMA, alias="schema")
    title: str
    subtitle: str = ""
    unit: str = "units of the score"
    nodes: list[NodeView]
    graphs: Annotated[list[GraphView], Field(min_length=1)]
    resamples: list[ResamplesView] = []  # by graphs that were drawn from the same resamples
    effects: EffectsView | None = None
    influence: InfluenceView | None = None
    trials: list[TrialView] = []
    plan: PlanView | None = None
    provenance: ProvenanceView


def viewer_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document, as published in docs/schema."""
    schema = ViewerDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
