"""What each method knows of the released study, and what it then says of a feature.

Guarantee: nothing here reads the roles whose changes are predicted, except what is shown of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields

import numpy as np
from numpy.typing import NDArray
from study import Study, contexts, roles

from causalvalues import ScoreTable, ValueGraph, discover
from causalvalues.discovery.options import Search
from causalvalues.evaluation.health import health_of_scores
from causalvalues.evaluation.health_rules import faults_of
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.baselines import (
    Covariances,
    covariances,
    human_propagation,
    plain_correlations,
)
from causalvalues.planning.direct import direct_part
from causalvalues.planning.informed import informed
from causalvalues.planning.predict import Prediction, predict
from causalvalues.planning.prior import PRIORS, Prior, evidence_of_priors
from causalvalues.planning.propagation import Propagation, no_propagation, propagation
from causalvalues.survey.released import NO_ROLE

__all__ = [
    "CEILING",
    "HALVES",
    "REACHES",
    "TEST",
    "Sources",
    "Task",
    "predictions",
    "profiles_of",
    "sources_of",
    "tasks",
]

Floats = NDArray[np.float64]

TEST, HALVES = "test roles", "other training roles"
N_DRAWS_OF_PRIORS = 20
REACHES = tuple(replace_fields(each, most=2) for each in PRIORS)
USUAL = Prior(most=2)
CEILING = "same feature, known roles"


@dataclass(frozen=True)
class Task:
    """Which roles are known, and whose changes are predicted."""

    name: str
    known: ScoreTable
    asked: ScoreTable
    published: ValueGraph
    human: ValueGraph


@dataclass(frozen=True, eq=False)
class Sources:
    """What methods know, from the known roles alone."""

    graphs: Mapping[str, Propagation]  # no graph among them
    between: Covariances
    trained: tuple[EffectProfile, ...]  # what healthy features did to known roles
    evidence: Mapping[str, Floats]  # by graph: log P (prior, trained)

    def reach(self, graph: str, feature: str) -> Prior:
        """Return the prior of a graph that is fitted to all features but one."""
        others = np.array([each.name != feature for each in self.trained])
        return REACHES[int(np.argmax(self.evidence[graph][:, others].sum(axis=1)))]

    def informed(self, feature: str, seed: int) -> Propagation:
        """Return the graph's draws as what the other features did weighs them."""
        graph, reach = self.graphs["graph"], self.reach("graph", feature)
        parts = [
            direct_part(
                each, graph, most=reach.most, width=reach.width, dense=reach.dense, seed=seed
            )
            for each in self.trained
            if each.name != feature
        ]
        return informed(graph, parts, seed=seed)


def tasks(study: Study, seed: int) -> list[Task]:
    """Return what is predicted from what."""
    names = np.unique(roles(study.train))
    half = np.random.default_rng(seed).permutation(names)[: len(names) // 2]
    inside = np.isin(roles(study.train), half)
    one, two = (study.train.rows(np.flatnonzero(rows)) for rows in (inside, ~inside))
    return [
        Task(TEST, study.train, study.test, study.graph, study.human),
        Task(HALVES, one, two, discover(one, preset="kang2025"), study.human),
    ]


def sources_of(task: Task, n_draws: int, seed: int) -> Sources:
    """Return what methods know."""
    unsteered = task.known.rows(np.flatnonzero(contexts(task.known) == ""))
    own = propagation(
        unsteered, discover(unsteered), n_draws=n_draws, search=Search(), seed=seed
    )  # fmt: skip
    graphs = {
        "graph": own,
        "published graph": propagation(unsteered, task.published, n_draws=n_draws, seed=seed),
        "hand-made graph": human_propagation(unsteered, task.human, n_draws=n_draws, seed=seed),
        "no graph": no_propagation(own.names, own.spread, n_draws=n_draws),
    }
    trained = tuple(each for each in profiles_of(task.known) if each.healthy)
    some = np.arange(N_DRAWS_OF_PRIORS)
    evidence = {
        name: evidence_of_priors(trained, each.taken(some), priors=REACHES)
        for name, each in graphs.items()
    }
    return Sources(graphs, covariances(unsteered, n_draws=n_draws, seed=seed), trained, evidence)


def profiles_of(table: ScoreTable) -> list[EffectProfile]:
    """Return what each feature did to every value, named role by named role, broken ones marked."""
    frame = table.to_frame().set_index(["context", "cluster"])
    unsteered = frame.loc[""].drop(index=NO_ROLE, errors="ignore")
    found = []
    for feature in np.unique(contexts(table)):
        if feature == "":
            continue
        under = frame.loc[feature].drop(index=NO_ROLE, errors="ignore")
        before = unsteered.loc[under.index].to_numpy()
        health = health_of_scores(before, under.to_numpy())
        found.append(
            EffectProfile(
                name=str(feature),
                names=table.names,
                differences=under.to_numpy() - before,
                roles=tuple(map(str, under.index)),
                n_answers=under.size,
                health=health,
                faults=faults_of(health),
            )
        )
    return found


def predictions(
    shown: EffectProfile, told: Propagation, sources: Sources, seed: int
) -> Iterator[tuple[str, Prediction]]:
    """Yield every method's name and prediction from what was shown."""
    for name, graph in sources.graphs.items():
        yield name, predict(shown, graph, prior=sources.reach(name, shown.name), seed=seed)
    reach = sources.reach("graph", shown.name)
    yield "graph, informed", predict(shown, told, prior=reach, seed=seed)
    yield "graph, usual reach", predict(shown, sources.graphs["graph"], prior=USUAL, seed=seed)
    yield "plain correlations", plain_correlations(shown, sources.between, seed=seed)
    if shown.name in {each.name for each in sources.trained}:
        yield CEILING, _ceiling(shown, sources, seed)


def _ceiling(shown: EffectProfile, sources: Sources, seed: int) -> Prediction:
    """Return what the feature did to known roles: no prediction, but how well one could do."""
    own = next(each for each in sources.trained if each.name == shown.name)
    chance = np.random.default_rng(seed).standard_normal((len(sources.between.draws), 17))
    draws = own.change + own.standard_error * chance
    seen = tuple(n for n, count in zip(shown.names, shown.n_by_value, strict=True) if count)
    return Prediction(shown.name, shown.names, draws, seen, CEILING, own.change)
