"""`run` takes a study from its file to its figures; the same call again goes on where it stopped.

    runs/<name>/  study.yaml · answers.sqlite · scores.parquet · response_style.csv · graph.json
                  effects.csv · measured.csv · planted.json · comparison.json · figures/
                  stages.json · manifest.json

Answers are asked once, whatever happens; a later stage runs again only if what it is made from
changed. Guarantee: the manifest is written last, with the digest of every file beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from causalvalues.discovery.compare import Comparison
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import FileError
from causalvalues.organism.world import planted_world
from causalvalues.provenance import Manifest, digest_of_bytes, digest_of_file, write_atomically
from causalvalues.study.drawing import draw_all
from causalvalues.study.plan import Study
from causalvalues.study.record import Record
from causalvalues.study.respondents import respondent_of
from causalvalues.study.stages import Bar, ask_all, judge, learn, questions_of, write_scores
from causalvalues.survey.request import Respondent
from causalvalues.survey.scores import ScoreTable

__all__ = ["Outcome", "run"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study found, and its files."""

    study: Study
    table: ScoreTable
    graph: ValueGraph
    comparison: Comparison | None
    n_questions: int
    files: tuple[Path, ...]


def run(study: Study, folder: Path, *, bar: Bar, respondent: Respondent | None = None) -> Outcome:
    """Return what a study finds, after every stage that was not finished yet."""
    record, files = Record(folder), [_kept(study, folder)]
    respondent = respondent or respondent_of(study.model)
    keys = ask_all(study, respondent, folder / "answers.sqlite", bar=bar)
    asked = digest_of_bytes(*keys)
    table = _scored(study, folder, record, keys, asked)
    made_from: Mapping[str, JsonValue] = {
        "table": table.digest,
        "plan": study.discovery.model_dump(mode="json"),
    }
    if not record.finished("discover", made_from):
        graph, estimated = learn(table, study.discovery, bar=bar)
        written = [
            graph.to_json(folder / "graph.json"),
            write_atomically(folder / "effects.csv", estimated.to_frame().to_csv(index=False)),
        ]
        if estimated.measured:
            measured = estimated.measured_frame().to_csv(index=False)
            written.append(write_atomically(folder / "measured.csv", measured))
        record.finish("discover", made_from, written)
    graph = ValueGraph.from_json(folder / "graph.json")
    comparison = None
    if study.truth == "planted":
        comparison = judge(graph)
        files += [
            planted_world()
            .truth(as_class="context" not in graph.kinds)
            .to_json(folder / "planted.json"),
            comparison.to_json(folder / "comparison.json"),
        ]
    files += [*record.files("score"), *record.files("discover")]
    files += draw_all(study, graph, folder / "figures")
    files.append(_manifest(study, respondent, files, folder))
    n_questions = len(questions_of(study, study.read_inventory()))
    return Outcome(study, table, graph, comparison, n_questions, tuple(files))


def _scored(
    study: Study, folder: Path, record: Record, keys: tuple[bytes, ...], asked: str
) -> ScoreTable:
    """Return the scores, made anew only from other answers."""
    made_from: Mapping[str, JsonValue] = {"answers": asked, "how": study.how}
    if not record.finished("score", made_from):
        table, files = write_scores(study, folder / "answers.sqlite", keys, folder)
        record.finish("score", made_from, files)
        return table
    context = None if study.settled is None else "context"
    return ScoreTable.from_parquet(folder / "scores.parquet", "cluster", context)


def _kept(study: Study, folder: Path) -> Path:
    """Return the copy of the study in its run folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise FileError(
            f"A folder was to be made at {folder}",
            found=fault.strerror or str(fault),
            remedy="name another place with -o or --out",
        ) from fault
    text = yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return write_atomically(folder / "study.yaml", text)


def _manifest(study: Study, respondent: Respondent, files: list[Path], folder: Path) -> Path:
    """Return the manifest, written when all else is."""
    manifest = Manifest.of(
        "run",
        parameters={"study": study.name, "respondent": dict(respondent.identity)},
        seeds={"roles": study.roles.seed, "discovery": study.discovery.seed},
        digests={str(file.relative_to(folder)): digest_of_file(file) for file in files},
    )
    return write_atomically(folder / "manifest.json", manifest.model_dump_json(indent=1) + "\n")
