"""`read_mapping` reads a YAML file in which no key stands twice.

Plain YAML keeps the last of two equal keys and says nothing; here that is an error with its line.
Guarantee: what cannot be read ends in a `FileError` of one line.
"""

from pathlib import Path

import yaml

from causalvalues.errors import FileError
from causalvalues.values.bounded_yaml import BoundedLoader

__all__ = ["read_mapping"]


class _Loader(BoundedLoader):
    """A bounded loader that refuses repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Return a mapping, or raise where a key stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} stands twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def read_mapping(path: Path, *, what: str, remedy: str) -> dict[object, object]:
    """Return the mapping in a file; `what` and `remedy` stand in the error."""
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=_Loader)  # a SafeLoader
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise FileError(f"{what} was expected at {path}", found=_said(fault), remedy=remedy) from (
            fault
        )
    if not isinstance(document, dict):
        found = "an empty file" if document is None else f"a {type(document).__name__}"
        raise FileError(f"{what} was expected at {path}", found=found, remedy=remedy)
    return document


def _said(fault: Exception) -> str:
    """Return what went wrong, in one line."""
    if isinstance(fault, FileNotFoundError):
        return "no such file"
    if isinstance(fault, yaml.MarkedYAMLError) and fault.problem_mark is not None:
        mark = fault.problem_mark
        return f"{fault.problem} in line {mark.line + 1}, column {mark.column + 1}"
    if isinstance(fault, OSError):
        return fault.strerror or str(fault)
    return f"{type(fault).__name__}: {' '.join(str(fault).split())}"
