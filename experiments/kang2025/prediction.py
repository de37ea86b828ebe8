"""Does a graph of some roles predict what SAE features do to other roles?

Per feature: the measured change of a few values is shown, all others are predicted and held against
the measured change. Every method sees the same; graphs and correlations come from other roles
without a feature, and how far features reach from what the other features did to those roles.

    test                    known: training roles           asked: test roles
    other training roles    known: half of them             asked: the other half, the same items
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from prediction_sources import (
    HALVES,
    TEST,
    Sources,
    Task,
    predictions,
    profiles_of,
    sources_of,
    tasks,
)
from prediction_splits import over_splits
from pydantic import JsonValue
from study import Study

from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.prediction_cases import Cases, Outcome, cases_of, seen_sets
from causalvalues.planning.prediction_null import prediction_null
from causalvalues.planning.prediction_scores import PredictionScores, score_predictions, unscored

__all__ = ["Predicted", "predict_all"]

Floats = NDArray[np.float64]
Sets = tuple[tuple[str, ...], ...]

SIZES = {TEST: (1, 3), HALVES: (3,)}
MOST_SETS = 10  # of three seen values; those of one are all taken
MOST_DRAWS = 60
MOST_SPLITS = 4
N_HALVES = 40
THRESHOLD = 0.1  # a large prediction, in units of the score
NO_MODEL = "no model in the data to ask"
BROKEN_TOO = "7754 too"
GRAPHS = ("graph", "published graph", "hand-made graph")


@dataclass(frozen=True, eq=False)
class Predicted:
    """All methods' scores, and the cases of those that are drawn."""

    scores: pd.DataFrame
    findings: dict[str, JsonValue]
    calibration: pd.DataFrame  # (method, nominal, actual), three values seen
    cases: Mapping[str, Cases]  # by method, three values seen


def predict_all(study: Study, n_draws: int, seed: int) -> Predicted:
    """Return the scores of every method for seen sets of one and of three values."""
    tables, cases, calibration = [], {}, []
    findings: dict[str, JsonValue] = {"threshold": THRESHOLD, **_of_the_data(study, seed)}
    for task in tasks(study, seed):
        sources = sources_of(task, int(np.clip(n_draws, 40, MOST_DRAWS)), seed)
        profiles = profiles_of(task.asked)
        findings[task.name] = _about(task, profiles, sources)
        whole = [each for each in profiles if each.healthy]
        broken = [replace_fields(p, faults=()) for p in profiles if not p.healthy]
        for size in SIZES[task.name]:
            n_sets = 17 if size == 1 else int(np.clip(n_draws // 10, 6, MOST_SETS))
            seen = seen_sets(task.known.names, size, most=n_sets, seed=seed)
            outcomes = _outcomes(whole, seen, sources, seed)
            more = _outcomes(broken if task.name == TEST else [], seen, sources, seed)
            for method, own in outcomes.items():
                scored = _scored(own, method, seed)
                if method in GRAPHS:
                    scored = scored.with_p(_null(whole, seen, method, sources, n_draws, seed))
                tables.append(_rows(scored, task.name))
                if method in more:
                    both = _scored(own + more[method], f"{method}, {BROKEN_TOO}", seed)
                    tables.append(_rows(both, task.name))
                if task.name == TEST and size == 3:
                    cases[method] = cases_of(own, seed=seed)
                    calibration += _calibration(scored)
            tables.append(_rows(unscored("own word", NO_MODEL, n_seen=(size,)), task.name))
    findings["other_training_roles_over_splits"] = over_splits(
        study, int(np.clip(n_draws // 100, 2, MOST_SPLITS)), seed
    )
    scores = pd.concat(tables, ignore_index=True)
    return Predicted(scores, findings, pd.DataFrame(calibration), cases)


def _outcomes(
    profiles: list[EffectProfile], seen: Sets, sources: Sources, seed: int
) -> dict[str, list[Outcome]]:
    """Return every method's predictions beside what was measured."""
    found: dict[str, list[Outcome]] = {}
    for profile in profiles:
        told = sources.informed(profile.name, seed)
        for shown in (profile.only(each) for each in seen):
            for method, prediction in predictions(shown, told, sources, seed):
                found.setdefault(method, []).append(Outcome(prediction, profile))
    return found


def _null(
    whole: list[EffectProfile],
    seen: Sets,
    graph: str,
    sources: Sources,
    n_draws: int,
    seed: int,
) -> dict[str, float | None]:
    """Return p-values against the same graph under other names; one reach, fitted to all."""
    null = prediction_null(
        whole, seen, sources.graphs[graph], prior=sources.reach(graph, ""), threshold=THRESHOLD,
        n_relabellings=int(np.clip(n_draws // 10, 19, 99)), n_draws=4, seed=seed,
    )  # fmt: skip
    return null.p_values


def _scored(outcomes: list[Outcome], method: str, seed: int) -> PredictionScores:
    """Return the scores of one method under its name here."""
    scored = score_predictions(outcomes, threshold=THRESHOLD, seed=seed)
    return replace_fields(scored, method=method)


def _calibration(scored: PredictionScores) -> list[dict[str, object]]:
    """Return rows of nominal and actual coverage."""
    return [
        {"method": scored.method, "nominal": nominal, "actual": actual}
        for nominal, actual in scored.calibration.items()
    ]


def _rows(scored: PredictionScores, target: str) -> pd.DataFrame:
    """Return the scores with their target."""
    frame = scored.to_frame()
    frame.insert(0, "target", target)
    return frame


def _about(task: Task, profiles: list[EffectProfile], sources: Sources) -> dict[str, JsonValue]:
    """Return what one task is made of."""
    whole = [each.name for each in profiles if each.healthy]
    return {
        "n_known_roles": task.known.n_clusters,
        "n_asked_roles": len(profiles[0].roles),
        "features": whole,
        "left_out": {each.name: list(each.faults) for each in profiles if not each.healthy},
        "mean_edges_of_a_draw": {
            name: float((each.weights != 0).sum(axis=(1, 2)).mean())
            for name, each in sources.graphs.items()
        },
        "reach_by_graph": {
            name: sorted({sources.reach(name, each).dense for each in whole})
            for name in sources.graphs
        },
    }


def _of_the_data(study: Study, seed: int) -> dict[str, JsonValue]:
    """Return how far the effects of features are the same over roles, and over both files."""
    train, test = (
        {each.name: each for each in profiles_of(table) if each.healthy}
        for table in (study.train, study.test)
    )
    shared = [name for name in test if name in train]
    pair = [np.ravel([of[name].change for name in shared]) for of in (train, test)]
    rng = np.random.default_rng(seed)
    halves = [_split(list(test.values()), rng) for _ in range(N_HALVES)]
    finest = [[_denominator(column) for column in t.scores.T] for t in (study.train, study.test)]
    return {
        "effects_of_training_and_test_roles_correlate": float(np.corrcoef(*pair)[0, 1]),
        "effects_of_halves_of_the_test_roles_correlate": float(np.mean(halves)),
        "values_scored_in_other_steps": int(np.sum(np.not_equal(*finest))),
    }


def _split(profiles: list[EffectProfile], rng: np.random.Generator) -> float:
    """Return the correlation of effects between two halves of the roles."""
    order = rng.permutation(len(profiles[0].roles))
    halves = np.array_split(order, 2)
    means = [np.ravel([p.differences[half].mean(axis=0) for p in profiles]) for half in halves]
    return float(np.corrcoef(*means)[0, 1])


def _denominator(scores: Floats) -> int:
    """Return the least number of equal steps of 1 that scores are made of."""
    return next(n for n in range(1, 1000) if np.allclose(scores * n, np.round(scores * n)))
