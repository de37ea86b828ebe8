"""Every intervention of a run, predicted and measured: values settled, candidates, the plan.

Guarantee: only what is in the folder, whole and fitting together, is told; a file of an earlier
state of the run is left out rather than shown beside numbers that it does not belong to.
"""

import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import pandas as pd

from causalvalues.discovery.measured import MeasuredEffect
from causalvalues.errors import FileError
from causalvalues.planning.candidate import Candidate
from causalvalues.planning.document import PLAN, read_plan
from causalvalues.planning.planned import Plan
from causalvalues.planning.propagation import Propagation
from causalvalues.planning.verify import SteeringReport
from causalvalues.report.viewer.document import PlanView, TrialView
from causalvalues.report.viewer.influence import Influence
from causalvalues.report.viewer.trials import (
    found_for,
    plan_view,
    trial_of_measured,
    trial_of_report,
    trials_of_candidates,
)
from causalvalues.study.steering.finding import FEATURES
from causalvalues.study.steering.guiding import measured_candidates
from causalvalues.study.steering.profile_file import PROFILES
from causalvalues.study.steering.verdict_file import VERDICT, read_verdict
from causalvalues.survey.cells import plain_frame

__all__ = ["plan_of_run", "trials_of_run"]

MEASURED = "measured.csv"


def trials_of_run(
    folder: Path, drawn: Propagation, influence: Influence, place: Mapping[str, int]
) -> list[TrialView]:
    """Return what each intervention of a run was expected to do and did; the plan comes first."""
    report = _report(folder)
    plan = [] if report is None else [trial_of_report(report, place)]
    settled = [
        trial_of_measured(effects, influence, place) for effects in _measured(folder, influence)
    ]
    candidates = _candidates(folder)
    aims = found_for(candidates, _features(folder))
    return plan + settled + trials_of_candidates(candidates, drawn, place, found_for=aims)


def plan_of_run(folder: Path, place: Mapping[str, int]) -> PlanView | None:
    """Return the plan of a run, with what came of it where that was verified."""
    made = _plan(folder)
    return None if made is None else plan_view(made, place, _report(folder))


def _plan(folder: Path) -> Plan | None:
    """Return the plan that a folder holds, if it does."""
    return read_plan(folder)[0] if (folder / PLAN).is_file() else None


def _report(folder: Path) -> SteeringReport | None:
    """Return what came of the plan; nothing where another plan was made since."""
    made = _plan(folder)
    if made is None or not (folder / VERDICT).is_file():
        return None
    try:
        judged = json.loads((folder / VERDICT).read_text("utf-8"))["plan"]
        same = judged == json.loads(json.dumps(made.to_dict()))
        return read_verdict(folder, made).report if same else None
    except (FileError, OSError, ValueError, KeyError, TypeError):
        return None


def _measured(folder: Path, influence: Influence) -> list[list[MeasuredEffect]]:
    """Return what each settled value did, by context."""
    path = folder / MEASURED
    if not path.is_file():
        return []
    rows = plain_frame(pd.read_csv(path)).to_dict(orient="records")
    effects = [MeasuredEffect(**{str(k): v for k, v in row.items()}) for row in rows]
    known = [each for each in effects if each.effect in influence.names]
    return [list(each) for _, each in groupby(known, key=lambda effect: effect.context)]


def _candidates(folder: Path) -> tuple[Candidate, ...]:
    """Return the measured candidates; none where others were found since they were measured."""
    if not (folder / PROFILES).is_file():
        return ()
    try:
        return measured_candidates(folder)
    except (FileError, KeyError):
        return ()


def _features(folder: Path) -> list[tuple[str, int, str]]:
    """Return which value each feature was found for, the surest first."""
    path = folder / FEATURES
    if not path.is_file():
        return []
    frame = plain_frame(pd.read_csv(path))
    return [
        (str(sae), int(feature), str(value))
        for sae, feature, value in zip(frame["sae"], frame["feature"], frame["value"], strict=True)
        if isinstance(value, str)
    ]
