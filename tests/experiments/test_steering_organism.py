"""The steering study compares like with like, and its committed tables say what its README says."""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

STUDY = Path(__file__).parents[2] / "experiments" / "organism"
sys.path.insert(0, str(STUDY))

import steering_tables  # noqa: E402
from steering_survey import NAMES, halves_of  # noqa: E402

SIZES = {"unguided": 0.10, "measured": 0.06, "guided": 0.04, "oracle": 0.035}


def plans() -> pd.DataFrame:
    """Plans of four tasks and three seeds in which every method has its own collateral."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "model": "organism/gemma", "seed": seed, "task": task, "family": "features",
            "method": method, "budget": 0 if method == "oracle" else 6, "asked_gain": 0.3,
            "gain": 0.3, "at_gain": size * (1 + 0.05 * rng.standard_normal()),
        }
        for seed, task, (method, size) in product(range(3), "abcd", SIZES.items())
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_claims_are_met_where_they_hold() -> None:
    claims = steering_tables.claims(steering_tables._comparable(plans()))
    verdicts = claims[claims.model == "both"].set_index("claim").verdict
    assert list(verdicts[:3]) == ["met", "met", "met"]
    ratio = claims[claims.claim.str.startswith("guided / unguided")].value.iloc[0]
    assert ratio == pytest.approx(0.4, abs=0.02)


def test_a_plan_that_gained_too_little_is_compared_with_nobody() -> None:
    table = plans()
    weak = (table.method == "unguided") & (table.task == "a")
    table.loc[weak, "gain"] = 0.05
    compared = steering_tables._comparable(table)
    assert set(compared.task) == set("bcd")
    collateral = steering_tables.collateral(compared, table)
    assert set(collateral.n_not) == {3}


def test_nothing_that_a_plan_saw_is_in_its_judgement() -> None:
    halves = halves_of(3)
    roles = [{r.text for r in s.roles} for s in (halves.graph, halves.calibration, halves.held_out)]
    assert not roles[2] & (roles[0] | roles[1])
    items = [
        {q.factors["item"] for q in s.questions} for s in (halves.calibration, halves.held_out)
    ]
    assert not items[0] & items[1]
    assert {q.factors["order"] for q in halves.held_out.questions} == {"reversed"}
    assert np.bincount(halves.held_out.values).tolist() == [2] * len(NAMES)


def test_other_seeds_are_other_people() -> None:
    one, two = (halves_of(seed) for seed in (0, 1))
    assert not {r.text for r in one.graph.roles} & {r.text for r in two.graph.roles}
