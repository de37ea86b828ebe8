"""One row per method and mark: means by hand, what is missing counted, intervals that hold."""

import math

import numpy as np
import pandas as pd
import pytest

from causalvalues.errors import TableError
from causalvalues.leaderboard.board import board, crossed_interval, paired

VALUES = ("power", "security", "hedonism", "tradition")


def rows(method: str, gains: list[list[float]], *, model: str = "m") -> list[dict[str, object]]:
    """Entries of one method: a list of values for each seed."""
    return [
        {"model": model, "method": method, "seed": seed, "value": value, "gain": gain,
         "leak": -gain}
        for seed, by_value in enumerate(gains)
        for value, gain in zip(VALUES, by_value, strict=False)
    ]  # fmt: skip


def drawn(
    n_values: int, n_seeds: int, rng: np.random.Generator, *, centre: float = 1.0
) -> pd.DataFrame:
    """Numbers of values and seeds that each have a part of their own, besides chance."""
    by_value, by_seed = rng.normal(0, 0.1, n_values), rng.normal(0, 0.05, n_seeds)
    chance = rng.normal(0, 0.05, (n_values, n_seeds))
    return pd.DataFrame(
        {"model": "m", "seed": seed, "value": f"v{value}",
         "gain": centre + by_value[value] + by_seed[seed] + chance[value, seed]}
        for value in range(n_values)
        for seed in range(n_seeds)
    )  # fmt: skip


def test_means_are_over_values_and_seeds_of_each_method() -> None:
    entries = pd.DataFrame(
        rows("caa", [[0.1, 0.2], [0.3, 0.8]]) + rows("conva", [[0.4, 0.4], [0.5, 0.5]])
    )
    found = board(entries, ["gain", "leak"])
    assert list(found.columns) == [
        "model",
        "method",
        "mark",
        "mean",
        "low",
        "high",
        "n",
        "n_missed",
    ]
    mean = found.set_index(["method", "mark"])["mean"]
    assert mean["caa", "gain"] == pytest.approx(0.35)
    assert mean["conva", "gain"] == pytest.approx(0.45)
    assert mean["caa", "leak"] == pytest.approx(-0.35)
    assert list(found.method) == ["caa", "caa", "conva", "conva"]
    assert (found.low <= found["mean"]).all()
    assert (found["mean"] <= found.high).all()


def test_what_has_no_mark_is_left_out_and_counted() -> None:
    entries = pd.DataFrame(rows("caa", [[0.1, math.nan, 0.5], [0.3, 0.1, math.nan]]))
    (row,) = board(entries, ["gain"]).to_dict("records")
    assert (row["n"], row["n_missed"]) == (4, 2)
    assert row["mean"] == pytest.approx(0.25)
    assert row["low"] < row["mean"] < row["high"]


def test_where_nothing_is_known_there_is_no_mean() -> None:
    entries = pd.DataFrame(rows("caa", [[math.nan, math.nan]]))
    (row,) = board(entries, ["gain"]).to_dict("records")
    assert (row["n"], row["n_missed"]) == (0, 2)
    assert np.isnan([row["mean"], row["low"], row["high"]]).all()


def test_one_number_has_no_interval() -> None:
    (row,) = board(pd.DataFrame(rows("caa", [[0.4]])), ["gain"]).to_dict("records")
    assert row["mean"] == pytest.approx(0.4)
    assert np.isnan([row["low"], row["high"]]).all()


def test_models_are_put_together_or_told_apart() -> None:
    entries = pd.DataFrame(
        rows("caa", [[0.1, 0.2]], model="one") + rows("caa", [[0.3, 0.4]], model="other")
    )
    assert board(entries, ["gain"])["mean"].tolist() == pytest.approx([0.15, 0.35])
    assert board(entries, ["gain"], by=["method"])["mean"].tolist() == pytest.approx([0.25])


def test_the_order_of_rows_changes_nothing() -> None:
    entries = drawn(6, 4, np.random.default_rng(1)).assign(method="caa")
    one = board(entries, ["gain"])
    for seed in range(3):
        other = board(entries.sample(frac=1, random_state=seed), ["gain"])
        pd.testing.assert_frame_equal(one, other)


def test_a_seed_gives_the_same_interval() -> None:
    entries = drawn(6, 4, np.random.default_rng(1))
    assert crossed_interval(entries, "gain") == crossed_interval(entries, "gain")
    assert crossed_interval(entries, "gain") != crossed_interval(entries, "gain", seed=1)


def test_alike_numbers_leave_no_doubt() -> None:
    entries = pd.DataFrame(rows("caa", [[0.3] * 4] * 3))
    assert crossed_interval(entries, "gain") == pytest.approx((0.3, 0.3))


def test_an_interval_shrinks_with_seeds_and_with_values() -> None:
    def width(n_values: int, n_seeds: int) -> float:
        """The mean width of some intervals."""
        rng = np.random.default_rng(3)
        ends = [crossed_interval(drawn(n_values, n_seeds, rng), "gain") for _ in range(12)]
        return float(np.mean([high - low for low, high in ends]))

    assert width(8, 8) < width(8, 2)
    assert width(32, 4) < 0.7 * width(8, 4)


def test_a_lower_level_is_a_narrower_interval() -> None:
    entries = drawn(6, 4, np.random.default_rng(1))
    low, high = crossed_interval(entries, "gain")
    inner = crossed_interval(entries, "gain", level=0.5)
    assert low < inner[0] < inner[1] < high


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(150):
        low, high = crossed_interval(drawn(10, 5, rng, centre=0.4), "gain")
        held += low <= 0.4 <= high
    assert 0.88 <= held / 150 <= 0.99


def test_a_difference_is_paired_by_value_and_seed() -> None:
    easy = [[0.1, 0.9], [0.2, 0.8]]
    entries = pd.DataFrame(rows("caa", easy) + rows("conva", [[g + 0.05 for g in s] for s in easy]))
    found = paired(entries, "gain", "conva", "caa")
    assert found == pytest.approx({"mean": 0.05, "low": 0.05, "high": 0.05, "n": 4})
    assert paired(entries, "gain", "caa", "conva")["mean"] == pytest.approx(-0.05)
    assert paired(entries, "gain", "caa", "caa")["mean"] == 0


def test_a_difference_is_of_what_both_have() -> None:
    entries = pd.DataFrame(
        rows("caa", [[0.1, math.nan, 0.3]]) + rows("conva", [[0.2, 0.9, math.nan], [0.7, 0.7, 0.7]])
    )
    found = paired(entries, "gain", "conva", "caa")
    assert (found["n"], found["mean"]) == (1, pytest.approx(0.1))
    assert np.isnan(found["low"])


def test_with_a_method_that_is_not_there_there_is_no_difference() -> None:
    found = paired(pd.DataFrame(rows("caa", [[0.1, 0.2]])), "gain", "neva", "caa")
    assert found["n"] == 0
    assert np.isnan(found["mean"])


@pytest.mark.fault
def test_what_is_no_table_of_entries_is_refused() -> None:
    entries = pd.DataFrame(rows("caa", [[0.1, 0.2]])).drop(columns=["seed"])
    with pytest.raises(TableError, match="no seed, surprise"):
        board(entries, ["gain", "surprise"])
