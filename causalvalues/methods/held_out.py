"""What is known of a classifier from texts it never saw: a number and its interval.

    accuracy_of_pairs   share of texts told right; Wilson's interval, a pair counted as one case
    auc                 chance that a text of the kind scores above one of the others; interval by
                        the score method (Newcombe 2006, method 5), a group counted as one case
    share_of_groups     a share by group, Wilson's interval

Texts of one group (the two sides of a pair, one scenario) are not independent, so what counts is
how many groups there are: intervals are never too narrow for it. Guarantee: all right of few is
not certain; an interval holds its number and stays within 0 and 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm, rankdata

from causalvalues.errors import OptionError

__all__ = ["HeldOut", "accuracy_of_pairs", "auc", "share_of_groups"]

Floats = NDArray[np.float64]
Z = float(norm.ppf(0.975))
NEXT_TO = 1e-9


@dataclass(frozen=True)
class HeldOut:
    """A number, its 95 % interval, and how many cases it rests on."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return it as a table prints it."""
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def accuracy_of_pairs(is_right: NDArray[np.bool_]) -> HeldOut:
    """Return the share of texts that are told right, from (pair, side)."""
    return _wilson(float(is_right.mean()), len(is_right))


def share_of_groups(is_so: NDArray[np.bool_], groups: Sequence[str]) -> HeldOut:
    """Return the share of texts of which something is so, groups counted once."""
    return _wilson(float(is_so.mean()), len(set(groups)))


def auc(scores: Floats, is_kind: NDArray[np.bool_], groups: Sequence[str]) -> HeldOut:
    """Return how often a text of the kind scores above one of the others; ties count half."""
    n_kind, n_other = int(is_kind.sum()), int((~is_kind).sum())
    if not n_kind or not n_other:
        raise OptionError(
            "Telling texts apart needs both kinds", found=f"{n_kind} and {n_other} texts"
        )
    above = rankdata(scores)[is_kind].sum() - n_kind * (n_kind + 1) / 2
    share = float(above / (n_kind * n_other))
    names = np.asarray(groups)
    cases = len(set(names[is_kind])), len(set(names[~is_kind]))
    return HeldOut(share, _lowest(share, *cases), 1 - _lowest(1 - share, *cases), sum(cases))


def _lowest(share: float, m: int, n: int) -> float:
    """Return the least chance θ that an observed one is within z standard errors of.

    Var θ = θ(1 − θ) (1 + N ((1 − θ)/(2 − θ) + θ/(1 + θ))) / mn,  N = (m + n)/2 − 1
    """

    def missing(theta: float) -> float:
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        rest = (m + n) / 2 - 1
        error = math.sqrt(theta * (1 - theta) * (1 + rest * spread) / (m * n))
        return share - theta - Z * error

    if missing(NEXT_TO) <= 0:
        return 0.0
    return float(brentq(missing, NEXT_TO, min(share, 1 - NEXT_TO)))


def _wilson(share: float, n: int) -> HeldOut:
    """Return a share among n cases with Wilson's interval."""
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + (Z / (2 * n)) ** 2)
    return HeldOut(
        share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)), n
    )
