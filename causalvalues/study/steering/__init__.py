"""Steering goes on where a run ended: candidates, their effects, a plan, and whether it held.

    find_candidates      features by rule, lines told to roles      candidates.json, features.csv
    measure_candidates   what each does to every value              profiles.json, effects.parquet
    make_plan            which to use, as the graph foresees        plan.json, intervention.json
    verify_plan          the plan on items and roles it never saw   verdict.json, figures/steering

Each is a stage of the run folder: what it is made from is noted, the same call again asks nothing,
and answers go to the same store. Guarantee: what came before is there, fits together and belongs to
the same model, or a sentence says which command to run first.
"""

from causalvalues.study.steering.effects import Measured, measure_candidates
from causalvalues.study.steering.finding import Found, find_candidates
from causalvalues.study.steering.guiding import Planned, make_plan
from causalvalues.study.steering.proposing import Proposing
from causalvalues.study.steering.verdict_file import Verdict
from causalvalues.study.steering.verifying import Verified, verify_plan

__all__ = [
    "Found",
    "Measured",
    "Planned",
    "Proposing",
    "Verdict",
    "Verified",
    "find_candidates",
    "make_plan",
    "measure_candidates",
    "verify_plan",
]
