"""Reliability and response style: how much of a score is the value, and how much the asking.

    alpha        k/(k−1) · (1 − Σ var(item) / var(sum))                        (Cronbach 1951)
    omega        (Σλ)² / ((Σλ)² + Σψ), one factor, loadings λ, uniquenesses ψ  (McDonald 1999)
    split-half   correlation of two random halves, stepped up: 2r/(1+r), mean over splits
    variance     role, state and item parts of a value's answers (random-effects ANOVA)
    acquiescence mean raw answer of a role over all items, keyed either way

Guarantee: what cannot be estimated (one item, no variance, no convergence) is NaN, never zero.
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


@dataclass(frozen=True)
class VarianceParts:
    """Shares of the variance of one value's keyed answers; they add up to 1."""

    role: float  # stable differences between roles
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
    total = keyed.sum(axis=1).var(ddof=1) if len(keyed) > 1 else 0.0
    if n_items < 2 or total <= 0:
        return float("nan")
    return float(n_items / (n_items - 1) * (1 - keyed.var(axis=0, ddof=1).sum() / total))


def omega(keyed: Floats) -> float:
    """Return McDonald's omega total of keyed answers under one common factor."""
    from statsmodels.multivariate.factor import Factor

    if keyed.shape[1] < 3 or len(keyed) <= keyed.shape[1] or (keyed.std(axis=0) == 0).any():
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an improper solution shows as NaN below
        fit = Factor(keyed, n_factor=1, method="ml").fit()
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
        if one.std() == 0 or two.std() == 0:
            return float("nan")
        r = float(np.corrcoef(one, two)[0, 1])
        found.append(2 * r / (1 + r) if r > -1 else float("nan"))
    return float(np.mean(found))


def variance_parts(keyed: Floats) -> VarianceParts:
    """Return the role, state, item and residual parts of answers (role, state, item).

    States are nested in roles, items crossed with both; components below zero count as zero.
    """
    n_roles, n_states, n_items = keyed.shape
    grand = keyed.mean()
    by_role = keyed.mean(axis=(1, 2))
    by_state = keyed.mean(axis=2)
    by_item = keyed.mean(axis=(0, 1))
    fitted = by_state[:, :, None] + by_item - grand
    free = (n_roles * n_states - 1) * (n_items - 1)
    rest = float(((keyed - fitted) ** 2).sum() / free) if free else float("nan")
    of_items = ((by_item - grand) ** 2).sum() * n_roles * n_states / max(n_items - 1, 1)
    item = max((of_items - rest) / (n_roles * n_states), 0.0)
    state, of_states = 0.0, rest
    if n_states > 1:
        spread = ((by_state - by_role[:, None]) ** 2).sum() * n_items
        of_states = float(spread / (n_roles * (n_states - 1)))
        state = max((of_states - rest) / n_items, 0.0)
    of_roles = ((by_role - grand) ** 2).sum() * n_states * n_items / max(n_roles - 1, 1)
    role = max((of_roles - of_states) / (n_states * n_items), 0.0)
    total = role + state + item + rest
    if not total > 0:
        return VarianceParts(*[float("nan")] * 4)
    return VarianceParts(role / total, state / total, item / total, rest / total)


def acquiescence(answers: Answers) -> Floats:
    """Return, per role, the mean raw answer over all items with both keyings equally weighted.

    Above zero: the role agrees with statements whatever they say.
    """
    keys = np.broadcast_to(answers.keys, answers.raw.shape[-2:])
    means = [answers.raw[..., keys == key].mean(axis=(1, 2)) for key in np.unique(keys)]
    style: Floats = np.mean(means, axis=0)
    return style
