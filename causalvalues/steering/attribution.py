"""`by_attribution` finds the features through which a value's score flows.

    of activation   Σ over tokens of |activation| · (∂ score / ∂ residual) · direction
                    to first order, what the score owes to the feature being there
    of maximum      Σ over tokens of maximum · (∂ score / ∂ residual) · direction
                    to first order, what the score gains where the feature is added at its observed
                    maximum: closer to what steering does, and open to features that are rare

Both are means over prompts. The score is that of `gradients`; the first token of a prompt, whose
residual is unlike any other, is left out. Guarantee: only questions to the given roles are looked
at; directions of features that were never active are not read.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.candidates import best_by_value, table_of
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_activity import FeatureActivity
from causalvalues.steering.feature_table import FeatureTable
from causalvalues.steering.gradients import Flow, flows_of
from causalvalues.survey.credits import values_of
from causalvalues.survey.protocol import Question
from causalvalues.survey.roles import Role

__all__ = ["AttributionOf", "by_attribution"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
AttributionOf = Literal["activation", "maximum"]


def by_attribution(
    model: LanguageModel,
    dictionary: Dictionary,
    roles: Sequence[Role],
    questions: Sequence[Question],
    activity: FeatureActivity,
    *,
    values: Sequence[str] | None = None,
    of: AttributionOf = "activation",
    top: int = 8,
    at_once: int = 8,
    progress: Progress | None = None,
) -> FeatureTable:
    """Return, for each value and each sign, the features that its score owes most to.

    Every question is put to every role, `at_once` of them forward and back at a time. Give
    training roles, and the activity that was read from them.
    """
    if of not in get_args(AttributionOf):
        raise OptionError("`of` must be activation or maximum", found=repr(of))
    wanted = _wanted(roles, questions, values)
    if (activity.sae, activity.sae_digest) != (dictionary.name, dictionary.digest):
        raise OptionError(
            "Activity must have been read with the same dictionary",
            found=f"{activity.sae} and {dictionary.name}",
        )
    asked = [(role, q) for role, q in product(roles, questions) if set(values_of(q)) & set(wanted)]
    sums = _Sums(dictionary, activity, wanted, of)
    flows = flows_of(model, asked, dictionary.layer, values=wanted, at_once=at_once)
    for n_done, flow in enumerate(flows, start=1):
        sums.add(flow)
        if progress is not None:
            progress(n_done, len(asked))
    rule = "attribution" if of == "activation" else "attribution of maximum"
    return table_of(activity, rule, best_by_value(sums.means(), wanted, top))


class _Sums:
    """Attributions added up, value by value and feature by feature."""

    def __init__(
        self,
        dictionary: Dictionary,
        activity: FeatureActivity,
        values: tuple[str, ...],
        of: AttributionOf,
    ) -> None:
        self.dictionary, self.values, self.of = dictionary, values, of
        self.maximum = activity.maximum
        self.live = torch.from_numpy(activity.live)
        if not len(self.live):
            raise OptionError("Attribution needs features that were active", found="none")
        rows = [dictionary.direction(int(feature)) for feature in self.live]
        self.directions = torch.stack(rows).float()  # (live feature, width)
        self.live = self.live.to(self.directions.device)
        self.total = np.zeros((len(values), len(self.live)))
        self.n_prompts = np.zeros(len(values))

    @torch.no_grad()
    def add(self, flow: Flow) -> None:
        """Count one prompt, without its first token."""
        home = self.directions.device
        active = self._active(flow.residual[1:].to(home))  # (token, live feature)
        for value, gradient in flow.gradients.items():
            place = self.values.index(value)
            through = gradient[1:].to(home) @ self.directions.T
            self.total[place] += _array((active * through).sum(0))
            self.n_prompts[place] += 1

    def _active(self, residual: Tensor) -> Tensor:
        """Return (token, live feature) by how much each gradient counts."""
        if self.of == "maximum":
            return torch.ones((), device=residual.device)
        active = self.dictionary.activations(residual)
        return active.index_select(1, self.live).float().abs()

    def means(self) -> Floats:
        """Return (value, feature), 0 for features that were never active."""
        found = np.zeros((len(self.values), len(self.maximum)))
        found[:, self.live.cpu().numpy()] = self.total / self.n_prompts[:, None]
        return found * self.maximum if self.of == "maximum" else found


def _wanted(
    roles: Sequence[Role], questions: Sequence[Question], values: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the values whose scores are looked at."""
    written = [question.id for question in questions if question.generate]
    if written or not roles or not questions:
        raise OptionError(
            "Attribution needs roles, and questions whose options are weighed",
            found=f"written answers to {written[0]}" if written else "none",
        )
    names = tuple(dict.fromkeys(v for question in questions for v in values_of(question)))
    wanted = names if values is None else tuple(dict.fromkeys(values))
    absent = sorted(set(wanted) - set(names))
    if absent or not wanted:
        raise OptionError(
            "A value's score is that of its questions", found=f"none about {', '.join(absent)}"
        )
    return wanted


def _array(numbers: Tensor) -> Floats:
    """Return numbers (feature,) as an array."""
    found: Floats = numbers.double().cpu().numpy()
    return found
