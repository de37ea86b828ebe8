"""What was predicted beside what was measured: one case per value that nobody was asked about.

Guarantee: a value that a prediction had seen is never a case; a broken intervention is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.direct import noise_of
from causalvalues.planning.predict import Prediction

__all__ = ["LEVELS", "Cases", "Outcome", "Predictor", "cases_of", "outcomes", "seen_sets"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Predictor = Callable[[EffectProfile], Prediction]

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True, eq=False)
class Outcome:
    """A prediction from a part of a profile, beside the whole of it."""

    prediction: Prediction
    measured: EffectProfile


@dataclass(frozen=True, eq=False)
class Cases:
    """Cases in one row each, by intervention and prediction."""

    interventions: tuple[str, ...]
    intervention: Places  # (case,)
    prediction: Places  # (case,)
    middle: Floats  # (case,) predicted
    change: Floats  # (case,) measured
    clear: NDArray[np.bool_]  # (case,) the measured interval leaves out zero
    inside: NDArray[np.bool_]  # (level, case)
    n_seen: tuple[int, ...]  # the sizes of the seen sets

    @property
    def n_predictions(self) -> int:
        """Return how many predictions there are."""
        return int(self.prediction.max()) + 1


def seen_sets(
    names: Sequence[str], size: int, *, most: int = 60, seed: int = 0
) -> tuple[tuple[str, ...], ...]:
    """Return every set of so many values, or a sample of them where there are too many."""
    if not 1 <= size < len(names):
        raise OptionError(
            f"A seen set leaves one of {len(names)} values unseen or more", found=f"size {size}"
        )
    if most < 1:
        raise OptionError("`most` must be 1 or more", found=str(most))
    if comb(len(names), size) <= most:
        return tuple(combinations(names, size))
    rng = np.random.default_rng([seed, size])
    chosen: dict[tuple[int, ...], None] = {}
    while len(chosen) < most:
        places = rng.choice(len(names), size, replace=False)
        chosen[tuple(sorted(int(place) for place in places))] = None
    return tuple(tuple(names[place] for place in each) for each in chosen)


def outcomes(
    profiles: Sequence[EffectProfile], seen: Sequence[tuple[str, ...]], predictor: Predictor
) -> tuple[Outcome, ...]:
    """Return what a predictor says of every profile from every seen set."""
    broken = [f"{p.name}: {'; '.join(p.faults)}" for p in profiles if not p.healthy]
    if broken:
        raise OptionError(
            "Predictions are tested on interventions that left the model whole",
            found="; ".join(broken),
            remedy="leave them out by name",
        )
    return tuple(Outcome(predictor(p.only(each)), p) for p in profiles for each in seen)


def cases_of(tests: Sequence[Outcome], *, clear_at: float = 0.95, seed: int = 0) -> Cases:
    """Return every unseen and measured value of every prediction.

    Intervals are those for the measured mean: draws plus the mean's own sampling error.
    """
    if not tests:
        raise OptionError("Scores need a prediction or more", found="none")
    names = tuple(dict.fromkeys(test.measured.name for test in tests))
    columns: list[tuple[NDArray[Any], ...]] = []
    for place, test in enumerate(tests):
        told = _places(test)
        low, high = test.measured.interval(clear_at)
        number = np.full(len(told), names.index(test.measured.name))
        columns.append(
            (
                number,
                np.full(len(told), place),
                test.prediction.middle[told],
                test.measured.change[told],
                ((low > 0) | (high < 0))[told],
                *_inside(test, told, seed),
            )
        )
    found = [np.concatenate(each) for each in zip(*columns, strict=True)]
    return Cases(
        names,
        found[0].astype(np.int64),
        found[1].astype(np.int64),
        found[2],
        found[3],
        found[4].astype(np.bool_),
        np.array(found[5:]).astype(np.bool_),
        tuple(sorted({len(test.prediction.asked) for test in tests})),
    )


def _places(test: Outcome) -> Places:
    """Return the values that were told and not seen, and are known."""
    if test.prediction.names != test.measured.names:
        raise OptionError(
            "A prediction and a profile must have the same values in the same order",
            found=f"{', '.join(test.prediction.names)}; and {', '.join(test.measured.names)}",
        )
    return np.flatnonzero(test.prediction.told & (test.measured.n_by_value > 1))


def _inside(test: Outcome, told: Places, seed: int) -> list[NDArray[np.bool_]]:
    """Return, per level, which measured changes (told,) lie in their intervals."""
    draws = test.prediction.draws[:, told]
    error = np.sqrt(noise_of(test.measured)[told])
    chance = np.random.default_rng([seed, 9]).standard_normal((8, *draws.shape))
    wider = (draws + error * chance).reshape(-1, len(told))
    tails = [(1 - level) / 2 for level in LEVELS]
    bounds = np.quantile(wider, [*tails, *(1 - tail for tail in tails)], axis=0)
    change = test.measured.change[told]
    return [
        (bounds[place] <= change) & (change <= bounds[place + len(LEVELS)])
        for place in range(len(LEVELS))
    ]
