"""How far two graphs are apart: one number per question, each against its chance level.

Conventions. Structural Hamming distance counts pairs of values whose edge differs in any way, so
that a reversed edge counts once. Precision is the share of what was found that is true, recall the
share of what is true that was found. Arrowheads are judged, end by end, at pairs that are adjacent
in both graphs. Ancestors are those along directed edges. Chance is the same number after the
found graph's values were swapped at random (nodes of one kind among themselves); p is the share of
swaps that do at least as well, the observed labelling counted among them. What cannot be asked
(the precision of an empty graph) is unscored, with a reason, never zero.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from causalvalues.discovery.marks import (
    ARROW,
    Bools,
    Marks,
    adjacent_pairs,
    directed_pairs,
    reachable,
)

__all__ = ["Measure", "Question", "against_chance", "marks_distances", "relabellings"]

Better = Literal["lower", "higher"]
Integers = NDArray[np.int64]
TIES = 1e-12  # rounding must not make a swap that equals the observation look worse


@dataclass(frozen=True)
class Measure:
    """One number with its chance level: mean, central 95 % and the share of swaps as good."""

    name: str
    value: float | None
    better: Better
    chance_mean: float | None = None
    chance_low: float | None = None
    chance_high: float | None = None
    p_value: float | None = None
    n_relabellings: int = 0
    reason: str = ""  # why there is no value, or no chance level

    def text(self) -> str:
        """Return the value as people read it, or why there is none."""
        return f"unscored ({self.reason})" if self.value is None else f"{self.value:.3g}"

    def chance_text(self) -> str:
        """Return the chance level as people read it."""
        if self.chance_mean is None:
            return "—"
        return f"{self.chance_mean:.3g} [{self.chance_low:.3g}, {self.chance_high:.3g}]"

    def p_text(self) -> str:
        """Return the p-value as people read it."""
        return "—" if self.p_value is None else f"{self.p_value:.3g}"

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the fields as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Question:
    """A number to compute under every relabelling; NaN = undefined there."""

    name: str
    better: Better
    answer: Callable[[Integers], float]  # the order of the found graph's nodes → the number
    undefined: str  # why it may have no value


@dataclass(frozen=True)
class _Side:
    """One graph, prepared: every relation that a distance looks at."""

    marks: Marks
    adjacent: Bools
    arrows: Bools  # [i, j]: an arrow at i
    ancestors: Bools  # [i, j]: a directed path from i to j

    @classmethod
    def of(cls, marks: Marks) -> "_Side":
        """Return the relations of a mark matrix."""
        paths = reachable(directed_pairs(marks))
        return cls(
            marks, adjacent_pairs(marks), marks == ARROW, paths & ~np.eye(len(marks), dtype=bool)
        )

    def ordered(self, order: Integers) -> "_Side":
        """Return the relations with the nodes in another order."""
        grid = np.ix_(order, order)
        return _Side(self.marks[grid], self.adjacent[grid], self.arrows[grid], self.ancestors[grid])


def relabellings(kinds: Sequence[str], *, n: int, seed: int) -> Iterable[Integers]:
    """Yield orders of the nodes that swap each kind's nodes among themselves at random."""
    generator = np.random.default_rng(seed)
    groups = [np.flatnonzero(np.array(kinds) == kind) for kind in sorted(set(kinds))]
    for _ in range(n):
        order = np.arange(len(kinds))
        for group in groups:
            order[group] = generator.permutation(group)
        yield order


def against_chance(question: Question, orders: Sequence[Integers], n_nodes: int) -> Measure:
    """Return the answer to a question, and what chance would answer."""
    value = question.answer(np.arange(n_nodes))
    if np.isnan(value):
        return Measure(question.name, None, question.better, reason=question.undefined)
    chance = np.array([question.answer(order) for order in orders], dtype=np.float64)
    chance = chance[~np.isnan(chance)]
    if not len(chance):
        return Measure(question.name, float(value), question.better, reason="no relabelling scored")
    gain = chance - value if question.better == "higher" else value - chance
    low, high = np.quantile(chance, [0.025, 0.975])
    return Measure(
        name=question.name,
        value=float(value),
        better=question.better,
        chance_mean=float(chance.mean()),
        chance_low=float(low),
        chance_high=float(high),
        p_value=float((1 + np.count_nonzero(gain >= -TIES)) / (1 + len(chance))),
        n_relabellings=len(chance),
    )


def marks_distances(found: Marks, truth: Marks) -> tuple[Question, ...]:
    """Return every question that two mark matrices alone can answer."""
    mine, theirs = _Side.of(found), _Side.of(truth)
    return tuple(
        Question(name, better, _asked(distance, mine, theirs), undefined)
        for name, better, distance, undefined in DISTANCES
    )


Distance = Callable[[_Side, _Side], float]


def _asked(distance: Distance, found: _Side, truth: _Side) -> Callable[[Integers], float]:
    """Return the distance as a function of the order of the found graph's nodes."""
    return lambda order: distance(found.ordered(order), truth)


def _shd(found: _Side, truth: _Side) -> float:
    """Return the number of pairs whose edge differs."""
    differs = found.marks != truth.marks
    return float(np.count_nonzero(np.triu(differs | differs.T)))


def _skeleton_shd(found: _Side, truth: _Side) -> float:
    """Return the number of pairs adjacent in one graph only."""
    return float(np.count_nonzero(np.triu(found.adjacent != truth.adjacent)))


def _share(hits: Bools, among: Bools) -> float:
    """Return the share of pairs that are hits; NaN among none."""
    n = np.count_nonzero(among)
    return float(np.count_nonzero(hits & among) / n) if n else float("nan")


def _adjacency_f1(found: _Side, truth: _Side) -> float:
    """Return 2 · both / (found + true)."""
    n = np.count_nonzero(found.adjacent) + np.count_nonzero(truth.adjacent)
    both = np.count_nonzero(found.adjacent & truth.adjacent)
    return float(2 * both / n) if n else float("nan")


def _arrow_precision(found: _Side, truth: _Side) -> float:
    """Return the share of found arrows, at pairs adjacent in both, that are true arrows."""
    return _share(truth.arrows, found.arrows & truth.adjacent)


def _arrow_recall(found: _Side, truth: _Side) -> float:
    """Return the share of true arrows, at pairs adjacent in both, that were found."""
    return _share(found.arrows, truth.arrows & found.adjacent)


DISTANCES: tuple[tuple[str, Better, Distance, str], ...] = (
    ("shd", "lower", _shd, ""),
    ("skeleton_shd", "lower", _skeleton_shd, ""),
    (
        "adjacency_precision",
        "higher",
        lambda found, truth: _share(truth.adjacent, found.adjacent),
        "the found graph has no edge",
    ),
    (
        "adjacency_recall",
        "higher",
        lambda found, truth: _share(found.adjacent, truth.adjacent),
        "the other graph has no edge",
    ),
    ("adjacency_f1", "higher", _adjacency_f1, "neither graph has an edge"),
    (
        "arrow_precision",
        "higher",
        _arrow_precision,
        "the found graph has no arrow at a pair adjacent in both",
    ),
    (
        "arrow_recall",
        "higher",
        _arrow_recall,
        "the other graph has no arrow at a pair adjacent in both",
    ),
    (
        "ancestor_precision",
        "higher",
        lambda found, truth: _share(truth.ancestors, found.ancestors),
        "the found graph has no directed edge",
    ),
    (
        "ancestor_recall",
        "higher",
        lambda found, truth: _share(found.ancestors, truth.ancestors),
        "the other graph has no directed edge",
    ),
    (
        "ancestor_jaccard",
        "higher",
        lambda found, truth: _share(
            found.ancestors & truth.ancestors, found.ancestors | truth.ancestors
        ),
        "neither graph has a directed edge",
    ),
)
