"""Whether interventions touch few values or all of them is learnt from some that were measured."""

import numpy as np
import pytest
from moved_worlds import profile_of, totals_of, true_propagation

from causalvalues.errors import OptionError
from causalvalues.organism.world import random_world
from causalvalues.planning.predict import predict
from causalvalues.planning.prior import PRIORS, Prior, evidence_of_priors, fit_prior

WORLD = random_world(8, degree=2.5, seed=4)
DRAWN = true_propagation(WORLD, 60)


def family(few: float, dense: float, n: int = 12, seed: int = 0) -> list[np.ndarray]:
    """Changes of interventions that touch some values much and all of them a bit."""
    rng = np.random.default_rng(seed)
    return [
        0.5
        * ((rng.random(8) < 0.15) * few + dense * rng.standard_normal(8))
        @ totals_of(WORLD)
        for _ in range(n)
    ]  # fmt: skip


def profiles(changes: list[np.ndarray]) -> list:
    return [profile_of(WORLD, change, seed=place) for place, change in enumerate(changes)]


def test_interventions_that_touch_all_values_are_told_from_those_that_touch_few() -> None:
    sparse = fit_prior(profiles(family(1.0, 0.05)), DRAWN)
    dense = fit_prior(profiles(family(0.0, 0.6)), DRAWN)
    assert sparse.dense <= 0.1
    assert dense.dense >= 0.4


def test_the_best_of_those_given_is_returned() -> None:
    known = profiles(family(0.0, 0.6, n=4))
    evidence = evidence_of_priors(known, DRAWN)
    assert evidence.shape == (len(PRIORS), 4)
    assert fit_prior(known, DRAWN) == PRIORS[int(np.argmax(evidence.sum(axis=1)))]
    assert fit_prior(known, DRAWN, priors=[Prior()]) == Prior()


def test_a_fitted_prior_covers_where_the_usual_one_does_not() -> None:
    prior = fit_prior(profiles(family(0.0, 0.6)), DRAWN)
    inside = {"usual": 0, "fitted": 0}
    n_told = 0
    for place, change in enumerate(family(0.0, 0.6, n=60, seed=1)):
        seen = profile_of(WORLD, change, seed=place).only(("v1", "v4", "v6"))
        for name, each in (("usual", None), ("fitted", prior)):
            found = predict(seen, DRAWN, prior=each, seed=place)
            low, high = found.interval()
            inside[name] += ((low <= change) & (change <= high))[found.told].sum()
        n_told += found.told.sum()
    assert inside["usual"] / n_told < 0.88
    assert 0.9 <= inside["fitted"] / n_told <= 0.99


@pytest.mark.fault
def test_a_prior_needs_something_to_be_fitted_to() -> None:
    with pytest.raises(OptionError, match="a profile or more"):
        fit_prior([], DRAWN)
