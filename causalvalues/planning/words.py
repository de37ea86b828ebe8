"""Why a plan is as it is, in sentences, and what it was better than.

A side effect is told by the way it takes: which edges carry it, and what cancels it. Guarantee:
every number in a sentence is one that the plan expects.
"""

from collections.abc import Mapping

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from causalvalues.planning.known import Known
from causalvalues.planning.planned import Plan, Used
from causalvalues.planning.propagation import Propagation

__all__ = ["alternatives", "reasons"]

Floats = NDArray[np.float64]
TOLD = 0.03  # a smaller change is not worth a sentence
CARRIES = 0.5  # share of draws in which an edge stands


def alternatives(made: Plan, candidates: Known, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the collateral expected of each single candidate that reaches the gain alone."""
    names = candidates.propagation.names
    if len(made.targets) > 1:
        return {}
    ((target, gain),) = made.targets.items()
    place = names.index(target)
    found: dict[str, float] = {}
    for candidate, part in zip(candidates.candidates, candidates.parts, strict=True):
        held = np.array([name in candidate.settles for name in names]) & candidates.guided
        changes = candidates.propagation.under(part.draws, held).mean(axis=0)
        dose = gain / changes[place] if changes[place] else np.inf
        allowed = 1.0 if candidate.is_told else dose
        if candidate.low - 1e-9 <= dose <= candidate.high + 1e-9:
            size = sum(w * abs(changes[names.index(n)]) for n, w in weights.items())
            found[candidate.name] = float(abs(allowed) * size)
    return dict(sorted(found.items(), key=lambda pair: pair[1])[:5])


def reasons(made: Plan, candidates: Known) -> tuple[str, ...]:
    """Return what each part is for, what follows from the targets, and what becomes of that."""
    sentences = [_part_sentence(used) for used in made.used]
    if candidates.guided:
        for target in made.targets:
            sentences += _consequences(made, candidates.propagation, target)
    sentences += [f"{name} was left out: {why}." for name, why in made.left_out.items()]
    if made.beat:
        name, collateral = next(iter(made.beat.items()))
        if collateral > made.collateral:
            sentences.append(
                f"{name} alone would reach the same, at a collateral of {collateral:.2f} instead "
                f"of {made.collateral:.2f}."
            )
    return tuple(sentences)


def _part_sentence(used: Used) -> str:
    """Return what one part changes itself."""
    large = sorted(used.direct.items(), key=lambda pair: -abs(pair[1]))
    told = [f"{value} by {change:+.2f}" for value, change in large if abs(change) > TOLD][:3]
    verb = "settles" if used.settles else "changes"
    dose = "" if used.dose == 1.0 else f" at dose {used.dose:+.2f}"
    return f"{used.name}{dose} {verb} {' and '.join(told) or 'hardly anything'} itself."


def _consequences(made: Plan, propagation: Propagation, target: str) -> list[str]:
    """Return a sentence for each value that moving the target would drag along."""
    names, place = propagation.names, propagation.names.index(target)
    moved = float(made.predicted.middle[place])
    edges = (np.abs(propagation.weights) > 0).mean(axis=0) >= CARRIES
    graph: nx.DiGraph[str] = nx.DiGraph(
        [(names[i], names[j]) for i, j in zip(*np.nonzero(edges), strict=True)]
    )
    totals = propagation.totals.mean(axis=0)[place] * moved
    found = []
    for v in np.argsort(-np.abs(totals)):
        value, change, left = names[v], float(totals[v]), float(made.predicted.middle[v])
        if value in made.targets or abs(change) < TOLD or value not in graph:
            continue
        found.append(
            f"{_verb(moved)} {target} by {abs(moved):.2f} {_verb(change, third=True)} {value} by "
            f"{abs(change):.2f} {_way(graph, target, value)}; {_fate(made, value, change, left)}."
        )
    return found


def _way(graph: "nx.DiGraph[str]", cause: str, effect: str) -> str:
    """Return the way from one value to another, in words."""
    if cause not in graph or not nx.has_path(graph, cause, effect):
        return "in some of the graphs that fit"
    path = nx.shortest_path(graph, cause, effect)
    if len(path) == 2:
        return "through one edge"
    return f"by way of {', '.join(path[1:-1])}"


def _fate(made: Plan, value: str, change: float, left: float) -> str:
    """Return what becomes of a side effect under the plan."""
    for used in made.used:
        if value in used.settles:
            return f"{used.name} settles it, so that it changes by {left:+.2f}"
    if abs(left) < 0.5 * abs(change):
        what = "what it comes through is held"
    else:
        what = "nothing stands against that"
    against = [u.name for u in made.used if abs(u.direct.get(value, 0.0)) > TOLD]
    if against:
        return f"with {' and '.join(against)} it changes by {left:+.2f}"
    return f"{what}, and {left:+.2f} is expected"


def _verb(change: float, *, third: bool = False) -> str:
    """Return raising or lowering, raises or lowers."""
    word = "rais" if change > 0 else "lower"
    return f"{word}{'es' if word == 'rais' else 's'}" if third else f"{word.capitalize()}ing"
