"""On the same items: does a graph of half the roles predict the other half, over several splits?

Rows under a feature hold what the feature does, so a graph learnt from them is no prediction of it.
Here the published search is run twice: on all rows of the known half, as published, and without
the rows of the feature that is predicted and of broken ones.
"""

import numpy as np
from prediction_sources import REACHES, profiles_of, tasks
from pydantic import JsonValue
from study import Study, contexts

from causalvalues import ScoreTable, discover
from causalvalues.planning.baselines import covariances, plain_correlations
from causalvalues.planning.predict import predict
from causalvalues.planning.prediction_cases import Outcome, cases_of, seen_sets
from causalvalues.planning.prediction_scores import numbers_of
from causalvalues.planning.prior import fit_prior
from causalvalues.planning.propagation import propagation

__all__ = ["over_splits"]

N_DRAWS = 40
N_SETS = 10
CORRELATION = "pearson across"


def over_splits(study: Study, n_splits: int, seed: int) -> dict[str, JsonValue]:
    """Return the correlation of predicted and measured change for every split, by method."""
    found: dict[str, list[float]] = {}
    for split in range(seed, seed + n_splits):
        for method, outcomes in _one_split(study, split).items():
            number = numbers_of(cases_of(outcomes, seed=seed), threshold=0.1)[CORRELATION]
            found.setdefault(method, []).append(number)
    return {
        method: {"mean": float(np.mean(each)), "least": min(each), "most": max(each)}
        for method, each in found.items()
    }


def _one_split(study: Study, split: int) -> dict[str, list[Outcome]]:
    """Return every method's predictions beside what was measured, three values seen."""
    task = next(each for each in tasks(study, split) if each.asked is not study.test)
    profiles = profiles_of(task.asked)
    whole = [each for each in profiles if each.healthy]
    broken = [each.name for each in profiles if not each.healthy]
    seen = seen_sets(task.known.names, 3, most=N_SETS, seed=split)
    unsteered = task.known.rows(np.flatnonzero(contexts(task.known) == ""))
    between = covariances(unsteered, n_draws=N_DRAWS, seed=split)
    published = propagation(unsteered, task.published, n_draws=N_DRAWS, seed=split)
    known = [each for each in profiles_of(task.known) if each.healthy]
    reach = fit_prior(known, published.taken(np.arange(10)), priors=REACHES)
    found: dict[str, list[Outcome]] = {}
    for profile in whole:
        others = _without(task.known, (profile.name, *broken))
        graph = discover(others, preset="kang2025")
        apart = propagation(unsteered, graph, n_draws=N_DRAWS, seed=split)
        for shown in (profile.only(each) for each in seen):
            for method, prediction in (
                ("published search, all rows", predict(shown, published, prior=reach, seed=split)),
                ("published search, without it", predict(shown, apart, prior=reach, seed=split)),
                ("plain correlations", plain_correlations(shown, between, seed=split)),
            ):
                found.setdefault(method, []).append(Outcome(prediction, profile))
    return found


def _without(table: ScoreTable, features: tuple[str, ...]) -> ScoreTable:
    """Return the rows that are not under any of these features."""
    return table.rows(np.flatnonzero(~np.isin(contexts(table), features)))
