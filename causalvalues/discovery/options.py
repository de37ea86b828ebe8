"""Every option that decides which marks a search returns, as one frozen `Search`.

Guarantee: options are checked when the `Search` is made, so that none is ignored in silence.
This module loads nothing heavy, so that the command line can offer the same choices.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from causalvalues.errors import OptionError

__all__ = [
    "Algorithm",
    "ContextUse",
    "CorrelationKind",
    "Engine",
    "GraphFormat",
    "Preset",
    "Search",
]

Algorithm = Literal["pc", "ges", "xges", "boss", "grasp", "fci"]
Engine = Literal["fast", "causal-learn"]
Preset = Literal["kang2025"]
CorrelationKind = Literal["pearson", "spearman", "polychoric"]
ContextUse = Literal["pool", "observational", "joint"]
GraphFormat = Literal["json", "graphml", "dot", "dagitty", "lavaan", "tikz", "csv"]

ENGINES: dict[str, tuple[str, ...]] = {
    "pc": ("fast", "causal-learn"),
    "ges": ("fast", "causal-learn"),
    "xges": ("fast",),
    "boss": ("causal-learn",),
    "grasp": ("causal-learn",),
    "fci": ("causal-learn",),
}


@dataclass(frozen=True)
class Search:
    """An algorithm, the engine that runs it, and its options.

    alpha, uc_rule, uc_priority, max_condition_size: pc (alpha and max_condition_size
    also fci). penalty: the weight λ of log n in the BIC of the score-based searches.
    """

    algorithm: Algorithm = "pc"
    engine: Engine = "fast"
    alpha: float = 0.01
    uc_rule: int = 2
    uc_priority: int = 2
    max_condition_size: int | None = None
    penalty: float = 0.5
    max_parents: int | None = None
    correlation: CorrelationKind = "pearson"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.algorithm not in ENGINES:
            raise OptionError(
                f"`algorithm` must be one of {', '.join(ENGINES)}", found=repr(self.algorithm)
            )
        if self.engine not in ("fast", "causal-learn"):
            raise OptionError("`engine` must be fast or causal-learn", found=repr(self.engine))
        if self.engine not in ENGINES[self.algorithm]:
            self._settle_engine()
        self._check_ranges()

    @classmethod
    def preset(cls, name: Preset) -> "Search":
        """Return the options of a published study."""
        if name != "kang2025":
            raise OptionError("`preset` must be kang2025", found=repr(name))
        return cls(algorithm="pc", alpha=0.05, uc_rule=0, uc_priority=2)

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the options as JSON values."""
        return dict(vars(self))

    def _settle_engine(self) -> None:
        """Take the only engine there is; refuse one that was asked for and does not exist."""
        if self.engine == "causal-learn":
            raise OptionError(
                f"{self.algorithm} runs on the fast engine only", found="engine='causal-learn'"
            )
        object.__setattr__(self, "engine", ENGINES[self.algorithm][0])

    def _check_ranges(self) -> None:
        """Raise where an option is outside its range."""
        for name, good, range_ in (
            ("alpha", 0.0 < self.alpha < 1.0, "between 0 and 1"),
            ("uc_rule", self.uc_rule in (0, 1, 2), "0, 1 or 2"),
            ("uc_priority", self.uc_priority in (-1, 0, 1, 2, 3, 4), "−1, 0, 1, 2, 3 or 4"),
            ("penalty", self.penalty > 0.0, "positive"),
            ("seed", self.seed >= 0, "0 or more"),
            (
                "max_condition_size",
                self.max_condition_size is None or self.max_condition_size >= 0,
                "0 or more",
            ),
            ("max_parents", self.max_parents is None or self.max_parents >= 1, "1 or more"),
        ):
            if not good:
                raise OptionError(f"`{name}` must be {range_}", found=repr(getattr(self, name)))
