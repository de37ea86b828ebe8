"""`Known` is what is known of candidates: their direct parts, through the draws of the propagation.

1. what is broken is left out, by name
2. direct parts of all candidates, through the draws of the propagation        `direct`
3. draws that explain the measured changes badly are given up                  `informed`

Without a propagation the measured profiles are taken as they are: candidates known without a graph.
Guarantee: what holds for one plan holds for all plans made from the same `Known`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.planning.candidate import Candidate
from causalvalues.planning.direct import DirectPart, direct_part, noise_of
from causalvalues.planning.informed import informed
from causalvalues.planning.predict import MISFIT
from causalvalues.planning.programme import Choice
from causalvalues.planning.propagation import Propagation, no_propagation
from causalvalues.planning.settled import settled_change, settled_part

__all__ = ["Known", "known"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Known:
    """Candidates with their direct parts, as far as the graph and the measurements tell them."""

    candidates: tuple[Candidate, ...]
    parts: tuple[DirectPart, ...]
    propagation: Propagation
    left_out: Mapping[str, str]  # broken candidates by name, with what is wrong
    guided: bool

    def choices(self) -> list[Choice]:
        """Return what the programme may choose from."""
        return [
            Choice(
                candidate.name,
                part.draws,
                candidate.settles if self.guided else (),
                candidate.low,
                candidate.high,
                whole=candidate.is_told,
            )
            for candidate, part in zip(self.candidates, self.parts, strict=True)
        ]


def known(
    candidates: Sequence[Candidate],
    propagation: Propagation | None,
    *,
    guided: bool = True,
    misfit: float = MISFIT,
    seed: int = 0,
) -> Known:
    """Return what is known of candidates; once for any number of plans.

    `guided=False` forgets the graph and keeps what unsteered roles score.
    """
    if not candidates:
        raise OptionError("A plan needs candidates", found="none")
    whole = tuple(each for each in candidates if each.profile.healthy)
    left_out = {c.name: "; ".join(c.profile.faults) for c in candidates if not c.profile.healthy}
    if not whole:
        raise OptionError("A plan needs a healthy candidate", found=f"{len(left_out)} broken ones")
    if propagation is None or not guided:
        flat = _flat(whole[0].profile.names, propagation)
        parts = tuple(_bare(each, flat) for each in whole)
        return Known(whole, parts, flat, left_out, guided=False)
    pooled = {told: _pooled([each for each in whole if each.is_told == told]) for told in (0, 1)}
    first = [_part(each, propagation, pooled[each.is_told], misfit, seed) for each in whole]
    narrowed = informed(propagation, first, seed=seed)
    parts = tuple(
        settled_part(
            _part(each, narrowed, pooled[each.is_told], misfit, seed),
            each.profile, narrowed, each.settles, seed=seed,
        )
        for each in whole
    )  # fmt: skip
    return Known(whole, parts, narrowed, left_out, guided=True)


def _flat(names: tuple[str, ...], propagation: Propagation | None) -> Propagation:
    """Return a propagation in which nothing follows from anything."""
    if propagation is None:
        return no_propagation(names, np.ones(len(names)))
    return replace(propagation, weights=np.zeros((1, len(names), len(names))))


def _part(
    candidate: Candidate, propagation: Propagation, pooled: float | None, misfit: float, seed: int
) -> DirectPart:
    """Return the direct part of a candidate; a line that settles values changes those."""
    return direct_part(
        candidate.profile, propagation, among=candidate.settles or None, pooled=pooled,
        misfit=misfit, seed=seed,
    )  # fmt: skip


def _bare(candidate: Candidate, flat: Propagation) -> DirectPart:
    """Return a measured profile as it is; what was not asked about counts as unchanged."""
    change = np.nan_to_num(candidate.profile.change)
    for value in candidate.settles:
        v = flat.names.index(value)
        found = settled_change(candidate.profile, flat, v)
        change[v] = change[v] if found is None else found[0]
    n_values = len(change)
    return DirectPart(candidate.profile.names, change[None], np.ones(n_values), np.zeros(1))


def _pooled(candidates: Sequence[Candidate]) -> float | None:
    """Return the variance of one role's difference over all candidates; None without repeats."""
    found = []
    for each in candidates:
        n = each.profile.n_by_value
        if (n > 1).any():
            found.append(noise_of(each.profile)[n > 0] * n[n > 0])
    return float(np.median(np.concatenate(found))) if found else None
