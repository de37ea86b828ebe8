"""Reliability is held against simulated truth; what cannot be estimated is NaN, never zero."""

import numpy as np
import pytest

from causalvalues.errors import TableError
from causalvalues.survey.answers import Answers
from causalvalues.survey.reliability import (
    acquiescence,
    alpha,
    omega,
    reliability,
    split_half,
    variance_parts,
)

RNG = np.random.default_rng(11)


def parallel_items(n: int, n_items: int, noise: float) -> np.ndarray:
    return RNG.standard_normal((n, 1)) + noise * RNG.standard_normal((n, n_items))


def test_alpha_of_parallel_items_is_the_spearman_brown_formula() -> None:
    true = 6 / (6 + 0.8**2)
    keyed = parallel_items(20_000, 6, 0.8)
    assert alpha(keyed) == pytest.approx(true, abs=0.01)
    assert omega(keyed) == pytest.approx(true, abs=0.01)
    assert split_half(keyed) == pytest.approx(true, abs=0.01)


def test_omega_is_right_where_loadings_differ_and_alpha_is_too_low() -> None:
    loadings = np.array([1.4, 1.0, 0.8, 0.4, 0.2])
    keyed = RNG.standard_normal((20_000, 1)) * loadings + RNG.standard_normal((20_000, 5))
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + 5)
    assert omega(keyed) == pytest.approx(true, abs=0.015)
    assert alpha(keyed) < true - 0.02


def test_variance_parts_are_the_simulated_shares() -> None:
    role, state, item, rest = 2.0, 1.0, 0.5, 0.5
    keyed = (
        np.sqrt(role) * RNG.standard_normal((800, 1, 1))
        + np.sqrt(state) * RNG.standard_normal((800, 4, 1))
        + np.sqrt(item) * RNG.standard_normal((1, 1, 200))
        + np.sqrt(rest) * RNG.standard_normal((800, 4, 200))
    )
    parts = variance_parts(keyed)
    total = role + state + item + rest
    found = (parts.role, parts.state, parts.item, parts.rest)
    assert found == pytest.approx([x / total for x in (role, state, item, rest)], abs=0.04)
    assert sum(found) == pytest.approx(1.0)


def answers_with_bias(bias: np.ndarray, keys: np.ndarray) -> Answers:
    value = RNG.standard_normal((len(bias), 1, 3, 1))
    noise = 0.3 * RNG.standard_normal((len(bias), 1, 3, len(keys)))
    return Answers(("a", "b", "c"), value * keys + bias[:, None, None, None] + noise, keys)


def test_acquiescence_finds_who_agrees_with_everything() -> None:
    bias = RNG.normal(0, 0.5, 300)
    keys = np.array([1, 1, 1, -1, -1, -1.0])
    assert np.corrcoef(acquiescence(answers_with_bias(bias, keys)), bias)[0, 1] > 0.98


def test_acquiescence_is_not_fooled_by_unbalanced_keys() -> None:
    keys = np.array([1, 1, 1, 1, 1, -1.0])
    style = acquiescence(answers_with_bias(np.zeros(2000), keys))
    assert style.std() < 0.1


def test_a_report_has_a_row_per_value() -> None:
    report = reliability(answers_with_bias(np.zeros(200), np.array([1, 1, -1, -1.0])))
    assert report["value"].tolist() == ["a", "b", "c"]
    assert (report["alpha"] > 0.9).all()
    assert (report["reversed_share"] == 0.5).all()


def test_what_cannot_be_estimated_is_not_a_number() -> None:
    one_item, flat, short = np.ones((50, 1)), np.ones((50, 4)), parallel_items(3, 5, 1.0)
    for estimate in (alpha, omega, split_half):
        assert np.isnan(estimate(one_item))
        assert np.isnan(estimate(flat))
    assert np.isnan(omega(short))
    assert np.isnan(alpha(short[:1]))
    assert np.isnan(variance_parts(np.ones((4, 2, 3))).role)


@pytest.mark.fault
def test_answers_must_have_four_axes_and_keys_of_one() -> None:
    with pytest.raises(TableError, match="role × state × value × item"):
        Answers(("a",), np.zeros((3, 4)), np.ones(4))
    with pytest.raises(TableError, match="key"):
        Answers(("a",), np.zeros((3, 1, 1, 4)), np.array([1, 0, 1, 1]))
