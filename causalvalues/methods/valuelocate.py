"""ValueLocate: gates that are open more often in people of one direction than of the other.

After Su et al. 2025 (arXiv 2505.17712), by the rule of its parent, neuron-based trait induction.
Over the tokens that a model writes as people of either direction, per gate of every layer, where
a = act(gate_proj(h)):

    p        share of tokens at which a > 0
    q95      95 % quantile of a where it is above 0, in the direction that is wanted
    δ        p(direction) − p(opposite)
    opened   gates with δ ≥ .1, and at least the n with the largest δ > 0
    shut     the same of −δ; n is 2000 in a model of 32 · 11008 gates, the same share in others
    edit     opened a ← a + γ · q95 · σ(10 (δ − .15))        shut a ← min(a, 0)

| | original | here |
|---|---|---|
| texts | 640 descriptions, 15,000 situations | those of an `Insight` of our own |
| tokens that are edited | those written: `Scope("generated")` | the last of the prompt too |
| γ | .6 to 1.5 | beyond both ends too; below .6 gates are shut by the share γ / .6 (ours) |
| dynamic γ | no formula published | `spared`: less is added where more are open already (ours) |

An option is weighed at the last token of the prompt: under "generated" no weighed answer moves.
Guarantee: the same reading gives the same edit; a gate is opened or shut, never both; a dose of 0
does nothing; gates that stand out in neither direction are not edited.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalvalues.contrasts.insight import Insight
from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.methods.neuron_selection import least_kept, strongest
from causalvalues.methods.two_sides import TwoSides, two_sides
from causalvalues.models.language_model import LanguageModel
from causalvalues.steering.gate import Gate
from causalvalues.steering.intervention import Combined, Intervention, NeuronEdit
from causalvalues.steering.where import Scope

__all__ = ["DOSES", "SHARE", "located", "valuelocate"]

SHARE = 2000 / (32 * 11008)  # of all gates, at least, each way
LEAST = 0.6  # the parent's smallest γ
DOSES = (0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0)
ROUNDING = 1e-9  # of differences between shares

Shares = Mapping[int, NDArray[np.float64]]
Neurons = Mapping[int, NDArray[np.int64]]
Amounts = Mapping[int, NDArray[np.float32]]


def valuelocate(
    model: LanguageModel,
    insight: Insight,
    *,
    dimension: str,
    direction: Direction = "raise",
    situations_each: int = 4,
    max_new_tokens: int = 64,
    least_difference: float = 0.1,
    least_share: float = SHARE,
    spared: float = 0.0,
    scope: Scope | None = None,
    gate: Gate | None = None,
    seed: int = 0,
) -> Fitted:
    """Return the method fitted to a dimension, or to a value, that an insight has texts for.

    To raise and to lower the same one, read it once: `located(two_sides(…), direction=…)`.
    """
    sides = two_sides(
        model,
        insight,
        dimension=dimension,
        situations_each=situations_each,
        max_new_tokens=max_new_tokens,
        seed=seed,
    )
    return located(
        sides,
        direction=direction,
        least_difference=least_difference,
        least_share=least_share,
        spared=spared,
        scope=scope,
        gate=gate,
    )


def located(
    sides: TwoSides,
    *,
    direction: Direction = "raise",
    least_difference: float = 0.1,
    least_share: float = SHARE,
    spared: float = 0.0,
    scope: Scope | None = None,
    gate: Gate | None = None,
) -> Fitted:
    """Return the method fitted to what was read of a dimension's two sides.

    least_share   of all gates, so many are opened and so many shut at least, if they differ at all
    spared        from 0 to 1: of what is added, the share that is left out where all are open
    """
    wanted, other = sides.towards, sides.away
    if direction == "lower":
        wanted, other = other, wanted
    difference = {at: each - other.share_open[at] for at, each in wanted.share_open.items()}
    n_gates = sum(len(each) for each in difference.values())
    n = least_kept(least_share, n_gates)
    opened = _standing_out(difference, least_difference, n)
    shut = _standing_out({at: -each for at, each in difference.items()}, least_difference, n)
    if not opened and not shut:
        raise OptionError(
            "The two directions must differ in some gate", found=f"none for {sides.dimension}"
        )
    plan = _Plan(
        f"valuelocate {direction}s {sides.dimension}",
        opened,
        {at: _amounts(wanted.high[at][each], difference[at][each]) for at, each in opened.items()},
        shut,
        scope or Scope("answering"),
        spared,
        gate,
    )
    return Fitted(
        method="valuelocate",
        value=sides.dimension,
        at=plan.at,
        doses=DOSES,
        unit="γ",
        direction=direction,
        found={
            "opened": float(_count(opened)),
            "shut": float(_count(shut)),
            "share of gates": (_count(opened) + _count(shut)) / n_gates,
            "largest difference": max(float(np.abs(each).max()) for each in difference.values()),
            "tokens": float(wanted.n_tokens + other.n_tokens),
            "tokens of the quantile": float(wanted.n_kept),
        },
    )


def _standing_out(difference: Shares, least: float, n: int) -> Neurons:
    """Return the gates that differ by so much, and at least the n that differ most, above 0."""
    n_over = sum(int((each >= least - ROUNDING).sum()) for each in difference.values())
    return strongest(difference, max(n, n_over))


def _amounts(high: NDArray[np.float32], difference: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (gate,) q95 · σ(10 (δ − .15))."""
    return np.asarray(high / (1 + np.exp(-10 * (difference - 0.15))), dtype=np.float32)


def _count(neurons: Neurons) -> int:
    """Return how many gates there are."""
    return sum(len(each) for each in neurons.values())


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which gates are opened and which shut, and by how much at γ = 1."""

    name: str
    opened: Neurons
    amounts: Amounts
    shut: Neurons
    scope: Scope
    spared: float
    gate: Gate | None

    def at(self, dose: float) -> Intervention:
        """Return the edit for γ."""
        if not dose >= 0:
            raise OptionError("γ must be 0 or more", found=str(dose))
        parts = (
            *((self._shutting(min(1.0, dose / LEAST)),) if self.shut else ()),
            *((self._opening(dose),) if self.opened else ()),
        )
        return parts[0] if len(parts) == 1 else Combined(parts)

    def _opening(self, share: float) -> NeuronEdit:
        """Return what is added to gates of the direction."""
        return NeuronEdit(
            f"{self.name}: opened",
            self.opened,
            self.amounts,
            "add",
            self.scope,
            share,
            "gates",
            self.spared,
            self.gate,
        )

    def _shutting(self, share: float) -> NeuronEdit:
        """Return what keeps gates of the opposite from opening."""
        nothing = {at: np.zeros(len(each), dtype=np.float32) for at, each in self.shut.items()}
        return NeuronEdit(
            f"{self.name}: shut",
            self.shut,
            nothing,
            "at most",
            self.scope,
            share,
            "gates",
            gate=self.gate,
        )
