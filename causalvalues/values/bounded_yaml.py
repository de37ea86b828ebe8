"""`bounded_yaml` reads YAML that strangers wrote: plain data, and no more of it than is there.

    aliases that unfold without end        refused once what they unfold to passes MOST_PARTS
    lists within lists within lists        refused below DEEPEST
    numbers of thousands of digits         refused beyond LONGEST_NUMBER

Guarantee: whatever the text says, the answer is plain data or a `yaml.YAMLError`, within a second
for a text of ordinary length; nothing is ever constructed but what `SafeLoader` constructs.
"""

from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["BoundedLoader", "bounded_yaml"]

DEEPEST = 64
MOST_PARTS = 500_000
LONGEST_NUMBER = 100
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class BoundedLoader(yaml.SafeLoader):
    """A safe loader that refuses what would unfold to more than a file can hold."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node; one too deep is refused before the next is looked at."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise _refused(f"lists nested deeper than {DEEPEST}", self.get_mark())
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def get_single_node(self) -> yaml.Node | None:
        """Return the tree of nodes, once it is known how much it unfolds to."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _n_parts(node, {})
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return what a node says; a scalar that its own tag cannot read is a YAML error."""
        if node.tag in NUMBERS and len(str(node.value)) > LONGEST_NUMBER:
            raise _refused(f"a number longer than {LONGEST_NUMBER} signs", node.start_mark)
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as fault:
            raise _refused(f"{node.tag} that cannot be read: {fault}", node.start_mark) from fault


def bounded_yaml(text: str) -> Any:
    """Return the plain data that a YAML text holds, None where it is empty."""
    return yaml.load(text, Loader=BoundedLoader)  # a SafeLoader


def _n_parts(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many nodes a node unfolds to, every alias written out."""
    if id(node) not in known:
        known[id(node)] = MOST_PARTS  # until it is known: a node within itself has no end
        n_parts = 1 + sum(_n_parts(part, known) for part in _parts(node))
        if n_parts > MOST_PARTS:
            raise _refused(
                f"aliases that unfold to more than {MOST_PARTS:,} parts", node.start_mark
            )
        known[id(node)] = n_parts
    return known[id(node)]


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the nodes right within a node."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from (key, value)


def _refused(problem: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    """Return the error that says what is refused, and where it stands."""
    return yaml.constructor.ConstructorError(None, None, problem, mark)
