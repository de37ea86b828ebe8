"""The model's own word: what it says about how values go together, asked pair by pair.

    W[i, j] = P(more) − P(less)   for somebody to whom i comes to matter more: j matters …
    T = I + s W                   one number s, fitted on profiles that were measured for it
    Δ = d T with d on the seen values so that they change as measured

Guarantee: a model that does not understand the question, or answers by the order of the options, is
unscored with the reason; nothing is asked about its own states, only about people.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import Fault, FileError, OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.direct import FLOOR, asked_values, noise_of
from causalvalues.planning.predict import Prediction
from causalvalues.survey.asking import Progress
from causalvalues.survey.request import Message, Request, Respondent
from causalvalues.values import ValueSystem

__all__ = ["FittedWord", "OwnWord", "ask_own_word", "by_own_word", "fit_own_word"]

Floats = NDArray[np.float64]

SCHEMA = "causalvalues.own-word/1"
ORDERS = (("more", "less", "same"), ("same", "less", "more"))
LEAST_MASS = 0.05  # of the options together
LEAST_AGREEMENT = 0.3  # correlation over pairs between the two orders
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class OwnWord:
    """What a model says follows from what; `reason` says why it cannot be used."""

    names: tuple[str, ...]
    matrix: Floats  # (cause, effect) in [−1, 1]
    mass: float  # mean probability of the options together
    agreement: float  # of the two orders; NaN where every pair gets one answer
    reason: str = ""

    @property
    def scored(self) -> bool:
        """Return whether the word can be used."""
        return not self.reason

    def to_dict(self) -> dict[str, Any]:
        """Return the word as JSON would hold it."""
        agreement = float(self.agreement) if np.isfinite(self.agreement) else None
        return {
            "schema": SCHEMA,
            "values": list(self.names),
            "matrix": self.matrix.tolist(),
            "mass": self.mass,
            "agreement": agreement,
            "reason": self.reason,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "OwnWord":
        """Return the word that `to_dict` gave."""
        try:
            if document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']!r}")
            agreement = document["agreement"]
            return cls(
                tuple(map(str, document["values"])),
                np.array(document["matrix"], dtype=np.float64),
                float(document["mass"]),
                np.nan if agreement is None else float(agreement),
                str(document["reason"]),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise FileError("A model's own word was expected", found=str(fault)) from fault


@dataclass(frozen=True, eq=False)
class FittedWord:
    """The word in units of the scores, and how far it was off where it was fitted."""

    names: tuple[str, ...]
    totals: Floats  # T (cause, effect)
    error: Floats  # (value,) standard deviation of a change that it tells
    scale: float  # s
    spread: Floats  # (value,)


def ask_own_word(
    respondent: Respondent, system: ValueSystem, *, progress: Progress | None = None
) -> OwnWord:
    """Return what a respondent says of every ordered pair of values of a system."""
    n_values = len(system.names)
    pairs = [(i, j) for i in range(n_values) for j in range(n_values) if i != j]
    asked = [(i, j, order) for i, j in pairs for order in range(len(ORDERS))]
    found = np.zeros((len(ORDERS), n_values, n_values))
    total = 0.0
    for place, probabilities in _answers(respondent, system, asked, progress):
        i, j, order = asked[place]
        by_word = dict(zip(ORDERS[order], probabilities, strict=True))
        mass = sum(probabilities)
        total += mass
        found[order, i, j] = (by_word["more"] - by_word["less"]) / mass if mass > 0 else 0.0
    apart = ~np.eye(n_values, dtype=np.bool_)
    mean_mass, agreement = total / len(asked), _correlation(*(each[apart] for each in found))
    reason = _reason(mean_mass, agreement)
    return OwnWord(system.names, found.mean(axis=0), mean_mass, agreement, reason)


def fit_own_word(word: OwnWord, profiles: Sequence[EffectProfile], spread: Floats) -> FittedWord:
    """Return the word scaled by one number, so that it tells measured profiles best.

    Each pair of values of a profile is a case, one told by the other: least squares in units of
    `spread` (value,). The profiles must be others than those that test it.
    """
    if not word.scored:
        raise OptionError("A model's own word must be usable", found=word.reason)
    changes = [p.change / spread for p in profiles if p.names == word.names]
    known = np.array([each for each in changes if np.isfinite(each).all()])
    if not len(known) or len(known) < len(profiles):
        raise OptionError(
            "Fitting needs profiles of all values in the word's order",
            found=f"{len(known)} of {len(profiles)}",
        )
    apart = ~np.eye(len(word.names), dtype=np.bool_)
    told = (known[:, :, None] * word.matrix)[:, apart].ravel()
    true = np.broadcast_to(known[:, None, :], (len(known), *apart.shape))[:, apart].ravel()
    strength = float(told @ told)
    scale = float(told @ true) / strength if strength > 0 else 0.0
    error = float(np.sqrt(np.mean(np.square(true - scale * told))))
    totals = np.eye(len(spread)) + scale * np.where(apart, word.matrix, 0.0)
    return FittedWord(word.names, totals * spread / spread[:, None], error * spread, scale, spread)


def by_own_word(
    profile: EffectProfile,
    word: FittedWord,
    *,
    n_draws: int = 200,
    pooled: float | None = None,
    seed: int = 0,
) -> Prediction:
    """Return what the model's word says of the unseen values, given the seen ones."""
    asked = asked_values(profile, word.names)
    floor = (FLOOR * word.spread[asked]) ** 2
    noise = noise_of(profile, pooled=pooled, spread=word.spread)[asked] + floor
    # d on the seen values with d T_MM = y: what each of them changed beyond the others' word
    slopes = np.linalg.lstsq(word.totals[np.ix_(asked, asked)], word.totals[asked])[0]
    rng = np.random.default_rng([seed, 8])
    y = profile.change[asked]
    seen = y + np.sqrt(noise) * rng.standard_normal((n_draws, len(asked)))
    off = word.error * rng.standard_normal((n_draws, len(word.names)))
    off[:, asked] = 0.0
    names = tuple(profile.names[v] for v in asked)
    return Prediction(
        profile.name, profile.names, seen @ slopes + off, names, "own word", y @ slopes
    )


def _answers(
    respondent: Respondent,
    system: ValueSystem,
    asked: Sequence[tuple[int, int, int]],
    progress: Progress | None,
) -> Iterator[tuple[int, list[float]]]:
    """Yield the place of each asking and the probabilities of its options."""
    for start in range(0, len(asked), AT_ONCE):
        chunk = asked[start : start + AT_ONCE]
        requests = [_request(system, *each) for each in chunk]
        given = dict(respondent.log_probabilities(requests))
        if sorted(given) != list(range(len(chunk))):
            raise Fault("A respondent answers every request once", found=f"{len(given)} answers")
        for place in range(len(chunk)):
            yield start + place, np.exp(given[place]).tolist()
        if progress is not None:
            progress(start + len(chunk), len(asked))


def _request(system: ValueSystem, cause: int, effect: int, order: int) -> Request:
    """Return one question about two values."""
    first, second = system.values[cause], system.values[effect]
    words = ORDERS[order]
    text = (
        f"Think of people in general, and of two things that may matter to them.\n"
        f"First, {first.name}: {first.definition}\n"
        f"Second, {second.name}: {second.definition}\n"
        f"The first comes to matter more to somebody than before. Does the second then usually "
        f"matter more to this person too, less, or the same as before? "
        f"Answer with one word: {words[0]}, {words[1]} or {words[2]}."
    )
    return Request((Message("user", text),), words)


def _reason(mass: float, agreement: float) -> str:
    """Return why a word cannot be used; nothing where it can."""
    if not mass >= LEAST_MASS:
        return f"the options get {mass:.1g} of all probability: the model would say something else"
    if np.isnan(agreement):
        return "every pair of values gets the same answer, in one order of the options or both"
    if agreement < LEAST_AGREEMENT:
        return (
            "answers follow the order of the options, not their meaning "
            f"(the two orders correlate {agreement:.2f})"
        )
    return ""


def _correlation(one: Floats, two: Floats) -> float:
    """Return the correlation, NaN where either never varies."""
    if np.ptp(one) < 1e-9 or np.ptp(two) < 1e-9:
        return float("nan")
    return float(np.corrcoef(one, two)[0, 1])
