"""A `FeatureTable` lists features of one dictionary that a rule found, the best first.

    score       how strongly the rule speaks for a feature, in the rule's own units
    sign        +1 where more of the feature should mean more of the value, −1 where less, 0 unknown
    maximum     the largest activation seen: what a strength in feature maxima is measured in
    frequency   the share of tokens at which the feature was active

Guarantee: CSV and JSON both give back the same table; the link is there where Neuronpedia shows the
autoencoder.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from causalvalues.errors import FileError, OptionError
from causalvalues.provenance import write_atomically
from causalvalues.survey.cells import csv_of
from causalvalues.survey.columns import read_csv

__all__ = ["FeatureRow", "FeatureTable"]

SCHEMA = "causalvalues.features/1"
OF_ALL = ("sae", "layer", "sae_digest")
TEXTS = ("sae", "sae_digest", "rule", "value", "link")


@dataclass(frozen=True)
class FeatureRow:
    """One feature that one rule found, for one value or for none in particular."""

    feature: int
    rule: str
    score: float
    sign: int = 0
    value: str = ""
    maximum: float | None = None
    frequency: float | None = None
    link: str = ""


@dataclass(frozen=True)
class FeatureTable:
    """What a rule found in one dictionary."""

    sae: str
    layer: int
    sae_digest: str
    rows: tuple[FeatureRow, ...]

    @property
    def features(self) -> tuple[int, ...]:
        """Return the features, each once, in the order of the table."""
        return tuple(dict.fromkeys(row.feature for row in self.rows))

    def of(self, value: str) -> "FeatureTable":
        """Return the rows of one value."""
        return replace(self, rows=tuple(row for row in self.rows if row.value == value))

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each row."""
        columns = [*OF_ALL, *FeatureRow.__dataclass_fields__]
        shared = {name: getattr(self, name) for name in OF_ALL}
        return pd.DataFrame([{**shared, **asdict(row)} for row in self.rows], columns=columns)

    def to_csv(self, path: str | Path) -> Path:
        """Return the path after writing the table as CSV with every digit."""
        if not self.rows:
            raise OptionError(
                "A table of features without a row is written as JSON", found="no feature"
            )
        return write_atomically(Path(path), csv_of(self.to_frame()))

    def to_json(self, path: str | Path) -> Path:
        """Return the path after writing the table as JSON."""
        document = {"schema": SCHEMA, **asdict(self)}
        text = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
        return write_atomically(Path(path), text + "\n")

    @classmethod
    def from_csv(cls, path: str | Path) -> "FeatureTable":
        """Return the table in a CSV file."""
        frame = read_csv(Path(path), labels=TEXTS)
        absent = [name for name in (*OF_ALL, "feature", "rule", "score") if name not in frame]
        if absent or frame.empty or len(frame[list(OF_ALL)].drop_duplicates()) > 1:
            raise FileError(
                f"A table of features of one autoencoder was expected at {path}",
                found=f"no column {', '.join(absent)}" if absent else "none, or several",
            )
        texts = [name for name in TEXTS if name in frame]
        frame[texts] = frame[texts].fillna("")
        records = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        shared = {name: records[0][name] for name in OF_ALL}
        rows = [{str(k): v for k, v in row.items() if k not in OF_ALL} for row in records]
        return _checked({**shared, "rows": rows}, path)

    @classmethod
    def from_json(cls, path: str | Path) -> "FeatureTable":
        """Return the table in a JSON file."""
        try:
            document = json.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as fault:
            raise FileError(f"Features were expected at {path}", found=str(fault)) from fault
        if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
            raise FileError(
                f"Features ({SCHEMA}) were expected at {path}", found="another document"
            )
        return _checked(document, path)


def _checked(document: Mapping[str, object], path: str | Path) -> FeatureTable:
    """Return the table of a document, checked by type."""
    try:
        return TypeAdapter(FeatureTable).validate_python(document)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FileError(
            f"Features were expected at {path}", found=f"{where}: {first['msg']}"
        ) from fault
