"""`Responses` are all answers of a survey as a table: who, under what, which question, what came.

    frame              one row per answer: model, condition ("" = none), role, question, the factors
                       item, form, wording, order and labels, text and flags
    log_probabilities  (answer, option), NaN beyond an answer's options and where it was written

Guarantee: one answer per model, condition, role and question; rows are sorted by these names, so
that the same answers make the same table in whatever order they came.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import ArrayLike, NDArray

from causalvalues.errors import FileError, OptionError, TableError
from causalvalues.provenance import write_atomically
from causalvalues.survey.answer_row import Answer
from causalvalues.survey.columns import Floats, frozen, refuse_absent
from causalvalues.survey.protocol import Question

__all__ = ["FACTORS", "Responses"]

WHO = ("model", "condition", "role", "question")
FACTORS = ("item", "form", "wording", "order", "labels")
NAMES = (*WHO, *FACTORS, "flags")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in NAMES),
        ("text", pa.string()),
        ("log_probabilities", pa.list_(pa.float64())),
    ],
    metadata={"causalvalues.responses": "1"},
)


@dataclass(frozen=True, eq=False)
class Responses:
    """Every answer of a survey, one row each."""

    frame: pd.DataFrame
    log_probabilities: Floats  # (answer, option)

    def __post_init__(self) -> None:
        if not len(self.frame) or len(self.frame) != len(self.log_probabilities):
            raise TableError("Responses hold one answer or more", found=f"{len(self.frame)}")
        refuse_absent([*NAMES, "text"], list(self.frame.columns))
        codes = [self.frame[name].cat.codes.to_numpy() for name in WHO]
        order = np.lexsort(codes[::-1])
        same = np.all([code[order][1:] == code[order][:-1] for code in codes], axis=0)
        if same.any():
            first = self.frame.iloc[order[:-1][same][0]]
            raise OptionError(
                "A question has one answer by a role under a condition",
                found=f"{int(same.sum())} more, first {first['question']!r} by {first['role']!r}",
                remedy="read the answers of one survey: store.rows(asked.keys)",
            )
        frame = self.frame[[*NAMES, "text"]].take(order).reset_index(drop=True)
        object.__setattr__(self, "frame", frame)
        numbers = np.asarray(self.log_probabilities, dtype=np.float64)[order]
        object.__setattr__(self, "log_probabilities", frozen(numbers))

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, answers: Iterable[Answer], questions: Iterable[Question]) -> Self:
        """Return answers as a table; the questions say what each was about."""
        columns = _Columns()
        for answer in answers:
            columns.take(answer)
        factors_by_question = {question.id: question.factors for question in questions}
        frame = pd.DataFrame({name: column.sorted() for name, column in columns.names.items()})
        asked = frame["question"].cat
        absent = [name for name in asked.categories if name not in factors_by_question]
        if absent:
            raise OptionError(
                "Every answer needs its question",
                found=f"answers to {len(absent)} other questions, first {absent[0]!r}",
                remedy="give the questions that were asked, all of them",
            )
        for factor in FACTORS:
            levels = [
                factors_by_question[name].get(factor, name if factor == "item" else "")
                for name in asked.categories
            ]
            frame[factor] = pd.Categorical(np.array(levels, dtype=object)[asked.codes])
        frame["text"] = pd.Series(columns.texts, dtype=object)
        return cls(frame, _rectangle(columns.numbers, columns.lengths))

    def by_question(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Yield each question's id and the places of its answers."""
        asked = self.frame["question"].cat
        order = np.argsort(asked.codes.to_numpy(), kind="stable")
        starts = np.searchsorted(asked.codes.to_numpy()[order], np.arange(len(asked.categories)))
        yield from zip(asked.categories, np.split(order, starts[1:]), strict=True)

    def where(self, keep: NDArray[np.bool_]) -> Self:
        """Return the answers that a mask keeps."""
        frame = self.frame[keep].copy()
        for name in NAMES:
            frame[name] = frame[name].cat.remove_unused_categories()
        return type(self)(frame, self.log_probabilities[keep])

    def to_parquet(self, path: str | Path) -> Path:
        """Return the path after writing every answer as Parquet."""
        inside = ~np.isnan(self.log_probabilities)
        places = np.arange(inside.shape[1])
        last = np.where(inside, places + 1, 0).max(axis=1, initial=0)
        within = places < last[:, None]
        ends = np.concatenate([[0], np.cumsum(last)]).astype(np.int32)
        lists = pa.ListArray.from_arrays(pa.array(ends), pa.array(self.log_probabilities[within]))
        cells = [pa.array(self.frame[name].astype(object), pa.string()) for name in NAMES]
        text = pa.array(self.frame["text"], pa.string(), from_pandas=True)
        content = BytesIO()
        table = pa.Table.from_arrays([*cells, text, lists], schema=SCHEMA)
        pq.write_table(table, content, write_page_checksum=True)
        return write_atomically(Path(path), content.getvalue())

    @classmethod
    def from_parquet(cls, path: str | Path) -> Self:
        """Return the answers in a Parquet file that `to_parquet` wrote."""
        try:
            table = pq.read_table(path, page_checksum_verification=True)
            if not table.schema.equals(SCHEMA) or table.schema.metadata != SCHEMA.metadata:
                raise pa.ArrowInvalid("a table of another layout")
            numbers = table["log_probabilities"].combine_chunks()
            lengths = numbers.value_lengths().to_numpy(zero_copy_only=False)
            flat = numbers.flatten().to_numpy(zero_copy_only=False)
            rectangle = _rectangle(flat, lengths)
            frame = table.select(NAMES).to_pandas().astype("category")
            frame["text"] = pd.Series(table["text"].to_pylist(), dtype=object)
        except (OSError, ValueError, pa.ArrowException) as fault:
            raise FileError(
                f"Responses were expected at {path}",
                found=str(fault),
                remedy="write them again from the answers, with Responses.to_parquet",
            ) from fault
        return cls(frame, rectangle)


class _Names:
    """A column of names, each kept once however often it comes."""

    def __init__(self) -> None:
        self._code_by_name: dict[str, int] = {}
        self._codes = array("l")

    def take(self, name: str) -> None:
        """Take one name."""
        self._codes.append(self._code_by_name.setdefault(name, len(self._code_by_name)))

    def sorted(self) -> "pd.Categorical[str]":
        """Return the column, its categories in alphabetical order."""
        names = sorted(self._code_by_name)
        rank = np.empty(len(names), dtype=np.intp)
        rank[[self._code_by_name[name] for name in names]] = np.arange(len(names))
        return pd.Categorical.from_codes(rank[np.asarray(self._codes)], pd.Index(names))


class _Columns:
    """Columns that grow answer by answer."""

    def __init__(self) -> None:
        self.names = {name: _Names() for name in (*WHO, "flags")}
        self.texts: list[str | None] = []
        self.numbers = array("d")
        self.lengths = array("l")

    def take(self, answer: Answer) -> None:
        """Take one answer."""
        for name, column in self.names.items():
            column.take(getattr(answer, name))
        self.texts.append(answer.text)
        self.numbers.extend(answer.log_probabilities)
        self.lengths.append(len(answer.log_probabilities))


def _rectangle(flat: Sequence[float] | Floats, lengths: ArrayLike) -> Floats:
    """Return rows of different lengths as one array, NaN beyond the end of each."""
    ends = np.asarray(lengths, dtype=np.intp)
    rectangle = np.full((len(ends), int(ends.max(initial=0))), np.nan)
    rectangle[np.arange(rectangle.shape[1]) < ends[:, None]] = flat
    return rectangle
