"""No CSV file begins a formula, and each reads again as it was."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalvalues import ScoreTable
from causalvalues.survey.cells import csv_of, guarded, plain, plain_frame

FORMULAS = ("=1+1", "+1+1", "-1-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "'=1", "''@x", "-", "+x")
TAME = ("power", "-1", "+5", "-1.5e-3", "'", "'quoted'", "", "a=b", "'-1", "−x")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_quoted_and_read_again(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert plain(guarded(text)) == text


@pytest.mark.parametrize("text", TAME)
def test_other_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert guarded(text) == plain(text) == text


def test_a_frame_reads_again_as_it_was() -> None:
    texts = [*FORMULAS, *TAME]
    frame = pd.DataFrame({"=name": texts, "n": np.arange(len(texts)) - 3.5, "some": None})
    text = csv_of(frame)
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert head == ["'=name", "n", "some"]
    assert [plain(row[0]) for row in rows] == texts
    assert [float(row[1]) for row in rows] == list(frame["n"])
    read = plain_frame(pd.read_csv(io.StringIO(text, newline=""), keep_default_na=False))
    assert list(read["=name"]) == texts


def test_scores_of_values_with_odd_names_read_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    roles = np.array([f"=role{n}" for n in range(20)])
    table = ScoreTable(("=1+1", "@x", "plain"), rng.normal(size=(20, 3)), clusters=roles)
    back = ScoreTable.from_csv(table.to_csv(tmp_path / "scores.csv"), cluster="cluster")
    assert back.digest == table.digest
    assert "=1+1," not in (tmp_path / "scores.csv").read_text().replace("'=1+1,", "")
