"""Correlations of a table: Pearson in blocks of rows, Spearman, polychoric, and from moments.

Guarantee: the matrix is exactly symmetric with ones on the diagonal, and Pearson's needs far less
memory than the data: rows pass in blocks and are centred before they are multiplied.
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.discovery.options import CorrelationKind
from causalvalues.errors import OptionError
from causalvalues.survey.dependence import covariance_matrix

__all__ = [
    "Moments",
    "as_correlation",
    "correlation_matrix",
    "covariances_of",
    "moments_by_cluster",
    "without_rounding",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Per cluster: rows, sums and cross-products of the centred columns."""

    counts: Floats  # (cluster,)
    sums: Floats  # (cluster, value)
    products: Floats  # (cluster, value · value)

    @property
    def n_values(self) -> int:
        """Return the number of columns."""
        return int(self.sums.shape[1])


def correlation_matrix(
    data: Floats, *, kind: CorrelationKind = "pearson", weights: Floats | None = None
) -> Floats:
    """Return the correlations of the columns."""
    if kind not in get_args(CorrelationKind):
        raise OptionError(
            f"`correlation` must be one of {', '.join(get_args(CorrelationKind))}", found=repr(kind)
        )
    if kind == "polychoric":
        from causalvalues.discovery.polychoric import polychoric_matrix

        return polychoric_matrix(data, weights=weights)
    if kind == "spearman":
        data = _ranks(data)
    return as_correlation(covariance_matrix(data, weights=weights))


def as_correlation(covariance: Floats) -> Floats:
    """Return covariances scaled to correlations, clipped to [−1, 1]; leading axes are a batch."""
    variances = np.diagonal(covariance, axis1=-2, axis2=-1)
    scale = np.sqrt(np.where(variances > 0, variances, np.nan))
    correlation = covariance / scale[..., :, None] / scale[..., None, :]
    np.clip(correlation, -1.0, 1.0, out=correlation)
    place = np.arange(covariance.shape[-1])
    correlation[..., place, place] = np.where(variances > 0, 1.0, np.nan)
    return correlation


def moments_by_cluster(
    data: Floats, clusters: NDArray[np.generic], *, weights: Floats | None = None
) -> Moments:
    """Return the moments of each cluster, columns standardised over all rows first."""
    _, codes = np.unique(clusters, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    scale = data.std(axis=0)
    centred = (data - data.mean(axis=0))[order] / np.where(scale > 0, scale, 1.0)
    mass = np.ones(len(data)) if weights is None else weights[order]
    weighted = centred * mass[:, None]
    n_values = data.shape[1]
    products = np.empty((len(starts), n_values * n_values))
    for cluster, (start, stop) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        products[cluster] = (weighted[start:stop].T @ centred[start:stop]).ravel()
    return Moments(
        counts=np.add.reduceat(mass, starts),
        sums=np.add.reduceat(weighted, starts, axis=0),
        products=products,
    )


def covariances_of(moments: Moments, multiplicities: Floats) -> Floats:
    """Return one covariance matrix per draw of clusters, columns in their own standard deviations.

    multiplicities: (draw, cluster), how often a draw takes each cluster. A column that is constant
    in a draw has variance 0 there.
    """
    n_values = moments.n_values
    counts = multiplicities @ moments.counts  # (draw,)
    means = (multiplicities @ moments.sums) / counts[:, None]
    products = (multiplicities @ moments.products).reshape(-1, n_values, n_values)
    covariance: Floats = products / counts[:, None, None] - means[:, :, None] * means[:, None, :]
    return without_rounding(covariance)


def without_rounding(covariance: Floats) -> Floats:
    """Return covariances of standardised columns with variances that are only rounding set to 0."""
    place = np.arange(covariance.shape[-1])
    variances = covariance[..., place, place]
    covariance[..., place, place] = np.where(variances < 1e-12, 0.0, variances)
    return covariance


def _ranks(data: Floats) -> Floats:
    """Return each column as average ranks."""
    from scipy.stats import rankdata

    ranks: Floats = np.column_stack([rankdata(column) for column in data.T])
    return ranks
