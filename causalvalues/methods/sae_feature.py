"""One feature of a sparse autoencoder that a rule found for a value, at doses in its own maxima.

    table   of `steering.candidates.by_contrast` or `steering.attribution.by_attribution`
    raise   the best row of the value with sign +1 that was seen active;  lower: with sign −1
    dose    how many times the largest activation seen is added, or is clamped to

Both signs are added, never taken away: a feature that is active where the value is low lowers it.
Guarantee: rows keep the order of the rule; `rank` takes the next ones.
"""

from collections.abc import Sequence
from dataclasses import replace

from causalvalues.errors import OptionError
from causalvalues.methods.fitted import Direction, Fitted
from causalvalues.steering.checking import among
from causalvalues.steering.feature_table import FeatureTable
from causalvalues.steering.gate import Gate
from causalvalues.steering.intervention import Mode, SaeFeature
from causalvalues.steering.where import Scope, Strength

__all__ = ["DOSES", "sae_feature"]

DOSES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # feature maxima


def sae_feature(
    table: FeatureTable,
    *,
    value: str,
    direction: Direction = "raise",
    rank: int = 0,
    mode: Mode = "add",
    scope: Scope | None = None,
    gate: Gate | None = None,
    doses: Sequence[float] = DOSES,
) -> Fitted:
    """Return the method that adds, or clamps, the feature of one rank; a dose is in its maxima."""
    among("direction", direction, Direction)
    if mode == "ablate":
        raise OptionError("What is ablated has no dose", found=mode, remedy="add or clamp")
    sign = 1 if direction == "raise" else -1
    rows = [row for row in table.of(value).rows if row.sign == sign and (row.maximum or 0) > 0]
    if not 0 <= rank < len(rows):
        raise OptionError(
            f"A table must hold a feature that {direction}s {value} and was seen active",
            found=f"{len(rows)} of them, asked for number {rank}",
            remedy="look for more features, or take another rule",
        )
    row = rows[rank]
    feature = SaeFeature(
        table.sae,
        row.feature,
        table.layer,
        Strength(1.0, "feature maximum"),
        mode,
        scope or Scope("answering"),
        observed_maximum=row.maximum,
        sae_digest=table.sae_digest,
        gate=gate,
    )
    found: dict[str, float | str] = {
        "feature": str(row.feature),
        "layers": str(table.layer),
        "rule": row.rule,
        "score": row.score,
    }
    return Fitted(
        f"sae feature, {mode}",
        value,
        lambda dose: _at(feature, dose),
        tuple(doses),
        "feature maxima",
        direction,
        found,
    )


def _at(feature: SaeFeature, amount: float) -> SaeFeature:
    """Return a feature at so many of its maxima."""
    return replace(feature, strength=Strength(amount, "feature maximum"))
