"""The report of a study as data: sentences, charts and tables, each number with its file.

    StudyReport   summary and sections; report.json, docs/schema/report.schema.json
    Section       what it shows, what it does not, or which command would make it
    Sentence      pieces of text and numbers
    Table         rows of cells under columns, each column with its source

Guarantee: a number that is none, a number without a source, a source outside the run folder and a
key that is unknown are refused; the same document gives the same bytes.
"""

import json
from collections.abc import Iterator
from typing import Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, JsonValue, model_validator

from causalvalues.report.study_report.charts import Chart
from causalvalues.report.study_report.part import Part, Source

__all__ = [
    "Absent",
    "Cell",
    "Column",
    "How",
    "Piece",
    "Section",
    "Sentence",
    "StudyReport",
    "Table",
    "report_schema",
    "text_of_report",
]

How = Literal["signed", "plain", "precise", "share", "count", "text", "yes", "file"]
Cell: TypeAlias = bool | int | float | str | None


class Piece(Part):
    """Text, then a number that links to its file; `shown` where it is quoted as it was written."""

    text: str = ""
    number: int | float | None = None
    how: How = "plain"
    shown: str = ""
    source: Source | None = None

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if self.number is not None and self.source is None:
            raise ValueError("a number needs the file that it came from")
        if self.shown and (self.number is None or float(self.shown) != self.number):
            raise ValueError("a number is shown as it is")
        return self


class Sentence(Part):
    """Pieces that read on."""

    pieces: tuple[Piece, ...] = Field(min_length=1)


class Column(Part):
    """One column of a table: how its cells are shown, and where they came from."""

    title: str
    how: How = "text"
    source: Source | None = None


class Table(Part):
    """Rows of cells under columns; `note` says what is left out."""

    caption: str
    columns: tuple[Column, ...] = Field(min_length=1)
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError("a row has a cell per column")
            for cell, column in zip(row, self.columns, strict=True):
                is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
                if is_number and (column.source is None or column.how in ("text", "yes", "file")):
                    raise ValueError(f"numbers under {column.title!r} need a source and a form")
        return self


class Absent(Part):
    """Why a section holds nothing, and the command that would make it."""

    why: str
    command: str = ""


class Section(Part):
    """One question to a run, and its answer."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str
    shows: str
    shows_not: str
    said: tuple[Sentence, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    caveats: tuple[Sentence, ...] = ()
    absent: Absent | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.absent is not None and (self.said or self.charts or self.tables):
            raise ValueError("a section that is absent holds nothing")
        return self

    def sources(self) -> Iterator[Source]:
        """Yield the source of everything in the section, in reading order."""
        for sentence in (*self.said, *self.caveats):
            yield from (piece.source for piece in sentence.pieces if piece.source is not None)
        for chart in self.charts:
            yield from chart.sources
        for table in self.tables:
            yield from (column.source for column in table.columns if column.source is not None)


class StudyReport(Part):
    """Everything that a run has come to."""

    model_config = ConfigDict(populate_by_name=True)

    format: Literal["causalvalues.study-report/1"] = Field(
        default="causalvalues.study-report/1", alias="schema"
    )
    name: str
    model: str
    made_by: str
    summary: tuple[Sentence, ...]
    sections: tuple[Section, ...]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        ids = [section.id for section in self.sections]
        if len(set(ids)) < len(ids):
            raise ValueError("every section needs its own id")
        return self

    def files(self) -> tuple[str, ...]:
        """Return every file that a number came from, in reading order."""
        own = [p.source for s in self.summary for p in s.pieces if p.source is not None]
        own += [source for section in self.sections for source in section.sources()]
        return tuple(dict.fromkeys(source.file for source in own))


def text_of_report(report: StudyReport) -> str:
    """Return report.json."""
    document = report.model_dump(mode="json", by_alias=True)
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def report_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of report.json, as published in docs/schema."""
    schema = StudyReport.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
