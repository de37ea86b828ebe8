"""An edge table: one row per edge, with its marks, support and effect, for spreadsheets and R.

Besides the edge's two values the table keeps their positions and kinds; a value without edges
has a row of its own, its second value and its marks empty. So names, kinds and marks come back
exactly; support and effects are shown (of several effects of one pair, the first), not read.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from causalvalues.discovery.formats.networks import evidence_of_edge
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import ARROW, CIRCLE, NONE, TAIL
from causalvalues.errors import FileError
from causalvalues.survey.cells import guarded, plain

__all__ = ["read_csv", "to_csv"]

EDGE_COLUMNS = ("first", "second", "mark_first", "mark_second", "kind")
NODE_COLUMNS = ("position_first", "position_second", "kind_first", "kind_second")
SUPPORT_COLUMNS = tuple(
    f"support_{name}" for name in ("adjacent", "directed", "reversed", "undirected", "bidirected")
)
EFFECT_COLUMNS = tuple(
    f"effect_{name}" for name in ("low", "high", "interval_low", "interval_high", "method")
)
ISOLATED = "isolated"

Row = dict[str, str | int | float]


def to_csv(graph: ValueGraph) -> str:
    """Return the edge table; columns of support and effects stand where the graph has them."""
    support = SUPPORT_COLUMNS if graph.support is not None else ()
    effects = EFFECT_COLUMNS if graph.effects else ()
    columns = (*EDGE_COLUMNS, *support, *effects, *NODE_COLUMNS)
    stream = io.StringIO(newline="")
    table = csv.DictWriter(stream, columns)  # ends lines as RFC 4180 does, and quotes both halves
    table.writeheader()
    for row in (*_edge_rows(graph), *_isolated_rows(graph)):
        cells = row.items()
        table.writerow({k: guarded(v) if isinstance(v, str) else v for k, v in cells})
    return stream.getvalue()


def read_csv(path: Path) -> ValueGraph:
    """Return the graph of an edge table; only the first four columns must be there."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            content = stream.read()
    except FileNotFoundError as fault:
        raise FileError(f"An edge table was expected at {path}", found="no such file") from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise FileError(f"An edge table was expected at {path}", found=str(fault)) from fault
    return _graph_of(_Rows(content, path.name))


def _edge_rows(graph: ValueGraph) -> Iterator[Row]:
    """Yield one row per edge."""
    effect_by_pair = {(e.cause, e.effect): e for e in reversed(graph.effects)}
    for edge in graph.edges():
        i, j = graph.index(edge.first), graph.index(edge.second)
        yield {
            **{name: getattr(edge, name) for name in EDGE_COLUMNS},
            **evidence_of_edge(graph, edge, effect_by_pair),
            "position_first": i,
            "position_second": j,
            "kind_first": graph.kinds[i],
            "kind_second": graph.kinds[j],
        }


def _isolated_rows(graph: ValueGraph) -> Iterator[Row]:
    """Yield one row per value without edges."""
    for i in np.flatnonzero(~graph.marks.any(axis=1)):
        row: Row = {"first": graph.names[i], "kind": ISOLATED}
        yield {**row, "position_first": int(i), "kind_first": graph.kinds[i]}


class _Rows:
    """The rows of a table with their line numbers."""

    def __init__(self, content: str, name: str) -> None:
        self.name = name
        self.line = 1
        self._reader = csv.DictReader(io.StringIO(content, newline=""), restval="")

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        missing = set(EDGE_COLUMNS[:4]) - set(self._reader.fieldnames or ())
        if missing:
            raise self.fault(f"The table needs columns {', '.join(EDGE_COLUMNS[:4])}")
        try:
            for row in self._reader:
                self.line = self._reader.line_num
                yield {k: plain(v) if isinstance(v, str) else v for k, v in row.items()}
        except csv.Error as fault:
            raise self.fault(str(fault)) from fault

    def fault(self, expected: str, found: str = "") -> FileError:
        """Return the error that names the file and the line."""
        return FileError(f"{self.name}, line {self.line}: {expected}", found=found)


def _graph_of(rows: _Rows) -> ValueGraph:
    """Return the graph of the rows."""
    position_by_name: dict[str, int] = {}
    kind_by_name: dict[str, str] = {}
    mark_by_pair: dict[tuple[str, str], int] = {}
    for row in rows:
        ends = ("first",) if row["mark_first"] == row["mark_second"] == "" else ("first", "second")
        for end in ends:
            name = row[end]
            position_by_name.setdefault(name, _position(rows, row, end, len(position_by_name)))
            kind_by_name[name] = row.get(f"kind_{end}") or "value"
        if len(ends) == 2:
            _take_edge(rows, row, mark_by_pair)
    names = sorted(position_by_name, key=position_by_name.__getitem__)
    marks = np.full((len(names), len(names)), NONE, dtype=np.int8)
    for (at, other), mark in mark_by_pair.items():
        marks[names.index(at), names.index(other)] = mark
    kinds = ["context" if kind_by_name[name] == "context" else "value" for name in names]
    return ValueGraph(names=tuple(names), marks=marks, kinds=tuple(kinds))  # type: ignore[arg-type]


def _position(rows: _Rows, row: Mapping[str, str], end: str, otherwise: int) -> int:
    """Return where the node at one end of an edge stands among the nodes."""
    stated = row.get(f"position_{end}") or ""
    if stated and not stated.isdecimal():
        raise rows.fault("A position must be a whole number", found=stated)
    return int(stated) if stated else otherwise


def _take_edge(
    rows: _Rows, row: Mapping[str, str], mark_by_pair: dict[tuple[str, str], int]
) -> None:
    """Keep the two marks of a row's edge, or say what is wrong with them."""
    first, second = row["first"], row["second"]
    if first == second:
        raise rows.fault("An edge joins two different values", found=f"{first!r} twice")
    if (first, second) in mark_by_pair:
        raise rows.fault("Every pair may have one edge", found=f"a second one: {first}, {second}")
    mark_by_text = {str(mark): mark for mark in (TAIL, ARROW, CIRCLE)}
    for at, other, text in (
        (first, second, row["mark_first"]),
        (second, first, row["mark_second"]),
    ):
        if text not in mark_by_text:
            raise rows.fault("A mark must be -1, 1 or 2", found=repr(text))
        mark_by_pair[at, other] = mark_by_text[text]
