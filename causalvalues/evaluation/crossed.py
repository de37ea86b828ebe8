"""`crossed_ratio` is Σ top / Σ bottom over roles × questions, with an interval over both.

Every role meets every question, so that neither are independent cases: roles are drawn again whole,
and questions apart from them (Owen 2007, the pigeonhole bootstrap). Percentiles of so few cases are
too narrow: they are moved apart as Student's quantile is from the normal one, for n cases, n the
fewer of the two, and by √(n / (n − 1)). One role is not drawn again: the interval is for that role.
Guarantee: a seed gives the same interval; no interval leaves the range of the cells' own ratios; a
cell with 0 in both counts for nothing.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm as normal
from scipy.stats import t as student

from causalvalues.evaluation.estimate import Estimate

__all__ = ["crossed_ratio"]

Floats = NDArray[np.float64]


def crossed_ratio(
    top: Floats,  # (role, question)
    bottom: Floats,  # (role, question), none below 0
    *,
    of: str = "question",
    without: str = "there is nothing to divide by",
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Return the ratio of the sums; `n` is the number of questions that count."""
    counted = (bottom > 0).any(axis=0)
    n = int(counted.sum())
    if n < 2:
        return Estimate.without(f"only one {of} is known" if n else without, n)
    top, bottom = (each[bottom.any(axis=1)][:, counted] for each in (top, bottom))
    by_role, by_question = _drawn(top.shape, n_resamples, np.random.default_rng(seed))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = _sums(by_role, top, by_question) / _sums(by_role, bottom, by_question)
    value = float(top.sum() / bottom.sum())
    tails = np.quantile(ratios[np.isfinite(ratios)], [(1 - level) / 2, (1 + level) / 2])
    own = top[bottom > 0] / bottom[bottom > 0]
    ends = np.clip(value + (tails - value) * _wider(top.shape, level), own.min(), own.max())
    return Estimate(value, float(ends[0]), float(ends[1]), n)


def _wider(shape: tuple[int, ...], level: float) -> float:
    """Return how much too narrow percentiles are: t / z · √(n / (n − 1))."""
    n = min(size for size in shape if size > 1)
    quantile = (1 + level) / 2
    return float(student.ppf(quantile, n - 1) / normal.ppf(quantile) * (n / (n - 1)) ** 0.5)


def _drawn(
    shape: tuple[int, ...], n_resamples: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how often each role and each question is drawn: (resample, role), (…, question)."""
    roles, questions = (rng.multinomial(n, np.full(n, 1 / n), size=n_resamples) for n in shape)
    return roles, questions


def _sums(by_role: NDArray[np.int64], cells: Floats, by_question: NDArray[np.int64]) -> Floats:
    """Return the sum of cells, weighted by how often their role and question were drawn."""
    sums: Floats = ((by_role @ cells) * by_question).sum(axis=1)
    return sums
