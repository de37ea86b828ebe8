"""Numbers that were published of methods, to be read beside one's own and never mixed with them.

    sources:
      - source: Jin et al. 2025, arXiv 2507.11316
        read_in: summary                 code, paper or summary: where the numbers were read
        comparable: false
        why: People judged; other texts, other doses.
        numbers:
          - {method: conva, model: meta-llama/Llama-2-7b-chat-hf, mark: CSR, low: 0.79, high: 0.87}

Guarantee: every number has its source, where it was read, and why it may not be compared; a file
that claims more is refused.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

import pandas as pd
from pydantic import Field, ValidationError, model_validator

from causalvalues.errors import FileError
from causalvalues.study.part import Part
from causalvalues.study.plain_yaml import read_mapping
from causalvalues.study.wording import faults_in_words

__all__ = ["Published", "read_published"]

LAYOUT = "lay it out like experiments/methods/published.yaml"
Text = Annotated[str, Field(min_length=1)]


class PublishedNumber(Part):
    """One number of one method on one model, or the range it takes over values."""

    method: Text
    model: Text
    mark: Text
    low: Annotated[float, Field(strict=True)]
    high: Annotated[float, Field(strict=True)]
    setting: str = ""  # which values, with or without what

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is not above high")
        return self

    @property
    def text(self) -> str:
        """Return the number as it is printed."""
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g} – {self.high:g}"


class PublishedSource(Part):
    """The numbers of one publication."""

    source: Text
    read_in: Literal["code", "paper", "summary"]
    comparable: Literal[False]
    why: Text
    numbers: Annotated[tuple[PublishedNumber, ...], Field(min_length=1)]


class Published(Part):
    """The numbers of some publications."""

    sources: Annotated[tuple[PublishedSource, ...], Field(min_length=1)]

    def of(self, model: str) -> pd.DataFrame:
        """Return a row for each number of a model: method, mark, number, source, why not."""
        rows = [
            {
                "method": each.method,
                "mark": each.mark,
                "number": each.text,
                "low": each.low,
                "high": each.high,
                "setting": each.setting,
                "source": source.source,
                "read_in": source.read_in,
                "comparable": source.comparable,
                "why": source.why,
            }
            for source in self.sources
            for each in source.numbers
            if each.model == model
        ]
        return pd.DataFrame(rows)


def read_published(path: Path) -> Published:
    """Return the published numbers in a YAML file."""
    document = read_mapping(path, what="A file of published numbers", remedy=LAYOUT)
    try:
        return Published.model_validate(document)
    except ValidationError as fault:
        raise FileError(
            f"Published numbers were expected at {path}",
            found=faults_in_words(fault, document, Published),
            remedy=LAYOUT,
        ) from None
