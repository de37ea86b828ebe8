"""A `Surveyed` is a run that has its scores and its graph: what steering starts from.

Guarantee: a folder that is no run, or whose run has not come so far, is refused in a sentence that
names the command to run first; so are files that are not as they were made, and a model that is not
the one that was surveyed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import FileError, Interrupted, OptionError
from causalvalues.provenance import digest_of_file
from causalvalues.study.as_made import (
    MATERIALS,
    manifest_of,
    refuse_changed,
    refuse_closed,
    together_with,
)
from causalvalues.study.interview import Interview
from causalvalues.study.keeping import ANSWERS, add_to_manifest
from causalvalues.study.plan import Study
from causalvalues.study.record import Record
from causalvalues.study.respondents import public_identity
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.scores import ScoreTable

__all__ = ["Surveyed"]

SURVEY = ("study.yaml", "inventory.yaml", "roles.csv", "scores.parquet", "graph.json")
TOLD_APART_BY = ("weights", "model")  # the first that both have


@dataclass(frozen=True, eq=False)
class Surveyed:
    """What a run folder holds: the study, its scores and its graph."""

    folder: Path
    study: Study
    interview: Interview
    table: ScoreTable
    graph: ValueGraph

    @classmethod
    def of(cls, folder: Path, *, model: str | None = None) -> Self:
        """Return the run in a folder; `model` where it lies elsewhere now than its study says."""
        _refuse_unfinished(folder)
        materials = [name for name in Record(folder).noted("keep") if name.startswith(MATERIALS)]
        refuse_changed(folder, [*SURVEY, *materials])
        study = Study.from_yaml(folder / "study.yaml")
        if model is not None:
            study = study.with_model(model)
        interview = Interview.of(study)
        context = "context" if len(interview.groups) > 1 else None
        table = ScoreTable.from_parquet(folder / "scores.parquet", "cluster", context)
        return cls(folder, study, interview, table, ValueGraph.from_json(folder / "graph.json"))

    @property
    def record(self) -> Record:
        """Return what the run has finished."""
        return Record(self.folder)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the values."""
        return self.interview.names

    def digests(self, *names: str) -> dict[str, str]:
        """Return what files are known by; those that are not there are left out."""
        there = [name for name in names if (self.folder / name).is_file()]
        return {name: digest_of_file(self.folder / name) for name in there}

    @contextmanager
    def at_work(self) -> Iterator[AnswerStore]:
        """Give the store, which keeps other processes out of the folder while a stage works."""
        try:
            with AnswerStore.open(self.folder / ANSWERS) as store:
                yield store
        except KeyboardInterrupt:
            raise Interrupted(
                "Steering was stopped",
                found=f"all that was finished is kept in {self.folder}",
                remedy="run the same command again: it goes on from there",
            ) from None

    def finish(
        self, stage: str, made_from: Mapping[str, JsonValue], files: Sequence[Path]
    ) -> tuple[Path, ...]:
        """Return the files of a stage after it is noted, in the manifest as well."""
        self.record.finish(stage, made_from, files)
        add_to_manifest(self.folder, files)
        return tuple(files)

    def require(self, name: str, first: str) -> Path:
        """Return a file of an earlier stage, or raise with the command to run first."""
        path = self.folder / name
        if not path.is_file():
            raise FileError(
                f"{name} was expected in {self.folder}",
                found="none",
                remedy=f"run `causalvalues {first}` first",
            )
        refuse_changed(self.folder, together_with(name))
        return path

    def refuse_stale(self, name: str, rests_on: Mapping[str, str], first: str) -> None:
        """Raise where a file was made from other files than those that are there now."""
        refuse_changed(self.folder, rests_on)
        changed = [
            each
            for each, digest in rests_on.items()
            if not (self.folder / each).is_file() or digest_of_file(self.folder / each) != digest
        ]
        if changed:
            raise FileError(
                f"{name} must be made from what is in {self.folder} now",
                found=f"another {' and another '.join(changed)}",
                remedy=f"run `causalvalues {first}` again",
            )

    def check_values(self, values: Iterable[str]) -> None:
        """Raise where something is no value of the run."""
        wrong = [name for name in values if name not in self.names]
        if wrong:
            raise OptionError(
                f"Values of {self.interview.items.system.name} are {', '.join(self.names)}",
                found=", ".join(wrong),
            )

    def check_respondent(self, respondent: Respondent) -> None:
        """Raise where another model answers than the one that was surveyed."""
        surveyed, now = self._identity(), public_identity(respondent.identity)
        by = next((name for name in TOLD_APART_BY if name in surveyed and name in now), None)
        if by is not None and surveyed[by] != now[by]:
            raise OptionError(
                f"Steering goes on with the model that was surveyed, {surveyed.get('model')}",
                found=f"{now.get('model')}, whose {by} {'are' if by == 'weights' else 'is'} other",
                remedy="give the same model with --model, or run the study with this one",
            )

    def _identity(self) -> dict[str, str]:
        """Return who was surveyed, as far as the manifest says."""
        manifest = manifest_of(self.folder)
        told = None if manifest is None else manifest.parameters.get("respondent")
        return {k: str(v) for k, v in told.items()} if isinstance(told, dict) else {}


def _refuse_unfinished(folder: Path) -> None:
    """Raise unless a folder holds a run with scores and graph."""
    refuse_closed(folder)
    needed = ("study.yaml", ANSWERS, "scores.parquet", "graph.json")
    absent = [name for name in needed if not (folder / name).is_file()]
    if not folder.is_dir() or absent:
        raise FileError(
            f"The folder of a run was expected at {folder}",
            found=f"no {', no '.join(absent)} there" if folder.is_dir() else "no such folder",
            remedy=f"run `causalvalues run study.yaml --out {folder}` first",
        )
