"""The leaderboard's figure shows what its CSV says, and tells comparisons apart without colour."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from causalvalues.errors import TableError
from causalvalues.report.leaderboard_figure import PANELS, SHOWN, draw_leaderboard
from causalvalues.report.method_names import shown_name

MARKS = ("gain", "at_gain", "leakage_ratio", "truth_r", "perplexity_ratio", "capability_change")


def leaderboard(methods: tuple[str, ...] = ("caa", "neva"), *, seed: int = 0) -> pd.DataFrame:
    """A leaderboard of drawn numbers."""
    rng = np.random.default_rng(seed)
    rows = []
    for comparison in ("equal gain", "control"):
        for method in methods:
            for mark in MARKS:
                mean = float(rng.random())
                rows.append(
                    {
                        "model": "m", "comparison": comparison, "method": method, "mark": mark,
                        "mean": mean, "low": mean - 0.1, "high": mean + 0.2, "n": 4, "n_missed": 0,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def test_every_number_stands_in_the_csv_beside_the_figure(tmp_path: Path) -> None:
    table = leaderboard()
    files = draw_leaderboard(table, tmp_path)
    assert {file.name for file in files} == {
        "leaderboard.pdf", "leaderboard.svg", "leaderboard.png", "leaderboard.csv",
    }  # fmt: skip
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "leaderboard.csv"), table)


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        draw_leaderboard(leaderboard(), tmp_path / name)
    for kind in ("svg", "pdf", "png"):
        one, other = (tmp_path / name / f"leaderboard.{kind}" for name in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


def test_comparisons_are_told_apart_by_shape_and_place() -> None:
    assert len({shown.shape for shown in SHOWN}) == len({shown.above for shown in SHOWN})
    assert len({shown.shape for shown in SHOWN}) == len(SHOWN)
    assert len({panel.mark for panel in PANELS}) == len(PANELS)


def test_a_mark_that_nobody_was_given_has_no_panel(tmp_path: Path) -> None:
    table = leaderboard()
    draw_leaderboard(table, tmp_path / "all")
    table.loc[table["mark"] == "truth_r", ["mean", "low", "high"]] = np.nan
    draw_leaderboard(table, tmp_path / "fewer")
    widths = [imread(tmp_path / name / "leaderboard.png").shape[1] for name in ("all", "fewer")]
    assert widths[1] < widths[0] * 0.95


def test_a_method_without_a_mark_keeps_its_row(tmp_path: Path) -> None:
    table = leaderboard(("caa", "conva"))
    table.loc[table["method"] == "conva", ["mean", "low", "high"]] = np.nan
    draw_leaderboard(table, tmp_path)
    assert "conva" in shown_name("conva")
    drawn = imread(tmp_path / "leaderboard.png")
    draw_leaderboard(table[table["method"] == "caa"], tmp_path / "one")
    assert drawn.shape[0] > imread(tmp_path / "one" / "leaderboard.png").shape[0]


def test_formulas_of_our_own_are_never_shown_under_a_publications_name() -> None:
    assert " ".join(shown_name("neva").split()) == "NeVA-style (formulas ours)"
    assert shown_name("conva") == "conva"


@pytest.mark.fault
def test_a_table_that_is_no_leaderboard_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no mean"):
        draw_leaderboard(leaderboard().drop(columns="mean"), tmp_path)
    with pytest.raises(TableError, match="entries at equal gain"):
        draw_leaderboard(leaderboard().query("comparison == 'equal norm'"), tmp_path)
