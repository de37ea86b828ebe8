"""A plan as files, and back: plan.json, intervention.json, and the draws that were predicted.

`rests_on` holds the digests of the files that a plan was made from, so that one that is out of date
can be told; `intervention` and `draws` are those of what lies beside it. Guarantee: `read_plan`
gives back what `write_plan` was given, to the last bit of every prediction; files that are damaged,
or do not belong together, are a named error.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from causalvalues.errors import FileError
from causalvalues.planning.planned import SCHEMA, Plan, Used
from causalvalues.planning.predict import Prediction
from causalvalues.provenance import digest_of_bytes, write_atomically
from causalvalues.steering.document import digest_of, read_intervention, write_intervention

__all__ = ["DRAWS", "INTERVENTION", "PLAN", "read_plan", "write_plan"]

PLAN, INTERVENTION, DRAWS = "plan.json", "intervention.json", "prediction.safetensors"


def write_plan(made: Plan, folder: Path, rests_on: Mapping[str, str] | None = None) -> list[Path]:
    """Return the files of a plan."""
    arrays = {"draws": made.predicted.draws, "middle": made.predicted.middle}
    whole = {name: np.ascontiguousarray(each, dtype=np.float64) for name, each in arrays.items()}
    draws = save(whole)
    told = {**made.to_dict(), "draws": digest_of_bytes(draws), "rests_on": dict(rests_on or {})}
    document = json.dumps(told, indent=1, ensure_ascii=False)
    return [
        write_atomically(folder / PLAN, document + "\n"),
        *write_intervention(made.intervention, folder / INTERVENTION),
        write_atomically(folder / DRAWS, draws),
    ]


def read_plan(folder: Path) -> tuple[Plan, dict[str, str]]:
    """Return the plan in a folder, and what it rests on."""
    intervention = read_intervention(folder / INTERVENTION)
    try:
        told: dict[str, Any] = json.loads((folder / PLAN).read_text("utf-8"))
        draws = (folder / DRAWS).read_bytes()
        arrays = load(draws)
        if told["schema"] != SCHEMA:
            raise ValueError(f"schema {told['schema']!r}")
        if told["intervention"] != digest_of(intervention):
            raise ValueError(f"another intervention in {INTERVENTION}")
        if told.get("draws") not in (None, digest_of_bytes(draws)):
            raise ValueError(f"other predictions in {DRAWS}")
        names = tuple(map(str, told["predicted"]))
        if arrays["draws"].shape[1:] != (len(names),) or arrays["middle"].shape != (len(names),):
            raise ValueError(f"predictions of other values in {DRAWS}")
        used = tuple(
            Used(str(u["name"]), float(u["dose"]), _numbers(u["direct"]), tuple(u["settles"]))
            for u in told["used"]
        )
        made = Plan(
            _numbers(told["targets"]),
            tuple(map(str, told["hold"])),
            used,
            intervention,
            Prediction(
                " + ".join(each.name for each in used), names, arrays["draws"], (),
                str(told["method"]), arrays["middle"],
            ),
            float(told["collateral"]),
            str(told["method"]),
            {str(k): str(v) for k, v in told["left_out"].items()},
            _numbers(told["beat"]),
            tuple(map(str, told["why"])),
        )  # fmt: skip
        return made, {str(name): str(digest) for name, digest in told["rests_on"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as fault:
        raise FileError(
            f"A plan ({SCHEMA}) was expected in {folder}",
            found=str(fault),
            remedy="make it again with `causalvalues plan`",
        ) from fault


def _numbers(told: dict[str, Any]) -> dict[str, float]:
    """Return numbers by name."""
    return {str(name): float(number) for name, number in told.items()}
