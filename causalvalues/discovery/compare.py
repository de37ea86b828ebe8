"""Two graphs side by side: distances, each against chance, and the edges that differ.

Values are matched by name. Guarantee: a number that cannot be asked of these graphs is unscored,
with its reason; no value is dropped unless `on="common"` asks for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from pydantic import JsonValue

from causalvalues.discovery.adjustment import adjustment_distances
from causalvalues.discovery.classes import class_of, is_directed_acyclic
from causalvalues.discovery.distances import (
    Measure,
    Question,
    against_chance,
    marks_distances,
    relabellings,
)
from causalvalues.discovery.document import text_of_graph
from causalvalues.discovery.graph import Edge, ValueGraph
from causalvalues.errors import GraphError, OptionError
from causalvalues.provenance import Manifest, canonical_json, digest_of_bytes, write_atomically

__all__ = ["Change", "Comparison", "compare", "truth_class"]

Kind = Literal["same", "added", "removed", "reversed", "remarked"]


@dataclass(frozen=True)
class Change:
    """One pair's edge in the found graph beside its edge in the other; None = no edge."""

    kind: Kind
    found: Edge | None
    other: Edge | None

    def __str__(self) -> str:
        if self.found is None or self.other is None or self.kind == "same":
            return str(self.found or self.other)
        return f"{self.found} (other: {self.other})"


@dataclass(frozen=True)
class Comparison:
    """What `compare` found out: measures against chance, and one change per edge."""

    names: tuple[str, ...]
    measures: tuple[Measure, ...]
    changes: tuple[Change, ...]
    left_out: tuple[str, ...]  # values that only one of the graphs has
    manifest: Manifest

    def measure(self, name: str) -> Measure:
        """Return one measure by its name."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        names = ", ".join(measure.name for measure in self.measures)
        raise OptionError(f"A measure must be one of {names}", found=repr(name))

    def edge_table(self) -> dict[Kind, tuple[Change, ...]]:
        """Return the changes by their kind, every kind present."""
        return {
            kind: tuple(change for change in self.changes if change.kind == kind)
            for kind in get_args(Kind)
        }

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the comparison as JSON values."""
        return {
            "schema": 1,
            "names": list(self.names),
            "left_out": list(self.left_out),
            "measures": [measure.to_dict() for measure in self.measures],
            "edges": [_plain_change(change) for change in self.changes],
            "manifest": self.manifest.model_dump(mode="json"),
        }

    def to_json(self, path: str | Path) -> Path:
        """Return the path after the comparison is written."""
        return write_atomically(Path(path), canonical_json(self.to_dict()) + "\n")


def compare(
    found: ValueGraph,
    other: ValueGraph,
    *,
    on: Literal["same", "common"] = "same",
    as_class: bool = False,
    adjustment: bool = True,
    n_relabellings: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Return how a found graph differs from the true or another one.

    on: "same" asks for the same values in both, "common" leaves out the others. as_class: hold
    the found graph against the equivalence class of the other, which is all that observations can
    show. adjustment: also the adjustment distances, slow beyond a hundred values.

        compare(found, truth, as_class=True).measure("shd")
    """
    if on not in ("same", "common"):
        raise OptionError("`on` must be same or common", found=repr(on))
    if n_relabellings < 0:
        raise OptionError("`n_relabellings` must be 0 or more", found=str(n_relabellings))
    names, left_out = _matched_names(found, other, on)
    mine, theirs = _restricted(found, names), _restricted(other, names)
    theirs = truth_class(theirs) if as_class else theirs
    orders = list(relabellings(mine.kinds, n=n_relabellings, seed=seed))
    questions: list[Question | Measure] = [*marks_distances(mine.marks, theirs.marks)]
    questions += adjustment_distances(mine.marks, theirs.marks) if adjustment else ()
    return Comparison(
        names=names,
        measures=tuple(
            asked if isinstance(asked, Measure) else against_chance(asked, orders, len(names))
            for asked in questions
        ),
        changes=tuple(_changes(mine, theirs)),
        left_out=left_out,
        manifest=Manifest.of(
            "compare",
            parameters={"on": on, "as_class": as_class, "n_relabellings": n_relabellings},
            seeds={"relabellings": seed},
            digests={"found": _digest(found), "other": _digest(other)},
        ),
    )


def truth_class(graph: ValueGraph) -> ValueGraph:
    """Return the equivalence class of a directed acyclic graph: what observations can show of it.

    Support and effects are not those of the class and stay behind.
    """
    if not is_directed_acyclic(graph.marks):
        raise GraphError(
            "Only a directed acyclic graph has an equivalence class",
            found=" → ".join(graph.cycle) or "edges that are not directed",
            remedy="compare with the graph as it is",
        )
    return replace_fields(graph, marks=class_of(graph.marks), support=None, effects=())


def _matched_names(
    found: ValueGraph, other: ValueGraph, on: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values to compare, in the other graph's order, and those left out."""
    common = tuple(name for name in other.names if name in set(found.names))
    missing = tuple(name for name in other.names if name not in set(found.names))
    extra = tuple(name for name in found.names if name not in set(other.names))
    if (missing or extra) and on == "same":
        raise GraphError(
            "Both graphs must have the same values",
            found=f"only found: {', '.join(extra) or 'none'}; "
            f"only in the other: {', '.join(missing) or 'none'}",
            remedy='rename them, or compare the common ones: on="common", or --common',
        )
    if not common:
        raise GraphError("The graphs must have values in common", found="none")
    return common, missing + extra


def _restricted(graph: ValueGraph, names: tuple[str, ...]) -> ValueGraph:
    """Return the graph between the named values, in that order, without its evidence."""
    order = [graph.names.index(name) for name in names]
    kinds = tuple(graph.kinds[i] for i in order)
    return ValueGraph(names=names, marks=graph.marks[np.ix_(order, order)], kinds=kinds)


def _changes(found: ValueGraph, other: ValueGraph) -> Iterator[Change]:
    """Yield one change per pair that is adjacent in either graph, in the order of the names."""
    mine = {frozenset((edge.first, edge.second)): edge for edge in found.edges()}
    theirs = {frozenset((edge.first, edge.second)): edge for edge in other.edges()}
    order = {name: i for i, name in enumerate(found.names)}
    for pair in sorted(mine.keys() | theirs.keys(), key=lambda p: sorted(order[n] for n in p)):
        edge, counterpart = mine.get(pair), theirs.get(pair)
        yield Change(_kind_of(edge, counterpart), edge, counterpart)


def _kind_of(found: Edge | None, other: Edge | None) -> Kind:
    """Return what happened to a pair's edge."""
    if found is None or other is None:
        return "added" if found is not None else "removed"
    if found == other:
        return "same"
    both_directed = found.kind == other.kind == "directed"
    return "reversed" if both_directed else "remarked"


def _plain_change(change: Change) -> dict[str, JsonValue]:
    """Return a change as JSON values."""
    sides = {"found": change.found, "other": change.other}
    return {
        "change": change.kind,
        **{side: None if edge is None else dict(vars(edge)) for side, edge in sides.items()},
    }


def _digest(graph: ValueGraph) -> str:
    """Return the digest that the graph's JSON file has."""
    return digest_of_bytes((text_of_graph(graph) + "\n").encode())
