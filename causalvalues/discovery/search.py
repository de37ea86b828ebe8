"""One search: every option that decides which marks an algorithm returns, and the one call to it.

`discover` runs a search once; `stability` and `nulls` run the same search on resampled evidence.
Guarantee: options are checked when the `Search` is made, so that no option is ignored in silence.
"""

from dataclasses import dataclass
from typing import Literal

from causalvalues.discovery.correlation import CorrelationKind
from causalvalues.discovery.evidence import Evidence
from causalvalues.discovery.knowledge import Rules
from causalvalues.discovery.marks import Marks
from causalvalues.errors import OptionError

__all__ = ["Algorithm", "Engine", "Preset", "Search", "search_marks"]

Algorithm = Literal["pc", "ges", "xges", "boss", "grasp", "fci"]
Engine = Literal["fast", "causal-learn"]
Preset = Literal["kang2025"]

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

    alpha, uc_rule, uc_priority, stable, max_condition_size: pc (alpha and max_condition_size
    also fci). penalty: the weight λ of log n in the BIC of the score-based searches.
    """

    algorithm: Algorithm = "pc"
    engine: Engine = "fast"
    alpha: float = 0.01
    uc_rule: int = 2
    uc_priority: int = -1
    stable: bool = True
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
        return cls(algorithm="pc", alpha=0.05, uc_rule=0)

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
            (
                "max_condition_size",
                self.max_condition_size is None or self.max_condition_size >= 0,
                "0 or more",
            ),
            ("max_parents", self.max_parents is None or self.max_parents >= 1, "1 or more"),
        ):
            if not good:
                raise OptionError(f"`{name}` must be {range_}", found=repr(getattr(self, name)))


def search_marks(evidence: Evidence, search: Search, rules: Rules | None = None) -> Marks:
    """Return the marks that a search finds in the evidence, obeying the rules."""
    if search.engine == "fast":
        return _fast_marks(evidence, search, rules)
    return _library_marks(evidence, search, rules)


def _fast_marks(evidence: Evidence, search: Search, rules: Rules | None) -> Marks:
    """Return the marks of one of our own engines, which see the correlations only."""
    forbidden = None if rules is None else rules.forbidden
    required = None if rules is None else rules.required
    if search.algorithm == "pc":
        from causalvalues.discovery.pc import pc_marks

        return pc_marks(
            evidence.correlation,
            evidence.n_rows,
            alpha=search.alpha,
            uc_rule=search.uc_rule,
            uc_priority=search.uc_priority,
            stable=search.stable,
            max_condition_size=search.max_condition_size,
            forbidden=forbidden,
            required=required,
        )
    if search.algorithm == "ges":
        from causalvalues.discovery.ges import ges_marks

        return ges_marks(
            evidence.correlation,
            evidence.n_rows,
            penalty=search.penalty,
            max_parents=search.max_parents,
            forbidden=forbidden,
            required=required,
        )
    from causalvalues.discovery.xges import xges_marks

    return xges_marks(
        evidence.correlation,
        evidence.n_rows,
        penalty=search.penalty,
        forbidden=forbidden,
        required=required,
    )


def _library_marks(evidence: Evidence, search: Search, rules: Rules | None) -> Marks:
    """Return the marks of a causal-learn algorithm, which sees rows."""
    from causalvalues.discovery import libraries

    rows = evidence.rows()
    if search.algorithm == "pc":
        return libraries.pc_marks(
            rows,
            alpha=search.alpha,
            uc_rule=search.uc_rule,
            uc_priority=search.uc_priority,
            stable=search.stable,
            max_condition_size=search.max_condition_size,
            rules=rules,
        )
    if search.algorithm == "ges":
        return libraries.ges_marks(
            rows, penalty=search.penalty, max_parents=search.max_parents, rules=rules
        )
    if search.algorithm == "fci":
        return libraries.fci_marks(
            rows, alpha=search.alpha, max_condition_size=search.max_condition_size, rules=rules
        )
    permutation_search = (
        libraries.boss_marks if search.algorithm == "boss" else libraries.grasp_marks
    )
    return permutation_search(rows, penalty=search.penalty, seed=search.seed, rules=rules)
