"""Whether a steered model still answers: numbers, each beside those of the model unsteered.

    option_mass        mean probability of the options together         · _kept: ratio
    unread             share of answers that cannot be read             · _added: difference
    entropy            mean entropy of the shares, 1 = all alike; certainty is 1 − entropy
    certainty_kept     ratio of certainty
    constant_roles     share of roles whose answers put NEARLY_ALL of their probability on one
                       place, or on one meaning, over all questions     · constant_added: difference
    size_kept          ratio of the root mean square of all scores: near 0 where all are unsure
    spread_kept        ratio of the standard deviation between roles, pooled over values

The last two need scores alone, so that a released table is judged by the same rules as a model.
Guarantee: the same numbers for the same answers; what cannot be given is NaN. See `health_rules`
for what is too much.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import TableError
from causalvalues.evaluation.answered import Answered

__all__ = ["NEARLY_ALL", "health_of_answers", "health_of_scores"]

Floats = NDArray[np.float64]

NEARLY_ALL = 0.95
FEWEST_QUESTIONS = 4  # below it a role may well give one answer


def health_of_answers(
    answered: Answered, condition: str, *, settled: Collection[str] = ()
) -> dict[str, float]:
    """Return every number of one condition that answers alone give.

    Values that the intervention itself settles are to be alike in all roles: their scores are left
    out of size and spread.
    """
    plain, steered = (_of_condition(answered, answered.place(each)) for each in ("", condition))
    free = [place for place, name in enumerate(answered.names) if name not in settled]
    return {
        **steered,
        "option_mass_kept": _ratio(steered["option_mass"], plain["option_mass"]),
        "unread_added": steered["unread"] - plain["unread"],
        "certainty_kept": _ratio(1 - steered["entropy"], 1 - plain["entropy"]),
        "constant_added": steered["constant_roles"] - plain["constant_roles"],
        **health_of_scores(answered.scores()[:, free], answered.scores(condition)[:, free]),
    }


def health_of_scores(unsteered: Floats, steered: Floats) -> dict[str, float]:
    """Return `size_kept` and `spread_kept` of scores (role, value) of the same roles and values."""
    plain, under = np.asarray(unsteered, np.float64), np.asarray(steered, np.float64)
    if plain.shape != under.shape or plain.ndim != 2:
        raise TableError(
            "Health is judged on the same roles and values with and without an intervention",
            found=f"{plain.shape} without, {under.shape} with",
        )
    both = np.isfinite(plain) & np.isfinite(under)
    plain, under = (np.where(both, scores, np.nan) for scores in (plain, under))
    return {
        "size_kept": _ratio(_size(under), _size(plain)),
        "spread_kept": _ratio(_spread(under), _spread(plain)),
    }


def _of_condition(answered: Answered, place: int) -> dict[str, float]:
    """Return the numbers of one condition by itself."""
    shares, mass = answered.shares[place], answered.mass[place]
    return {
        "option_mass": _mean(mass),
        "unread": float(1 - answered.read[place].mean()),
        "entropy": _mean(_entropy(shares)),
        "constant_roles": _constant_roles(answered, shares),
    }


def _entropy(shares: Floats) -> Floats:
    """Return (role, question), from 0 where one option has all to 1 where all are alike."""
    n_options = np.isfinite(shares).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, shares * np.log(shares), 0.0).sum(axis=-1)
        found: Floats = np.where(n_options > 1, -terms / np.log(n_options), np.nan)
    return found


def _constant_roles(answered: Answered, shares: Floats) -> float:
    """Return the share of roles that give one answer, by place or by meaning."""
    read = np.isfinite(shares[..., 0])
    n_read = read.sum(axis=1)
    enough = n_read >= FEWEST_QUESTIONS
    if not enough.any():
        return float("nan")
    given = np.nan_to_num(shares)
    by_place = given.sum(axis=1)  # (role, place)
    by_meaning = np.einsum("rqk,qkm->rm", given, _meanings(answered))
    most = np.maximum(by_place.max(axis=1), by_meaning.max(axis=1))
    return float((most[enough] >= NEARLY_ALL * n_read[enough]).mean())


def _meanings(answered: Answered) -> Floats:
    """Return (question, option, meaning), 1 where an option has a meaning."""
    meant = [[option.meaning for option in question.options] for question in answered.questions]
    known = sorted({meaning for each in meant for meaning in each})
    found = np.zeros((len(meant), answered.shares.shape[-1], len(known)))
    for place, each in enumerate(meant):
        for option, meaning in enumerate(each):
            found[place, option, known.index(meaning)] = 1.0
    return found


def _size(scores: Floats) -> float:
    """Return the root mean square of scores."""
    return float(np.sqrt(_mean(scores**2)))


def _spread(scores: Floats) -> float:
    """Return the standard deviation between roles, pooled over values; NaN below two roles."""
    n = np.isfinite(scores).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = scores - np.nansum(scores, axis=0) / n
        variance = np.where(n > 1, np.nansum(centred**2, axis=0) / (n - 1), np.nan)
    return float(np.sqrt(_mean(variance)))


def _mean(numbers: Floats) -> float:
    """Return the mean of the finite numbers, NaN where none is."""
    known = numbers[np.isfinite(numbers)]
    return float(known.mean()) if len(known) else float("nan")


def _ratio(part: float, whole: float) -> float:
    """Return how much is kept, NaN where there was nothing to keep."""
    return part / whole if whole > 1e-9 else float("nan")
