"""The control of a plan: every part replaced by one as large that knows nothing of the values.

    lines                    stay as they are
    features, vectors        directions at random, as long, at the same layer and tokens
    neurons, gates           as many other neurons of each layer, edited by the same amounts
    probes of the residual   directions at random, as large at each layer as the edit was on average

Guarantee: a seed gives the same control; parts keep their order.
"""

from collections.abc import Sequence

from causalvalues.methods.neuron_counts import neuron_counts
from causalvalues.methods.norm_matching import norm_matched
from causalvalues.steering.controls import random_neurons, random_vector
from causalvalues.steering.intervention import (
    Combined,
    Intervention,
    NeuronEdit,
    ProbeEdit,
    RolePrompt,
    Simple,
    parts_of,
)
from causalvalues.study.steering.halves import Sheet
from causalvalues.study.steering.steerable import Steerable, inside
from causalvalues.survey.design import request_of
from causalvalues.survey.request import Request

__all__ = ["control_of_plan"]

N_ROLES, N_QUESTIONS = 4, 4  # on whose prompts the size of edits is read


def control_of_plan(
    intervention: Intervention, steerable: Steerable, sheet: Sheet, *, seed: int
) -> Intervention:
    """Return what stands for an intervention of which some part acts inside the model."""
    if not any(isinstance(part, NeuronEdit | ProbeEdit) for part in parts_of(intervention)):
        return random_vector(intervention, steerable.dictionaries, seed=seed)
    requests = _few(sheet)
    parts = [
        part
        for place, each in enumerate(parts_of(intervention))
        for part in parts_of(_control(each, steerable, requests, seed=seed + place))
    ]
    return parts[0] if len(parts) == 1 else Combined(tuple(parts))


def _control(
    part: Simple, steerable: Steerable, requests: Sequence[Request], *, seed: int
) -> Intervention:
    """Return the control of one part."""
    if isinstance(part, RolePrompt):
        return part
    model = inside(steerable.respondent)
    if isinstance(part, NeuronEdit) or (isinstance(part, ProbeEdit) and part.site == "neurons"):
        return random_neurons(part, min(neuron_counts(model).values()), seed=seed)
    if isinstance(part, ProbeEdit):
        return norm_matched(model, part, requests, steerable.dictionaries, seed=seed)
    return random_vector(part, steerable.dictionaries, seed=seed)


def _few(sheet: Sheet) -> list[Request]:
    """Return some prompts of a sheet."""
    few = sheet.questions[:: max(len(sheet.questions) // N_QUESTIONS, 1)]
    place = sheet.protocol.role_place
    return [request_of(role, each, place) for role in sheet.roles[:N_ROLES] for each in few]
