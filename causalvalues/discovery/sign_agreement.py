"""Do effects or correlations have the signs a theory predicts, and more often than by chance?

Two numbers. `sign_agreement`: among pairs with a predicted sign and a clear observed one, the share
where they are the same. `circumplex_fit`: the correlation of the observed sizes with the cosines
of the circle. Chance: the same after the observed values were swapped at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import JsonValue

from causalvalues.discovery.distances import Measure, Question, against_chance, relabellings
from causalvalues.discovery.graph import Effect, ValueGraph
from causalvalues.discovery.reference import SignReference
from causalvalues.errors import GraphError, OptionError

__all__ = ["SignAgreement", "sign_agreement"]

Floats = NDArray[np.float64]
Order = NDArray[np.int64]
Observed = ValueGraph | Sequence[Effect] | pd.DataFrame


@dataclass(frozen=True)
class SignAgreement:
    """How well observed signs agree with a reference."""

    agreement: Measure
    fit: Measure
    n_pairs: int  # pairs with a predicted and a clear observed sign
    disagreeing: tuple[tuple[str, str], ...]  # those whose signs differ; (cause, effect) of effects
    left_out: tuple[str, ...]  # observed values that the reference does not know

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the agreement as JSON values."""
        return {
            "agreement": self.agreement.to_dict(),
            "fit": self.fit.to_dict(),
            "n_pairs": self.n_pairs,
            "disagreeing": [list(pair) for pair in self.disagreeing],
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True)
class _Relations:
    """Observed relations; NaN = none, sign 0 = not clear."""

    names: tuple[str, ...]
    sizes: Floats  # (value, value); [i, j]: of i on j
    signs: Floats  # (value, value)

    def among(self, known: tuple[str, ...]) -> "_Relations":
        """Return the relations between known values."""
        keep = [i for i, name in enumerate(self.names) if name in known]
        grid = np.ix_(keep, keep)
        return _Relations(tuple(self.names[i] for i in keep), self.sizes[grid], self.signs[grid])


def sign_agreement(
    observed: Observed,
    reference: SignReference,
    *,
    method: str | None = None,
    n_relabellings: int = 1000,
    seed: int = 0,
) -> SignAgreement:
    """Return how often observed signs are the predicted ones, against chance.

    observed: a graph with effects, effects, or a correlation matrix as a frame. An effect whose
    range includes zero has no clear sign. method: of several effects for one pair, which to take.
    """
    every = _relations(observed, method)
    relations = every.among(reference.names)
    if len(relations.names) < 2:
        raise GraphError(
            "The reference must know at least two observed values",
            found=f"observed {', '.join(every.names)}; known {', '.join(reference.names)}",
        )
    order = [reference.names.index(name) for name in relations.names]
    signs = reference.signs[np.ix_(order, order)]
    strengths = reference.strengths[np.ix_(order, order)]
    n_values = len(order)
    orders = list(relabellings(("value",) * n_values, n=n_relabellings, seed=seed))
    judged = (signs != 0) & (relations.signs != 0)
    wrong = np.argwhere(judged & (signs != relations.signs))
    return SignAgreement(
        agreement=against_chance(_agreement_question(relations, signs), orders, n_values),
        fit=against_chance(_fit_question(relations, strengths), orders, n_values),
        n_pairs=int(np.count_nonzero(judged)),
        disagreeing=tuple((relations.names[i], relations.names[j]) for i, j in wrong),
        left_out=tuple(name for name in every.names if name not in reference.names),
    )


def _agreement_question(relations: _Relations, signs: NDArray[np.int8]) -> Question:
    """Return the share of equal signs as a question."""

    def answer(order: Order) -> float:
        seen = relations.signs[np.ix_(order, order)]
        judged = (signs != 0) & (seen != 0)
        return float((signs == seen)[judged].mean()) if judged.any() else float("nan")

    undefined = "no pair has both a predicted and a clear observed sign"
    return Question("sign_agreement", "higher", answer, undefined)


def _fit_question(relations: _Relations, strengths: Floats) -> Question:
    """Return the correlation of sizes with cosines as a question."""

    def answer(order: Order) -> float:
        sizes = relations.sizes[np.ix_(order, order)]
        known = ~np.isnan(sizes)
        pair = sizes[known], strengths[known]
        if known.sum() < 3 or min(np.ptp(pair[0]), np.ptp(pair[1])) < 1e-12:
            return float("nan")
        return float(np.corrcoef(*pair)[0, 1])

    return Question("circumplex_fit", "higher", answer, "fewer than three pairs that vary")


def _relations(observed: Observed, method: str | None) -> _Relations:
    """Return the observed relations, whatever form they came in."""
    if isinstance(observed, pd.DataFrame):
        return _of_correlation(observed)
    if isinstance(observed, ValueGraph):
        if not observed.effects:
            raise GraphError(
                "Signs need a graph with effects", found="none", remedy="add `effects`"
            )
        names = tuple(
            n for n, k in zip(observed.names, observed.kinds, strict=True) if k == "value"
        )
        return _of_effects(observed.effects, names, method)
    ends = (name for effect in observed for name in (effect.cause, effect.effect))
    return _of_effects(observed, tuple(dict.fromkeys(ends)), method)


def _of_effects(
    effects: Sequence[Effect], names: tuple[str, ...], method: str | None
) -> _Relations:
    """Return effects as relations; a sign is clear where the whole range has it."""
    sizes = np.full((len(names), len(names)), np.nan)
    signs = np.zeros_like(sizes)
    for effect in effects:
        if method not in (None, effect.method) or not {effect.cause, effect.effect} <= set(names):
            continue
        i, j = names.index(effect.cause), names.index(effect.effect)
        if not np.isnan(sizes[i, j]):
            raise OptionError(
                f"{effect.cause} → {effect.effect} must have one effect",
                found="several",
                remedy="choose one with `method`",
            )
        sizes[i, j] = effect.middle
        signs[i, j] = np.sign(effect.low) if effect.low * effect.high > 0 else 0.0
    return _Relations(names, sizes, signs)


def _of_correlation(frame: pd.DataFrame) -> _Relations:
    """Return a correlation matrix as relations, each pair once."""
    names = tuple(str(name) for name in frame.columns)
    if tuple(str(name) for name in frame.index) != names:
        raise GraphError("A correlation matrix needs the same names as rows and columns")
    values = frame.to_numpy(dtype=np.float64)
    once = np.triu(np.ones(values.shape, dtype=np.bool_), k=1)
    sizes = np.where(once, values, np.nan)
    return _Relations(names, sizes, np.nan_to_num(np.sign(sizes)))
