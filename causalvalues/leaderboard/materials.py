"""`Materials` are what methods are fitted on, in the words of the model that is steered.

    contrasts      pairs that differ in one value             CAA, ConVA, NeVA
    insight        people and situations                      ValueLocate
    questions      about each value, and about none           gates
    features       of an autoencoder, ranked for each value    SAE features

Guarantee: nothing here is asked again when methods are tuned or judged: those items and roles are
the survey's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from causalvalues.contrasts.insight import Insight
from causalvalues.contrasts.pairs import ContrastSet
from causalvalues.errors import OptionError
from causalvalues.steering.dictionary import Dictionary
from causalvalues.steering.feature_table import FeatureTable
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
    features: FeatureTable | None = None

    def questions_but(self, value: str) -> tuple[str, ...]:
        """Return questions that are not about a value: about others, and about none."""
        others = [each for name, some in self.questions_by_value.items() if name != value
                  for each in some]  # fmt: skip
        return (*others, *self.neutral)

    def dimension_of(self, value: str) -> str:
        """Return what the insight has texts for: the value itself, or the dimension it is of."""
        known = self.insight.dimensions
        if value in known:
            return value
        group = self.system.group_of(value)
        found = [name for name in known if group is not None and name.startswith(group)]
        if not found:
            raise OptionError(f"Descriptions are of {', '.join(known)}", found=value)
        return found[0]
