"""`verify_plan` asks again: does the plan of a run do what it was expected to do?

    held-out   items and roles of the other half, options in reversed order
    control    in place of every part, one as large that knows nothing: see `control`
    unguided   what one would do without a graph: the one candidate that moves the target most
    planted    where the truth is known: what the gain alone would bring, were nothing held

All of them stand in verdict.json and verdict.csv, and in figures/steering. An executor shares all
of it between workers: the same bytes, and no model is loaded here. Guarantee: nothing of what the
plan was made from is asked again; a plan that rests on other files than those of the folder is
refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from causalvalues.organism.world import planted_world
from causalvalues.planning.candidate import together
from causalvalues.planning.document import INTERVENTION, PLAN, read_plan
from causalvalues.planning.planned import Plan
from causalvalues.planning.unguided import unguided
from causalvalues.planning.verify import CONTROL, PLANNED, SteeringReport
from causalvalues.scale.executors import Executor
from causalvalues.steering.document import name_of
from causalvalues.steering.intervention import Intervention
from causalvalues.study.plan import Study
from causalvalues.study.stages import Bar, silent
from causalvalues.study.steering.candidate_file import CandidateSet
from causalvalues.study.steering.control import control_of_plan
from causalvalues.study.steering.crowd import Crowd, asked_by, refuse_both
from causalvalues.study.steering.effects import N_ROLES, ask_under_all, diverged, is_hooked
from causalvalues.study.steering.figure import draw_steering
from causalvalues.study.steering.guiding import measured_candidates
from causalvalues.study.steering.halves import Sheet, held_out_of
from causalvalues.study.steering.steerable import Steerable, saes_of
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.study.steering.verdict_file import VERDICT, Verdict, read_verdict, write_verdict
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore

__all__ = ["Verified", "planted_without_holding", "verify_plan"]

UNGUIDED = "unguided"


@dataclass(frozen=True, eq=False)
class Verified:
    """The verdict on a plan, and the files that say so."""

    verdict: Verdict
    files: tuple[Path, ...]


def verify_plan(
    folder: Path,
    *,
    n_roles: int = N_ROLES,
    n_items: int | None = None,
    model: str | None = None,
    respondent: Respondent | None = None,
    executor: Executor | None = None,
    seed: int = 0,
    bar: Bar = silent,
) -> Verified:
    """Return what the plan of a run does, by items and roles that it was not made on.

    executor   workers that ask in place of this process

    verify_plan(Path("runs/first")).verdict.to_frame()
    """
    refuse_both(respondent, executor)
    surveyed = Surveyed.of(folder, model=model)
    surveyed.require(PLAN, f"plan {folder} --raise VALUE")
    made, rests_on = read_plan(folder)
    surveyed.refuse_stale(PLAN, rests_on, f"plan {folder} --raise VALUE")
    sheet = held_out_of(
        surveyed, seed=CandidateSet.read(folder).seed, n_roles=n_roles, n_items=n_items
    )
    made_from: Mapping[str, JsonValue] = {
        **surveyed.digests(PLAN, INTERVENTION),
        "sheet": sheet.digest,
        "how": surveyed.interview.how,
        "seed": seed,
        "told_in": VERDICT,
    }
    with surveyed.at_work() as store:
        if not surveyed.record.finished("verify", made_from):
            respondent = asked_by(surveyed.study.model, respondent, executor, bar=bar)
            surveyed.check_respondent(respondent)
            found = _asked(surveyed, made, respondent, sheet, store, seed, bar)
            written = [*write_verdict(found, folder), *draw_steering(found, folder / "figures")]
            surveyed.finish("verify", made_from, written)
    return Verified(read_verdict(folder, made), tuple(surveyed.record.files("verify")))


def planted_without_holding(study: Study, targets: Mapping[str, float]) -> dict[str, float] | None:
    """Return what the gains alone bring to every value in the planted world; None without it.

    Δ = d T with d on the targets alone, so that each of them gains what is asked.
    """
    if study.truth is None:
        return None
    world = planted_world()
    totals = world.total_effects() + np.eye(len(world.names))
    places = [world.names.index(name) for name in targets]
    own = np.linalg.solve(totals[np.ix_(places, places)].T, list(targets.values()))
    return dict(zip(world.names, map(float, own @ totals[places]), strict=True))


def _asked(
    surveyed: Surveyed,
    made: Plan,
    respondent: Respondent,
    sheet: Sheet,
    store: AnswerStore,
    seed: int,
    bar: Bar,
) -> Verdict:
    """Return what the plan did, and what stands beside it, all on one sheet."""
    interventions = {PLANNED: made.intervention}
    alone = _unguided(surveyed.folder, made)
    if alone is not None:
        interventions[UNGUIDED] = alone
    steerable = Steerable.of(respondent, saes_of(interventions.values()))
    if is_hooked(made.intervention):
        interventions[CONTROL] = (
            respondent.control(made.intervention, sheet, seed=seed)
            if isinstance(respondent, Crowd)
            else control_of_plan(made.intervention, steerable, sheet, seed=seed)
        )
    profiles = ask_under_all(
        surveyed, steerable, interventions, sheet, store, label="Asking held-out roles", bar=bar
    )
    planned = {PLANNED: profiles[PLANNED]}
    planned = diverged(planned, interventions, respondent, steerable.dictionaries, bar=bar)
    report = SteeringReport(made, planned[PLANNED], profiles.get(CONTROL))
    beside = None if alone is None else replace(profiles[UNGUIDED], name=name_of(alone))
    return Verdict(report, beside, planted_without_holding(surveyed.study, made.targets))


def _unguided(folder: Path, made: Plan) -> Intervention | None:
    """Return the one candidate that moves the first target most, at the dose that fits."""
    candidates = measured_candidates(folder)
    target, gain = next(iter(made.targets.items()))
    doses = unguided(candidates, target, gain)
    return None if doses is None else together(candidates, doses)
