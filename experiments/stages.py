"""What the studies are made of: scripts that compute, then scripts that draw.

    compute    surveys, searches, resamples; runs when something that it was made from changed
    draw       reads what was computed, and always runs: all of them take less than a minute

A stage that is long (hours) runs when it is asked for by name alone; what came of it is committed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["EXPERIMENTS", "ROOT", "STAGES", "Stage"]

EXPERIMENTS = Path(__file__).parent
ROOT = EXPERIMENTS.parent


@dataclass(frozen=True)
class Stage:
    """One script of a study: how it is called, and the manifest that tells of its results."""

    study: str
    script: str
    kind: Literal["compute", "draw"]
    manifest: str = ""  # below the study; figures have their own
    parameters: Mapping[str, int] = field(default_factory=dict)
    gathers: str = ""  # files below the study that it takes all of
    options: tuple[str, ...] = ()  # that are no parameters: where things lie
    out: bool = True
    reads_data: bool = False
    is_long: bool = False

    @property
    def name(self) -> str:
        """Return the name: the study and the script."""
        return f"{self.study}/{self.script}"

    def gathered(self, experiments: Path = EXPERIMENTS) -> set[Path]:
        """Return the files that it takes all of."""
        return set((experiments / self.study).glob(self.gathers)) if self.gathers else set()


STAGES = (
    Stage("planted_world", "run.py", "compute", "results/run.manifest.json", {"worlds": 30}),
    Stage("kang2025", "run.py", "compute", "results/run.manifest.json", {"draws": 2000},
          reads_data=True),
    Stage("organism", "run.py", "compute", "results/run.manifest.json",
          {"draws": 20, "roles": 2000}),
    Stage("organism", "found.py", "compute", "results/found.manifest.json"),
    Stage("organism", "foretell.py", "compute", "results/foretell.manifest.json"),
    Stage("organism", "steer.py", "compute", "results/steering_runs/steer.manifest.json",
          {"seeds": 5}, out=False, is_long=True),
    Stage("organism", "summary.py", "compute", "results/summary.manifest.json",
          gathers="results/steering_runs/*-*/*.parquet"),
    Stage("methods", "run.py", "compute", "results/runs/run.manifest.json",
          options=("--scratch", "runs/methods"), out=False, is_long=True),
    Stage("methods", "summary.py", "compute", "results/summary.manifest.json",
          gathers="results/runs/*-*/*.parquet"),
    Stage("planted_world", "figures.py", "draw"),
    Stage("kang2025", "figures.py", "draw"),
    Stage("organism", "figures.py", "draw"),
    Stage("methods", "figures.py", "draw"),
)  # fmt: skip
