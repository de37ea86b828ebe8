"""Controls of entries: an edit as large, at the same place, that knows nothing of the value.

    vector, feature      a direction at random, as long
    probes of residual   a direction at random at each layer, as long as the edit was on average
    neurons, gates       as many other neurons of each layer, moved by the same amounts
    lines                none

Guarantee: a seed gives the same control.
"""

from collections.abc import Callable, Mapping, Sequence

from causalvalues.methods.fitted import Fitted
from causalvalues.methods.norm_matching import norm_matched
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.controls import random_neurons, random_vector
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import (
    Intervention,
    NeuronEdit,
    ProbeEdit,
    RolePrompt,
    Simple,
    parts_of,
)
from causalvalues.survey.request import Request

__all__ = ["control_of"]


def control_of(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    requests: Sequence[Request],
    *,
    seed: int,
) -> Callable[[Fitted, Intervention], Intervention | None]:
    """Return what makes the control of an entry; none of lines."""

    def control(fitted: Fitted, intervention: Intervention) -> Intervention | None:
        """Return the control of one entry."""
        parts = list(parts_of(intervention))
        if any(isinstance(part, RolePrompt) for part in parts):
            return None
        if all(_is_of_neurons(part) for part in parts):
            return random_neurons(intervention, _n_neurons(model), seed=seed)
        if any(isinstance(part, ProbeEdit) for part in parts):
            return norm_matched(model, intervention, requests, dictionaries=dictionaries, seed=seed)
        return random_vector(intervention, dictionaries, seed=seed)

    return control


def _is_of_neurons(part: Simple) -> bool:
    """Return whether a part edits neurons or gates."""
    return isinstance(part, NeuronEdit) or (isinstance(part, ProbeEdit) and part.site == "neurons")


def _n_neurons(model: LanguageModel) -> int:
    """Return how many neurons a layer's MLP has."""
    return int(model.model.config.get_text_config().intermediate_size)
