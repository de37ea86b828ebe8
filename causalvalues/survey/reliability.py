"""Reliability and response style: how much of a score is the value, and how much the asking.

    alpha        k/(k−1) · (1 − Σ var(item) / var(sum))                        (Cronbach 1951)
    omega        (Σλ)² / ((Σλ)² + Σψ), one factor, loadings λ, uniquenesses ψ  (McDonald 1999)
    split-half   correlation of two random halves, stepped up: 2r/(1+r), mean over splits
    variance     role, state and item parts of a value's answers (random-effects ANOVA)
    acquiescence mean raw answer of a role, items for and against a value weighing the same

Guarantee: what cannot be estimated (one item, one state, no variance, items keyed one way, no
convergence) is NaN, never zero; the same answers give the same numbers.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalvalues.survey.answers import Answers

__all__ = ["VarianceParts", "acquiescence", "alpha", "omega", "reliability", "split_half"]

Floats = NDArray[np.float64]

N_SPLITS = 200
FLAT = 1e-3  # largest slope of the likelihood that counts as converged
ROUNDING = 1e-12  # of the largest answer: a smaller spread is none


@dataclass(frozen=True)
class VarianceParts:
    """Shares of the variance of one value's keyed answers; those that are not NaN add up to 1."""

    role: float  # stable differences between roles; with one state, that state's too
    state: float  # differences between states of a role
    item: float  # differences between items, the same for everyone
    rest: float  # roles that differ in how they read an item, and noise


def reliability(answers: Answers, *, seed: int = 0) -> pd.DataFrame:
    """Return one row per value: alpha, omega, split-half, variance parts, keying balance."""
    rows = []
    for place, name in enumerate(answers.names):
        keyed = answers.keyed[:, :, place]  # (role, state, item)
        flat = keyed.reshape(-1, keyed.shape[-1])
        parts = variance_parts(keyed)
        rows.append(
            {
                "value": name,
                "alpha": alpha(flat),
                "omega": omega(flat),
                "split_half": split_half(flat, seed=seed),
                "role_share": parts.role,
                "state_share": parts.state,
                "item_share": parts.item,
                "rest_share": parts.rest,
                "reversed_share": float(np.mean(answers.keys[place] < 0)),
            }
        )
    return pd.DataFrame(rows)


def alpha(keyed: Floats) -> float:
    """Return Cronbach's alpha of keyed answers (respondent, item)."""
    n_items = keyed.shape[1]
    sums = keyed.sum(axis=1)
    if n_items < 2 or len(keyed) < 2 or not _varies(sums, keyed):
        return float("nan")
    total = sums.var(ddof=1)
    return float(n_items / (n_items - 1) * (1 - keyed.var(axis=0, ddof=1).sum() / total))


def omega(keyed: Floats) -> float:
    """Return McDonald's omega total of keyed answers under one common factor."""
    from statsmodels.multivariate.factor import Factor

    if keyed.shape[1] < 3 or len(keyed) <= keyed.shape[1]:
        return float("nan")
    if not all(_varies(item, keyed) for item in keyed.T):
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what did not converge is NaN below
        fit = Factor(keyed, n_factor=1, method="ml").fit(start=_principal_start(keyed))
    if not np.abs(fit.mle_retvals.jac).max() < FLAT:
        return float("nan")
    spread = keyed.std(axis=0, ddof=1)
    loadings = fit.loadings[:, 0] * spread
    unique = fit.uniqueness * spread**2
    common = loadings.sum() ** 2
    if not np.isfinite(common) or (unique < 0).any():
        return float("nan")
    return float(common / (common + unique.sum()))


def split_half(keyed: Floats, *, seed: int = 0) -> float:
    """Return the mean Spearman–Brown correlation over random halves of the items."""
    n_items = keyed.shape[1]
    if n_items < 2 or len(keyed) < 3:
        return float("nan")
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(N_SPLITS):
        order = rng.permutation(n_items)
        one = keyed[:, order[: n_items // 2]].mean(axis=1)
        two = keyed[:, order[n_items // 2 :]].mean(axis=1)
        if not (_varies(one, keyed) and _varies(two, keyed)):
            return float("nan")
        r = float(np.corrcoef(one, two)[0, 1])
        found.append(2 * r / (1 + r) if r > -1 else float("nan"))
    return float(np.mean(found))


def variance_parts(keyed: Floats) -> VarianceParts:
    """Return the role, state, item and residual parts of answers (role, state, item).

    States are nested in roles, items crossed with both; components below zero count as zero.
    """
    n_roles, n_states, n_items = keyed.shape
    if n_items < 2 or n_roles * n_states < 2 or not _varies(keyed, keyed):
        return VarianceParts(*[float("nan")] * 4)
    grand = keyed.mean()
    by_role = keyed.mean(axis=(1, 2))
    by_state = keyed.mean(axis=2)
    by_item = keyed.mean(axis=(0, 1))
    fitted = by_state[:, :, None] + by_item - grand
    free = (n_roles * n_states - 1) * (n_items - 1)
    rest = float(((keyed - fitted) ** 2).sum() / free)
    of_items = float(((by_item - grand) ** 2).sum() * n_roles * n_states / (n_items - 1))
    item = max((of_items - rest) / (n_roles * n_states), 0.0)
    role, state, of_states = float("nan"), float("nan"), rest
    if n_states > 1:
        spread = ((by_state - by_role[:, None]) ** 2).sum() * n_items
        of_states = float(spread / (n_roles * (n_states - 1)))
        state = max((of_states - rest) / n_items, 0.0)
    if n_roles > 1:
        of_roles = float(((by_role - grand) ** 2).sum() * n_states * n_items / (n_roles - 1))
        role = max((of_roles - of_states) / (n_states * n_items), 0.0)
    total = float(np.nansum([role, state, item, rest]))
    return VarianceParts(role / total, state / total, item / total, rest / total)


def acquiescence(answers: Answers) -> Floats:
    """Return, per role, the mean raw answer, items for and against a value weighing the same.

    Above zero: the role agrees with statements whatever they say. Only values with items of both
    keyings count, as only there what a role values cancels; NaN where there is none.
    """
    speaks_for = answers.keys > 0  # (value, item)
    n_for, n_against = speaks_for.sum(axis=1), (~speaks_for).sum(axis=1)
    balanced = (n_for > 0) & (n_against > 0)
    if not balanced.any():
        return np.full(len(answers.raw), np.nan)
    n_alike = np.where(speaks_for, n_for[:, None], n_against[:, None])
    style: Floats = (answers.raw / (2 * n_alike)).sum(axis=-1)[..., balanced].mean(axis=(1, 2))
    return style


def _varies(part: Floats, answers: Floats) -> bool:
    """Return whether some part of the answers differs by more than rounding."""
    return bool(np.ptp(part) > ROUNDING * np.abs(answers).max())


def _principal_start(keyed: Floats) -> tuple[Floats, Floats]:
    """Return loadings and uniquenesses of the first principal component, to start from."""
    roots, vectors = np.linalg.eigh(np.corrcoef(keyed.T))
    loadings = np.clip(vectors[:, -1] * np.sqrt(roots[-1]), -0.95, 0.95)
    return loadings[:, None], 1 - loadings**2
