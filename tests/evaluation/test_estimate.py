"""An estimate is a number with its interval, or says why there is none."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, ttest_1samp

from causalvalues.errors import FileError, OptionError
from causalvalues.evaluation.estimate import Estimate, Statistic, drawn_means
from causalvalues.evaluation.profile import EffectProfile

Floats = NDArray[np.float64]
NUMBERS = (0.1, 0.4, 0.3, 0.9, 0.2)


def profile(differences: object) -> EffectProfile:
    """A profile of some differences."""
    found = np.array(differences, dtype=float)
    names = tuple("abcdef"[: found.shape[1]])
    return EffectProfile("p", names, found, tuple(f"r{i}" for i in range(len(found))), 1)


def gap(means: Floats) -> Floats:
    """The first value's change less the second's."""
    found: Floats = means[:, 0] - means[:, 1]
    return found


def of_place(place: int) -> Statistic:
    """The change of one value."""
    return lambda means: means[:, place]


def test_a_mean_over_clusters_has_the_interval_of_students_test() -> None:
    found = Estimate.of_clusters(NUMBERS)
    oracle = ttest_1samp(NUMBERS, 0).confidence_interval(0.95)
    assert found.value == pytest.approx(0.38)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.n == 5
    assert found.scored
    assert found.clear == (oracle.low > 0)


def test_a_bootstrap_is_the_same_for_a_seed_and_narrower_for_a_lower_level() -> None:
    wide, again = (Estimate.of_clusters(NUMBERS, how="bootstrap", seed=3) for _ in range(2))
    narrow = Estimate.of_clusters(NUMBERS, how="bootstrap", seed=3, level=0.5)
    assert wide == again
    assert min(NUMBERS) <= wide.low < narrow.low < wide.value < narrow.high < wide.high


def test_what_is_missing_is_left_out_and_not_counted() -> None:
    holed = Estimate.of_clusters([*NUMBERS, np.nan, np.nan])
    assert holed == Estimate.of_clusters(NUMBERS)


@pytest.mark.parametrize("numbers", [[], [np.nan], [0.5], [0.5, np.nan]])
def test_one_cluster_or_none_is_unscored_and_says_so(numbers: list[float]) -> None:
    for found in (Estimate.of_clusters(numbers, of="role"), Estimate.of_share(numbers, of="role")):
        assert np.isnan(found.value)
        assert "role is known" in found.unscored
        assert not found.clear
        assert found.n == sum(np.isfinite(numbers))


def test_a_share_of_ones_and_noughts_has_the_interval_of_wilson() -> None:
    answers = np.repeat([1.0, 0.0], [300, 100])
    found = Estimate.of_share(answers)
    oracle = binomtest(300, 400).proportion_ci(method="wilson")
    assert found.value == 0.75
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=1e-3)


def test_a_share_of_all_is_not_certain_and_stays_below_one() -> None:
    found = Estimate.of_share([1.0] * 5)
    z = 2.7764451  # Student's with four degrees of freedom
    assert found.high == 1.0
    assert found.low == pytest.approx(5 / (5 + z * z))
    assert Estimate.of_share([0.0] * 5).high == pytest.approx(1 - found.low)
    assert Estimate.of_share([0.5] * 5).low == 0.5


def test_the_mean_of_a_profile_drawn_again_has_about_students_interval() -> None:
    rng = np.random.default_rng(0)
    differences = rng.normal(0.3, 0.2, (12, 3))
    differences[2, 1] = np.nan
    whole = profile(differences)
    low, high = whole.interval()
    for value in range(3):
        found = Estimate.of_profile(whole, of_place(value), n_resamples=4000, seed=7)
        assert found.value == pytest.approx(whole.change[value])
        assert (found.low, found.high) == pytest.approx((low[value], high[value]), abs=0.03)
        assert found == Estimate.of_profile(whole, of_place(value), n_resamples=4000, seed=7)


def test_roles_are_drawn_whole() -> None:
    rows = [[1.0, 0.5], [3.0, 2.5], [9.0, 8.5]]
    found = Estimate.of_profile(profile(rows), gap)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert drawn_means(np.array(rows), 4, 0).shape == (4, 2)


def test_the_interval_of_a_size_holds_it_though_noise_makes_sizes_larger() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(0.0, 1.0, (30, 40))

    def size(means: Floats) -> Floats:
        """The mean size of all quantities."""
        found: Floats = np.abs(means).mean(axis=1)
        return found

    plain = size(drawn_means(rows, 1000, 0))
    found = Estimate.of_means(rows, size)
    assert (plain > found.value).mean() > 0.9  # plain percentiles would lie beside the number
    assert found.low < found.value <= found.high
    assert found.high < np.quantile(plain, 0.975)


def test_a_share_counts_by_how_many_it_is_out_of() -> None:
    found = Estimate.of_share([1.0, 0.0, np.nan], out_of=[3, 1, 0])
    assert found.value == 0.75
    assert found.n == 2
    even = Estimate.of_share([1.0, 0.0, 0.5], out_of=[4, 4, 4])
    assert even == Estimate.of_share([1.0, 0.0, 0.5])


def test_a_statistic_without_a_number_is_unscored_and_says_why() -> None:
    rows = np.full((3, 2), np.nan)
    rows[:, 0] = 1.0
    found = Estimate.of_profile(profile(rows), gap, without="b was not asked")
    assert found.unscored == "b was not asked"
    assert found.n == 3
    assert "one role" in Estimate.of_profile(profile([[1.0, 2.0]]), gap).unscored
    seldom = Estimate.of_profile(
        profile([[1.0, 0.0], [2.0, 0.0]]),
        lambda means: np.where(len(means) == 1, means[:, 0], np.nan),
        without="it never comes out",
    )
    assert seldom.unscored == "drawn again, it never comes out"


def test_an_estimate_goes_to_json_and_back() -> None:
    for each in (Estimate.of_clusters(NUMBERS), Estimate.without("nothing was asked", 3)):
        text = json.dumps(each.to_dict(), allow_nan=False)
        assert str(Estimate.from_dict(json.loads(text)).to_dict()) == str(each.to_dict())
    assert str(Estimate(0.5, 0.25, 0.75, 4)) == "0.50 [0.25, 0.75]"
    assert str(Estimate.without("one role")) == "– (one role)"


@pytest.mark.fault
def test_a_number_with_a_reason_against_it_is_refused() -> None:
    with pytest.raises(OptionError, match="a number or the reason"):
        Estimate(0.5, 0.4, 0.6, 3, "because")
    with pytest.raises(OptionError, match="a number or the reason"):
        Estimate(np.nan, 0.4, 0.6, 3)
    with pytest.raises(OptionError, match="level"):
        Estimate.of_clusters(NUMBERS, level=1.0)
    with pytest.raises(OptionError, match="a number each"):
        Estimate.of_clusters([[1.0, 2.0]])
    with pytest.raises(OptionError, match="out of some number"):
        Estimate.of_share([1.0, 2.0], out_of=[1])
    with pytest.raises(OptionError, match="n_resamples"):
        drawn_means(np.ones((2, 2)), 0)
    with pytest.raises(FileError, match="An estimate"):
        Estimate.from_dict({"value": 1})
