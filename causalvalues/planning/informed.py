"""What interventions did tells which graphs of the class they ran through.

    P(B | y_1 … y_n) ∝ P(B) Π P(y_i | B)^power

Survey scores alone leave directions open; a measured change does not flow against an arrow. Draws
of the propagation are taken again by how well they explain all measured profiles. `power` is the
largest up to 1 that leaves `least` draws' worth of doubt, as no linear model is quite true. [ours]
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalvalues.errors import OptionError
from causalvalues.planning.direct import DirectPart
from causalvalues.planning.propagation import Propagation

__all__ = ["informed"]

Floats = NDArray[np.float64]


def informed(
    propagation: Propagation,
    parts: Sequence[DirectPart],
    *,
    n_draws: int | None = None,
    least: float = 20.0,
    seed: int = 0,
) -> Propagation:
    """Return draws taken by how well they explain the measured profiles of some interventions.

    `parts` are those under this very propagation; under the draws that come back they are others.
    """
    if not parts or propagation.n_draws == 1:
        return propagation
    strangers = [len(p.evidence) for p in parts if len(p.evidence) != propagation.n_draws]
    if strangers:
        raise OptionError(
            f"Direct parts must be those under this propagation of {propagation.n_draws} draws",
            found=f"{strangers[0]} draws",
        )
    logs = np.sum([part.evidence for part in parts], axis=0)
    weights = _weights(logs, min(least, propagation.n_draws))
    rng = np.random.default_rng([seed, 4])
    n = n_draws or propagation.n_draws
    # systematic resampling: each draw as often as its weight says, up to rounding
    places = np.searchsorted(np.cumsum(weights), (rng.random() + np.arange(n)) / n)
    return propagation.taken(np.minimum(places, propagation.n_draws - 1).astype(np.int64))


def _weights(logs: Floats, least: float) -> Floats:
    """Return weights (draw,) whose effective number is at least so large."""
    low, high = 0.0, 1.0
    if _effective(_powered(logs, high)) >= least:
        return _powered(logs, high)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _effective(_powered(logs, middle)) >= least else (low, middle)
    return _powered(logs, low)


def _powered(logs: Floats, power: float) -> Floats:
    """Return normalised weights."""
    weights = np.exp(power * (logs - logs.max()))
    return np.asarray(weights / weights.sum())


def _effective(weights: Floats) -> float:
    """Return the effective number of draws, (Σ w)² / Σ w²."""
    return float(1 / np.square(weights).sum())
