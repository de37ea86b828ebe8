"""The rules by which an intervention counts as having broken a model: one table, each with why.

A rule names one number, the limit it must keep and the sentence that says what is wrong. Numbers
are relative to the same model unsteered, so that a model that was odd before is not called broken
by an intervention. The limits are wide: they are for ruins, not for side effects.
Guarantee: a number that is absent or cannot be given (NaN) is never a fault.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from causalvalues.evaluation.profile import EffectProfile

__all__ = ["RULES", "Rule", "faults_of", "with_health"]


@dataclass(frozen=True)
class Rule:
    """One limit on one number."""

    number: str
    must_be: Literal["at least", "at most"]
    limit: float
    sentence: str

    def broken_by(self, number: float) -> bool:
        """Return whether a number is beyond the limit."""
        return number < self.limit if self.must_be == "at least" else number > self.limit

    def fault(self, number: float) -> str:
        """Return the sentence with the number in it."""
        return f"{self.sentence} ({self.number} {number:.2g}, {self.must_be} {self.limit:g})"


RULES = (
    Rule(
        "option_mass_kept", "at least", 0.5,
        "the options lost most of their probability: the model would say something else",
    ),
    Rule(
        "unread_added", "at most", 0.2,
        "many answers that could be read before cannot be read any more",
    ),
    Rule(
        "certainty_kept", "at least", 0.1,
        "the options have become alike: the model no longer prefers an answer",
    ),
    Rule(
        "constant_added", "at most", 0.5,
        "most roles give one answer, whatever they are asked",
    ),
    Rule(
        "size_kept", "at least", 0.25,
        "all scores have fallen to about zero: the model no longer takes sides",
    ),
    Rule(
        "spread_kept", "at least", 0.25,
        "roles hardly differ any more: the model no longer heeds who it is",
    ),
    Rule(
        "repetition_added", "at most", 0.3,
        "what the model writes repeats itself",
    ),
    Rule(
        "neutral_divergence", "at most", 1.0,
        "the model has changed on texts that are about no value, by more than one nat a token",
    ),
)  # fmt: skip


def faults_of(numbers: Mapping[str, float]) -> tuple[str, ...]:
    """Return what is broken, in words; nothing where every number keeps its limit."""
    return tuple(
        rule.fault(numbers[rule.number])
        for rule in RULES
        if rule.number in numbers
        and not math.isnan(numbers[rule.number])
        and rule.broken_by(numbers[rule.number])
    )


def with_health(profile: EffectProfile, numbers: Mapping[str, float]) -> EffectProfile:
    """Return a profile with more numbers of health, and the faults of all of them."""
    health = {**profile.health, **numbers}
    return replace(profile, health=health, faults=faults_of(health))
