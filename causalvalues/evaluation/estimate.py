"""An `Estimate` is one number with its interval, or the reason why there is none.

    of_clusters      mean over clusters (roles, questions, texts), Student's interval or bootstrap
    of_share         a share by cluster: Wilson's interval, n = p(1 − p)/SE² clusters' worth
    of_means         any function of the means of rows; rows are drawn again whole, and quantiles
                     moved by how far what is drawn lies beside the number (Efron 1981)
    of_profile       the same of a profile's mean changes: its rows are roles

Guarantee: what cannot be told (one cluster, nothing asked, nothing to divide by) is unscored and
says why, never 0; what is NaN is left out and not counted in `n`; a seed gives the same interval.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from causalvalues.errors import FileError, OptionError
from causalvalues.evaluation.profile import EffectProfile

__all__ = ["Estimate", "Interval", "Statistic", "drawn_means"]

Floats = NDArray[np.float64]
Interval = Literal["student", "bootstrap"]
Statistic = Callable[[Floats], Floats]  # (resample, value) mean changes → (resample,); NaN if none
FEWEST_CLUSTERS = 2
LEAST_DEFINED = 0.5  # of the resamples must have a number, or there is no interval


@dataclass(frozen=True)
class Estimate:
    """A number, its interval, and how many clusters it rests on; or why there is none."""

    value: float
    low: float
    high: float
    n: int
    unscored: str = ""  # why there is no number; then the value is NaN

    def __post_init__(self) -> None:
        if bool(self.unscored) != math.isnan(self.value):
            raise OptionError(
                "An estimate holds a number or the reason why there is none",
                found=f"{self.value} with the reason {self.unscored!r}",
                remedy="use Estimate.without(reason)",
            )

    @property
    def scored(self) -> bool:
        """Return whether there is a number."""
        return not self.unscored

    @property
    def clear(self) -> bool:
        """Return whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    @classmethod
    def without(cls, reason: str, n: int = 0) -> "Estimate":
        """Return an estimate without a number, and why."""
        return cls(math.nan, math.nan, math.nan, n, reason)

    @classmethod
    def of_clusters(
        cls,
        numbers: ArrayLike,  # (cluster,); NaN is left out
        *,
        how: Interval = "student",
        level: float = 0.95,
        n_resamples: int = 1000,
        seed: int = 0,
        of: str = "cluster",
    ) -> "Estimate":
        """Return the mean over clusters; `of` names a cluster where too few are known."""
        known = _known(numbers, level)
        if len(known) < FEWEST_CLUSTERS:
            return cls.without(_too_few(of, len(known)), len(known))
        mean = float(known.mean())
        if how == "student":
            width = _quantile(level, len(known)) * float(known.std(ddof=1)) / len(known) ** 0.5
            return cls(mean, mean - width, mean + width, len(known))
        rng = np.random.default_rng(seed)
        drawn = known[rng.integers(len(known), size=(n_resamples, len(known)))].mean(axis=1)
        return cls(mean, *_percentiles(drawn, level), len(known))

    @classmethod
    def of_share(
        cls,
        shares: ArrayLike,  # (cluster,); NaN is left out
        *,
        out_of: ArrayLike | None = None,  # (cluster,) how many each share is of; None: as many
        level: float = 0.95,
        of: str = "cluster",
    ) -> "Estimate":
        """Return the share over all clusters, its interval within 0 and 1.

        Wilson's interval with as many cases as the spread over clusters is worth, p(1 − p)/SE²; at
        0 or 1, where there is no spread, as many as there are clusters. So all of 5 is not certain.
        """
        found = np.asarray(shares, dtype=np.float64)
        sizes = np.ones_like(found) if out_of is None else np.asarray(out_of, dtype=np.float64)
        if sizes.shape != found.shape:
            raise OptionError(
                "Every share is out of some number", found=f"{found.shape}, {sizes.shape}"
            )
        counted = np.isfinite(found) & (sizes > 0)
        known, n = _known(found[counted], level), int(counted.sum())
        if n < FEWEST_CLUSTERS:
            return cls.without(_too_few(of, n), n)
        weights = sizes[counted] / sizes[counted].mean()
        share = float((weights * known).mean())
        variance = float(((weights * (known - share)) ** 2).sum() / (n - 1) / n)
        certain = share * (1 - share)
        if variance == 0 and certain > 0:  # every cluster has the same share
            return cls(share, share, share, n)
        worth = certain / variance if variance > 0 else n
        return cls(share, *_wilson(share, worth, _quantile(level, n)), n)

    @classmethod
    def of_means(
        cls,
        rows: ArrayLike,  # (cluster, quantity); NaN is left out
        statistic: Statistic,
        *,
        without: str = "it has no number here",
        level: float = 0.95,
        n_resamples: int = 1000,
        seed: int = 0,
        of: str = "cluster",
    ) -> "Estimate":
        """Return a function of the means of rows; `without` is said where it has no number."""
        known = np.asarray(rows, dtype=np.float64)
        n = int(np.isfinite(known).any(axis=1).sum())
        if n < FEWEST_CLUSTERS:
            return cls.without(_too_few(of, n), n)
        value = float(statistic(_means(known, np.ones((1, len(known)))))[0])
        if not math.isfinite(value):
            return cls.without(without, n)
        drawn = statistic(drawn_means(known, n_resamples, seed))
        if np.isfinite(drawn).mean() < LEAST_DEFINED:
            return cls.without(f"drawn again, {without}", n)
        return cls(value, *_around(value, drawn[np.isfinite(drawn)], level, n), n)

    @classmethod
    def of_profile(
        cls,
        profile: EffectProfile,
        statistic: Statistic,
        *,
        without: str = "it has no number for this profile",
        level: float = 0.95,
        n_resamples: int = 1000,
        seed: int = 0,
    ) -> "Estimate":
        """Return a function of the mean changes; `without` is said where it has no number."""
        return cls.of_means(
            profile.differences, statistic,
            without=without, level=level, n_resamples=n_resamples, seed=seed, of="role",
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as JSON would hold it; what is missing is null."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        found = {k: v if math.isfinite(v) else None for k, v in numbers.items()}
        return {**found, "n": self.n, "unscored": self.unscored}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Estimate":
        """Return the estimate that `to_dict` gave."""
        try:
            value, low, high = (_number(document[name]) for name in ("value", "low", "high"))
            return cls(value, low, high, int(document["n"]), str(document["unscored"]))
        except (KeyError, TypeError, ValueError) as fault:
            raise FileError("An estimate was expected", found=str(fault)) from fault

    def __str__(self) -> str:
        """Return the estimate as a table prints it."""
        if self.unscored:
            return f"– ({self.unscored})"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def drawn_means(rows: Floats, n_resamples: int = 1000, seed: int = 0) -> Floats:
    """Return (resample, quantity) means of rows drawn again whole; NaN where none of them has it.

    rows: (cluster, quantity); NaN is left out
    """
    if n_resamples < 1:
        raise OptionError("`n_resamples` must be 1 or more", found=f"{n_resamples}")
    n = len(rows)
    rng = np.random.default_rng(seed)
    return _means(rows, rng.multinomial(n, np.full(n, 1 / n), size=n_resamples))


def _means(rows: Floats, drawn: Floats | NDArray[np.int64]) -> Floats:
    """Return (resample, quantity) means of rows that were drawn (resample, row) times."""
    with np.errstate(invalid="ignore"):
        means: Floats = (drawn @ np.nan_to_num(rows)) / (drawn @ np.isfinite(rows))
    return means


def _known(numbers: ArrayLike, level: float) -> Floats:
    """Return what is finite."""
    if not 0 < level < 1:
        raise OptionError("`level` must lie between 0 and 1", found=f"{level}")
    found = np.asarray(numbers, dtype=np.float64)
    if found.ndim != 1:
        raise OptionError("Clusters come with a number each", found=f"shape {found.shape}")
    return found[np.isfinite(found)]


def _too_few(of: str, n: int) -> str:
    """Return why there is no interval."""
    return f"{'only one' if n else 'no'} {of} is known"


def _quantile(level: float, n: int) -> float:
    """Return how many standard errors an interval is wide to one side."""
    return float(student.ppf((1 + level) / 2, n - 1))


def _percentiles(drawn: Floats, level: float) -> tuple[float, float]:
    """Return the interval that holds the middle of what was drawn."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _around(value: float, drawn: Floats, level: float, n_clusters: int) -> tuple[float, float]:
    """Return bias-corrected percentiles of what was drawn; they hold the number.

    Sizes and shares come out larger when drawn again, as noise never cancels in |x|: with z the
    normal quantile of the share drawn below the number, quantiles are read at Φ(2z ± width). The
    width is Student's, times √(n/(n − 1)), as what is drawn from few clusters differs too little.
    """
    n = len(drawn)
    below = ((drawn < value).sum() + (drawn == value).sum() / 2) / n
    moved = 2 * norm.ppf(np.clip(below, 0.5 / n, 1 - 0.5 / n))
    width = _quantile(level, n_clusters) * math.sqrt(n_clusters / (n_clusters - 1))
    places = np.asarray(norm.cdf(np.array([moved - width, moved + width])))
    low, high = np.quantile(drawn, places)
    return min(float(low), value), max(float(high), value)


def _wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's interval of a share among n."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return max(0.0, centre - half), min(1.0, centre + half)


def _number(found: float | None) -> float:
    """Return a number of a document; null is NaN."""
    return math.nan if found is None else float(found)
