"""Polychoric correlations: the correlation of the normal variables behind ordinal answers.

Olsson (1979), two steps: thresholds from the margins, then for each pair the ρ that maximises the
likelihood of the contingency table under a bivariate normal. The rectangle probabilities come from

    Φ₂(h, k; ρ) = Φ(h)Φ(k) + ∫₀^ρ φ₂(h, k; t) dt          (Sheppard; t = sin θ removes the pole)

by Gauss–Legendre quadrature, which is exact to about 1e-12 for |ρ| ≤ .98.
"""

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError

__all__ = ["bivariate_normal", "nearest_correlation", "polychoric", "polychoric_matrix"]

Floats = NDArray[np.float64]

MOST_CATEGORIES = 15
INFINITE = 9.0  # Φ(−9) is 1e-19: as good as −∞
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


def polychoric_matrix(data: Floats, *, weights: Floats | None = None) -> Floats:
    """Return the polychoric correlations of ordinal columns, positive definite."""
    codes = [_categories(column, index) for index, column in enumerate(data.T)]
    mass = np.ones(len(data)) if weights is None else weights
    matrix = np.eye(len(codes))
    for i in range(len(codes)):
        for j in range(i):
            counts = np.zeros((codes[i].max() + 1, codes[j].max() + 1))
            np.add.at(counts, (codes[i], codes[j]), mass)
            matrix[i, j] = matrix[j, i] = polychoric(counts)
    return nearest_correlation(matrix)


def polychoric(counts: Floats) -> float:
    """Return the ρ that maximises the likelihood of one contingency table."""
    from scipy.optimize import minimize_scalar

    rows, columns = _thresholds(counts.sum(axis=1)), _thresholds(counts.sum(axis=0))
    h, k = np.meshgrid(rows, columns, indexing="ij")

    def unlikelihood(rho: float) -> float:
        cumulative = bivariate_normal(h, k, rho)
        cells = np.diff(np.diff(cumulative, axis=0), axis=1)
        return -float(np.sum(counts * np.log(np.maximum(cells, 1e-15))))

    found = minimize_scalar(unlikelihood, bounds=(-0.999, 0.999), method="bounded")
    return float(found.x)


def bivariate_normal(h: Floats, k: Floats, rho: float) -> Floats:
    """Return P(X ≤ h, Y ≤ k) of a standard bivariate normal, elementwise."""
    from scipy.special import ndtr

    turn = np.arcsin(rho)
    theta = turn * (NODES + 1) / 2  # quadrature points on [0, arcsin ρ]
    sine, cosine2 = np.sin(theta), np.cos(theta) ** 2
    h, k = np.asarray(h)[..., None], np.asarray(k)[..., None]
    density = np.exp(-(h**2 + k**2 - 2 * h * k * sine) / (2 * cosine2))
    integral = density @ WEIGHTS * turn / (4 * np.pi)
    probability: Floats = ndtr(h[..., 0]) * ndtr(k[..., 0]) + integral
    return probability


def nearest_correlation(matrix: Floats, *, floor: float = 1e-4) -> Floats:
    """Return the matrix, or where it is not positive definite its eigenvalues lifted to a floor."""
    roots, vectors = np.linalg.eigh(matrix)
    if roots[0] >= floor:
        return matrix
    lifted = (vectors * np.maximum(roots, floor)) @ vectors.T
    scale = np.sqrt(np.diagonal(lifted))
    correlation: Floats = lifted / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    return (correlation + correlation.T) / 2


def _categories(column: Floats, index: int) -> NDArray[np.intp]:
    """Return the column as codes 0, 1, …; too many different answers are not ordinal data."""
    answers, codes = np.unique(column, return_inverse=True)
    if len(answers) > MOST_CATEGORIES:
        raise OptionError(
            f"Polychoric correlations are for answers in at most {MOST_CATEGORIES} categories",
            found=f"{len(answers)} different answers in column {index + 1}",
            remedy="use correlation='pearson' or 'spearman'",
        )
    return codes


def _thresholds(margin: Floats) -> Floats:
    """Return −∞, the normal thresholds between categories, and +∞."""
    from scipy.special import ndtri

    cumulative = np.cumsum(margin)[:-1] / margin.sum()
    return np.concatenate([[-INFINITE], ndtri(cumulative), [INFINITE]])
