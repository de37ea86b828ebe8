"""`compare_methods` is the stage of a run that fits, tunes and judges methods, seed after seed.

    methods/          entries, profiles, tuning, fitted, unfitted .parquet; leaderboard .csv, .png …
    methods/seed-0/   the same of one seed; conva-raises-power.json, at the dose for the gain
    methods/seed-0/fitted/   every method at its strongest, from which all doses follow

The graph of the run gives the propagation that guides plans, and what changes are compared with.
Guarantee: what is finished is not done again: fits, answers, ratings, seeds; what was made from
another graph, other answers, other files or another plan is made anew.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from causalvalues.discovery.graph import ValueGraph
from causalvalues.provenance import digest_of_bytes, digest_of_file
from causalvalues.report.leaderboard_figure import draw_leaderboard
from causalvalues.study.interview import Interview
from causalvalues.study.methods.files import digests_of
from causalvalues.study.methods.one_seed import OneSeed
from causalvalues.study.methods.plan import MethodsPlan
from causalvalues.study.methods.tables import TABLES, leaderboard_of, read_table, write_tables
from causalvalues.study.plan import Study
from causalvalues.study.record import METHODS, Record
from causalvalues.study.respondents import public_identity
from causalvalues.study.stages import Bar, graphs_that_fit
from causalvalues.study.steering.steerable import inside
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scores import ScoreTable

__all__ = ["compare_methods"]

FITS_REST_ON = (
    "methods", "values", "rungs", "words", "guided", "n_pairs", "sae", "gate",
)  # fmt: skip
OF_ALL_SEEDS = ("seeds", "published", "contrasts", "insight", "mmlu")  # files by their digests


def compare_methods(
    study: Study,
    plan: MethodsPlan,
    interview: Interview,
    respondent: Respondent,
    store: AnswerStore,
    table: ScoreTable,
    graph: ValueGraph,
    *,
    bar: Bar,
) -> list[Path]:
    """Return the files of a comparison, once all seeds are done."""
    record = Record(store.path.parent)
    folder = record.folder / METHODS
    fits_from, made_from = _made_from(study, plan, interview, respondent, table, record)
    due = [
        seed
        for seed in plan.seeds
        if not record.finished(_stage(seed), made_from | {"seed": seed})
        or not record.finished(_stage_of_fits(seed), fits_from | {"seed": seed})
    ]
    if due:
        draws = graphs_that_fit(table, graph, interview.search, bar=bar)
    for seed in due:
        one = OneSeed(
            study, plan, interview, inside(respondent), store, record, draws, seed,
            folder / f"seed-{seed}", bar,
        )  # fmt: skip
        files = one.written(_stage_of_fits(seed), fits_from | {"seed": seed})
        record.finish(_stage(seed), made_from | {"seed": seed}, files)
    _withdraw_others(plan, record)
    return _summed_up(plan, folder, record)


def _made_from(
    study: Study,
    plan: MethodsPlan,
    interview: Interview,
    respondent: Respondent,
    table: ScoreTable,
    record: Record,
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Return what fits are made from, and what comparisons are."""
    told = plan.model_dump(mode="json", exclude=set(OF_ALL_SEEDS))
    model: dict[str, JsonValue] = {
        "model": dict(public_identity(respondent.identity)),
        "items": digest_of_bytes(repr(interview.items.items).encode()),
        "files": dict(digests_of(plan)),
    }
    fits: dict[str, JsonValue] = {name: told[name] for name in FITS_REST_ON}
    whole: dict[str, JsonValue] = {
        "plan": told,
        "roles": study.roles.model_dump(mode="json", exclude={"path"}),
        "graph": digest_of_file(record.folder / "graph.json"),
        "scores": table.digest,
    }
    return model | {"plan": fits, "ranked": plan.roles.ranked}, model | whole


def _stage(seed: int) -> str:
    """Return what the stage of a seed is called."""
    return f"{METHODS}, seed {seed}"


def _stage_of_fits(seed: int) -> str:
    """Return what the fits of a seed are called."""
    return f"{_stage(seed)}, fitted"


def _withdraw_others(plan: MethodsPlan, record: Record) -> None:
    """Remove the files of seeds that the study has no more."""
    kept = {_stage(seed) for seed in plan.seeds}
    kept |= {f"{stage}, fitted" for stage in kept}
    for stage in record.stages:
        if stage.startswith(f"{METHODS},") and stage not in kept:
            record.withdraw(stage)


def _summed_up(plan: MethodsPlan, folder: Path, record: Record) -> list[Path]:
    """Return the files of the tables of all seeds, of the leaderboard and of its figure."""
    made_from: Mapping[str, JsonValue] = {
        f"{seed}/{name}": digest_of_file(folder / f"seed-{seed}" / f"{name}.parquet")
        for seed in plan.seeds
        for name in TABLES
    }
    if not record.finished(METHODS, made_from):
        tables = {
            name: pd.concat([read_table(folder / f"seed-{seed}", name) for seed in plan.seeds])
            for name in TABLES
        }
        drawn = draw_leaderboard(leaderboard_of(tables["entries"]), folder)
        record.finish(METHODS, made_from, [*write_tables(tables, folder), *drawn])
    return record.files(METHODS)
