"""Does steering hold where the role is told the opposite? (A test of Jin et al. 2025.)

    prompted    the role is told that the target matters little; nothing inside the model is steered
    both        told the same, and steered to raise the target
    drop        score without a prompt − prompted            what the prompt takes
    regained    both − prompted                              what steering gives back
    left        both − without a prompt                      ≥ 0 where nothing is lost any more
    robustness  regained / drop                              0 nothing undone, 1 all, above 1 more

Lowering a target is the same with every sign turned. Guarantee: a role is compared with itself;
robustness is unscored unless the drop exceeds two standard errors, as there is nothing to undo; a
model that the two together break is named in `faults`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalvalues.errors import OptionError, TableError
from causalvalues.evaluation.control_success import Side
from causalvalues.evaluation.estimate import Estimate
from causalvalues.evaluation.measure import measure
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import Combined, Intervention, RolePrompt
from causalvalues.steering.role_prompts import LEVELS, settling
from causalvalues.survey.asking import Progress
from causalvalues.survey.protocol import Question, RolePlace
from causalvalues.survey.readings import How
from causalvalues.survey.request import Respondent
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import Role
from causalvalues.values import ValueSystem

__all__ = ["OppositePrompt", "measure_opposite", "opposite_of", "opposite_prompt"]

Floats = NDArray[np.float64]
PROMPTED, BOTH = "told the opposite", "told the opposite, steered"
CLEAR = 2.0  # standard errors


@dataclass(frozen=True)
class OppositePrompt:
    """What an opposite prompt takes, and how much of it steering gives back."""

    drop: Estimate
    regained: Estimate
    left: Estimate
    robustness: Estimate
    faults: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them; what is missing is null."""
        numbers = (self.drop, self.regained, self.left, self.robustness)
        names = ("drop", "regained", "left", "robustness")
        found = {name: each.to_dict() for name, each in zip(names, numbers, strict=True)}
        return {**found, "faults": list(self.faults)}


def opposite_prompt(
    without: ArrayLike,  # (role,) scores of the target; NaN where none
    prompted: ArrayLike,
    both: ArrayLike,
    *,
    side: Side = "raise",
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> OppositePrompt:
    """Return robustness from the target's scores by role under three conditions."""
    scores = [np.asarray(each, dtype=np.float64) for each in (without, prompted, both)]
    if len({each.shape for each in scores}) > 1 or scores[0].ndim != 1:
        raise TableError(
            "The same roles are scored under three conditions",
            found=", ".join(str(each.shape) for each in scores),
        )
    plain, told, steered = scores if side == "raise" else (-each for each in scores)
    rows = np.column_stack([plain - told, steered - told, steered - plain])
    rows = rows[np.isfinite(rows).all(axis=1)]
    drop, regained, left = (Estimate.of_clusters(row, level=level, of="role") for row in rows.T)
    reason = drop.unscored or _nothing_to_undo(rows[:, 0])
    if reason:
        return OppositePrompt(drop, regained, left, Estimate.without(reason, len(rows)))
    robustness = Estimate.of_means(
        rows, _share_regained,
        without="the drop is 0", level=level, n_resamples=n_resamples, seed=seed, of="role",
    )  # fmt: skip
    return OppositePrompt(drop, regained, left, robustness)


def opposite_of(
    prompted: EffectProfile,
    both: EffectProfile,
    target: str,
    *,
    side: Side = "raise",
    level: float = 0.95,
    seed: int = 0,
) -> OppositePrompt:
    """Return robustness from two profiles of the same roles, against the same scores before."""
    if prompted.roles != both.roles or prompted.names != both.names or target not in both.names:
        raise OptionError(
            "Two profiles of the same roles and values hold the target",
            found=f"{target!r}, {prompted.name!r} and {both.name!r}",
        )
    place = both.names.index(target)
    changes = [each.differences[:, place] for each in (prompted, both)]
    found = opposite_prompt(np.zeros(len(both.roles)), *changes, side=side, level=level, seed=seed)
    faults = tuple(dict.fromkeys((*prompted.faults, *both.faults)))
    return OppositePrompt(found.drop, found.regained, found.left, found.robustness, faults)


def measure_opposite(
    model: Respondent,
    intervention: Intervention,
    target: str,
    system: ValueSystem,
    questions: Sequence[Question],
    roles: Sequence[Role],
    store: AnswerStore,
    *,
    opposite: RolePrompt | None = None,
    side: Side = "raise",
    dictionaries: Mapping[str, Dictionary] | None = None,
    names: Sequence[str] | None = None,
    role_place: RolePlace = "system",
    how: How = "expected",
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> OppositePrompt:
    """Return robustness of an intervention, asking what the store does not hold.

    `opposite` is what roles are told; without it, that the target is settled at its far level.
    """
    if opposite is None:
        opposite = settling(system, {target: LEVELS[0] if side == "raise" else LEVELS[-1]})
    profiles = measure(
        model, {PROMPTED: opposite, BOTH: Combined((opposite, intervention))},
        questions, roles, store,
        dictionaries=dictionaries, names=names, role_place=role_place, how=how, progress=progress,
    )  # fmt: skip
    return opposite_of(
        profiles[PROMPTED], profiles[BOTH], target, side=side, level=level, seed=seed
    )


def _share_regained(means: Floats) -> Floats:
    """Return (resample,), what steering gives back of what the prompt takes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = means[:, 1] / means[:, 0]
    return found


def _nothing_to_undo(drops: Floats) -> str:
    """Return why there is no drop to undo; nothing where there is one."""
    error = drops.std(ddof=1) / len(drops) ** 0.5
    if drops.mean() > CLEAR * error and drops.mean() > 0:
        return ""
    return f"the opposite prompt takes no more than {CLEAR:g} standard errors"
