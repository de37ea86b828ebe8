"""One model, one seed: plan with every method at every budget, then ask again and write it down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from steering_methods import (
    FAMILIES,
    Proposal,
    Task,
    all_known,
    of_family,
    planned,
    tasks_of,
    unguided,
)
from steering_survey import (
    NAMES,
    WORLD,
    Halves,
    Sheet,
    credits_under,
    profile_of,
    table_of,
)

from causalvalues import discover
from causalvalues.discovery.options import Search
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.models.language_model import LanguageModel
from causalvalues.planning.known import Known
from causalvalues.planning.predict import predict
from causalvalues.planning.propagation import Propagation, propagation
from causalvalues.planning.verify import SteeringReport, collateral_of
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Intervention

Floats = NDArray[np.float64]
Row = dict[str, object]

BUDGETS = {6: (2, 1, 3), 20: (2, 1, 10), 80: (4, 2, 10)}  # answers: roles, questions, values
AT_ONCE = 40  # plans that are asked in one sweep


@dataclass(frozen=True, eq=False)
class Screening:
    """All that was asked of the candidates; smaller surveys are parts of it."""

    interventions: Mapping[str, Intervention]
    sheet: Sheet
    credit: Mapping[str, Floats]
    held_out: Mapping[str, EffectProfile]

    def profiles(
        self, budget: int, task: Task, rng: np.random.Generator
    ) -> dict[str, EffectProfile]:
        """Return profiles from so many answers per candidate; the target is always asked about."""
        n_roles, n_questions, n_values = BUDGETS[budget]
        target = NAMES.index(task.target)
        others = [v for v in range(len(NAMES)) if v != target]
        found = {}
        for name in self.interventions:
            values = [target, *rng.choice(others, n_values - 1, replace=False)]
            asked = {
                int(v): rng.choice(
                    np.flatnonzero(self.sheet.values == v), n_questions, replace=False
                )
                for v in values
            }
            roles = rng.choice(len(self.sheet.roles), n_roles, replace=False)
            found[name] = profile_of(name, self.sheet, self.credit, asked=asked, roles=roles)
        return found

    def whole(self) -> dict[str, EffectProfile]:
        """Return profiles from every answer there is."""
        return {name: profile_of(name, self.sheet, self.credit) for name in self.interventions}


def studied(
    model: LanguageModel,
    halves: Halves,
    interventions: Mapping[str, Intervention],
    dictionaries: Mapping[str, Dictionary],
    *,
    seed: int,
) -> dict[str, list[Row]]:
    """Return the rows of every table: plans, what they expected, predictions of candidates."""
    unsteered = credits_under(model, halves.graph, {}, {})[""]
    table = table_of(halves.graph, unsteered)
    graph = discover(table, algorithm="ges")
    draws = propagation(table, graph, search=Search(algorithm="ges"), seed=seed)
    asked = credits_under(model, halves.calibration, interventions, dictionaries)
    judged = credits_under(model, halves.held_out, interventions, dictionaries)
    screening = Screening(
        interventions, halves.calibration, asked,
        {name: profile_of(name, halves.held_out, judged) for name in interventions},
    )  # fmt: skip
    proposals = list(_proposals(screening, draws, seed))
    plans, predicted = [], []
    for start in range(0, len(proposals), AT_ONCE):
        some = proposals[start : start + AT_ONCE]
        credit = credits_under(
            model, halves.held_out,
            {str(place): each[1].intervention for place, each in enumerate(some)}, dictionaries,
        )  # fmt: skip
        for place, (row, proposal) in enumerate(some):
            measured = profile_of(str(place), halves.held_out, credit)
            plans.append({**row, **_outcome(measured, row)})
            predicted += [{**row, **each} for each in _expectations(proposal, measured)]
    edges = [{"edge": str(edge)} for edge in graph.edges()]
    return {
        "plans": plans,
        "planned_values": predicted,
        "candidates": list(_told(screening, draws, seed)),
        "profiles": [
            {"name": name, **dict(zip(NAMES, map(float, each.change), strict=True))}
            for name, each in screening.held_out.items()
        ],
        "graph": edges,
    }


def _proposals(
    screening: Screening, draws: Propagation, seed: int
) -> Iterator[tuple[Row, Proposal]]:
    """Yield every proposal of every method, with what it is for."""
    whole = screening.whole()
    exact = Propagation(NAMES, WORLD.weights[None], draws.spread, draws.centre)
    oracle = _exact(all_known(screening.interventions, whole, exact), whole)
    for task in tasks_of(NAMES):
        for family in FAMILIES:
            row = {
                "task": task.name,
                "target": task.target,
                "asked_gain": task.gain,
                "family": family,
            }
            best = planned("oracle", of_family(oracle, family), task)
            if best:
                yield {**row, "method": "oracle", "budget": 0}, best
    for budget in BUDGETS:
        shared: tuple[Known, Known] | None = None
        for place, task in enumerate(tasks_of(NAMES)):
            if shared is None or BUDGETS[budget][2] < len(NAMES):
                rng = np.random.default_rng([seed, budget, place])
                profiles = screening.profiles(budget, task, rng)
                shared = (
                    all_known(screening.interventions, profiles, draws),
                    all_known(screening.interventions, profiles, draws, guided=False),
                )
            for family in FAMILIES:
                row = {"task": task.name, "target": task.target, "asked_gain": task.gain,
                       "family": family, "budget": budget}  # fmt: skip
                guided, bare = (of_family(each, family) for each in shared)
                for proposal in (
                    unguided(bare, task),
                    planned("measured", bare, task),
                    planned("guided", guided, task),
                ):
                    if proposal:
                        yield {**row, "method": proposal.method}, proposal


def _exact(everything: Known, whole: Mapping[str, EffectProfile]) -> Known:
    """Return candidates whose direct parts are those of the planted model: d = Δ (I − B)."""
    from dataclasses import replace

    direct = np.eye(len(NAMES)) - everything.propagation.mean
    parts = []
    for candidate, part in zip(everything.candidates, everything.parts, strict=True):
        change = whole[candidate.name].change
        own = np.array([name in candidate.settles for name in NAMES])
        exact = np.where(own, part.mean, 0.0) if own.any() else change @ direct
        parts.append(replace(part, draws=exact[None]))
    return replace(everything, parts=tuple(parts))


def _outcome(measured: EffectProfile, row: Row) -> Row:
    """Return what a plan did: gain, collateral as it was, and as it would be at the asked gain."""
    target, wanted = str(row["target"]), float(str(row["asked_gain"]))
    others = [name for name in NAMES if name != target]
    gain, collateral = measured.of(target), collateral_of(measured, others)
    return {
        "gain": gain,
        "collateral": collateral,
        "by_role": collateral_of(measured, others, by_role=True),
        "at_gain": collateral * abs(wanted / gain) if gain * wanted > 0 else float("nan"),
    }


def _expectations(proposal: Proposal, measured: EffectProfile) -> Iterator[Row]:
    """Yield, per value, what a guided plan expected and what was measured."""
    if proposal.method != "guided" or proposal.expected is None:
        return
    yield from SteeringReport(proposal.expected, measured).to_frame().to_dict(orient="records")


def _told(screening: Screening, draws: Propagation, seed: int) -> Iterator[Row]:
    """Yield predictions of the values of a candidate that were not asked about, and what came."""
    rng = np.random.default_rng([seed, 99])
    task = Task(NAMES[0], 0.0)
    for budget in (6,):
        for start in range(len(NAMES)):
            task = Task(NAMES[start], 0.3)
            profiles = screening.profiles(budget, task, rng)
            everything = all_known(screening.interventions, profiles, draws)
            for candidate in everything.candidates:
                prediction = predict(
                    candidate.profile, everything.propagation, settles=candidate.settles, seed=seed
                )
                low, high = prediction.interval()
                came = screening.held_out[candidate.name]
                error = np.nan_to_num(came.standard_error) * 1.96
                for v in np.flatnonzero(prediction.told):
                    middle = float(prediction.middle[v])
                    yield {
                        "candidate": candidate.name, "value": NAMES[v], "predicted": middle,
                        "low": middle - float(np.hypot(middle - low[v], error[v])),
                        "high": middle + float(np.hypot(high[v] - middle, error[v])),
                        "measured": float(came.change[v]), "told": candidate.is_told,
                    }  # fmt: skip
