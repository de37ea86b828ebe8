"""`methods:` of a study.yaml: which methods are compared, on whom, with what, and who judges.

    methods:
      methods: [prompt, caa, conva]
      values: [achievement, power]
      roles: {dev: 12, test: 24}

Guarantee: nothing here runs anything; what does not fit the rest of the study is found by
`checking`, before a model is loaded.
"""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias, get_args

from pydantic import Field, field_validator

from causalvalues.study.part import Count, Part, Whole

__all__ = [
    "GateUse",
    "InsightFiles",
    "MethodName",
    "MethodRoles",
    "MethodsPlan",
    "Named",
    "SteeringMethod",
]

MethodName = Literal["prompt", "sae", "caa", "conva", "neva", "valuelocate"]
SteeringMethod = Literal["caa", "conva", "neva", "valuelocate"]  # those with no rule of their own
GateUse = Literal["off", "deciding", "open"]

SERVED = r"^(own|none|https?://\S+)$"


class MethodRoles(Part):
    """Whom doses are tuned on and whom all is judged on; nobody is among both."""

    dev: Annotated[int, Field(ge=2, strict=True)] = 12
    test: Annotated[int, Field(ge=2, strict=True)] = 24
    told: Count | None = None  # of the test roles, asked to write; None: all
    ranked: Annotated[int, Field(ge=6, strict=True)] = 120  # on whom SAE features are ranked
    seed: Whole = 0


class InsightFiles(Part):
    """People and situations of your own, CSV or JSON."""

    descriptions: Path
    situations: Path


Named: TypeAlias = Path | dict[str, Path] | InsightFiles


class MethodsPlan(Part):
    """What is compared, and how."""

    methods: tuple[MethodName, ...] = get_args(MethodName)
    values: tuple[str, ...] | Literal["all"] = "all"
    gain: Annotated[float, Field(gt=0, le=2, strict=True)] = 0.3
    rungs: Count = 6
    words: Literal["settling", "leaning"] = "settling"
    guided: bool = True
    wider: bool = True
    roles: MethodRoles = MethodRoles()
    contrasts: Path | dict[str, Path] | None = None  # None: those that come with the package
    insight: Path | InsightFiles | None = None
    n_pairs: Count | None = None  # of each form, for each value; None: all
    n_situations: Count = 4  # asked open answers to
    sae: str | None = None  # None: the organism's own
    mmlu: Path | None = None
    n_questions: Count | None = None  # of multiple choice; None: all
    judge: Annotated[str, Field(pattern=SERVED)] | None = None  # None: the organism's, or own
    gate: GateUse = "off"
    seeds: Annotated[tuple[Whole, ...], Field(min_length=1)] = (0,)
    published: Path | None = None

    @field_validator("gate", mode="before")
    @classmethod
    def _off_is_a_word(cls, gate: object) -> object:
        return "off" if gate is False else gate  # as YAML reads it without quotation marks

    def resolved(self, folder: Path) -> Self:
        """Return the plan with its paths resolved against a folder."""
        return self.model_copy(
            update={name: _at(folder, each) for name, each in self.paths.items()}
        )

    @property
    def paths(self) -> dict[str, Named]:
        """Return the files and folders that are named, by key."""
        named: dict[str, Named | None] = {
            "contrasts": self.contrasts,
            "insight": self.insight,
            "mmlu": self.mmlu,
            "published": self.published,
        }
        return {name: each for name, each in named.items() if each is not None}


def _at(folder: Path, named: Named) -> Named:
    """Return what is named, from a folder."""
    if isinstance(named, Path):
        return folder / named
    if isinstance(named, InsightFiles):
        return InsightFiles(
            descriptions=folder / named.descriptions, situations=folder / named.situations
        )
    return {value: folder / path for value, path in named.items()}
