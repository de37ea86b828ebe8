"""Published sets are read from the user's own copy; none of their texts is in this package.

| reader | file | columns |
|---|---|---|
| `read_pairs_csv` | contrast pairs of one value | `question_1` for it, `question_2` against |
| `read_texts_csv` | texts alone: dilemmas, prompts | `text` |
| `read_descriptions` | role-play cards, CSV or JSON | `dimension`, `direction`, `text` |
| `read_situations` | situations, CSV or JSON | `dimension`, `text` |

JSON is a list of objects with these keys. Other columns are left alone; runs of white space become
one blank, and quotation marks around a whole text fall away. A published set was not written for
the linters: they say in what it differs from the package's own.
Guarantee: a file is read as text and nothing in it is run; a column that is missing and a cell that
is empty are errors that name file, row and column.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from causalvalues.contrasts.insight import DIRECTIONS, Description, Insight, Situation
from causalvalues.contrasts.pairs import ContrastPair, ContrastSet, Form
from causalvalues.contrasts.wording import persons
from causalvalues.errors import FileError, OptionError
from causalvalues.survey.columns import read_csv
from causalvalues.values import ValueSystem, schwartz10, value_system

__all__ = [
    "read_descriptions",
    "read_insight",
    "read_pairs_csv",
    "read_situations",
    "read_texts_csv",
]

FOR, AGAINST = "question_1", "question_2"
FORM_BY_LOOK: dict[tuple[bool, bool], Form] = {  # in the first person, a question
    (True, False): "i state",
    (False, False): "they state",
    (True, True): "i ask",
    (False, True): "they ask",
}
LICENCE = "its publisher's, read from the user's own file"


def read_pairs_csv(
    path: str | Path, *, value: str, name: str = "own", system: ValueSystem | None = None
) -> ContrastSet:
    """Return the pairs of one value in a CSV file, one a row; `system` is Schwartz's ten values.

    The form of a pair is told from its text for the value: whether it says "I" and asks.
    """
    of = system if system is not None else schwartz10()
    if value not in of.names:
        raise OptionError(f"`value` must be one of {', '.join(of.names)}", found=repr(value))
    rows = _csv_rows(Path(path), (FOR, AGAINST))
    for place, (speaks_for, speaks_against) in enumerate(rows, start=1):
        if speaks_for == speaks_against:
            raise FileError(
                f"The two sides of a pair must differ in {path}",
                found=f"one text twice in row {place} below the header",
            )
    pairs = tuple(_pair(value, place, *row) for place, row in enumerate(rows, start=1))
    return ContrastSet(name, of, pairs, source=Path(path).name, licence=LICENCE)


def read_texts_csv(path: str | Path) -> tuple[str, ...]:
    """Return the texts of a CSV file, one a row."""
    return tuple(text for (text,) in _csv_rows(Path(path), ("text",)))


def read_insight(
    descriptions: str | Path,
    situations: str | Path,
    *,
    name: str = "own",
    system: ValueSystem | None = None,
) -> Insight:
    """Return the insight in two files; `system` is Schwartz's four higher-order values."""
    of = system if system is not None else value_system("schwartz4")
    return Insight(
        name=name,
        system=of,
        descriptions=read_descriptions(descriptions, system=of),
        situations=read_situations(situations, system=of),
        source=f"{Path(descriptions).name}; {Path(situations).name}",
        licence=LICENCE,
    )


def read_descriptions(
    path: str | Path, *, system: ValueSystem | None = None
) -> tuple[Description, ...]:
    """Return the role-play cards of a CSV or JSON file; a direction is towards or away."""
    rows = _rows(Path(path), ("dimension", "direction", "text"))
    _refuse_strangers(path, [row[0] for row in rows], system)
    read: list[Description] = []
    counted: Counter[str] = Counter()
    for place, (dimension, said, text) in enumerate(rows, start=1):
        direction = next((each for each in DIRECTIONS if each == said), None)
        if direction is None:
            raise FileError(
                f"A direction is {' or '.join(DIRECTIONS)} in {path}",
                found=f"{said!r} in row {place}",
            )
        group = f"{dimension}/{direction}"
        counted[group] += 1
        read.append(Description(f"{group}/{counted[group]}", dimension, direction, text))
    return tuple(read)


def read_situations(
    path: str | Path, *, system: ValueSystem | None = None
) -> tuple[Situation, ...]:
    """Return the situations of a CSV or JSON file."""
    rows = _rows(Path(path), ("dimension", "text"))
    _refuse_strangers(path, [row[0] for row in rows], system)
    read: list[Situation] = []
    counted: Counter[str] = Counter()
    for dimension, text in rows:
        counted[dimension] += 1
        name = f"{dimension}/situation/{counted[dimension]}"
        read.append(Situation(name, dimension, text))
    return tuple(read)


def _pair(value: str, place: int, speaks_for: str, speaks_against: str) -> ContrastPair:
    """Return the pair of one row, whose scenario is the row."""
    form = FORM_BY_LOOK["first" in persons(speaks_for), speaks_for.endswith("?")]
    scenario = f"row-{place}"
    name = f"{value}/{form.replace(' ', '-')}/{scenario}"
    return ContrastPair(name, value, form, scenario, speaks_for, speaks_against)


def _refuse_strangers(
    path: str | Path, dimensions: Sequence[str], system: ValueSystem | None
) -> None:
    """Raise where a row is about something that is no value of the system."""
    of = system if system is not None else value_system("schwartz4")
    for place, dimension in enumerate(dimensions, start=1):
        if dimension not in of.names:
            raise FileError(
                f"A dimension is one of {', '.join(of.names)} in {path}",
                found=f"{dimension!r} in row {place}",
                remedy="rename it in the file, or pass the system that it is a value of",
            )


def _rows(path: Path, columns: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the cells of some columns, from JSON where the file's name ends so, else from CSV."""
    return (_json_rows if path.suffix.lower() == ".json" else _csv_rows)(path, columns)


def _csv_rows(path: Path, columns: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the cells of some columns of a CSV file, row by row."""
    try:
        frame = read_csv(path, labels=columns)
    except csv.Error as fault:
        raise FileError(f"A CSV file was expected at {path}", found=str(fault)) from fault
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise FileError(
            f"The file {path} must have the columns {', '.join(columns)}",
            found=f"columns {', '.join(map(str, frame.columns))}",
            remedy="name them so in the first line, with commas between them",
        )
    cells = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), "")
    return _whole(path, columns, cells.itertuples(index=False, name=None), "below the header")


def _json_rows(path: Path, columns: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the texts under some keys of the objects in a JSON file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(document, list) or not all(isinstance(each, dict) for each in document):
            raise ValueError("no list of objects")
    except (OSError, ValueError, RecursionError) as fault:
        raise FileError(
            f"A JSON list of objects was expected at {path}",
            found=str(fault),
            remedy=f"give every object the keys {', '.join(columns)}",
        ) from fault
    rows = ([each.get(name, "") for name in columns] for each in document)
    return _whole(path, columns, rows, "of the list")


def _whole(
    path: Path, columns: Sequence[str], rows: Iterator[Sequence[object]], where: str
) -> tuple[tuple[str, ...], ...]:
    """Return the rows as text, or raise where there is none or where one lacks a text."""
    read = []
    for place, row in enumerate(rows, start=1):
        texts = tuple(_text(cell) for cell in row)
        if "" in texts:
            raise FileError(
                f"Every row of {path} needs a text for {', '.join(columns)}",
                found=f"none for {columns[texts.index('')]} in row {place} {where}",
                remedy="fill it in, or remove the row",
            )
        read.append(texts)
    if not read:
        raise FileError(f"Texts were expected at {path}", found="no row")
    return tuple(read)


def _text(cell: object) -> str:
    """Return a cell in one line, without quotation marks around the whole; no text is empty."""
    if not isinstance(cell, str):
        return ""
    line = " ".join(cell.split())
    inner = line[1:-1]
    return inner.strip() if line == f'"{inner}"' and '"' not in inner else line
