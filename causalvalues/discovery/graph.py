"""A `ValueGraph` is what discovery found: values, edges with a mark at each end, and how sure.

Guarantee: marks are symmetric in presence, arrays are read-only, and a directed cycle is reported
(`cycle`, a failed check and a warning), never hidden or broken in silence.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery import marks as mark_matrix
from causalvalues.discovery.marks import ARROW, CIRCLE, NONE, TAIL, Bools, Marks
from causalvalues.errors import CyclicGraph, GraphError
from causalvalues.provenance import Manifest

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Check", "Edge", "Effect", "NodeKind", "Support", "ValueGraph"]

NodeKind = Literal["value", "context"]
Floats = NDArray[np.float64]
SHARES = ("adjacent", "directed", "undirected", "bidirected")


@dataclass(frozen=True)
class Check:
    """One named question put to an artefact, with its answer; None = could not be asked."""

    name: str
    passed: bool | None
    detail: str = ""

    def __post_init__(self) -> None:
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))  # numpy's bool is not JSON's


@dataclass(frozen=True)
class Edge:
    """One edge: two values and the mark at each; a directed edge runs from first to second."""

    first: str
    second: str
    mark_first: int
    mark_second: int

    @property
    def kind(self) -> Literal["directed", "undirected", "bidirected", "partial"]:
        """Return what the two marks say together."""
        if CIRCLE in (self.mark_first, self.mark_second):
            return "partial"
        if self.mark_first == self.mark_second:
            return "undirected" if self.mark_first == TAIL else "bidirected"
        return "directed"

    def __str__(self) -> str:
        left = {TAIL: "—", ARROW: "←", CIRCLE: "o"}[self.mark_first]
        right = {TAIL: "—", ARROW: "→", CIRCLE: "o"}[self.mark_second]
        return f"{self.first} {left}{right} {self.second}"


@dataclass(frozen=True, eq=False)
class Support:
    """How often resampled tables gave each pair each kind of edge; shares in [0, 1]."""

    adjacent: Floats  # (node, node), symmetric
    directed: Floats  # [i, j]: share with i → j
    undirected: Floats  # symmetric
    bidirected: Floats  # symmetric
    n_resamples: int
    unit: Literal["cluster", "row"]

    def __post_init__(self) -> None:
        for name in SHARES:
            shares = np.array(getattr(self, name), dtype=np.float64)
            if not ((shares >= 0.0) & (shares <= 1.0 + 1e-9)).all():
                raise GraphError(f"Support ({name}) must hold shares between 0 and 1")
            shares.setflags(write=False)
            object.__setattr__(self, name, shares)


@dataclass(frozen=True)
class Effect:
    """The total effect of one value on another: a change per unit of the cause.

    `low` and `high` span the equivalence class; the interval adds sampling error on top.
    """

    cause: str
    effect: str
    low: float
    high: float
    interval_low: float
    interval_high: float
    method: str

    @property
    def middle(self) -> float:
        """Return the midpoint of the equivalence class's range."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, eq=False)
class ValueGraph:
    """Values, the marks of their edges, and the evidence for each."""

    names: tuple[str, ...]
    marks: Marks  # (node, node)
    kinds: tuple[NodeKind, ...] = ()
    support: Support | None = None
    effects: tuple[Effect, ...] = ()
    checks: tuple[Check, ...] = ()
    manifest: Manifest | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(str(name) for name in self.names))
        object.__setattr__(self, "marks", _checked_marks(self.marks, self.names))
        kinds = tuple(str(kind) for kind in self.kinds) or ("value",) * len(self.names)
        object.__setattr__(self, "kinds", kinds)
        if len(kinds) != len(self.names) or not {"value", "context"}.issuperset(kinds):
            raise GraphError("Every node is a value or a context", found=f"kinds {kinds}")
        _check_evidence(self)

    @classmethod
    def from_matrix(cls, matrix: NDArray[np.generic], names: tuple[str, ...] | list[str]) -> Self:
        """Return the graph of a mark matrix in causal-learn's convention."""
        return cls(names=tuple(names), marks=np.asarray(matrix))

    @classmethod
    def from_edges(cls, names: tuple[str, ...] | list[str], edges: list[tuple[str, str]]) -> Self:
        """Return the graph with one directed edge per (cause, effect) pair."""
        matrix = np.zeros((len(names), len(names)), dtype=np.int8)
        for cause, effect in edges:
            if cause not in names or effect not in names:
                raise GraphError(f"Edge {cause} → {effect} must join known values")
            i, j = names.index(cause), names.index(effect)
            if matrix[j, i] == TAIL:
                raise GraphError(
                    f"{cause} and {effect} need one direction", found="an edge each way"
                )
            matrix[i, j], matrix[j, i] = TAIL, ARROW
        return cls(names=tuple(names), marks=matrix)

    @classmethod
    def from_json(cls, path: str | Path) -> "ValueGraph":
        """Return the graph that `to_json` wrote."""
        from causalvalues.discovery.document import read_graph

        return read_graph(Path(path))

    def to_json(self, path: str | Path) -> Path:
        """Return the path after writing the graph, its support, effects, checks and manifest."""
        from causalvalues.discovery.document import write_graph

        return write_graph(self, Path(path))

    def to_matrix(self) -> Marks:
        """Return a copy of the marks in causal-learn's convention, [i, j] the mark at i."""
        return self.marks.copy()

    def to_networkx(self) -> "nx.DiGraph[str]":
        """Return a directed graph; an edge without one direction stands both ways, marks kept."""
        from causalvalues.discovery.formats import to_networkx

        return to_networkx(self)

    @classmethod
    def from_networkx(cls, graph: "nx.DiGraph[Any]") -> "ValueGraph":
        """Return the value graph of a networkx graph, with its marks where it carries them."""
        from causalvalues.discovery.formats import from_networkx

        return from_networkx(graph)

    def edges(self) -> Iterator[Edge]:
        """Yield every edge once, in the order of the names; a directed one from cause to effect."""
        for i, first in enumerate(self.names):
            for j in range(i + 1, len(self.names)):
                at_i, at_j = int(self.marks[i, j]), int(self.marks[j, i])
                if at_i == NONE:
                    continue
                if at_i == ARROW and at_j != ARROW:
                    yield Edge(self.names[j], first, at_j, at_i)
                else:
                    yield Edge(first, self.names[j], at_i, at_j)

    @property
    def n_edges(self) -> int:
        """Return the number of edges of any kind."""
        return int(np.count_nonzero(np.triu(self.marks)))

    @property
    def directed(self) -> Bools:
        """Return [i, j] true where i → j."""
        return mark_matrix.directed_pairs(self.marks)

    @property
    def cycle(self) -> tuple[str, ...]:
        """Return the values of one directed cycle, or nothing where there is none."""
        return tuple(self.names[i] for i in mark_matrix.directed_cycle(self.marks))

    def descendants(self, cause: str) -> tuple[str, ...]:
        """Return the values that directed paths reach from a cause."""
        row = mark_matrix.reachable(self.directed)[self.index(cause)]
        return tuple(n for n, hit in zip(self.names, row, strict=True) if hit and n != cause)

    def index(self, name: str) -> int:
        """Return the position of a value."""
        if name not in self.names:
            raise GraphError(f"The graph must have a value {name!r}", found=", ".join(self.names))
        return self.names.index(name)

    def only(self, kind: NodeKind) -> "ValueGraph":
        """Return the graph between the nodes of one kind."""
        keep = [i for i, own in enumerate(self.kinds) if own == kind]
        grid = np.ix_(keep, keep)
        support = self.support
        if support is not None:
            smaller = {name: getattr(support, name)[grid] for name in SHARES}
            support = replace_fields(support, **smaller)
        names = tuple(self.names[i] for i in keep)
        return replace_fields(
            self,
            names=names,
            marks=self.marks[grid],
            kinds=(kind,) * len(keep),
            support=support,
            effects=tuple(e for e in self.effects if e.cause in names and e.effect in names),
        )

    def with_cycle_check(self) -> "ValueGraph":
        """Return the graph with its acyclicity check appended; warn where a cycle stands."""
        cycle = self.cycle
        if cycle:
            path = " → ".join((*cycle, cycle[0]))
            warnings.warn(f"The graph holds a directed cycle: {path}.", CyclicGraph, stacklevel=3)
        check = Check("acyclic", not cycle, " → ".join(cycle))
        return replace_fields(self, checks=(*self.checks, check))


def _checked_marks(matrix: NDArray[np.generic], names: tuple[str, ...]) -> Marks:
    """Return the marks as read-only int8 after every rule of a mark matrix was checked."""
    values = np.asarray(matrix)
    if values.shape != (len(names), len(names)):
        raise GraphError(
            f"Marks must be {len(names)} × {len(names)}, one row per value",
            found=f"shape {values.shape}",
        )
    if any("\ud800" <= letter <= "\udfff" for name in names for letter in name):
        raise GraphError("A name must be text that UTF-8 can hold", found=ascii(names))
    if len(set(names)) != len(names):
        raise GraphError("Every value needs its own name", found=", ".join(names))
    if not np.isin(values, (NONE, TAIL, ARROW, CIRCLE)).all():
        raise GraphError("Marks must be −1, 0, 1 or 2", found=f"{np.unique(values)}")
    marks = values.astype(np.int8)
    if np.diagonal(marks).any() or ((marks == NONE) != (marks.T == NONE)).any():
        raise GraphError("An edge needs a mark at both ends and joins two different values")
    marks.setflags(write=False)
    return marks


def _check_evidence(graph: ValueGraph) -> None:
    """Raise where support or effects are about other nodes than the graph's."""
    for name in SHARES if graph.support is not None else ():
        shape = getattr(graph.support, name).shape
        if shape != graph.marks.shape:
            raise GraphError(
                f"Support ({name}) must have a row and a column per node", found=f"shape {shape}"
            )
    known = set(graph.names)
    for effect in graph.effects:
        if not {effect.cause, effect.effect} <= known:
            raise GraphError(f"Effect of {effect.cause} on {effect.effect} must join known values")
