"""`make_plan` chooses candidates by the graph of a run: plan.json says which, and why.

    plan.json               targets, doses, predicted changes, why, what it is better than
    intervention.json       what to do, for `causalvalues steer` or any other program
    prediction.safetensors  every draw of what is predicted
    curve.csv               if asked for: the collateral of other gains

Guarantee: a plan is made from what is in the folder now; effects of other candidates are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from causalvalues.errors import OptionError
from causalvalues.planning.candidate import Candidate, candidates_of
from causalvalues.planning.document import read_plan, write_plan
from causalvalues.planning.known import Known, known
from causalvalues.planning.plan import OTHERS, plan, trade_off
from causalvalues.planning.planned import Plan
from causalvalues.provenance import write_atomically
from causalvalues.study.stages import Bar, graphs_that_fit, silent
from causalvalues.study.steering.candidate_file import CandidateSet
from causalvalues.study.steering.profile_file import PROFILES, read_profiles
from causalvalues.study.steering.surveyed import Surveyed
from causalvalues.survey.cells import csv_of

__all__ = ["CURVE", "Planned", "make_plan", "measured_candidates", "targets_of"]

CURVE = "curve.csv"
STEPS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of the gain that is asked for
RESTS_ON = (PROFILES, "scores.parquet", "graph.json")


@dataclass(frozen=True, eq=False)
class Planned:
    """The plan, the collateral of other gains if it was asked for, and the files."""

    plan: Plan
    curve: pd.DataFrame | None
    files: tuple[Path, ...]


def make_plan(
    folder: Path,
    targets: Mapping[str, float],
    hold: Sequence[str] = (),
    *,
    budget: int = 3,
    others: float = OTHERS,
    reach: float = 1.0,
    curve: bool = False,
    n_draws: int = 200,
    seed: int = 0,
    bar: Bar = silent,
) -> Planned:
    """Return the plan that reaches the targets with the least expected collateral.

    reach   up to how many times the measured dose a feature may be used
    others  how much a value counts that is neither moved nor held, where some are held

    make_plan(Path("runs/first"), {"achievement": 0.3}, hold=("power",)).plan.why
    """
    surveyed = Surveyed.of(folder)
    surveyed.check_values((*targets, *hold))
    if curve and len(targets) != 1:
        raise OptionError("A curve is that of one target", found=", ".join(targets))
    _require_effects(surveyed)
    rests_on = surveyed.digests(*RESTS_ON)
    made_from: Mapping[str, JsonValue] = {
        **rests_on,
        "targets": dict(targets),
        "hold": list(hold),
        "options": [budget, others, reach, n_draws, seed],
        "curve": curve,
    }
    with surveyed.at_work():
        if not surveyed.record.finished("plan", made_from):
            candidates = _known(surveyed, reach, n_draws, seed, bar)
            with bar("Choosing"):
                made = plan(targets, hold, candidates, budget=budget, others=others, seed=seed)
            written = write_plan(made, folder, rests_on)
            if curve:
                table = _curve(targets, hold, candidates, budget, others, bar)
                written.append(write_atomically(folder / CURVE, csv_of(table)))
            surveyed.finish("plan", made_from, written)
    files = tuple(surveyed.record.files("plan"))
    return Planned(read_plan(folder)[0], pd.read_csv(folder / CURVE) if curve else None, files)


def targets_of(raised: Sequence[str], lowered: Sequence[str], gain: float) -> dict[str, float]:
    """Return the gain of each target; `gain` is by how much, either way."""
    both = sorted(set(raised) & set(lowered))
    if both or not (raised or lowered):
        raise OptionError(
            "A plan raises values, or lowers them",
            found=f"both for {', '.join(both)}" if both else "neither",
            remedy="name values with --raise or --lower",
        )
    if not gain > 0:
        raise OptionError("`gain` must be above 0", found=str(gain), remedy="use --lower")
    return dict.fromkeys(raised, gain) | dict.fromkeys(lowered, -gain)


def measured_candidates(folder: Path, reach: float = 1.0) -> tuple[Candidate, ...]:
    """Return the candidates of a folder with what was measured of each."""
    interventions, (profiles, _) = CandidateSet.read(folder).interventions, read_profiles(folder)
    return candidates_of(interventions, profiles, reach=reach)


def _require_effects(surveyed: Surveyed) -> None:
    """Raise unless the candidates that are there now were measured."""
    surveyed.require(PROFILES, f"effects {surveyed.folder}")
    surveyed.refuse_stale(PROFILES, read_profiles(surveyed.folder)[1], f"effects {surveyed.folder}")


def _known(surveyed: Surveyed, reach: float, n_draws: int, seed: int, bar: Bar) -> Known:
    """Return what graph and measurements tell of all candidates."""
    draws = graphs_that_fit(
        surveyed.table, surveyed.graph, surveyed.interview.search,
        n_draws=n_draws, seed=seed, bar=bar,
    )  # fmt: skip
    with bar("Telling direct from downstream changes"):
        return known(measured_candidates(surveyed.folder, reach), draws, seed=seed)


def _curve(
    targets: Mapping[str, float],
    hold: Sequence[str],
    candidates: Known,
    budget: int,
    others: float,
    bar: Bar,
) -> pd.DataFrame:
    """Return the least collateral of each gain of the one target."""
    ((value, gain),) = targets.items()
    rows = []
    with bar("Following the curve") as progress:
        for done, step in enumerate(STEPS, start=1):
            found = trade_off(value, [step * gain], hold, candidates, budget=budget, others=others)[
                0
            ][1]
            rows.append(
                {
                    "value": value,
                    "gain": step * gain,
                    "collateral": float("nan") if found is None else found.collateral,
                    "used": "" if found is None else "; ".join(u.name for u in found.used),
                }
            )
            progress(done, len(STEPS))
    return pd.DataFrame(rows)
