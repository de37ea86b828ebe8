"""Control success: do answers about the target go to the side that was asked for?

    leaning          share of answers (role × question on the target) that lean to the asked side:
                     their expected credit of the target lies beyond 0 on it
    leaning_before   the same share of the same answers without the intervention
    of_changed       among answers that lean to another side than before, the share on the asked one
    converted        among answers that did not lean to the asked side, the share that now does
    gain             change of the target's score, counted towards the asked side

An answer that weighs both sides alike leans to neither. `leaning` alone flatters a model that
leans there anyway; `of_changed` is 1/2 where answers are merely stirred.
Guarantee: roles are clusters; only answers read both times count, the others are a share of their
own; what nobody could show (nothing changed, nothing to convert) is unscored, never 0.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.evaluation.answered import Answered
from causalvalues.evaluation.estimate import Estimate

__all__ = ["ControlSuccess", "Side", "control_success"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Side = Literal["raise", "lower"]
ALIKE = 1e-9  # credit that is no more than rounding


@dataclass(frozen=True)
class ControlSuccess:
    """Whether an intervention did what it was asked to, in scores and in answers."""

    target: str
    side: Side
    gain: Estimate
    leaning: Estimate
    leaning_before: Estimate
    of_changed: Estimate
    converted: Estimate
    unread: float  # share of answers that could not be read both times; NaN where none was asked

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON would hold them; what is missing is null."""
        unread = self.unread if np.isfinite(self.unread) else None
        found: dict[str, Any] = {"target": self.target, "side": self.side, "unread": unread}
        for name, each in vars(self).items():
            if isinstance(each, Estimate):
                found[name] = each.to_dict()
        return found


def control_success(
    answered: Answered,
    condition: str,
    target: str,
    *,
    side: Side = "raise",
    level: float = 0.95,
) -> ControlSuccess:
    """Return how far a condition of a survey moved a target to the asked side."""
    if side not in get_args(Side):
        raise OptionError(f"`side` must be one of {', '.join(get_args(Side))}", found=repr(side))
    if target not in answered.names:
        raise OptionError(f"The survey asked of {', '.join(answered.names)}", found=repr(target))
    way, value = (1 if side == "raise" else -1), answered.names.index(target)
    asked = answered.bears[:, value]
    plain, steered = answered.place(""), answered.place(condition)
    read = (answered.read[plain] & answered.read[steered])[:, asked]
    before, after = (_side(answered, place, value)[:, asked] * way for place in (plain, steered))

    def share(hits: Bools, among: Bools, nothing: str) -> Estimate:
        """Return the share of hits among the answers that were read."""
        return _share(hits & among & read, among & read, nothing, level)

    every, changed = np.ones_like(read), before != after
    return ControlSuccess(
        target,
        side,
        Estimate.of_clusters(
            way * answered.differences(condition)[:, value], level=level, of="role"
        ),
        share(after > 0, every, "no answer was read both times"),
        share(before > 0, every, "no answer was read both times"),
        share(after > 0, changed, "no answer leans to another side than before"),
        share(after > 0, before <= 0, "every answer leaned to the asked side before"),
        float(1 - read.mean()) if read.size else float("nan"),
    )


def _side(answered: Answered, place: int, value: int) -> NDArray[np.int64]:
    """Return (role, question), 1 where an answer leans to a value, −1 away from it, else 0."""
    shares = np.nan_to_num(answered.shares[place])
    credit = np.einsum("rqk,qk->rq", shares, answered.credit[:, :, value])
    return np.where(np.abs(credit) > ALIKE, np.sign(credit), 0).astype(np.int64)


def _share(hits: Bools, among: Bools, nothing: str, level: float) -> Estimate:
    """Return the share of hits (role, question), roles as clusters."""
    out_of = among.sum(axis=1)
    if not out_of.any():
        return Estimate.without(nothing)
    shares = np.divide(hits.sum(axis=1), out_of, where=out_of > 0, out=np.zeros(len(out_of)))
    return Estimate.of_share(shares, out_of=out_of, level=level, of="role")
