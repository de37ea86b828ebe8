"""How columns depend on each other and rows on their cluster: the numbers behind the guards."""

import numpy as np

from causalvalues.survey.columns import Floats, Labels

__all__ = ["covariance_matrix", "dependent_combination", "design_effect", "intraclass_correlation"]

BLOCK = 500_000  # scores of one pass: 4 MB, so that it stays near the processor


def covariance_matrix(data: Floats, *, weights: Floats | None = None) -> Floats:
    """Return the covariances of the columns, Σ w (x − x̄)(x − x̄)ᵀ / Σ w, in blocks of rows."""
    mean = np.average(data, axis=0, weights=weights) if weights is not None else data.mean(axis=0)
    total = float(len(data)) if weights is None else float(weights.sum())
    products = np.zeros((data.shape[1], data.shape[1]))
    n_at_once = max(BLOCK // data.shape[1], 1)
    for start in range(0, len(data), n_at_once):
        block = data[start : start + n_at_once] - mean
        if weights is None:
            products += block.T @ block
        else:
            products += (block * weights[start : start + n_at_once, None]).T @ block
    covariance: Floats = (products + products.T) / (2 * total)
    return covariance


def dependent_combination(correlation: Floats) -> Floats | None:
    """Return weights under which the standardised columns cancel, or None where none do."""
    if len(correlation) < 2 or _is_well_conditioned(correlation):
        return None
    roots, vectors = np.linalg.eigh(correlation)
    if roots[0] > 1e-10 * len(correlation):
        return None
    weights: Floats = vectors[:, 0]
    return weights


def _is_well_conditioned(correlation: Floats) -> bool:
    """Return whether every column keeps some variance given those before it: a quick all-clear."""
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        return False
    return bool(np.diagonal(factor).min() ** 2 > 1e-6)


def intraclass_correlation(scores: Floats, clusters: Labels) -> Floats:
    """Return ρ per column: the share of variance between clusters (one-way ANOVA estimator)."""
    _, codes, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    n_rows, n_clusters = len(scores), len(sizes)
    in_blocks = scores[np.argsort(codes, kind="stable")]
    sums = np.add.reduceat(in_blocks, np.cumsum(sizes) - sizes, axis=0)
    means = sums / sizes[:, None]
    between = (sizes[:, None] * (means - scores.mean(axis=0)) ** 2).sum(axis=0) / (n_clusters - 1)
    total = scores.var(axis=0) * n_rows
    within = (total - between * (n_clusters - 1)) / max(n_rows - n_clusters, 1)
    typical = (n_rows - (sizes**2).sum() / n_rows) / (n_clusters - 1)
    with np.errstate(invalid="ignore"):  # a constant column has no variance to share: ρ = 0
        rho: Floats = (between - within) / (between + (typical - 1) * within)
    return np.clip(np.nan_to_num(rho), 0.0, 1.0)


def design_effect(scores: Floats, clusters: Labels) -> float:
    """Return 1 + (m − 1) ρ with m the mean cluster size and ρ the mean over columns."""
    n_clusters = len(np.unique(clusters))
    rho = float(intraclass_correlation(scores, clusters).mean())
    return 1 + (len(scores) / n_clusters - 1) * rho
