"""`Materials` are what methods are fitted on, in the words of the model that is steered.

    contrasts      pairs that differ in one value             CAA, ConVA, NeVA
    insight        people and situations                      ValueLocate
    questions      about each value, and about none           gates
    features       one of an autoencoder for each value       SAE features

Guarantee: nothing here is asked again when methods are tuned or judged: those items and roles are
the survey's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from causalvalues.contrasts.insight import Insight
from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.intervention import SaeFeature
from causalvalues.values import ValueSystem

__all__ = ["Materials"]


@dataclass(frozen=True, eq=False)
class Materials:
    """Everything that methods are fitted on."""

    system: ValueSystem
    contrasts: ContrastSet
    insight: Insight
    questions_by_value: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    neutral: tuple[str, ...] = ()
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)
    feature_by_value: Mapping[str, SaeFeature] = field(default_factory=dict)  # what raises it
    feature_against: Mapping[str, SaeFeature] = field(default_factory=dict)  # what lowers it
