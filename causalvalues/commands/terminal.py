"""What every command shares: options with one wording, bars, tables, and the JSON answer."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

__all__ = [
    "AsJson",
    "ClusterOption",
    "ContextOption",
    "ModelOption",
    "RunFolder",
    "TablePath",
    "WeightOption",
    "answer",
    "bar",
    "beside",
    "listed",
    "show",
    "table_of",
    "waiting",
    "wrote",
]

TablePath = Annotated[
    Path,
    typer.Argument(help="Scores as CSV or Parquet: one row per answerer, one column per value."),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster", help="Column that names each row's role or person.", show_default=False
    ),
]
ContextOption = Annotated[
    str | None,
    typer.Option(
        "--context", help="Column that names each row's intervention.", show_default=False
    ),
]
WeightOption = Annotated[
    str | None, typer.Option("--weight", help="Column of row weights.", show_default=False)
]
RunFolder = Annotated[
    Path, typer.Argument(help="A run folder, as `causalvalues run` writes it.", metavar="RUN")
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", help="Where the surveyed model lies now, if elsewhere.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


class _Rate(ProgressColumn):
    """How many a second, or a minute where they are few."""

    def render(self, task: Task) -> Text:
        """Return the rate; nothing before there is one."""
        speed = task.speed or 0.0
        if not speed:
            return Text("")
        return Text(f"{speed:.0f}/s" if speed >= 1 else f"{60 * speed:.1f}/min")


PAPER = Console(highlight=False)
SIDE = Console(stderr=True, highlight=False)


def show(text: str) -> None:
    """Print a line in which square brackets are not markup."""
    PAPER.print(escape(text))


def answer(document: Mapping[str, JsonValue]) -> None:
    """Print one JSON document for machines."""
    print(json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False))


def listed(names: str | None) -> tuple[str, ...]:
    """Return the names in a list with commas, each once."""
    parts = (name.strip() for name in (names or "").split(","))
    return tuple(dict.fromkeys(filter(None, parts)))


def beside(title: str, *columns: tuple[str, str]) -> None:
    """Print texts beside each other, each under its name."""
    table = Table(title=escape(title), title_justify="left", title_style="bold", expand=True)
    for name, _ in columns:
        table.add_column(name, ratio=1, overflow="fold")
    table.add_row(*(escape(text) for _, text in columns))
    PAPER.print(table)


def table_of(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; every column after the first is right-aligned."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    PAPER.print(table)


def wrote(paths: Sequence[Path]) -> None:
    """Print what was written, one path a line, ready to be opened."""
    PAPER.print("[bold]Wrote[/]")
    for path in paths:
        PAPER.print(f"  {escape(str(path))}", soft_wrap=True)


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """Show a spinner; say that compiling is why, where this machine has not compiled yet."""
    first = " (the first search compiles the engine: about half a minute, once)"
    from causalvalues.discovery.compiled import never_compiled

    with SIDE.status(label + (first if never_compiled() else "")):
        yield


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback (done, total) that draws a progress bar with the time left."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=SIDE, transient=True) as progress:
        task = progress.add_task(label, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report
