"""Reliability is held against simulated truth; what cannot be estimated is NaN, never zero."""

from collections.abc import Callable

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


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def parallel_items(rng: np.random.Generator, n: int, n_items: int, noise: float) -> np.ndarray:
    return rng.standard_normal((n, 1)) + noise * rng.standard_normal((n, n_items))


def test_alpha_of_parallel_items_is_the_spearman_brown_formula(rng: np.random.Generator) -> None:
    true = 6 / (6 + 0.8**2)
    keyed = parallel_items(rng, 20_000, 6, 0.8)
    assert alpha(keyed) == pytest.approx(true, abs=0.01)
    assert omega(keyed) == pytest.approx(true, abs=0.01)
    assert split_half(keyed) == pytest.approx(true, abs=0.01)


def test_omega_is_right_where_loadings_differ_and_alpha_is_too_low(
    rng: np.random.Generator,
) -> None:
    loadings = np.array([1.4, 1.0, 0.8, 0.4, 0.2])
    keyed = rng.standard_normal((20_000, 1)) * loadings + rng.standard_normal((20_000, 5))
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + 5)
    assert omega(keyed) == pytest.approx(true, abs=0.015)
    assert alpha(keyed) < true - 0.02


def test_variance_parts_are_the_simulated_shares(rng: np.random.Generator) -> None:
    role, state, item, rest = 2.0, 1.0, 0.5, 0.5
    keyed = (
        np.sqrt(role) * rng.standard_normal((800, 1, 1))
        + np.sqrt(state) * rng.standard_normal((800, 4, 1))
        + np.sqrt(item) * rng.standard_normal((1, 1, 200))
        + np.sqrt(rest) * rng.standard_normal((800, 4, 200))
    )
    parts = variance_parts(keyed)
    total = role + state + item + rest
    found = (parts.role, parts.state, parts.item, parts.rest)
    assert found == pytest.approx([x / total for x in (role, state, item, rest)], abs=0.04)
    assert sum(found) == pytest.approx(1.0)


def test_shares_that_the_design_cannot_tell_apart_are_not_a_number(
    rng: np.random.Generator,
) -> None:
    keyed = parallel_items(rng, 4000, 6, 1.0)
    one_state = variance_parts(keyed[:, None, :])
    assert np.isnan(one_state.state)
    assert one_state.role == pytest.approx(0.5, abs=0.03)
    assert one_state.role + one_state.item + one_state.rest == pytest.approx(1.0)
    one_role = variance_parts(keyed[None, :, :])
    assert np.isnan(one_role.role)
    assert one_role.state == pytest.approx(0.5, abs=0.03)
    for shape in ((1, 1, 6), (4, 2, 1)):
        assert np.isnan(list(vars(variance_parts(rng.standard_normal(shape))).values())).all()


def answers_with_bias(rng: np.random.Generator, bias: np.ndarray, keys: np.ndarray) -> Answers:
    value = rng.standard_normal((len(bias), 1, 3, 1))
    noise = 0.3 * rng.standard_normal((len(bias), 1, 3, len(keys)))
    return Answers(("a", "b", "c"), value * keys + bias[:, None, None, None] + noise, keys)


def test_acquiescence_finds_who_agrees_with_everything(rng: np.random.Generator) -> None:
    bias = rng.normal(0, 0.5, 300)
    keys = np.array([1, 1, 1, -1, -1, -1.0])
    style = acquiescence(answers_with_bias(rng, bias, keys))
    assert np.corrcoef(style, bias)[0, 1] > 0.98
    assert style == pytest.approx(bias, abs=0.4)


def test_acquiescence_is_not_fooled_by_unbalanced_keys(rng: np.random.Generator) -> None:
    keys = np.array([1, 1, 1, 1, 1, -1.0])
    style = acquiescence(answers_with_bias(rng, np.zeros(2000), keys))
    assert style.std() < 0.1


def test_acquiescence_is_not_fooled_by_values_keyed_in_opposite_ways(
    rng: np.random.Generator,
) -> None:
    keys = np.array([[1, 1, 1, 1], [-1, -1, -1, 1], [-1, -1, -1, -1.0]])
    value = rng.standard_normal((500, 1, 3, 1))
    answers = Answers(("a", "b", "c"), value * keys + 0.25, keys)
    assert acquiescence(answers) == pytest.approx(0.25)


def test_acquiescence_of_items_all_keyed_one_way_is_not_a_number(rng: np.random.Generator) -> None:
    style = acquiescence(answers_with_bias(rng, np.zeros(20), np.ones(4)))
    assert style.shape == (20,)
    assert np.isnan(style).all()


def test_the_same_answers_give_the_same_numbers(rng: np.random.Generator) -> None:
    answers = answers_with_bias(rng, np.zeros(60), np.array([1, 1, -1, -1.0]))
    assert reliability(answers).equals(reliability(answers))


def test_a_report_has_a_row_per_value(rng: np.random.Generator) -> None:
    report = reliability(answers_with_bias(rng, np.zeros(200), np.array([1, 1, -1, -1.0])))
    assert report["value"].tolist() == ["a", "b", "c"]
    assert (report["alpha"] > 0.9).all()
    assert (report["reversed_share"] == 0.5).all()


@pytest.mark.parametrize("estimate", [alpha, omega, split_half])
@pytest.mark.parametrize(
    "keyed",
    [
        np.arange(50.0)[:, None],
        np.ones((50, 4)),
        np.full((50, 4), 0.1),  # whose rounded standard deviation is not zero
        np.arange(4.0)[None],
        np.where(np.eye(50, 4), np.nan, 1.0),
    ],
    ids=["one item", "ones", "tenths", "one row", "missing"],
)
def test_what_cannot_be_estimated_is_not_a_number(
    estimate: Callable[[np.ndarray], float], keyed: np.ndarray
) -> None:
    assert np.isnan(estimate(keyed))


def test_a_factor_of_fewer_rows_than_items_or_that_fits_too_well_is_not_a_number(
    rng: np.random.Generator,
) -> None:
    assert np.isnan(omega(parallel_items(rng, 3, 5, 1.0)))
    assert np.isnan(omega(np.repeat(rng.standard_normal((60, 1)), 4, axis=1)))


@pytest.mark.parametrize("answer", [1.0, 0.1, np.nan])
def test_answers_that_do_not_vary_have_no_shares(answer: float) -> None:
    assert np.isnan(list(vars(variance_parts(np.full((7, 3, 5), answer))).values())).all()


@pytest.mark.fault
def test_answers_must_have_four_axes_and_keys_of_one() -> None:
    with pytest.raises(TableError, match="role × state × value × item"):
        Answers(("a",), np.zeros((3, 4)), np.ones(4))
    with pytest.raises(TableError, match="none of them empty"):
        Answers(("a",), np.zeros((3, 1, 1, 0)), np.ones(0))
    with pytest.raises(TableError, match="key"):
        Answers(("a",), np.zeros((3, 1, 1, 4)), np.array([1, 0, 1, 1]))
