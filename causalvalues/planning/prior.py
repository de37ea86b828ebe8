"""How far interventions reach by themselves, before one is measured: a few values much, all a bit.

    log P(profiles | prior) = Σ over profiles of log mean over draws of P(y | B, prior)

A line in a role's text touches the value it names; a direction added to the residual may touch them
all. Which of the two a family of interventions is can be learnt from some of it that were measured.
Guarantee: the prior that is returned is the best of those given; nothing of what it is later held
against is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from causalvalues.errors import OptionError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.planning.direct import direct_part
from causalvalues.planning.propagation import Propagation

__all__ = ["PRIORS", "Prior", "evidence_of_priors", "fit_prior"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """What is expected of a direct part: see `direct`."""

    most: int = 3
    share: float = 0.15
    width: float = 1.0  # of the few, in standard deviations of a value
    dense: float = 0.05  # of all


PRIORS = tuple(
    Prior(width=width, dense=dense)
    for width, dense in product((0.5, 1.0, 2.0), (0.05, 0.1, 0.2, 0.4, 0.8))
)


def fit_prior(
    profiles: Sequence[EffectProfile],
    propagation: Propagation,
    *,
    priors: Sequence[Prior] = PRIORS,
    pooled: float | None = None,
) -> Prior:
    """Return the prior under which measured profiles of some interventions are most likely.

    fit_prior(calibration_profiles, propagation)
    """
    if not profiles or not priors:
        raise OptionError(
            "A prior is fitted to a profile or more, among one prior or more",
            found=f"{len(profiles)} and {len(priors)}",
        )
    evidence = evidence_of_priors(profiles, propagation, priors=priors, pooled=pooled)
    return priors[int(np.argmax(evidence.sum(axis=1)))]


def evidence_of_priors(
    profiles: Sequence[EffectProfile],
    propagation: Propagation,
    *,
    priors: Sequence[Prior] = PRIORS,
    pooled: float | None = None,
) -> Floats:
    """Return log P(profile | prior), (prior, profile), up to a constant per profile."""
    found = np.zeros((len(priors), len(profiles)))
    for row, prior in enumerate(priors):
        for column, profile in enumerate(profiles):
            part = direct_part(
                profile, propagation, most=prior.most, share=prior.share, width=prior.width,
                dense=prior.dense, pooled=pooled,
            )  # fmt: skip
            found[row, column] = logsumexp(part.evidence) - np.log(propagation.n_draws)
    return found
