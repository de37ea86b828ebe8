"""How much, and at which tokens: `Strength` and `Scope`, which every intervention shares.

all         every token                       prompt     those of the prompt
last        the last before the answer        generated  those that are written
answering   the last and those written: all tokens from which the answer is read
phrase      a phrase's tokens in the prompt   after role all after the role's text
"""

from dataclasses import dataclass
from typing import Literal

from causalvalues.errors import OptionError
from causalvalues.steering.checking import among, finite

__all__ = ["Scope", "Strength", "Unit", "Where"]

Unit = Literal["raw", "residual norm", "feature maximum"]
Where = Literal["all", "prompt", "generated", "last", "answering", "phrase", "after role"]


@dataclass(frozen=True)
class Strength:
    """How much: raw, in norms of the residual it is added to, or in maxima of the feature."""

    amount: float
    unit: Unit = "raw"

    def __post_init__(self) -> None:
        among("unit", self.unit, Unit)
        finite("amount", self.amount)


@dataclass(frozen=True)
class Scope:
    """At which tokens an intervention works."""

    where: Where = "all"
    phrase: str = ""

    def __post_init__(self) -> None:
        among("where", self.where, Where)
        if (self.where == "phrase") != bool(self.phrase.strip()):
            raise OptionError(
                "A scope names a phrase exactly when it is that of a phrase",
                found=f"where={self.where!r}, phrase={self.phrase!r}",
            )

    @property
    def precedes_answer(self) -> bool:
        """Return whether it reaches tokens that come before the last of the prompt."""
        return self.where in ("all", "prompt", "phrase", "after role")
