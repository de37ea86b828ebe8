"""A `RunFolder` is what a report reads of a run: the study, and whichever files there are.

Guarantee: nothing is written, no model is loaded, the answers themselves are not opened; a file
that cannot be read, or is not as it was made, is a named error with the command that makes it
again.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import pandas as pd
from pydantic import JsonValue

from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import FileError
from causalvalues.provenance import Manifest, digest_of_file
from causalvalues.study.as_made import manifest_of, refuse_changed, refuse_closed
from causalvalues.study.interview import Interview
from causalvalues.study.keeping import STUDY
from causalvalues.study.plan import Study
from causalvalues.study.respondents import public_name
from causalvalues.survey.cells import plain_frame
from causalvalues.survey.scores import ScoreTable
from causalvalues.values import ValueSystem

__all__ = ["READ", "RunFolder"]

READ = (
    STUDY, "response_style.csv", "unread.csv", "reliability.csv", "scores.parquet", "graph.json",
    "effects.csv", "measured.csv", "planted.json", "comparison.json", "candidates.json",
    "effects.parquet", "plan.json", "verdict.json", "verdict.csv", "methods/entries.parquet",
    "methods/unfitted.parquet", "methods/leaderboard.csv",
)  # fmt: skip
ASKED = ("inventory.yaml", "roles.csv")  # what a study names that lies beside it
AGAIN = "run the command that makes it again"
Read = TypeVar("Read")


@dataclass(frozen=True, eq=False)
class RunFolder:
    """A folder with a study, and what came of it so far."""

    folder: Path
    study: Study
    interview: Interview

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the run in a folder."""
        refuse_closed(folder)
        if not (folder / STUDY).is_file():
            raise FileError(
                f"The folder of a run was expected at {folder}",
                found=f"no {STUDY} there" if folder.is_dir() else "no such folder",
                remedy=f"run `causalvalues run study.yaml --out {folder}` first",
            )
        refuse_changed(folder, (*READ, *ASKED))
        study = Study.from_yaml(folder / STUDY)
        return cls(folder, study, Interview.of(study))

    @property
    def system(self) -> ValueSystem:
        """Return the values that were asked about."""
        return self.interview.items.system

    @property
    def model(self) -> str:
        """Return who answered, as it may be published."""
        return public_name(self.study.model.name)

    def has(self, *names: str) -> bool:
        """Return whether all of some files are there."""
        return all((self.folder / name).is_file() for name in names)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, of CSV or Parquet."""
        path = self.folder / name
        if path.suffix == ".parquet":
            return self._read(name, lambda: pd.read_parquet(path))
        return self._read(name, lambda: _csv(path))

    def document(self, name: str) -> dict[str, Any]:
        """Return a JSON document."""
        path = self.folder / name
        return self._read(name, lambda: dict(json.loads(path.read_text("utf-8"))))

    @cached_property
    def graph(self) -> ValueGraph:
        """Return the graph between values."""
        return ValueGraph.from_json(self.folder / "graph.json").only("value")

    @cached_property
    def scores(self) -> ScoreTable:
        """Return the scores."""
        context = "context" if len(self.interview.groups) > 1 else None
        return ScoreTable.from_parquet(self.folder / "scores.parquet", "cluster", context)

    @cached_property
    def manifest(self) -> Manifest | None:
        """Return how the run was made; None where it has not ended."""
        return manifest_of(self.folder)

    @cached_property
    def conditions(self) -> Mapping[str, str]:
        """Return what each condition is called, the one without intervention first."""
        named = {"": "nothing settled"}
        for group in self.interview.groups:
            settles = ", ".join(f"{name} {level:+g}" for name, level in group.settled.items())
            named.setdefault(group.name, f"settled: {settles}")
        return named

    def digests(self) -> dict[str, JsonValue]:
        """Return what a report is made from."""
        return {name: digest_of_file(self.folder / name) for name in READ if self.has(name)}

    def _read(self, name: str, reading: Callable[[], Read]) -> Read:
        """Return what a file holds, or raise with its name."""
        try:
            return reading()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise FileError(
                f"{name} was expected in {self.folder}",
                found=str(fault).partition("\n")[0],
                remedy=AGAIN,
            ) from fault


def _csv(path: Path) -> pd.DataFrame:
    """Return a CSV table; an empty cell is missing, a word such as None is a word."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""], encoding="utf-8")
    return plain_frame(frame)
