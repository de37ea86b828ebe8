"""The stages of a study, each from data to files: ask, score, discover, judge.

ask        every question to every role under every condition       answers.sqlite
score      answers to scores, and how the model answers             scores.parquet, tables
discover   the graph, its support, its null, its effects            graph.json, effects.csv
judge      found against planted, where the truth is known          planted.json, comparison.json

`graphs_that_fit` draws what steering and comparisons of methods rest on, and writes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from causalvalues.discovery.column_order import column_order
from causalvalues.discovery.compare import Comparison, compare
from causalvalues.discovery.discover import discover_with
from causalvalues.discovery.draws import Spread, in_threads
from causalvalues.discovery.effects import EffectsResult, effects
from causalvalues.discovery.graph import Check, ValueGraph
from causalvalues.discovery.nulls import nulls
from causalvalues.discovery.options import ContextUse, Search
from causalvalues.discovery.stability import stability
from causalvalues.errors import OptionError, TableError
from causalvalues.organism.world import planted_world
from causalvalues.planning.propagation import Propagation, propagation
from causalvalues.provenance import digest_of_bytes, write_atomically
from causalvalues.study.interview import Group, Interview
from causalvalues.study.plan import DiscoveryPlan
from causalvalues.survey.asking import ask
from causalvalues.survey.cells import csv_of
from causalvalues.survey.item_answers import answers_of
from causalvalues.survey.reliability import reliability
from causalvalues.survey.request import Respondent
from causalvalues.survey.response_style import response_style
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scores import ScoreTable
from causalvalues.survey.scoring import score, unread

__all__ = [
    "Bar",
    "Held",
    "Progress",
    "ask_groups",
    "digest_of_group",
    "graphs_that_fit",
    "judge",
    "learn",
    "silent",
    "without_contexts",
    "write_judgement",
    "write_scores",
]

Progress = Callable[[int, int], None]
Bar = Callable[[str], AbstractContextManager[Progress]]

FEWEST_RESAMPLES = 50  # of effects, whose intervals are always given


@dataclass(frozen=True)
class Held:
    """All answers of a study, in the store; `digest` is that of their contents."""

    keys: frozenset[bytes]
    digest: str
    n_asked: int  # by this run; the others were held before


@contextmanager
def silent(_label: str) -> Iterator[Progress]:
    """Yield a progress that nobody sees."""
    yield lambda _done, _total: None


def ask_groups(
    interview: Interview, respondent: Respondent, store: AnswerStore, *, bar: Bar
) -> Held:
    """Return all answers, once the store holds them."""
    keys: list[bytes] = []
    n_asked = 0
    with bar("Asking") as progress:
        for group in interview.groups:
            asked = ask(
                respondent,
                interview.questions,
                group.roles,
                store,
                condition=group.name,
                condition_digest=digest_of_group(group),
                role_place=interview.protocol.role_place,
                progress=_shifted(progress, len(keys), interview.n_answers),
            )
            keys += asked.keys
            n_asked += asked.n_asked
            progress(len(keys), interview.n_answers)
    held = frozenset(keys)
    contents = sorted(
        sha256(answer.key + repr((answer.log_probabilities, answer.text)).encode()).digest()
        for answer in store.rows(held)
    )
    return Held(held, digest_of_bytes(*contents), n_asked)


def write_scores(
    interview: Interview, store: AnswerStore, held: Held, folder: Path
) -> tuple[ScoreTable, list[Path]]:
    """Return the scores, and the files that say what they are made of."""
    questions, how = interview.questions, interview.how
    responses = Responses.of(store.rows(held.keys), questions)
    table = score(responses, questions, how=how, unclear=interview.unclear, names=interview.names)
    missed = unread(responses, questions, how=how)
    tables = {
        "response_style": response_style(responses, questions, how=how),
        "unread": missed[missed["reason"] != "not asked"],  # fewer roles are settled: by design
        "reliability": _reliability(interview, responses),
    }
    files = [
        table.to_parquet(folder / "scores.parquet"),
        *(write_atomically(folder / f"{name}.csv", csv_of(each)) for name, each in tables.items()),
    ]
    return table, files


def learn(
    table: ScoreTable,
    plan: DiscoveryPlan,
    search: Search,
    contexts: ContextUse,
    *,
    spread: Spread = in_threads,
    bar: Bar,
) -> tuple[ValueGraph, EffectsResult]:
    """Return the graph with support, null and effects, and the effects beside what was measured.

    Contexts help to direct edges; support and null are those of the unsteered rows' own search.
    """
    table, checks = _complete(table, plan)
    graph = discover_with(search, table, contexts=contexts)
    support = None
    if plan.n_resamples:
        with bar("Resampling roles") as progress:
            support = stability(
                table, search=search, contexts=contexts, n_resamples=plan.n_resamples,
                seed=plan.seed, spread=spread, progress=progress,
            ).support  # fmt: skip
        checks.append(column_order(table, search=search, contexts=contexts, seed=plan.seed))
    if plan.n_permutations:
        with bar("Permuting blocks") as progress:
            null = nulls(
                without_contexts(table), search=search, n_permutations=plan.n_permutations,
                seed=plan.seed, spread=spread, progress=progress,
            )  # fmt: skip
        checks.append(null.check())
    with bar("Estimating effects") as progress:
        estimated = effects(
            table, graph, n_resamples=max(plan.n_resamples, FEWEST_RESAMPLES),
            seed=plan.seed, spread=spread, progress=progress,
        )  # fmt: skip
    return (
        replace(graph, support=support, effects=estimated.effects, checks=(*graph.checks, *checks)),
        estimated,
    )


def graphs_that_fit(
    table: ScoreTable,
    graph: ValueGraph,
    search: Search,
    *,
    n_draws: int = 200,
    seed: int = 0,
    bar: Bar,
) -> Propagation:
    """Return draws of how changes run along the graph, of the rows that the graph was learnt on."""
    whole = np.flatnonzero(np.isfinite(table.scores).all(axis=1))
    with bar("Drawing graphs that fit") as progress:
        return propagation(
            table.rows(whole), graph, n_draws=n_draws, search=search, seed=seed, progress=progress
        )


def judge(graph: ValueGraph, *, seed: int = 0) -> Comparison:
    """Return how the values' graph differs from the planted one.

    Where interventions stood beside, arrows can be known: the planted graph itself is the truth.
    Otherwise its equivalence class is.
    """
    with_contexts = "context" in graph.kinds
    found = graph.only("value") if with_contexts else graph
    return compare(found, planted_world().graph(), as_class=not with_contexts, seed=seed)


def write_judgement(graph: ValueGraph, comparison: Comparison, folder: Path) -> list[Path]:
    """Return the files of what is true, and of how the found graph differs from it."""
    truth = planted_world().truth(as_class="context" not in graph.kinds)
    return [
        truth.to_json(folder / "planted.json"),
        comparison.to_json(folder / "comparison.json"),
    ]


def without_contexts(table: ScoreTable) -> ScoreTable:
    """Return the rows that were under no intervention, as a plain table."""
    if table.contexts is None:
        return table
    return replace(table.rows((table.contexts == "").nonzero()[0]), contexts=None)


def _complete(table: ScoreTable, plan: DiscoveryPlan) -> tuple[ScoreTable, list[Check]]:
    """Return the rows with a score for every value where the plan leaves out the others."""
    if plan.incomplete == "refuse":
        return table, []  # the guards name what is missing
    whole = np.asarray(np.isfinite(table.scores).all(axis=1))
    n_out = int((~whole).sum())
    detail = f"{n_out} of {table.n_rows} rows left out, as a value had no answer that was read"
    return table.rows(whole), [Check("every row complete", n_out == 0, detail)]


def _reliability(interview: Interview, responses: Responses) -> pd.DataFrame:
    """Return the reliability of each value's scores without intervention, or why there is none."""
    plain = responses.where((responses.frame["condition"] == "").to_numpy())
    try:
        return reliability(answers_of(plain, interview.questions, how=interview.how))
    except (TableError, OptionError) as fault:
        return pd.DataFrame({"none, because": [str(fault)]})


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    """Return a progress of one part as progress of the whole."""
    return lambda done, _: progress(before + done, total)


def digest_of_group(group: Group) -> str:
    """Return what an intervention by role prompt is known by; nothing for none."""
    return digest_of_bytes(repr(sorted(group.settled)).encode()) if group.settled else ""
