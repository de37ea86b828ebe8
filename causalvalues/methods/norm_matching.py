"""Edits of a given size: a control that is as large at every layer, and a dose that is as large.

    norm_matched    a direction at random at each layer, as long as makes ‖Δh‖ / ‖h‖ the same there
    dose_reaching   the dose at which a fitted method's edit has a norm, found by search

Both measure with `edit_norm`, on the requests that they are given. A random vector can stand for
any edit, of probes and neurons too, since it is matched by what the residual gets. Guarantee: a
seed gives the same control, with the scope and the gate of what it stands for.
"""

import math
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from torch import Tensor

from causalvalues.errors import OptionError
from causalvalues.methods.edit_norm import EditNorm, edit_norm
from causalvalues.methods.fitted import Fitted
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.gate import Gate
from causalvalues.steering.intervention import Intervention, RolePrompt, ValueVector, parts_of
from causalvalues.steering.where import Scope
from causalvalues.survey.request import Request

__all__ = ["dose_reaching", "norm_matched"]

N_ROUNDS = 3  # what a layer adds changes how long the residual of later ones is
BEYOND = 16.0  # times the strongest dose, or the logit of a probability
CLOSE = 1e-3  # of the weakest dose, or of a logit

Vector = NDArray[np.float32]


def norm_matched(
    model: LanguageModel,
    intervention: Intervention,
    requests: Sequence[Request],
    dictionaries: Mapping[str, Dictionary] | None = None,
    *,
    to: EditNorm | float | None = None,
    seed: int = 0,
) -> ValueVector:
    """Return a random vector for each layer of an intervention, as large as it is at that layer.

    to   another size: that of each layer, or of all with the shares of layers kept
    """
    own = edit_norm(model, intervention, requests, dictionaries)
    wanted = _wanted(own, to)
    scope, gate = _scope_and_gate(intervention)
    width = cast(Tensor, model.parts.head.weight).shape[1]
    rng = np.random.default_rng(seed)
    vectors = {layer: _unit(rng, width) for layer in sorted(wanted)}
    lengths = {layer: own.length_by_layer.get(layer, 1.0) or 1.0 for layer in wanted}
    for _ in range(N_ROUNDS):
        vector = _vector(vectors, lengths, scope, gate)
        found = edit_norm(model, vector, requests).by_layer
        lengths = {layer: lengths[layer] * wanted[layer] / found[layer] for layer in wanted}
    return _vector(vectors, lengths, scope, gate)


def dose_reaching(
    model: LanguageModel,
    fitted: Fitted,
    norm: float,
    requests: Sequence[Request],
    dictionaries: Mapping[str, Dictionary] | None = None,
) -> float:
    """Return the dose at which a method's edit is as large as asked, on its ladder or beyond."""
    if fitted.scale == "steps" or fitted.is_told:
        raise OptionError("A dose for a norm is one of an edit", found=fitted.name)
    is_linear = fitted.scale == "linear"

    def dose(place: float) -> float:
        return place if is_linear else 1 / (1 + math.exp(-place))

    def missing(place: float) -> float:
        return _scored(edit_norm(model, fitted.at(dose(place)), requests, dictionaries)) - norm

    strongest = fitted.doses[-1]
    low, high = (0.0, strongest) if is_linear else (-BEYOND, math.log(strongest / (1 - strongest)))
    most = BEYOND * strongest if is_linear else BEYOND
    while missing(high) < 0 and high < most:
        high = min(2 * high if is_linear else high + 2, most)
    ends = missing(low) + norm, missing(high) + norm
    if not ends[0] <= norm <= ends[1]:
        raise OptionError(
            f"The edit norm of {fitted.name} lies between {ends[0]:.3g} and {ends[1]:.3g}",
            found=f"{norm:g}",
        )
    precision = CLOSE * (fitted.doses[0] if is_linear else 1.0)
    return dose(float(brentq(missing, low, high, xtol=precision)))


def _scored(norm: EditNorm) -> float:
    """Return a norm that is there."""
    if norm.unscored:
        raise OptionError("An edit that is matched has a size", found=norm.unscored)
    return norm.value


def _wanted(own: EditNorm, to: EditNorm | float | None) -> dict[int, float]:
    """Return by layer how large the control is to be, layers at which nothing happens left out."""
    _scored(own)
    if isinstance(to, EditNorm):
        _scored(to)
        wanted = dict(to.by_layer)
    else:
        times = 1.0 if to is None else to / (own.value or math.inf)
        wanted = {layer: times * ratio for layer, ratio in own.by_layer.items()}
    found = {layer: ratio for layer, ratio in wanted.items() if ratio > 0}
    if not found:
        raise OptionError(
            "A control is as large as something", found="an edit that changes nothing here"
        )
    return found


def _scope_and_gate(intervention: Intervention) -> tuple[Scope, Gate | None]:
    """Return where and behind which gate all parts of an intervention act."""
    parts = [part for part in parts_of(intervention) if not isinstance(part, RolePrompt)]
    ways = {(part.scope, part.gate) for part in parts}
    if len(ways) != 1:
        raise OptionError(
            "A control acts where the edit does, behind the same gate",
            found=f"{len(ways)} different ways",
            remedy="match the parts one by one",
        )
    return ways.pop()


def _unit(rng: np.random.Generator, width: int) -> Vector:
    """Return (width,) a direction at random, 1 long."""
    drawn = rng.standard_normal(width)
    return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32)


def _vector(
    directions: Mapping[int, Vector],
    length_by_layer: Mapping[int, float],
    scope: Scope,
    gate: Gate | None,
) -> ValueVector:
    """Return directions, each so long."""
    vectors = {
        layer: np.float32(length_by_layer[layer]) * each for layer, each in directions.items()
    }
    return ValueVector("random, matched in norm", vectors, scope=scope, gate=gate)
