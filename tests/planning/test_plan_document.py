"""A plan is read back as it was written; the unguided choice is the largest effect."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_plans import chain_candidates

from causalvalues.errors import FileError
from causalvalues.planning.document import read_plan, write_plan
from causalvalues.planning.known import known
from causalvalues.planning.plan import plan
from causalvalues.planning.unguided import unguided
from causalvalues.steering.document import digest_of

CANDIDATES, PROPAGATION = chain_candidates()
MADE = plan({"a": 0.4}, ("b",), known(CANDIDATES, PROPAGATION), budget=2)


def test_a_plan_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    files = write_plan(MADE, tmp_path, {"graph.json": "1f"})
    back, rests_on = read_plan(tmp_path)
    assert rests_on == {"graph.json": "1f"}
    assert back.to_dict() == MADE.to_dict()
    assert digest_of(back.intervention) == digest_of(MADE.intervention)
    assert np.array_equal(back.predicted.draws, MADE.predicted.draws)
    assert np.array_equal(back.predicted.middle, MADE.predicted.middle)
    assert {path.name for path in files} >= {"plan.json", "intervention.json"}


@pytest.mark.fault
@pytest.mark.parametrize("name", ["plan.json", "intervention.json", "prediction.safetensors"])
@pytest.mark.parametrize("damage", ["gone", "cut", "another"])
def test_a_plan_that_is_damaged_is_named(tmp_path: Path, name: str, damage: str) -> None:
    write_plan(MADE, tmp_path)
    path = tmp_path / name
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_text(json.dumps({"schema": "other"}), encoding="utf-8")
    with pytest.raises(FileError):
        read_plan(tmp_path)


def test_without_a_graph_one_takes_what_moves_the_target_most() -> None:
    doses = unguided(CANDIDATES, "a", 0.2)
    assert doses is not None
    ((name, dose),) = doses.items()
    assert name == "raises a"
    assert dose == pytest.approx(0.5, abs=0.02)
    down = unguided(CANDIDATES, "a", -0.2)
    assert down is not None
    assert down["raises a"] == pytest.approx(-0.5, abs=0.02)
    assert unguided([each for each in CANDIDATES if each.is_told], "a", 0.2) is None
