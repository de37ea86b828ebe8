"""Every tutorial does what it says: its blocks run in order, and what it shows comes out."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from checked import ROOT, validate_run

from causalvalues.organism.world import planted_world

MAKING = ROOT / "docs" / "making"
PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PEOPLE = ROOT / "docs" / "tutorials" / "data" / "people.csv"

sys.path.insert(0, str(MAKING))

from tutorial import WIDTH, blocks_of, differences, renewed  # noqa: E402


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what a tutorial reads of a clone, and nothing else."""
    for part in ("graphs", "docs/tutorials/data"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_and_shows_what_comes_out(page: Path, clone: Path) -> None:
    outcome = subprocess.run(
        [sys.executable, str(MAKING / "tutorial.py"), str(page)],
        cwd=clone,
        env=os.environ | {"COLUMNS": WIDTH, "OMP_NUM_THREADS": "1"},  # alone or beside others
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    blocks = blocks_of(page.read_text(encoding="utf-8"))
    assert len(blocks) > 3
    for block, printed in zip(blocks, json.loads(outcome.stdout), strict=True):
        if block.shown is not None:
            missing = differences(block.shown, printed)
            assert not missing, f"{block.code}\nprinted\n{printed}"
    if page.stem == "interpretability":  # it writes every file of a run
        held = validate_run(clone / "runs" / "first")
        assert {"graph", "manifest", "stages", "comparison", "candidates"} <= held
        assert {"profiles", "plan", "intervention", "verdict", "report"} <= held


def test_the_invented_people_are_those_of_the_planted_world() -> None:
    frame = planted_world().sample(250, n_states=2, n_levels=6, seed=3).to_frame()
    frame["cluster"] = frame["cluster"].str.replace("role-", "p")
    expected = frame.rename(columns={"cluster": "person"}).round(3)
    pd.testing.assert_frame_equal(pd.read_csv(PEOPLE), expected, check_dtype=False)


PAGE = """Text

```python
print(1)
```

```text
one 1.00
```

```sh
causalvalues doctor
```
"""


def test_a_block_is_read_with_the_output_below_it() -> None:
    first, second = blocks_of(PAGE)
    assert (first.language, first.code, first.shown) == ("python", "print(1)\n", "one 1.00\n")
    assert (second.language, second.shown) == ("sh", None)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one 1.00", "one 1.01"),
        ("│ a │ 12 │", "│ a  │   12 │"),
        ("one\n…\nfour", "one\ntwo\nthree\nfour"),
        ("…\nlast -0.50", "first\nlast -0.51"),
    ],
)
def test_what_is_near_enough_is_the_same(shown: str, printed: str) -> None:
    assert differences(shown, printed) == []


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one 1.00", "one 1.10"),
        ("one 1.00", "two 1.00"),
        ("gain +0.30", "gain -0.30"),
        ("12 edges", "13 edges"),
        ("one\nthree", "one\ntwo\nthree"),
        ("one\n…\nfour", "one\ntwo"),
        ("three\n…\none", "one\ntwo\nthree"),
    ],
)
def test_what_differs_is_told(shown: str, printed: str) -> None:
    assert differences(shown, printed)


def test_output_is_written_anew_where_nothing_is_left_out() -> None:
    page = PAGE + "\n```text\nhead\n…\n```\n"
    made = renewed(page, ["1", "all is well"])
    assert "```text\n1\n```" in made
    assert "```text\nhead\n…\n```" in made
