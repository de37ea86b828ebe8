"""verdict.json and verdict.csv: what a plan did, what was expected, and what stands beside both.

Guarantee: `read_verdict` gives back what `write_verdict` was given; a damaged or foreign file is a
named error that says which command writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from causalvalues.errors import FileError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.planned import Plan
from causalvalues.planning.verify import SteeringReport
from causalvalues.provenance import write_atomically
from causalvalues.survey.cells import csv_of

__all__ = ["VERDICT", "Verdict", "read_verdict", "write_verdict"]

VERDICT, VALUES = "verdict.json", "verdict.csv"
KEPT = ("measured", "control", "unguided")


@dataclass(frozen=True, eq=False)
class Verdict:
    """A report on held-out items and roles, and what else could have been done there."""

    report: SteeringReport
    unguided: EffectProfile | None = None  # its name says which candidate, at which dose
    planted: Mapping[str, float] | None = None  # what the gain alone brings, where that is known

    def to_frame(self) -> pd.DataFrame:
        """Return one row per value: predicted, measured, verdict, and what stands beside."""
        frame = self.report.to_frame()
        for name, profile in (("control", self.report.control), ("unguided", self.unguided)):
            frame[name] = np.nan if profile is None else profile.change
        if self.planted is not None:
            frame["planted"] = [self.planted.get(value, np.nan) for value in frame["value"]]
        return frame

    @property
    def by_role(self) -> dict[str, EffectProfile | None]:
        """Return everything that was measured, role by role."""
        return dict(
            zip(KEPT, (self.report.measured, self.report.control, self.unguided), strict=True)
        )


def write_verdict(verdict: Verdict, folder: Path) -> list[Path]:
    """Return both files."""
    document: dict[str, Any] = {
        **verdict.report.to_dict(),
        "unguided": None if verdict.unguided is None else verdict.unguided.name,
        "planted": None if verdict.planted is None else dict(verdict.planted),
        "by_role": {n: None if p is None else p.to_dict() for n, p in verdict.by_role.items()},
    }
    text = json.dumps(_known(document), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    table = csv_of(verdict.to_frame())
    return [write_atomically(folder / VERDICT, text), write_atomically(folder / VALUES, table)]


def read_verdict(folder: Path, made: Plan) -> Verdict:
    """Return the verdict on a plan that a folder holds."""
    try:
        document = json.loads((folder / VERDICT).read_text("utf-8"))
        profiles = {
            name: None if document["by_role"][name] is None
            else EffectProfile.from_dict(document["by_role"][name])
            for name in KEPT
        }  # fmt: skip
        measured = profiles["measured"]
        if measured is None:
            raise ValueError("nothing measured")
        planted = document["planted"]
        report = SteeringReport(made, measured, profiles["control"])
        return Verdict(report, profiles["unguided"], planted)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, FileError) as fault:
        raise FileError(
            f"A steering report was expected in {folder}",
            found=str(fault),
            remedy="run `causalvalues evaluate` again",
        ) from fault


def _known(part: Any) -> Any:
    """Return a document in which a number that is none is null."""
    if isinstance(part, dict):
        return {str(name): _known(each) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_known(each) for each in part]
    return None if isinstance(part, float) and not np.isfinite(part) else part
