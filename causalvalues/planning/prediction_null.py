"""Chance: how well do predictions do along the same graph under other names?

    p = (1 + #{relabellings that do as well}) / (1 + n)

The observed labelling and every other one get the same number of draws of the propagation and the
same measured changes, so that only the names differ. Guarantee: a seed gives the same p-values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields

import numpy as np
from numpy.typing import NDArray

from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.baselines import relabelled, relabellings
from causalvalues.planning.direct import direct_part
from causalvalues.planning.predict import predict
from causalvalues.planning.prediction_cases import Outcome, cases_of
from causalvalues.planning.prediction_scores import numbers_of
from causalvalues.planning.prior import Prior
from causalvalues.planning.propagation import Propagation

__all__ = ["PredictionNull", "prediction_null"]

Floats = NDArray[np.float64]

LOWER_IS_BETTER = ("rmse",)
NOT_ABOUT_NAMES = ("coverage",)


@dataclass(frozen=True, eq=False)
class PredictionNull:
    """Scores of the observed names beside those of others; NaN = unscored."""

    observed: Mapping[str, float]
    draws: Mapping[str, Floats]  # (relabelling,)

    @property
    def p_values(self) -> dict[str, float | None]:
        """Return how often other names do as well; None where that is unscored."""
        found: dict[str, float | None] = {}
        for name, observed in self.observed.items():
            drawn = self.draws[name][np.isfinite(self.draws[name])]
            sign = -1.0 if name in LOWER_IS_BETTER else 1.0
            as_good = int((sign * drawn >= sign * observed - 1e-12).sum())
            usable = np.isfinite(observed) and len(drawn) > 0
            found[name] = float((1 + as_good) / (1 + len(drawn))) if usable else None
        return found


def prediction_null(
    profiles: Sequence[EffectProfile],
    seen: Sequence[tuple[str, ...]],
    propagation: Propagation,
    *,
    threshold: float = 0.2,
    n_relabellings: int = 199,
    n_draws: int = 8,
    prior: Prior | None = None,
    pooled: float | None = None,
    seed: int = 0,
) -> PredictionNull:
    """Return how well predictions from every seen set do, under the true and other names."""
    chosen = Prior() if prior is None else prior
    rng = np.random.default_rng([seed, 11])
    n_draws = min(n_draws, propagation.n_draws)
    few = propagation.taken(np.sort(rng.choice(propagation.n_draws, n_draws, replace=False)))
    n_values = len(propagation.names)
    orders = [np.arange(n_values), *relabellings(n_values, n_relabellings, seed=seed)]
    together = replace_fields(
        few, weights=np.concatenate([relabelled(few, order).weights for order in orders])
    )
    tests, middles = [], []
    for profile in profiles:
        for each in seen:
            shown = profile.only(each)
            known = predict(shown, few, prior=prior, pooled=pooled, seed=seed)
            tests.append(Outcome(known, profile))
            part = direct_part(
                shown, together, most=chosen.most, share=chosen.share, width=chosen.width,
                dense=chosen.dense, pooled=pooled, seed=seed,
            )  # fmt: skip
            changes = together.under(part.centres).reshape(len(orders), n_draws, n_values)
            told = tests[-1].prediction.told & (profile.n_by_value > 1)
            middles.append(changes.mean(axis=1)[:, told])
    cases = cases_of(tests, seed=seed)
    by_order = np.concatenate(middles, axis=1)  # (order, case)
    found = [numbers_of(replace_fields(cases, middle=m), threshold=threshold) for m in by_order]
    names = [name for name in found[0] if name not in NOT_ABOUT_NAMES]
    return PredictionNull(
        {name: found[0][name] for name in names},
        {name: np.array([each[name] for each in found[1:]]) for name in names},
    )
