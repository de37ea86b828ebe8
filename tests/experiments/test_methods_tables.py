"""Tables of the methods' study, from small frames whose numbers can be had by hand."""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

STUDY = Path(__file__).parents[2] / "experiments" / "methods"
sys.path.insert(0, str(STUDY))

import tables  # noqa: E402

from causalvalues.organism.world import planted_world  # noqa: E402
from causalvalues.values import schwartz10  # noqa: E402

NAMES = schwartz10().names
VALUES = ("power", "security", "hedonism")
MODELS = ("organism/gemma", "organism/llama")


def entries(
    collateral: dict[str, float], *, method: str = "caa", models: tuple[str, ...] = MODELS
) -> pd.DataFrame:
    """Entries of one method: for each comparison, collateral at the gain in every cell."""
    rows = [
        {
            "model": model, "seed": seed, "method": method, "value": value,
            "comparison": comparison, "gain": 0.3, "at_gain": size, "truth_r": 0.9,
            "leakage_ratio": size / 0.3, "norm": 0.1, "told_gain": 0.2,
        }
        for model, seed, value, (comparison, size) in product(
            models, range(2), VALUES, collateral.items()
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)


def profiles(leak_by_steps: dict[int, float], *, gain: float = 0.5) -> pd.DataFrame:
    """One method's changes of every value, as large as distance on the circle says."""
    steps = tables._steps({v.name: v.angle_in_degrees for v in schwartz10().values})
    rows = [
        {
            "model": model, "seed": 0, "method": "caa", "value": value, "comparison": "equal gain",
            "on": on, "change": gain if on == value else -gain * leak_by_steps[steps[value, on]],
        }
        for model, value, on in product(MODELS, NAMES, NAMES)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def of(table: pd.DataFrame, **keys: str) -> pd.Series:
    """The one row that has some keys."""
    for column, key in keys.items():
        table = table[table[column] == key]
    (row,) = (row for _, row in table.iterrows())
    return row


def test_models_are_told_apart_and_put_together() -> None:
    found = tables.with_both(entries({"equal gain": 0.1}))
    assert [(name, len(part)) for name, part in found] == [
        (MODELS[0], 6),
        (MODELS[1], 6),
        ("both", 12),
    ]


def test_what_is_done_is_gathered(tmp_path: Path) -> None:
    assert tables.gathered(tmp_path, "entries").empty
    for short in ("gemma-0", "llama-0"):
        (tmp_path / short).mkdir()
        entries({"equal gain": 0.1}).to_parquet(tmp_path / short / "entries.parquet")
    assert len(tables.gathered(tmp_path, "entries")) == 24


def test_the_leaderboard_has_wider_marks_at_equal_gain_alone() -> None:
    frame = entries({"equal gain": 0.1, "equal norm": 0.2})
    found = tables.leaderboard(frame)
    row = of(found, comparison="equal norm", model="both", mark="at_gain")
    assert (row["mean"], row.n, row.n_missed) == (pytest.approx(0.2), 12, 0)
    assert "told_gain" in set(found[found.comparison == "equal gain"].mark)
    assert "told_gain" not in set(found[found.comparison == "equal norm"].mark)


def test_what_guidance_saves_is_paired() -> None:
    frame = entries({"equal gain": 0.10, "plan, measured": 0.06, "plan, guided": 0.04})
    row = of(tables.guidance(frame), model="both")
    assert (row.alone, row.measured, row.guided) == pytest.approx((0.10, 0.06, 0.04))
    assert row["guided − alone"] == pytest.approx(-0.06)
    assert row["guided − measured"] == pytest.approx(-0.02)
    assert row["guided − alone, low"] == pytest.approx(-0.06)
    assert (row.n, row.n_missed) == (12, 0)


def test_a_cell_in_which_one_of_them_gained_too_little_is_left_out_and_counted() -> None:
    frame = entries({"equal gain": 0.10, "plan, measured": 0.06, "plan, guided": 0.04})
    weak = (frame.comparison == "plan, guided") & (frame.value == "power")
    frame.loc[weak, "gain"] = 0.05
    frame.loc[weak, "at_gain"] = 9.0
    row = of(tables.guidance(frame), model=MODELS[0])
    assert (row.n, row.n_missed) == (4, 2)
    assert row.guided == pytest.approx(0.04)


def test_a_method_that_never_reaches_the_gain_has_a_row_without_numbers() -> None:
    frame = entries({"equal gain": 0.10, "plan, measured": 0.06, "plan, guided": 0.04})
    frame["gain"] = 0.0
    row = of(tables.guidance(frame), model="both")
    assert (row.n, row.n_missed) == (0, 12)
    assert np.isnan([row.alone, row["guided − alone"]]).all()


def test_places_on_the_circle_are_counted_the_short_way_round() -> None:
    steps = tables._steps({v.name: v.angle_in_degrees for v in schwartz10().values})
    assert steps["power", "power"] == 0
    assert steps["power", "achievement"] == steps["achievement", "power"] == 1
    assert steps["self-direction", "universalism"] == 1
    assert steps["conformity", "tradition"] == 0  # they share a wedge
    assert max(steps.values()) == 4


def test_leakage_is_told_by_distance_in_units_of_the_gain() -> None:
    leaks = {0: 0.8, 1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1}
    found = tables.distance(profiles(leaks))
    for model in (*MODELS, "both"):
        own = found[(found.model == model) & (found.method == "caa")].set_index("steps").leak
        assert own.to_dict() == pytest.approx(leaks)


def test_what_was_planted_stands_beside() -> None:
    found = tables.distance(profiles(dict.fromkeys(range(5), 0.1)))
    planted = found[found.model == "planted"].set_index("steps").leak
    world = planted_world()
    total = np.abs(world.total_effects())
    pair = [world.names.index(name) for name in ("conformity", "tradition")]
    assert planted[0] == pytest.approx((total[pair[0], pair[1]] + total[pair[1], pair[0]]) / 2)
    assert list(planted.index) == [0, 1, 2, 3, 4]


def test_leakage_of_what_gained_too_little_is_left_out() -> None:
    weak = profiles(dict.fromkeys(range(5), 9.0), gain=0.09).assign(seed=1)
    strong = profiles(dict.fromkeys(range(5), 0.2))
    found = tables.distance(pd.concat([strong, weak]))
    assert found[found.method == "caa"].leak.to_numpy() == pytest.approx(0.2)


def test_leakage_that_falls_with_distance_is_said_to_fall() -> None:
    near = of(tables.falls(profiles({0: 0.8, 1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1})), model="both")
    far = of(tables.falls(profiles({0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 4: 0.8})), model="both")
    assert (near["rank r"], far["rank r"]) == pytest.approx((-1, 1))
    assert near["near ÷ far"] == pytest.approx(0.5 / 0.15)
    assert far["near ÷ far"] == pytest.approx(0.2 / 0.6)


def test_curves_hold_healthy_doses_of_those_who_raise() -> None:
    rows = [
        {
            "model": "m", "seed": 0, "method": "caa", "value": "power", "direction": direction,
            "dose": dose, "on": on, "change": sign * dose * (1 if on == "power" else -0.1),
            "healthy": dose < 3,
        }
        for (direction, sign), dose, on in product(
            (("raise", 1), ("lower", -1)), (1.0, 2.0, 3.0), VALUES
        )
    ]  # fmt: skip
    found = tables.curves(pd.DataFrame(rows))
    assert found.dose.tolist() == [1.0, 2.0]
    assert found.gain.tolist() == pytest.approx([1.0, 2.0])
    assert found.collateral.tolist() == pytest.approx([0.1, 0.2])


def test_a_variant_is_paired_with_the_method_as_it_is() -> None:
    frame = pd.concat(
        [
            entries({"equal gain": 0.10}, method="conva"),
            entries({"equal gain": 0.13}, method="conva, best layer"),
            entries({"strongest": 9.0}, method="conva"),
        ]
    )
    found = tables.variants(frame)
    best = of(found, model="both", variant="conva, best layer", mark="at_gain")
    assert (best["mean"], best["less mean"]) == (pytest.approx(0.13), pytest.approx(0.03))
    assert (best.n, best.n_missed) == (12, 0)
    assert of(found, model="both", variant="conva", mark="at_gain")["less mean"] == 0


def test_a_variant_that_missed_is_paired_on_what_is_left() -> None:
    base = entries({"equal gain": 0.10}, method="caa")
    base.loc[base.value == "power", "at_gain"] = 0.5
    other = entries({"equal gain": 0.20}, method="caa, all layers")
    other.loc[other.value == "power", "at_gain"] = np.nan
    row = of(
        tables.variants(pd.concat([base, other])),
        model="both", variant="caa, all layers", mark="at_gain",
    )  # fmt: skip
    assert row["less mean"] == pytest.approx(0.10)
    assert (row.n, row.n_missed) == (8, 4)


def test_gates_have_a_row_for_each_state() -> None:
    marks = ("collateral", "leakage_ratio", "capability", "perplexity_ratio", "auc")
    rows = [
        {
            "model": model, "seed": 0, "method": "caa", "value": value, "gate": state,
            "gain": gain, **dict.fromkeys(marks, 0.1),
        }
        for model, value, (state, gain) in product(
            MODELS, VALUES, (("closed", 0.0), ("deciding", 0.2), ("open", 0.3))
        )
    ]  # fmt: skip
    found = tables.gate_table(pd.DataFrame(rows))
    gains = found[(found.model == "both") & (found.mark == "gain")].set_index("gate")["mean"]
    assert gains.to_dict() == pytest.approx({"closed": 0.0, "deciding": 0.2, "open": 0.3})


def test_numbers_are_written_with_the_digits_that_mean_something(tmp_path: Path) -> None:
    path = tables.csv(pd.DataFrame({"gain": [1 / 3]}), tmp_path / "new" / "table.csv")
    assert path.read_text("utf-8") == "gain\n0.3333\n"
