"""The direct part is found where it was planted, and no surer than it may be."""

from itertools import combinations

import numpy as np
import pytest
from moved_worlds import CHAIN, profile_of, totals_of, true_propagation
from scipy.stats import multivariate_normal

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.organism.world import random_world
from causalvalues.planning.direct import direct_part, noise_of
from causalvalues.planning.propagation import no_propagation
from causalvalues.planning.supports import every_support, weigh

WORLD = random_world(8, degree=2.5, seed=4)


@pytest.mark.parametrize("touched", [{"v1": 0.4}, {"v3": -0.5}, {"v2": 0.4, "v7": -0.4}])
def test_the_planted_support_is_found(touched: dict[str, float]) -> None:
    direct = np.array([touched.get(name, 0.0) for name in WORLD.names])
    profile = profile_of(WORLD, direct @ totals_of(WORLD), n_roles=100)
    part = direct_part(profile, true_propagation(WORLD))
    found = {name for name, p in zip(WORLD.names, part.touched, strict=True) if p > 0.5}
    assert found == set(touched)
    assert part.mean == pytest.approx(direct, abs=0.06)
    assert part.draws.mean(axis=0) == pytest.approx(part.mean, abs=0.03)


def test_a_change_downstream_is_laid_to_the_cause_that_explains_all_of_it() -> None:
    profile = profile_of(CHAIN, [0.4, 0.24, 0.144], n_roles=100)
    seen = direct_part(profile, true_propagation(CHAIN)).touched
    alone = direct_part(profile, no_propagation(CHAIN.names, np.full(3, 0.5))).touched
    assert seen[0] > 0.99
    assert seen[1:].max() < 0.3
    assert alone.min() > 0.6  # without a graph every change is a direct one


def test_supports_are_weighed_as_the_densities_say() -> None:
    rng = np.random.default_rng(2)
    seen, y, share = rng.standard_normal((5, 3)), rng.standard_normal(3), 0.2
    supports = every_support(5, range(5), 3)
    weighed = weigh(supports, (seen @ seen.T)[None], (seen @ y)[None], share)
    sets = [s for size in range(4) for s in combinations(range(5), size)]
    logs = [
        multivariate_normal(np.zeros(3), np.eye(3) + seen[list(s)].T @ seen[list(s)]).logpdf(y)
        + len(s) * np.log(share) + (5 - len(s)) * np.log(1 - share)
        for s in sets
    ]  # fmt: skip
    assert weighed.logs[0] - weighed.logs[0, 0] == pytest.approx(np.array(logs) - logs[0])
    for row, chosen in enumerate(sets):
        own = seen[list(chosen)]
        fit = np.linalg.solve(np.eye(len(chosen)) + own @ own.T, own @ y)
        assert weighed.fits[0, row, : len(chosen)] == pytest.approx(fit)
        assert not weighed.fits[0, row, len(chosen) :].any()


def test_draws_are_as_wide_as_what_is_drawn_from() -> None:
    """Worlds drawn from the prior lie inside their intervals as often as the level says."""
    rng = np.random.default_rng(3)
    propagation = true_propagation(WORLD, 400)
    inside = {0.5: 0, 0.9: 0}
    n_tests = 60
    for place in range(n_tests):
        support = rng.random(8) < 0.15
        support[support.cumsum() > 3] = False
        direct = 0.5 * (support * rng.standard_normal(8) + 0.05 * rng.standard_normal(8))
        change = direct @ totals_of(WORLD)
        profile = profile_of(WORLD, change, noise=0.4, seed=place).only(("v1", "v4", "v6"))
        draws = direct_part(profile, propagation, misfit=0.0, pooled=0.16, seed=place).draws
        for level in inside:
            low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
            inside[level] += ((low <= direct) & (direct <= high)).sum()
    for level, n_inside in inside.items():
        assert n_inside / (8 * n_tests) == pytest.approx(level, abs=0.05)


def test_values_that_cannot_be_touched_are_not() -> None:
    profile = profile_of(CHAIN, [0.4, 0.24, 0.144], n_roles=100)
    part = direct_part(profile, true_propagation(CHAIN), among=("b", "c"))
    assert not part.draws[:, 0].any()
    assert part.touched[0] == 0.0


def test_a_seed_gives_the_same_draws() -> None:
    profile = profile_of(CHAIN, [0.4, 0.24, 0.144])
    one, two, other = (direct_part(profile, true_propagation(CHAIN), seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.draws, two.draws)
    assert not np.array_equal(one.draws, other.draws)
    assert np.array_equal(one.centres, other.centres)  # the mean has no chance in it


def test_draws_by_the_thousand_are_the_same_in_pieces() -> None:
    """More draws than are weighed at once, each with its own graph."""
    many = true_propagation(random_world(12, degree=2, seed=1), 1500)
    profile = profile_of(random_world(12, degree=2, seed=1), np.full(12, 0.1), n_roles=5)
    part = direct_part(profile, many)
    assert part.draws.shape == part.centres.shape == (1500, 12)
    assert np.ptp(part.centres, axis=0) == pytest.approx(np.zeros(12), abs=1e-9)


def test_noise_of_few_roles_borrows_and_of_many_does_not() -> None:
    rng = np.random.default_rng(1)
    differences = rng.standard_normal((400, 3)) * (0.1, 0.2, 0.4)
    many = EffectProfile("many", ("a", "b", "c"), differences, tuple(map(str, range(400))), 1)
    assert noise_of(many) == pytest.approx(many.standard_error**2, rel=0.1)
    few = EffectProfile("few", many.names, differences[:2], ("0", "1"), 1)
    spread = noise_of(few, pooled=0.07) * 2
    assert spread.min() > 0.8 * 0.07 * 4 / 5
    unasked = noise_of(many.only(("a",)))
    assert np.isinf(unasked[1:]).all()
    borrowed = noise_of(few, pooled=0.07, spread=np.array([1.0, 2.0, 4.0]))
    assert borrowed[0] < borrowed[1] < borrowed[2]


def test_roles_that_all_change_alike_leave_no_noise_and_no_warning() -> None:
    same = EffectProfile("same", ("a", "b"), np.full((5, 2), 0.2), tuple("12345"), 1)
    assert noise_of(same.only(("a",)))[0] == pytest.approx(0.0)


@pytest.mark.fault
def test_what_has_no_direct_part_is_said() -> None:
    profile = profile_of(CHAIN, [0.4, 0.2, 0.1])
    with pytest.raises(OptionError, match="measured value"):
        direct_part(profile.only(()), true_propagation(CHAIN))
    with pytest.raises(OptionError, match="same values"):
        direct_part(profile, no_propagation(("b", "a", "c"), np.ones(3)))
    with pytest.raises(OptionError, match="two roles"):
        direct_part(profile_of(CHAIN, [0.4, 0.2, 0.1], n_roles=1), true_propagation(CHAIN))
