"""How good predictions are, on values that nobody was asked about: each number with its interval.

    sign        share with the right sign: of large predictions, of clear changes, of both
    across      correlation over all cases, of one intervention with those of the others
    within      correlation over the values of one prediction, then the mean
    coverage    share of measured means inside their intervals; calibration: at every level
    rmse        root of the mean squared miss, in units of the score

Intervals draw interventions again, whole, so that predictions of one are no separate evidence; with
few interventions they are rough. p: chance is the same graph under other names (`prediction_null`).
Guarantee: what cannot be scored is a value with its reason, never a zero.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from causalvalues.errors import OptionError
from causalvalues.planning.prediction_cases import LEVELS, Cases, Outcome, cases_of
from causalvalues.provenance import write_atomically

__all__ = ["PredictionScores", "Score", "numbers_of", "score_predictions", "unscored"]

Floats = NDArray[np.float64]
SCHEMA = "causalvalues.prediction-scores/1"
LEAST_INTERVENTIONS = 3  # for an interval over them
NOTHING = 1e-9  # a prediction without a sign


@dataclass(frozen=True)
class Score:
    """One number with its interval over interventions; None with a reason where there is none."""

    name: str
    number: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0  # cases that count
    p: float | None = None
    reason: str = ""

    def text(self) -> str:
        """Return the number as people read it, or why there is none."""
        if self.number is None:
            return f"unscored ({self.reason})"
        inner = "" if self.low is None else f" [{self.low:.2f}, {self.high:.2f}]"
        return f"{self.number:.2f}{inner}"


@dataclass(frozen=True)
class PredictionScores:
    """All scores of one method."""

    method: str
    n_interventions: int
    n_predictions: int
    n_seen: tuple[int, ...]
    scores: tuple[Score, ...]
    calibration: Mapping[float, float]  # nominal level → share inside

    def score(self, name: str) -> Score:
        """Return one score by its name."""
        for score in self.scores:
            if score.name == name:
                return score
        names = ", ".join(score.name for score in self.scores)
        raise OptionError(f"A score must be one of {names}", found=repr(name))

    def with_p(self, p_by_name: Mapping[str, float | None]) -> "PredictionScores":
        """Return the scores with the p-values of some of them."""
        scores = tuple(replace_fields(s, p=p_by_name.get(s.name, s.p)) for s in self.scores)
        return replace_fields(self, scores=scores)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per score."""
        frame = pd.DataFrame([asdict(score) for score in self.scores])
        frame = frame.rename(columns={"name": "score"})
        frame.insert(0, "n_seen", "/".join(map(str, self.n_seen)))
        frame.insert(0, "method", self.method)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as JSON would hold them."""
        return {
            "schema": SCHEMA,
            "method": self.method,
            "n_interventions": self.n_interventions,
            "n_predictions": self.n_predictions,
            "n_seen": list(self.n_seen),
            "scores": [asdict(score) for score in self.scores],
            "calibration": {f"{level:g}": share for level, share in self.calibration.items()},
        }

    def to_json(self, path: str | Path) -> Path:
        """Return the path after writing the scores."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False, ensure_ascii=False)
        return write_atomically(Path(path), text + "\n")


def score_predictions(
    tests: Sequence[Outcome],
    *,
    threshold: float = 0.2,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> PredictionScores:
    """Return how good predictions of one method are.

    `threshold` is what makes a prediction large, in units of the score.
    """
    if not threshold >= 0 or not 0 < level < 1 or n_resamples < 1:
        raise OptionError(
            "`threshold` must be 0 or more, `level` between 0 and 1, `n_resamples` 1 or more",
            found=f"{threshold}, {level}, {n_resamples}",
        )
    cases = cases_of(tests, clear_at=level, seed=seed)
    counts = _counts(len(cases.interventions), n_resamples, seed)
    return PredictionScores(
        method=tests[0].prediction.method,
        n_interventions=len(cases.interventions),
        n_predictions=cases.n_predictions,
        n_seen=cases.n_seen,
        scores=tuple(_score(each, cases, counts, level) for each in _statistics(cases, threshold)),
        calibration={
            nominal: float(inside.mean())
            for nominal, inside in zip(LEVELS, cases.inside, strict=True)
        },
    )


def unscored(method: str, reason: str, *, n_seen: Sequence[int] = ()) -> PredictionScores:
    """Return the scores of a method that could not be asked, with the reason."""
    scores = tuple(Score(name, None, reason=reason) for name in NAMES)
    return PredictionScores(method, 0, 0, tuple(n_seen), scores, {})


def numbers_of(cases: Cases, *, threshold: float) -> dict[str, float]:
    """Return the numbers alone, NaN where one is not scored."""
    return {
        each.name: float(each.number(_by_case(each.columns, cases).sum(axis=0)))
        for each in _statistics(cases, threshold)
    }


@dataclass(frozen=True, eq=False)
class _Statistic:
    """A number that is a function of sums over cases, so that interventions can be drawn again."""

    name: str
    columns: Floats  # (case, sum)
    number: Callable[[Floats], Floats]  # (…, sum) → (…)
    counted: NDArray[np.bool_]  # (case,)
    undefined: str


def _statistics(cases: Cases, threshold: float) -> list[_Statistic]:
    """Return every statistic of some cases, in the order of NAMES."""
    right = np.sign(cases.middle) == np.sign(cases.change)
    large, signed = np.abs(cases.middle) >= threshold, np.abs(cases.middle) > NOTHING
    every = np.ones(len(right), dtype=np.bool_)
    few = f"no prediction of {threshold:g} or more"
    flat = "the predictions do not vary"
    middle, change = cases.middle, cases.change
    ranks = rankdata(middle), rankdata(change)
    within = [_within(cases, *pair) for pair in ((middle, change), _ranks_within(cases))]
    missed = np.square(middle - change)
    coverage = cases.inside[LEVELS.index(0.95)]
    return [
        _Statistic("sign of large", _share(right, large & signed), _ratio, large & signed, few),
        _Statistic(
            "sign of clear", _share(right, cases.clear & signed), _ratio, cases.clear & signed,
            "no prediction has a sign, or nothing changed clearly",
        ),
        _Statistic(
            "sign of large and clear", _share(right, large & signed & cases.clear), _ratio,
            large & signed & cases.clear, f"{few}, where the change is clear",
        ),
        _Statistic("pearson across", _moments(middle, change), _pearson, every, flat),
        _Statistic("spearman across", _moments(*ranks), _pearson, every, flat),
        _Statistic("pearson within", within[0], _ratio, every, flat),
        _Statistic("spearman within", within[1], _ratio, every, flat),
        _Statistic("coverage", _share(coverage, every), _ratio, every, ""),
        _Statistic("rmse", np.column_stack([missed, every]), _root_ratio, every, ""),
    ]  # fmt: skip


NAMES = (
    "sign of large",
    "sign of clear",
    "sign of large and clear",
    "pearson across",
    "spearman across",
    "pearson within",
    "spearman within",
    "coverage",
    "rmse",
)


def _score(statistic: _Statistic, cases: Cases, counts: Floats, level: float) -> Score:
    """Return one score with its interval."""
    sums = _by_case(statistic.columns, cases)  # (intervention, sum)
    number = float(statistic.number(sums.sum(axis=0)))
    if not np.isfinite(number):
        return Score(statistic.name, None, reason=statistic.undefined)
    n = int(statistic.counted.sum())
    drawn = statistic.number(counts @ sums)
    drawn = drawn[np.isfinite(drawn)]
    if len(sums) < LEAST_INTERVENTIONS or not len(drawn):
        return Score(statistic.name, number, n=n)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Score(statistic.name, number, float(low), float(high), n)


def _counts(n_interventions: int, n_resamples: int, seed: int) -> Floats:
    """Return (resample, intervention) how often each is drawn."""
    rng = np.random.default_rng([seed, 10])
    shares = np.full(n_interventions, 1 / n_interventions)
    return rng.multinomial(n_interventions, shares, size=n_resamples).astype(np.float64)


def _by_case(columns: Floats, cases: Cases) -> Floats:
    """Return (intervention, sum) the sums of the columns (case, sum)."""
    found = np.zeros((len(cases.interventions), columns.shape[1]))
    np.add.at(found, cases.intervention, columns)
    return found


def _share(hit: NDArray[np.bool_], counted: NDArray[np.bool_]) -> Floats:
    """Return columns (case, 2) of a share: hits, and all that count."""
    return np.column_stack([hit & counted, counted]).astype(np.float64)


def _moments(one: Floats, two: Floats) -> Floats:
    """Return columns (case, 6) of a correlation; numbers are centred first, for accuracy."""
    one, two = one - one.mean(), two - two.mean()
    return np.column_stack([np.ones(len(one)), one, two, one**2, two**2, one * two])


def _within(cases: Cases, one: Floats, two: Floats) -> Floats:
    """Return columns (case, 2): each prediction's correlation at its first case, and its count."""
    sums = np.zeros((cases.n_predictions, 6))
    np.add.at(sums, cases.prediction, _moments(one, two))
    found = _pearson(sums)[cases.prediction]
    first = np.zeros(len(one), dtype=np.bool_)
    first[np.unique(cases.prediction, return_index=True)[1]] = True
    return _share(np.ones_like(first), first & np.isfinite(found)) * np.column_stack(
        [np.nan_to_num(found), np.ones(len(found))]
    )


def _ranks_within(cases: Cases) -> tuple[Floats, Floats]:
    """Return the ranks of predictions and changes among those of one prediction."""
    middle, change = (pd.Series(each) for each in (cases.middle, cases.change))
    return tuple(each.groupby(cases.prediction).rank().to_numpy() for each in (middle, change))  # type: ignore[return-value]


def _ratio(sums: Floats) -> Floats:
    """Return the first sum by the second; NaN where nothing counts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def _root_ratio(sums: Floats) -> Floats:
    """Return the root of a mean."""
    return np.sqrt(_ratio(sums))


def _pearson(sums: Floats) -> Floats:
    """Return the correlation of moments (…, 6); NaN where either does not vary."""
    n, one, two, ones, twos, both = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        vary = (ones - one**2 / n) * (twos - two**2 / n)
        found = (both - one * two / n) / np.sqrt(np.where(vary > 1e-24, vary, np.nan))
    return np.asarray(found)
