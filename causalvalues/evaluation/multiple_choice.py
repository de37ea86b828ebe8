"""Questions with one right choice among several, read from a file, and how they are asked.

    letters          the sheet names a letter for each choice; asked once for every turn of the
                     choices past the letters, so that each choice stands at each letter once
    continuations    the question alone; each choice is weighed as the answer in full

Files are laid out as those of MMLU: question, A, B, C, D, answer (a letter), and perhaps subject;
with these names above the columns in any order, or without a header in this order. Without a
subject it is the file's name, less _test, _val or _dev.
Guarantee: a row that is not such a question is an error that names its line.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Protocol

from causalvalues.errors import FileError, OptionError
from causalvalues.survey.request import Message, Request

__all__ = ["AsksChoice", "MultipleChoice", "continuing", "lettered", "read_multiple_choice"]

COLUMNS = ("question", "a", "b", "c", "d", "answer")
N_CHOICES = 4  # in a file
SPLITS = ("_test", "_val", "_dev")


class AsksChoice(Protocol):
    """Whatever asks for one of several choices."""

    @property
    def id(self) -> str:
        """Return what tells it from others."""

    @property
    def role(self) -> str:
        """Return who is asked; nothing where it is the model itself."""

    @property
    def text(self) -> str:
        """Return the question."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what may be answered."""

    @property
    def answer(self) -> int:
        """Return the place of the right choice."""

    @property
    def subject(self) -> str:
        """Return what it is about."""


@dataclass(frozen=True)
class MultipleChoice:
    """A question, its choices, and the place of the right one."""

    id: str
    text: str
    choices: tuple[str, ...]
    answer: int
    subject: str = ""
    role: str = ""

    def __post_init__(self) -> None:
        if len(self.choices) < 2 or not 0 <= self.answer < len(self.choices):
            raise OptionError(
                "A question has 2 choices or more, one of them right",
                found=f"{self.answer} of {len(self.choices)} in {self.id}",
            )


def read_multiple_choice(path: str | Path) -> tuple[MultipleChoice, ...]:
    """Return the questions of a CSV file, or of all CSV files of a folder, by name."""
    place = Path(path)
    files = sorted(place.glob("*.csv")) if place.is_dir() else [place]
    found = tuple(question for file in files for question in _read(file))
    if not found:
        raise FileError(
            f"Questions were expected at {path}",
            found="none",
            remedy="give a CSV file of question,A,B,C,D,answer, or a folder of such files",
        )
    return found


def lettered(question: AsksChoice) -> tuple[Request, ...]:
    """Return a request for each turn: at turn t letter number p stands for choice (p + t) mod n."""
    n = len(question.choices)
    if n > len(ascii_uppercase):
        raise OptionError(
            f"Letters are for {len(ascii_uppercase)} choices at most",
            found=f"{n} in {question.id}",
            remedy='ask with how="continuations"',
        )
    letters = tuple(ascii_uppercase[:n])
    head = f"Answer with {', '.join(letters)} alone.\n{question.text}"
    return tuple(
        _request(question, "\n".join([head, *_lines(question, letters, turn)]), letters)
        for turn in range(n)
    )


def continuing(question: AsksChoice) -> Request:
    """Return the question with its choices as the answers."""
    return _request(question, question.text, question.choices)


def _lines(question: AsksChoice, letters: Sequence[str], turn: int) -> Iterator[str]:
    """Yield what each letter stands for."""
    for place, letter in enumerate(letters):
        yield f"{letter}) {question.choices[(place + turn) % len(letters)]}"


def _request(question: AsksChoice, text: str, options: tuple[str, ...]) -> Request:
    """Return what is said to a model."""
    system = (Message("system", question.role),) if question.role else ()
    return Request((*system, Message("user", text)), options)


def _read(path: Path) -> Iterator[MultipleChoice]:
    """Yield the questions of one file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise FileError(f"A CSV file of questions was expected at {path}", found=str(fault)) from (
            fault
        )
    named = path.stem
    for split in SPLITS:
        named = named.removesuffix(split)
    columns, lines = _columns(path, lines)
    for number, (line, row) in enumerate(lines):
        cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        yield _question(path, line, cells, number + 1, named)


def _columns(
    path: Path, lines: list[tuple[int, list[str]]]
) -> tuple[tuple[str, ...], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and the lines below them."""
    first = tuple(cell.strip().lower() for cell in lines[0][1]) if lines else ()
    if not {"question", "answer"} <= set(first):
        return (*COLUMNS, "subject"), lines
    absent = [name for name in COLUMNS if name not in first]
    if absent:
        raise FileError(
            f"A file of questions has the columns {', '.join(COLUMNS)}: {path}",
            found=f"none called {', '.join(absent)}",
        )
    return first, lines[1:]


def _question(
    path: Path, line: int, cells: dict[str, str], number: int, named: str
) -> MultipleChoice:
    """Return the question of one line."""
    letters = ascii_uppercase[:N_CHOICES]
    answer = cells.get("answer", "").upper()
    empty = [name for name in COLUMNS if not cells.get(name)]
    if empty or answer not in letters:
        raise FileError(
            f"Every line of {path} is a question, four choices and the letter of the right one",
            found=f"line {line}: "
            + (f"nothing in {', '.join(empty)}" if empty else f"the answer {answer!r}"),
        )
    return MultipleChoice(
        id=f"{path.stem}/{number}",
        text=cells["question"],
        choices=tuple(cells[letter.lower()] for letter in letters),
        answer=letters.index(answer),
        subject=cells.get("subject") or named,
    )
