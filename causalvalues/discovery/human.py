"""A graph that a person drew: causes and effects in a small file, with who says so and why.

JSON or YAML: a mapping of `values` (optional), `edges` (pairs of cause and effect), and
`author`, `date`, `note`, `source`, `licence`. CSV: columns `cause` and `effect` (an empty effect
lists a value without edges), the provenance above them as lines like `# author: …`.
Guarantee: an error names the line; provenance goes into the graph's manifest, and what is missing
of it is a failed check.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml
from pydantic import JsonValue

from causalvalues.discovery.graph import Check, ValueGraph
from causalvalues.discovery.marks import ARROW, TAIL, Marks
from causalvalues.errors import FileError
from causalvalues.provenance import Manifest, digest_of_bytes
from causalvalues.values.bounded_yaml import BoundedLoader

__all__ = ["PROVENANCE", "read_human_graph"]

PROVENANCE = ("author", "date", "note", "source", "licence")
NEEDED = ("author", "date", "source")


@dataclass
class _Statement:
    """What a file says, with the line of each part, so that errors can name it."""

    file_name: str
    values: list[tuple[str, int]] = field(default_factory=list)
    edges: list[tuple[str, str, int]] = field(default_factory=list)
    provenance: dict[str, str] = field(default_factory=dict)

    def fault(self, line: int, expected: str, found: str = "") -> FileError:
        """Return the error that names the file and the line."""
        return FileError(f"{self.file_name}, line {line}: {expected}", found=found)


def read_human_graph(path: str | Path) -> ValueGraph:
    """Return the graph in a person's file, its provenance in the manifest."""
    source = Path(path)
    try:
        content = source.read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError as fault:
        raise FileError(f"A graph was expected at {source}", found="no such file") from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise FileError(f"A graph was expected at {source}", found=str(fault)) from fault
    if source.suffix.lower() == ".csv":
        statement = _from_table(text, _Statement(source.name))
    else:
        statement = _from_tree(text, _Statement(source.name), source.suffix.lower() == ".json")
    return _graph_of(statement, digest_of_bytes(content))


def _graph_of(statement: _Statement, digest: str) -> ValueGraph:
    """Return the graph of a statement after every name and edge was checked."""
    names = _names_of(statement)
    missing = [key for key in NEEDED if not statement.provenance.get(key)]
    stated = Check(
        "provenance stated", not missing, f"missing: {', '.join(missing)}" * bool(missing)
    )
    parameters: dict[str, JsonValue] = {**statement.provenance}
    return ValueGraph(
        names=names,
        marks=_marks_of(statement, names),
        checks=(stated,),
        manifest=Manifest.of("human graph", parameters=parameters, digests={"file": digest}),
    ).with_cycle_check()


def _names_of(statement: _Statement) -> tuple[str, ...]:
    """Return the listed values; where none are listed, those of the edges as they appear."""
    line_by_name: dict[str, int] = {}
    for name, line in statement.values:
        if name in line_by_name:
            raise statement.fault(line, "Every value may be listed once", f"{name!r} again")
        line_by_name[name] = line
    if line_by_name:
        return tuple(line_by_name)
    ends = (end for cause, effect, _ in statement.edges for end in (cause, effect))
    names = tuple(dict.fromkeys(ends))
    if not names:
        raise FileError(f"{statement.file_name} must name at least one value", found="none")
    return names


def _marks_of(statement: _Statement, names: tuple[str, ...]) -> Marks:
    """Return the marks of the edges; an unknown, repeated or two-way edge is an error."""
    position = {name: i for i, name in enumerate(names)}
    line_by_pair: dict[frozenset[str], int] = {}
    marks = np.zeros((len(names), len(names)), dtype=np.int8)
    for cause, effect, line in statement.edges:
        for name in (cause, effect):
            if name not in position:
                raise statement.fault(line, "An edge must join listed values", repr(name))
        if cause == effect:
            raise statement.fault(line, "A value cannot cause itself", repr(cause))
        pair = frozenset((cause, effect))
        if pair in line_by_pair:
            again = f"{cause} and {effect}, as in line {line_by_pair[pair]}"
            raise statement.fault(line, "Every pair may have one edge", again)
        line_by_pair[pair] = line
        i, j = position[cause], position[effect]
        marks[i, j], marks[j, i] = TAIL, ARROW
    return marks


def _from_table(text: str, statement: _Statement) -> _Statement:
    """Return what a CSV file says."""
    lines = [f"{line}\n" for line in text.split("\n")]
    n_comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    for number, line in enumerate(lines[:n_comments], start=1):
        _take_comment(line, number, statement)
    reader = csv.DictReader(lines[n_comments:], restval="")
    if not {"cause", "effect"} <= set(reader.fieldnames or ()):
        found = ", ".join(reader.fieldnames or ())
        raise statement.fault(n_comments + 1, "Columns `cause` and `effect` are needed", found)
    line_by_name: dict[str, int] = {}
    try:
        for row in reader:
            line_number = n_comments + reader.line_num
            _take_row(row, line_number, statement)
            for name in filter(None, (row["cause"], row["effect"])):
                line_by_name.setdefault(name, line_number)
    except csv.Error as fault:
        line_number = n_comments + reader.line_num
        raise statement.fault(line_number, "CSV was expected", str(fault)) from fault
    statement.values = list(line_by_name.items())
    return statement


def _take_comment(line: str, number: int, statement: _Statement) -> None:
    """Keep a line of provenance."""
    key, colon, value = line[1:].partition(":")
    if not colon or key.strip() not in PROVENANCE:
        expected = f"A comment must be `# key: text`, with key one of {', '.join(PROVENANCE)}"
        raise statement.fault(number, expected, line.strip())
    statement.provenance[key.strip()] = value.strip()


def _take_row(row: dict[str, str], number: int, statement: _Statement) -> None:
    """Keep the edge of a row, if it has an effect."""
    if None in row:
        expected = "A row must have as many cells as the header"
        raise statement.fault(number, expected, "more; a comma in a name needs quotes")
    if not row["cause"]:
        raise statement.fault(number, "A row needs a cause", "an empty cell")
    if row["effect"]:
        statement.edges.append((row["cause"], row["effect"], number))


def _from_tree(text: str, statement: _Statement, is_json: bool) -> _Statement:
    """Return what a JSON or YAML file says; YAML's reader gives both their line numbers."""
    root = _compose(text, statement, is_json)
    if not isinstance(root, yaml.MappingNode):
        raise statement.fault(1, "The file must be a mapping with `edges`", "something else")
    seen: set[str] = set()
    for key_node, node in root.value:
        key = _text(key_node, statement)
        if key in seen:
            raise statement.fault(_line(key_node), "Every key may stand once", repr(key))
        seen.add(key)
        if key == "values":
            items = _items(node, statement)
            statement.values = [(_text(item, statement), _line(item)) for item in items]
        elif key == "edges":
            statement.edges = [_edge(item, statement) for item in _items(node, statement)]
        elif key in PROVENANCE:
            statement.provenance[key] = "" if _is_null(node) else _text(node, statement)
        else:
            known = ", ".join(("values", "edges", *PROVENANCE))
            raise statement.fault(_line(key_node), f"A key must be one of {known}", repr(key))
    if "edges" not in seen:
        raise statement.fault(1, "The file must list its `edges`", ", ".join(sorted(seen)))
    return statement


def _compose(text: str, statement: _Statement, is_json: bool) -> yaml.Node | None:
    """Return the file's tree of nodes."""
    try:
        if is_json:
            json.loads(text)
            text = text.replace("\t", " ")  # in JSON a tab is layout, which YAML would refuse
        root: yaml.Node | None = yaml.compose(text, Loader=BoundedLoader)
    except json.JSONDecodeError as fault:
        raise statement.fault(fault.lineno, "JSON was expected", fault.msg) from fault
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise statement.fault(line, "YAML was expected", str(fault.problem)) from fault
    except (yaml.YAMLError, RecursionError) as fault:
        raise FileError(f"{statement.file_name} must be YAML or JSON", found=str(fault)) from fault
    return root


def _edge(node: yaml.Node, statement: _Statement) -> tuple[str, str, int]:
    """Return the cause, the effect and the line of one edge."""
    if isinstance(node, yaml.MappingNode):
        end_by_key = {_text(key, statement): _text(end, statement) for key, end in node.value}
        if set(end_by_key) == {"cause", "effect"}:
            return end_by_key["cause"], end_by_key["effect"], _line(node)
    elif isinstance(node, yaml.SequenceNode) and len(node.value) == 2:
        cause, effect = (_text(end, statement) for end in node.value)
        return cause, effect, _line(node)
    raise statement.fault(_line(node), "An edge must be a pair [cause, effect]", "something else")


def _items(node: yaml.Node, statement: _Statement) -> Iterator[yaml.Node]:
    """Yield the items of a list."""
    if not isinstance(node, yaml.SequenceNode):
        raise statement.fault(_line(node), "A list was expected", "something else")
    yield from node.value


def _text(node: yaml.Node, statement: _Statement) -> str:
    """Return a scalar as it is written: `no` and `2026-01-02` stay text."""
    if not isinstance(node, yaml.ScalarNode):
        raise statement.fault(_line(node), "Text was expected", "a list or a mapping")
    written: str = node.value  # JSON writes rare characters as two halves: join them
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_null(node: yaml.Node) -> bool:
    """Return whether a node says nothing."""
    return bool(node.tag == "tag:yaml.org,2002:null")


def _line(node: yaml.Node) -> int:
    """Return the line on which a node starts."""
    return int(node.start_mark.line) + 1
