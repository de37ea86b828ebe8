"""Correlations of every kind against what they estimate, and moments against rows."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, spearmanr

from causalvalues import ScoreTable, discover
from causalvalues.discovery.correlation import (
    as_correlation,
    correlation_matrix,
    covariances_of,
    moments_by_cluster,
)
from causalvalues.discovery.polychoric import bivariate_normal, nearest_correlation
from causalvalues.errors import OptionError
from causalvalues.survey.dependence import covariance_matrix, intraclass_correlation

RNG = np.random.default_rng(21)
DATA = RNG.standard_normal((500, 5)) @ RNG.standard_normal((5, 5)) + 3.0


def test_pearson_is_numpys() -> None:
    assert np.allclose(correlation_matrix(DATA), np.corrcoef(DATA.T), atol=1e-13)


def test_a_weight_of_two_is_a_row_twice() -> None:
    weights = RNG.integers(0, 4, 500).astype(float)
    repeated = DATA[np.repeat(np.arange(500), weights.astype(int))]
    assert np.allclose(
        correlation_matrix(DATA, weights=weights), correlation_matrix(repeated), atol=1e-13
    )


def test_spearman_is_scipys() -> None:
    rounded = np.round(DATA)
    assert np.allclose(correlation_matrix(rounded, kind="spearman"), spearmanr(rounded)[0])


def test_moments_of_clusters_give_what_the_drawn_rows_give() -> None:
    clusters = RNG.integers(0, 30, 500)
    moments = moments_by_cluster(DATA, clusters)
    draws = RNG.multinomial(30, np.full(30, 1 / 30), size=7)
    covariances = covariances_of(moments, draws.astype(float))
    for draw, covariance in zip(draws, covariances, strict=True):
        rows = DATA[np.repeat(np.arange(500), draw[clusters])]
        in_units = covariance * np.outer(DATA.std(axis=0), DATA.std(axis=0))
        assert np.allclose(in_units, covariance_matrix(rows), atol=1e-10)
        assert np.allclose(as_correlation(covariance), np.corrcoef(rows.T), atol=1e-12)


def test_a_column_constant_in_a_draw_has_no_correlation_there() -> None:
    data = DATA.copy()
    data[:250, 2] = 1.0
    moments = moments_by_cluster(data, np.repeat([0, 1], 250))
    correlation = as_correlation(covariances_of(moments, np.array([[2.0, 0.0]]))[0])
    assert np.isnan(correlation[2]).all()
    assert np.isfinite(np.delete(np.delete(correlation, 2, 0), 2, 1)).all()


@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.0, 0.5, 0.9])
def test_the_bivariate_normal_is_scipys(rho: float) -> None:
    points = [(-1.0, 0.5), (0.0, 0.0), (2.0, -0.7), (9.0, 0.3)]
    truth = [multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf(p) for p in points]
    ours = [float(bivariate_normal(np.array(h), np.array(k), rho)) for h, k in points]
    assert ours == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("cuts", [(-0.5, 0.8), (-1.2, -0.3, 0.4, 1.1), (1.0,)])
def test_polychoric_finds_the_correlation_behind_the_answers(cuts: tuple[float, ...]) -> None:
    rho = 0.6
    latent = RNG.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=6000)
    ordinal = np.digitize(latent, cuts).astype(float)
    behind = correlation_matrix(ordinal, kind="polychoric")[0, 1]
    assert behind == pytest.approx(rho, abs=0.05)
    assert abs(behind - rho) < abs(correlation_matrix(ordinal)[0, 1] - rho)


def test_polychoric_matrices_are_positive_definite() -> None:
    impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1.0]])
    mended = nearest_correlation(impossible)
    assert np.linalg.eigvalsh(mended)[0] > 0
    assert np.array_equal(np.diagonal(mended), np.ones(3))
    assert nearest_correlation(np.eye(3)) is not None


def test_discovery_takes_polychoric_correlations() -> None:
    latent = RNG.standard_normal((2000, 3))
    latent[:, 2] += 0.8 * latent[:, 0] + 0.8 * latent[:, 1]
    ordinal = np.digitize(latent, (-0.6, 0.6)).astype(float)
    table = ScoreTable(names=("a", "b", "c"), scores=ordinal)
    found = discover(table, correlation="polychoric")
    assert {str(edge) for edge in found.edges()} == {"a —→ c", "b —→ c"}


@pytest.mark.fault
def test_continuous_scores_are_not_ordinal() -> None:
    with pytest.raises(OptionError, match="15 categories"):
        correlation_matrix(DATA, kind="polychoric")


def test_the_intraclass_correlation_is_the_share_between_clusters() -> None:
    clusters = np.repeat(np.arange(400), 10)
    scores = RNG.standard_normal((400, 1))[clusters] * np.sqrt(0.3)
    scores = scores + RNG.standard_normal((4000, 1)) * np.sqrt(0.7)
    assert intraclass_correlation(scores, clusters.astype(str))[0] == pytest.approx(0.3, abs=0.04)
