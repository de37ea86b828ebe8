"""candidates.json: interventions by name, and what they were chosen by; arrays lie beside it.

Guarantee: what was written is read back the same; a damaged or foreign file is a named error that
says which command writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from causalvalues.errors import FileError
from causalvalues.provenance import write_atomically
from causalvalues.steering.document import arrays_of, from_dict, to_dict
from causalvalues.steering.intervention import Intervention, RolePrompt, parts_of
from causalvalues.study.as_made import refuse_changed

__all__ = ["ARRAYS", "CANDIDATES", "CandidateSet"]

CANDIDATES, ARRAYS = "candidates.json", "candidates.safetensors"
SCHEMA = "causalvalues.candidates/1"
REMEDY = "run `causalvalues candidates RUN` again"


@dataclass(frozen=True, eq=False)
class CandidateSet:
    """Interventions that a plan may use, not yet measured; the seed that parts items and roles."""

    interventions: Mapping[str, Intervention]
    seed: int = 0
    chosen_by: tuple[str, ...] = ()

    @property
    def n_told(self) -> int:
        """Return how many are role prompts."""
        told = (all(isinstance(part, RolePrompt) for part in parts_of(each))
                for each in self.interventions.values())  # fmt: skip
        return sum(told)

    def write(self, folder: Path) -> list[Path]:
        """Return the files: candidates.json, and the arrays of vectors if there are any."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for intervention in self.interventions.values():
            arrays |= arrays_of(intervention)
        document = {
            "schema": SCHEMA,
            "seed": self.seed,
            "chosen_by": list(self.chosen_by),
            "candidates": {name: to_dict(each) for name, each in self.interventions.items()},
        }
        text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        written = [write_atomically(folder / CANDIDATES, text)]
        if arrays:
            written.append(write_atomically(folder / ARRAYS, save(dict(sorted(arrays.items())))))
        return written

    @classmethod
    def read(cls, folder: Path) -> "CandidateSet":
        """Return what `write` wrote."""
        refuse_changed(folder, (CANDIDATES, ARRAYS))
        path = folder / CANDIDATES
        try:
            document = json.loads(path.read_text("utf-8"))
            if document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']!r}")
            beside = folder / ARRAYS
            arrays = load_file(beside) if beside.is_file() else {}
            told: Mapping[str, Mapping[str, JsonValue]] = document["candidates"]
            return cls(
                {str(name): from_dict(each, arrays) for name, each in told.items()},
                int(document["seed"]),
                tuple(map(str, document["chosen_by"])),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as fault:
            raise FileError(
                f"Candidates ({SCHEMA}) were expected at {path}", found=str(fault), remedy=REMEDY
            ) from fault
