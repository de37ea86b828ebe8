"""How many roles are needed to see an edge, given how noisy the items are.

A partial correlation ρ between two values is seen through scores of reliability α_x and α_y as
r = ρ √(α_x α_y) (Spearman 1904). Fisher's test of r given k other values, at level a, finds it with
probability 1 − β when

    √(n − k − 3) · atanh |r|  ≥  z₁₋ₐ⸝₂ + z₁₋ᵦ

The attenuation is exact for two values and an approximation given others.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from causalvalues.errors import OptionError

__all__ = ["Power", "power"]

NORMAL = NormalDist()


@dataclass(frozen=True)
class Power:
    """The number of roles that finds an edge with the wanted probability, and what it rests on."""

    n_roles: int
    seen_strength: float  # the partial correlation as noisy scores show it
    wanted: float
    alpha: float

    def sentence(self) -> str:
        """Return the result in one sentence."""
        return (
            f"{self.n_roles} roles find an edge that scores show as {self.seen_strength:.2f} in "
            f"{self.wanted:.0%} of studies (level {self.alpha:g})."
        )


def power(
    strength: float,
    *,
    reliability: float = 1.0,
    reliability_of_other: float | None = None,
    n_given: int = 0,
    alpha: float = 0.01,
    wanted: float = 0.8,
) -> Power:
    """Return how many roles see a partial correlation of this strength.

    power(0.3, reliability=0.8).n_roles
    """
    other = reliability if reliability_of_other is None else reliability_of_other
    for name, good, range_ in (
        ("strength", 0.0 < abs(strength) < 1.0, "between 0 and 1, either sign"),
        ("reliability", 0.0 < reliability <= 1.0 and 0.0 < other <= 1.0, "above 0, at most 1"),
        ("n_given", n_given >= 0, "0 or more"),
        ("alpha", 0.0 < alpha < 1.0, "between 0 and 1"),
        ("wanted", 0.0 < wanted < 1.0, "between 0 and 1"),
    ):
        if not good:
            raise OptionError(f"`{name}` must be {range_}")
    seen = abs(strength) * math.sqrt(reliability * other)
    needed = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(wanted)
    n_roles = math.ceil(max(needed, 0.0) ** 2 / math.atanh(seen) ** 2) + n_given + 3
    return Power(n_roles=n_roles, seen_strength=seen, wanted=wanted, alpha=alpha)
