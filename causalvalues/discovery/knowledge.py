"""Background knowledge: what may not cause what, in one small YAML, for every algorithm.

    tiers:                      # a later tier never causes an earlier one
      - [tradition, security]
      - [achievement]
    required: ["security -> power"]
    forbidden: ["power -> benevolence", "hedonism -- tradition", "* -> security"]

`A -> B` speaks of that direction, `A -- B` of both, `*` of every value. What a file says twice in
opposite ways is an error. Contexts, where there are any, obey one more rule without being asked:
no value and no other context causes a context.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import networkx as nx
import numpy as np
import yaml

from causalvalues.discovery.marks import Bools, Marks, adjacent_pairs, directed_pairs
from causalvalues.errors import FileError, KnowledgeError, KnowledgeIgnored
from causalvalues.provenance import write_atomically
from causalvalues.values.bounded_yaml import bounded_yaml

__all__ = ["Knowledge", "Rules", "ensure_obeyed"]

FIELDS = ("tiers", "required", "forbidden")


@dataclass(frozen=True, eq=False)
class Rules:
    """Knowledge about the nodes of one search: [i, j] speaks of i → j."""

    forbidden: Bools  # (node, node)
    required: Bools  # (node, node)

    def violations(self, marks: Marks, names: Sequence[str]) -> tuple[str, ...]:
        """Return every way in which marks break the rules, in words.

        An undirected edge leaves both directions open, so it breaks a rule against either; an edge
        with an arrow at i cannot be a cause i → j in any graph it stands for.
        """
        adjacent, directed = adjacent_pairs(marks), directed_pairs(marks)
        open_ = adjacent & (marks != 1)  # [i, j]: no arrow at i, so i may cause j
        said = [
            *(("forbidden", pair) for pair in np.argwhere(self.forbidden & open_)),
            *(("required but absent", pair) for pair in np.argwhere(self.required & ~directed)),
        ]
        return tuple(f"{names[i]} -> {names[j]} is {what}" for what, (i, j) in said)

    def in_order(self, order: Sequence[int]) -> "Rules":
        """Return the rules for the nodes in another order."""
        grid = np.ix_(order, order)
        return Rules(self.forbidden[grid], self.required[grid])


@dataclass(frozen=True)
class Knowledge:
    """Tiers, required edges and forbidden edges, by name."""

    tiers: tuple[tuple[str, ...], ...] = ()
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(tuple(map(str, tier)) for tier in self.tiers))
        for field in ("required", "forbidden"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        for line in (*self.required, *self.forbidden):
            _ends(line)
        for line in self.required:
            if _ends(line)[1] == "--" or "*" in (_ends(line)[0], _ends(line)[2]):
                raise KnowledgeError("A required edge needs two names and a direction", found=line)
        placed = [name for tier in self.tiers for name in tier]
        twice = sorted({name for name in placed if placed.count(name) > 1})
        if twice:
            raise KnowledgeError("A value stands in one tier", found=f"{', '.join(twice)} in two")

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Return the knowledge in a YAML file."""
        try:
            document = bounded_yaml(Path(path).read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
            raise FileError(f"Knowledge was expected at {path}", found=str(fault)) from fault
        if not isinstance(document, Mapping) or not set(FIELDS).issuperset(document):
            raise KnowledgeError(
                f"Knowledge holds {', '.join(FIELDS)} and nothing else", found=f"{document!r:.80}"
            )
        return cls(
            tiers=_lines(document.get("tiers"), "tiers"),
            required=_lines(document.get("required"), "required"),
            forbidden=_lines(document.get("forbidden"), "forbidden"),
        )

    def to_yaml(self, path: str | Path) -> Path:
        """Return the path after writing the knowledge."""
        document = {
            "tiers": [list(tier) for tier in self.tiers],
            "required": list(self.required),
            "forbidden": list(self.forbidden),
        }
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        return write_atomically(Path(path), text)

    def rules(self, names: Sequence[str], kinds: Sequence[str] = ()) -> Rules:
        """Return the rules for the nodes of a search, or raise where they contradict."""
        n_nodes = len(names)
        forbidden = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
        required = np.zeros_like(forbidden)
        for line in self.forbidden:
            left, sign, right = _ends(line)
            grid = np.ix_(_places(left, names, line), _places(right, names, line))
            forbidden[grid] = True
            if sign == "--":
                forbidden.T[grid] = True
        for line in self.required:
            left, _, right = _ends(line)
            required[_places(left, names, line)[0], _places(right, names, line)[0]] = True
        forbidden |= self._against_tiers(names)
        contexts = np.array([kind == "context" for kind in kinds], dtype=np.bool_)
        if contexts.any():
            forbidden[:, contexts] = True
        np.fill_diagonal(forbidden, False)
        _refuse_contradictions(forbidden, required, names)
        return Rules(forbidden, required)

    def _against_tiers(self, names: Sequence[str]) -> Bools:
        """Return [i, j] true where i stands in a later tier than j."""
        tier_by_name = {name: place for place, tier in enumerate(self.tiers) for name in tier}
        for name in tier_by_name:
            _places(name, names, f"tier of {name}")
        tiers = np.array([tier_by_name.get(name, -1) for name in names])
        later: Bools = (tiers[:, None] > tiers[None, :]) & (tiers[None, :] >= 0)
        return later


def ensure_obeyed(marks: Marks, names: Sequence[str], rules: Rules) -> None:
    """Raise a fault where marks break the rules."""
    broken = rules.violations(marks, names)
    if broken:
        raise KnowledgeIgnored(
            "A search must obey background knowledge",
            found="; ".join(broken),
            remedy="report this; meanwhile another algorithm may do",
        )


def _ends(line: str) -> tuple[str, str, str]:
    """Return the two names of a line and the sign between them."""
    for sign in ("->", "--"):
        left, found, right = str(line).partition(sign)
        if found and left.strip() and right.strip():
            return left.strip(), sign, right.strip()
    raise KnowledgeError("An edge reads 'A -> B' or 'A -- B'", found=repr(line))


def _lines(given: Any, field: str) -> tuple[Any, ...]:
    """Return a field of the file as a tuple; tiers are lists of names."""
    if given is None:
        return ()
    of_lists = field == "tiers"
    if not isinstance(given, list) or any(isinstance(entry, list) != of_lists for entry in given):
        shape = "a list of lists of names" if of_lists else "a list of edges"
        raise KnowledgeError(f"`{field}` must be {shape}", found=f"{given!r:.80}")
    return tuple(given)


def _places(name: str, names: Sequence[str], line: str) -> list[int]:
    """Return where a name stands among the nodes; `*` is everywhere."""
    if name == "*":
        return list(range(len(names)))
    if name not in names:
        raise KnowledgeError(
            f"Knowledge must speak of values in the table: {line!r}",
            found=f"no {name!r} among {', '.join(names)}",
        )
    return [list(names).index(name)]


def _refuse_contradictions(forbidden: Bools, required: Bools, names: Sequence[str]) -> None:
    """Raise where an edge is required and forbidden, or required edges form a cycle."""
    for i, j in np.argwhere(forbidden & required):
        raise KnowledgeError(
            "An edge cannot be required and forbidden", found=f"{names[i]} -> {names[j]}"
        )
    try:
        cycle = nx.find_cycle(nx.from_numpy_array(required, create_using=nx.DiGraph))
    except nx.NetworkXNoCycle:
        return
    path = " -> ".join(names[cause] for cause, _ in cycle)
    raise KnowledgeError("Required edges cannot form a cycle", found=path)
