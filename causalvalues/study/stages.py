"""The stages of a study, each from data to files: ask, score, discover, judge.

ask        every question to every role under every condition       answers.sqlite
score      answers to scores, and how the model answers             scores.parquet, tables
discover   the graph, its support, its null, its effects            graph.json, effects.csv
judge      found against planted, where the truth is known          planted.json, comparison.json
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from causalvalues.discovery.column_order import column_order
from causalvalues.discovery.compare import Comparison, compare
from causalvalues.discovery.discover import discover_with
from causalvalues.discovery.effects import EffectsResult, effects
from causalvalues.discovery.graph import ValueGraph
from causalvalues.discovery.nulls import nulls
from causalvalues.discovery.stability import stability
from causalvalues.errors import CausalValuesError
from causalvalues.organism.world import planted_world
from causalvalues.provenance import digest_of_bytes, write_atomically
from causalvalues.study.plan import DiscoveryPlan, Study
from causalvalues.survey.asking import ask
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.item_answers import answers_of
from causalvalues.survey.protocol import Question
from causalvalues.survey.readings import How
from causalvalues.survey.reliability import reliability
from causalvalues.survey.request import Respondent
from causalvalues.survey.response_style import response_style
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scores import ScoreTable
from causalvalues.survey.scoring import score, unread

__all__ = [
    "Bar",
    "Progress",
    "ask_all",
    "judge",
    "learn",
    "questions_of",
    "without_contexts",
    "write_scores",
]

Progress = Callable[[int, int], None]
Bar = Callable[[str], AbstractContextManager[Progress]]


def questions_of(study: Study, items: Inventory) -> tuple[Question, ...]:
    """Return every question of a study."""
    return tuple(study.protocol.protocol().questions(items))


def ask_all(study: Study, respondent: Respondent, path: Path, *, bar: Bar) -> tuple[bytes, ...]:
    """Return the keys of all answers, once the store at a path holds them."""
    items = study.read_inventory()
    roles, questions = study.read_roles(items), questions_of(study, items)
    conditions = study.conditions(items)
    total = sum(len(study.roles_under(each, roles, items)) for each in conditions) * len(questions)
    keys: list[bytes] = []
    with AnswerStore.open(path) as store, bar("Asking") as progress:
        for condition in conditions:
            before = len(keys)
            asked = ask(
                respondent,
                questions,
                study.roles_under(condition, roles, items),
                store,
                condition=condition.name,
                condition_digest=_digest_of(condition.settled),
                role_place=study.protocol.protocol().role_place,
                progress=_shifted(progress, before, total),
            )
            keys += asked.keys
            progress(len(keys), total)
    return tuple(keys)


def write_scores(
    study: Study, path: Path, keys: tuple[bytes, ...], folder: Path
) -> tuple[ScoreTable, list[Path]]:
    """Return the scores, and the files that say what they are made of."""
    items = study.read_inventory()
    questions = questions_of(study, items)
    with AnswerStore.open(path, to_read=True) as store:
        responses = Responses.of(store.rows(keys), questions)
    how: How = study.how or ("text" if questions[0].generate else "expected")
    unclear = study.protocol.preset == "kang2025"
    table = score(
        responses,
        questions,
        how=how,
        unclear="zero" if unclear else "missing",
        names=items.system.names,
    )
    style, missed = (
        response_style(responses, questions, how=how),
        unread(responses, questions, how=how),
    )
    files = [
        table.to_parquet(folder / "scores.parquet"),
        write_atomically(folder / "response_style.csv", style.to_csv(index=False)),
        write_atomically(folder / "unread.csv", missed.to_csv(index=False)),
    ]
    try:
        parts = reliability(answers_of(_unsteered(responses), questions, how=how))
    except CausalValuesError:  # items that differ in number, or answers that are missing
        return table, files
    files.append(write_atomically(folder / "reliability.csv", parts.to_csv(index=False)))
    return table, files


def learn(table: ScoreTable, plan: DiscoveryPlan, *, bar: Bar) -> tuple[ValueGraph, EffectsResult]:
    """Return the graph with support, null and effects, and the effects beside what was measured.

    Contexts help to direct edges; support and null are those of the unsteered rows' own search.
    """
    search = plan.search()
    contexts = "pool" if table.contexts is None else plan.contexts
    unsteered = without_contexts(table)
    graph = discover_with(search, table, contexts=contexts)
    checks = [*graph.checks]
    with bar("Resampling roles") as progress:
        support = stability(
            table, search=search, contexts=contexts, n_resamples=plan.n_resamples,
            seed=plan.seed, progress=progress,
        ).support if plan.n_resamples else None  # fmt: skip
    if plan.n_resamples:
        checks.append(column_order(table, search=search, contexts=contexts, seed=plan.seed))
    if plan.n_permutations:
        with bar("Permuting blocks") as progress:
            null = nulls(
                unsteered, search=search, n_permutations=plan.n_permutations,
                seed=plan.seed, progress=progress,
            )  # fmt: skip
        checks.append(null.check())
    with bar("Estimating effects") as progress:
        estimated = effects(
            table, graph, n_resamples=max(plan.n_resamples, 50), seed=plan.seed, progress=progress
        )
    kept = tuple(effect for effect in estimated.effects)
    return replace(graph, support=support, effects=kept, checks=tuple(checks)), estimated


def judge(graph: ValueGraph, *, seed: int = 0) -> Comparison:
    """Return how the values' graph differs from the planted one.

    Where interventions stood beside, arrows can be known: the planted graph itself is the truth.
    Otherwise its equivalence class is.
    """
    world = planted_world()
    with_contexts = "context" in graph.kinds
    found = graph.only("value") if with_contexts else graph
    return compare(found, world.graph(), as_class=not with_contexts, seed=seed)


def without_contexts(table: ScoreTable) -> ScoreTable:
    """Return the rows that were under no intervention, as a plain table."""
    if table.contexts is None:
        return table
    return replace(table.rows((table.contexts == "").nonzero()[0]), contexts=None)


def _unsteered(responses: Responses) -> Responses:
    """Return the answers without intervention."""
    return responses.where((responses.frame["condition"] == "").to_numpy())


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    """Return a progress of one part as progress of the whole."""
    return lambda done, _: progress(before + done, total)


def _digest_of(settled: Mapping[str, float]) -> str:
    """Return what an intervention by role prompt is known by; nothing for none."""
    if not settled:
        return ""
    return digest_of_bytes(repr(sorted(settled.items())).encode())
