"""The world's own respondents: what a role's text says is true of it, and how it would answer."""

import numpy as np
import pytest

from causalvalues.organism.respondents import (
    exogenous,
    level_in_world,
    option_probabilities,
    settled_to,
    true_values,
)
from causalvalues.organism.world import SCALE, planted_world
from causalvalues.survey.roles import GRADES, anchored_roles, level_of
from causalvalues.values import schwartz10

WORLD = planted_world()


def test_grades_are_as_wide_as_the_disturbances_of_the_world() -> None:
    grades = np.random.default_rng(0).integers(len(GRADES), size=(40_000, 10))
    assert np.allclose(exogenous(WORLD, grades).var(axis=0), WORLD.disturbances, rtol=0.05)
    values = settled_to(WORLD, exogenous(WORLD, grades), np.full(grades.shape, np.nan))
    assert np.allclose(values.var(axis=0), 1.0, atol=0.05)


def test_what_is_settled_stands_and_only_its_effects_follow() -> None:
    roles = anchored_roles(schwartz10(), 200, seed=3)
    high, low = (
        true_values(WORLD, roles, settled={"conformity": level_of(grade)}) for grade in (4, 0)
    )
    place = WORLD.names.index("conformity")
    assert np.ptp(high[:, place]) == np.ptp(low[:, place]) == 0
    distance = high[0, place] - low[0, place]
    moved = (high - low).mean(axis=0) / distance
    truth = WORLD.total_effects()[place]
    truth[place] = 1.0
    assert np.allclose(moved, truth)


def test_the_exogenous_parts_of_a_settled_role_give_the_same_values() -> None:
    rng = np.random.default_rng(1)
    e = exogenous(WORLD, rng.integers(5, size=(30, 10)))
    setting = np.where(rng.random(e.shape) < 0.2, level_in_world(np.array(4)), np.nan)
    values = settled_to(WORLD, e, setting)
    parts = values @ (np.eye(10) - WORLD.weights)
    assert np.allclose(settled_to(WORLD, parts, np.full(e.shape, np.nan)), values)


@pytest.mark.parametrize("n_options", [2, 6])
@pytest.mark.parametrize("leaning", [-1.7, -0.2, 0.0, 0.9])
def test_option_probabilities_are_those_of_rounded_noisy_answers(
    n_options: int, leaning: float
) -> None:
    said = option_probabilities(WORLD, np.array(leaning), n_options)
    assert said.sum() == pytest.approx(1.0)
    rng = np.random.default_rng(2)
    answers = SCALE * leaning + rng.standard_normal(200_000) * WORLD.item_noise
    levels = np.linspace(1, -1, n_options)
    nearest = np.abs(answers[:, None] - levels).argmin(axis=1)
    assert np.allclose(said, np.bincount(nearest, minlength=n_options) / len(answers), atol=0.005)


def test_a_reversed_leaning_reverses_the_options() -> None:
    for n_options in (2, 6):
        one = option_probabilities(WORLD, np.array([0.7]), n_options)
        two = option_probabilities(WORLD, np.array([-0.7]), n_options)
        assert np.allclose(one, two[:, ::-1])
