"""`run` takes a study from its file to its figures; the same call again goes on where it stopped.

    runs/<name>/  study.yaml · answers.sqlite · scores.parquet · response_style.csv · unread.csv
                  reliability.csv · graph.json · effects.csv · measured.csv · planted.json
                  comparison.json · figures/ · methods/ · viewer.html · report.html · report.json
                  stages.json · manifest.json

Answers are asked once, whatever happens; a later stage runs again only if what it is made from
changed, or its files did. Guarantee: a study whose parts do not fit, a folder that is not its own,
and a folder that another process works in are refused before a model is loaded; a folder with a
manifest is a run that has ended, the report aside, which tells of the manifest as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from causalvalues.discovery.compare import Comparison
from causalvalues.discovery.draws import Spread
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import Interrupted, OptionError, TableError, was_interrupted
from causalvalues.provenance import (
    canonical_json,
    digest_of_bytes,
    digest_of_file,
    write_atomically,
)
from causalvalues.scale.drawing import WORTH_SECONDS, Over
from causalvalues.scale.executors import Executor
from causalvalues.study.as_made import refuse_changed, refuse_forgotten
from causalvalues.study.drawing import draw_all
from causalvalues.study.explained import explained
from causalvalues.study.interview import Interview
from causalvalues.study.keeping import (
    ANSWERS,
    keep_study,
    refuse_foreign,
    withdraw_manifest,
    write_manifest,
)
from causalvalues.study.plan import Study
from causalvalues.study.record import METHODS, STEERING, VIEW, Record
from causalvalues.study.reporting import write_report
from causalvalues.study.respondents import public_name, respondent_of
from causalvalues.study.sharing import ask_over
from causalvalues.study.stages import (
    Bar,
    Held,
    ask_groups,
    judge,
    learn,
    silent,
    without_contexts,
    write_judgement,
    write_scores,
)
from causalvalues.study.viewing import write_viewer
from causalvalues.survey.cells import csv_of
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scores import ScoreTable

if TYPE_CHECKING:
    from causalvalues.study.methods.compared import Compared

__all__ = ["Outcome", "run"]

STAGES = ("keep", "score", "discover", "judge", "draw")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study found, and its files."""

    study: Study
    table: ScoreTable
    graph: ValueGraph
    comparison: Comparison | None
    n_questions: int
    n_answers: int
    n_asked: int  # of the answers, by this call
    files: tuple[Path, ...]
    methods: "Compared | None" = None

    @property
    def unsteered(self) -> ScoreTable:
        """Return the scores without intervention."""
        return without_contexts(self.table)


def run(
    study: Study,
    folder: Path,
    *,
    bar: Bar = silent,
    respondent: Respondent | None = None,
    executor: Executor | None = None,
) -> Outcome:
    """Return what a study finds, after every stage that was not finished yet.

    run(Study.from_yaml("study.yaml"), Path("runs/first")).graph
    An executor shares the asking and the draws between workers; all that is found is the same.
    """
    if executor is not None and respondent is not None:
        raise OptionError(
            "Workers open the study's model by themselves",
            found="a respondent and an executor",
            remedy="give one of them",
        )
    interview = Interview.of(study)
    refuse_foreign(folder, study)
    refuse_forgotten(folder)
    try:
        with AnswerStore.open(folder / ANSWERS) as store:  # locks the folder to others
            n_shared = 0
            if executor is not None:
                withdraw_manifest(folder)
                respondent, n_shared = ask_over(executor, study, interview, store, bar=bar)
            elif respondent is None:
                with bar(f"Loading {public_name(study.model.name)}"):
                    respondent = respondent_of(study.model)
            spread = Over(executor, worth_seconds=WORTH_SECONDS)
            return _stages(study, interview, respondent, store, bar, n_shared, spread)
    except (KeyboardInterrupt, SystemError) as fault:
        if not was_interrupted(fault):
            raise
        raise Interrupted(
            "The run was stopped",
            found=f"all that was finished is kept in {folder}",
            remedy="run the same command again: it goes on from there",
        ) from None


def _stages(
    study: Study,
    interview: Interview,
    respondent: Respondent,
    store: AnswerStore,
    bar: Bar,
    n_shared: int,
    spread: Spread,
) -> Outcome:
    """Return what a study finds, in a folder that is this process's own."""
    folder = store.path.parent
    record = Record(folder)
    withdraw_manifest(folder)
    keep_study(study, record)
    held = ask_groups(interview, respondent, store, bar=bar)
    table = _scored(interview, store, held, record)
    graph = _learnt(study, interview, table, record, bar, spread)
    comparison = _judged(study, graph, record)
    _drawn(study, interview, graph, record)
    methods = _with_methods(study, interview, respondent, store, table, graph, bar)
    refuse_changed(folder, [name for stage in STEERING for name in record.noted(stage)])
    write_viewer(folder, bar=bar)
    compared = [stage for stage in record.stages if stage.split(",")[0] == METHODS]
    finished = (*STAGES, *sorted(compared), *STEERING, VIEW)
    files = [file for stage in finished for file in record.files(stage)]
    files = [file for file in files if file.is_file()]
    told: JsonValue = {"n": len(held.keys), "digest": held.digest}
    manifest = write_manifest(study, respondent, folder, files, told)
    files += [*write_report(folder), manifest]
    return Outcome(
        study, table, graph, comparison,
        len(interview.questions), interview.n_answers, n_shared + held.n_asked, tuple(files),
        methods,
    )  # fmt: skip


def _with_methods(
    study: Study,
    interview: Interview,
    respondent: Respondent,
    store: AnswerStore,
    table: ScoreTable,
    graph: ValueGraph,
    bar: Bar,
) -> "Compared | None":
    """Return how the methods of a study compare; files of one that it has no more are removed."""
    if study.methods is None:
        record = Record(store.path.parent)
        for stage in record.stages:
            if stage.split(",")[0] == METHODS:
                record.withdraw(stage)
        return None
    from causalvalues.study.methods.compared import Compared
    from causalvalues.study.methods.stage import compare_methods

    compare_methods(study, study.methods, interview, respondent, store, table, graph, bar=bar)
    return Compared.of(store.path.parent)


def _scored(interview: Interview, store: AnswerStore, held: Held, record: Record) -> ScoreTable:
    """Return the scores, made anew only from other answers or by other rules."""
    rules: JsonValue = [
        [question.id, [[option.meaning, dict(option.credit)] for option in question.options]]
        for question in interview.questions
    ]
    made_from: Mapping[str, JsonValue] = {
        "answers": held.digest,
        "how": interview.how,
        "unclear": interview.unclear,
        "names": list(interview.names),
        "rules": digest_of_bytes(canonical_json(rules).encode()),
    }
    if not record.finished("score", made_from):
        table, files = write_scores(interview, store, held, record.folder)
        record.finish("score", made_from, files)
        return table
    context = "context" if len(interview.groups) > 1 else None
    return ScoreTable.from_parquet(record.folder / "scores.parquet", "cluster", context)


def _learnt(
    study: Study,
    interview: Interview,
    table: ScoreTable,
    record: Record,
    bar: Bar,
    spread: Spread,
) -> ValueGraph:
    """Return the graph, learnt anew only from other scores or by another plan."""
    folder = record.folder
    made_from: Mapping[str, JsonValue] = {
        "table": table.digest,
        "plan": study.discovery.model_dump(mode="json"),
        "contexts": study.contexts,
    }
    if not record.finished("discover", made_from):
        try:
            graph, estimated = learn(
                table, study.discovery, interview.search, study.contexts, spread=spread, bar=bar
            )
        except TableError as fault:
            raise explained(fault, folder) from fault
        written = [
            graph.to_json(folder / "graph.json"),
            write_atomically(folder / "effects.csv", csv_of(estimated.to_frame())),
        ]
        if estimated.measured:
            measured = csv_of(estimated.measured_frame())
            written.append(write_atomically(folder / "measured.csv", measured))
        record.finish("discover", made_from, written)
    return ValueGraph.from_json(folder / "graph.json")


def _judged(study: Study, graph: ValueGraph, record: Record) -> Comparison | None:
    """Return the graph held against the planted one, where a study has that truth."""
    if study.truth is None:
        record.withdraw("judge")
        return None
    comparison = judge(graph)
    made_from: Mapping[str, JsonValue] = {"comparison": comparison.to_dict()}
    if not record.finished("judge", made_from):
        record.finish("judge", made_from, write_judgement(graph, comparison, record.folder))
    return comparison


def _drawn(study: Study, interview: Interview, graph: ValueGraph, record: Record) -> None:
    """Draw the figures, anew only of another graph."""
    folder = record.folder
    made_from: Mapping[str, JsonValue] = {
        "graph": digest_of_file(folder / "graph.json"),
        "truth": study.truth,
        "model": public_name(study.model.name),
    }
    if not record.finished("draw", made_from):
        drawn = draw_all(study, interview.items.system, graph, folder / "figures")
        record.finish("draw", made_from, drawn)
