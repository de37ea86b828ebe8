"""Side effects against a graph: do the values that follow from a target change more than others?

    rates[v, w]   among the interventions that changed v (or were meant for it), the share that
                  clearly changed w too
    expected(v)   mean rate over the values that arrows lead to from v
    unexpected(v) mean rate over all other values

This is the published statistic of Kang et al. (2025), on profiles: "changed" is an interval that
leaves out zero, not any difference of one role. Chance: the same graph under other names.
Guarantee: a value that nothing changed, or from which nothing follows, is unscored (NaN).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.marks import Bools, adjacent_pairs, directed_pairs, reachable
from causalvalues.discovery.nulls import relabelled_null
from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile

__all__ = ["SideEffects", "co_change", "expected_unexpected", "leads_to", "side_effects"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SideEffects:
    """How often expected and unexpected values changed, beside chance."""

    names: tuple[str, ...]
    expected: Floats  # (value,)
    unexpected: Floats  # (value,)
    p_by_value: Floats  # (value,): as large a difference under other names
    p_difference: float  # of the mean difference
    n_profiles: NDArray[np.int64]  # (value,): interventions that count for it

    @property
    def difference(self) -> float:
        """Return the mean over scored values of expected minus unexpected."""
        return _mean(self.expected - self.unexpected)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per value."""
        return pd.DataFrame(
            {
                "value": self.names,
                "expected": self.expected,
                "unexpected": self.unexpected,
                "difference": self.expected - self.unexpected,
                "p": self.p_by_value,
                "n_profiles": self.n_profiles,
            }
        )

    def sentence(self) -> str:
        """Return the result in one sentence."""
        return (
            f"Values that follow from the target changed in {_mean(self.expected):.0%} of cases, "
            f"others in {_mean(self.unexpected):.0%}; as large a difference under other names: "
            f"p = {self.p_difference:.3g}."
        )


def side_effects(
    profiles: Sequence[EffectProfile],
    graph: ValueGraph,
    *,
    targets: Mapping[str, str] | None = None,
    level: float = 0.95,
    n_relabellings: int = 1000,
    seed: int = 0,
) -> SideEffects:
    """Return how often each value's followers and the others changed when it did.

    `targets` says by a profile's name which value it was meant for; without it a profile counts for
    every value that it changed. Profiles with faults are left out.
    """
    healthy = [profile for profile in profiles if profile.healthy]
    graph = graph.only("value")
    _refuse_strangers(healthy, graph, targets)
    changed = np.array([_changed(profile, graph.names, level) for profile in healthy])
    meant = changed if targets is None else _meant(healthy, graph.names, targets)
    rates = co_change(changed, meant)

    def differences(other: ValueGraph) -> Floats:
        expected, unexpected = expected_unexpected(leads_to(other), rates)
        gap = expected - unexpected
        return np.array([*gap, _mean(gap)])

    null = relabelled_null(graph, differences, n_relabellings=n_relabellings, seed=seed)
    expected, unexpected = expected_unexpected(leads_to(graph), rates)
    *by_value, of_mean = null.p_values
    n_profiles = np.asarray(meant.sum(axis=0), dtype=np.int64)
    return SideEffects(
        graph.names, expected, unexpected, np.array(by_value), float(of_mean), n_profiles
    )


def co_change(changed: Bools, meant: Bools | None = None) -> Floats:
    """Return [v, w], how often w changed among the rows meant for v; NaN where there is none.

    changed, meant: (row, value); without `meant` a row counts for every value that it changed.
    """
    counted = changed if meant is None else meant
    together = counted.T.astype(np.float64) @ changed
    with np.errstate(invalid="ignore"):
        rates: Floats = together / counted.sum(axis=0)[:, None]
    return rates


def expected_unexpected(inside: Bools, rates: Floats) -> tuple[Floats, Floats]:
    """Return, per value, the mean rate over the values inside [v, w] and over all others."""
    outside = ~inside & ~np.eye(len(inside), dtype=np.bool_)
    return _mean_where(inside, rates), _mean_where(outside, rates)


def leads_to(graph: ValueGraph) -> Bools:
    """Return [v, w] true where arrows lead from v to another value w; open edges count both ways.

    As published; an edge against its own direction never counts.
    """
    arrows = adjacent_pairs(graph.marks) & ~directed_pairs(graph.marks).T
    closure = reachable(arrows)
    np.fill_diagonal(closure, False)
    return closure


def _changed(profile: EffectProfile, names: tuple[str, ...], level: float) -> list[bool]:
    """Return per value whether the change is clear: its interval leaves out zero."""
    low, high = profile.interval(level)
    clear = dict(zip(profile.names, (low > 0) | (high < 0), strict=True))
    return [bool(clear[name]) for name in names]


def _meant(
    profiles: Sequence[EffectProfile], names: tuple[str, ...], targets: Mapping[str, str]
) -> Bools:
    """Return (profile, value), true at the value that each profile was meant for."""
    return np.array([[targets[profile.name] == name for name in names] for profile in profiles])


def _refuse_strangers(
    profiles: Sequence[EffectProfile], graph: ValueGraph, targets: Mapping[str, str] | None
) -> None:
    """Raise where profiles, graph and targets are about different things."""
    if not profiles:
        raise OptionError("Side effects need one healthy profile or more", found="none")
    for profile in profiles:
        absent = [name for name in graph.names if name not in profile.names]
        if absent:
            raise OptionError(
                "Every value of the graph must be measured",
                found=f"{profile.name!r} without {', '.join(absent)}",
            )
        if targets is not None and targets.get(profile.name) not in graph.names:
            raise OptionError(
                "Every profile needs a target among the graph's values",
                found=f"{targets.get(profile.name)!r} for {profile.name!r}",
            )


def _mean_where(chosen: Bools, rates: Floats) -> Floats:
    """Return the row means of the chosen entries; NaN where nothing was chosen or v never moved."""
    kept = np.where(chosen, rates, 0.0).sum(axis=1)
    n_chosen = chosen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = np.where(n_chosen > 0, kept / n_chosen, np.nan)
    return means


def _mean(numbers: Floats) -> float:
    """Return the mean of what is scored, NaN where nothing is."""
    known = numbers[np.isfinite(numbers)]
    return float(known.mean()) if len(known) else float("nan")
