"""The page of the command line, from what each command says of itself.

Guarantee: every command and every option that `causalvalues --help` shows is on the page.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

__all__ = ["pages"]

Callback = Callable[..., object]
INTRODUCTION = """# The command line

Every command says what it wrote and has `--help` with an example; those with `--json` answer
machines with one document. Exit code 0: done. 2: the input was not right; the message says what
was expected, what was found, and what to do. 1: a fault of this package.

"""


def pages() -> dict[str, str]:
    """Return the page by its place under docs/."""
    from causalvalues.cli import app

    sections = (_section(path, callback) for path, callback in _commands(app, "causalvalues"))
    return {"commands.md": INTRODUCTION + "\n\n".join(sections) + "\n"}


def _commands(app: typer.Typer, path: str) -> Iterator[tuple[str, Callback]]:
    """Yield every command of a group and of the groups inside, with its whole name."""
    for command in app.registered_commands:
        if command.callback is not None and not command.hidden:
            yield f"{path} {command.name or command.callback.__name__}", command.callback
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from _commands(group.typer_instance, f"{path} {group.name}")


def _section(path: str, callback: Callback) -> str:
    """Return what one command does, its example, and a table of its options."""
    parameters = inspect.signature(callback).parameters
    hints = get_type_hints(callback, include_extras=True)
    rows = [_row(name, hints[name], each.default) for name, each in parameters.items()]
    table = ["| argument or option | what it says | default |", "|---|---|---|", *rows]
    told = _plain(inspect.getdoc(callback) or "")
    return "\n\n".join([f"## {path}", told, "\n".join(table) if rows else ""]).rstrip()


def _row(name: str, hint: object, default: object) -> str:
    """Return the row of one argument or option."""
    kind, *said = get_args(hint) if get_origin(hint) is Annotated else (hint, default)
    info = next(each for each in said if isinstance(each, OptionInfo | ArgumentInfo))
    choices = _choices(kind)
    told = _plain(info.help or "")
    if choices:
        told = f"{told} One of {', '.join(f'`{choice}`' for choice in choices)}.".strip()
    return f"| {_called(name, kind, info)} | {_cell(told)} | {_default(default, info)} |"


def _called(name: str, kind: object, info: OptionInfo | ArgumentInfo) -> str:
    """Return how the parameter is written on the command line."""
    if isinstance(info, ArgumentInfo):
        return f"`{name.upper()}`"
    plain = "--" + name.replace("_", "-")
    said = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    declared = [each for each in said if each.startswith("-")]
    both = f"{plain}/--no-{plain[2:]}" if kind is bool else plain
    return ", ".join(f"`{each}`" for each in declared or [both])


def _choices(kind: object) -> tuple[object, ...]:
    """Return what a parameter may be, where it is one of a few words."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    for part in get_args(kind):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


def _default(default: object, info: OptionInfo | ArgumentInfo) -> str:
    """Return the default as a reader wants it."""
    value = info.default if default is info else default
    if value is inspect.Parameter.empty or value is ...:
        return "required"
    return "–" if value is None or value is False or value in ((), []) else f"`{value}`"


def _cell(text: str) -> str:
    """Return text that fits into a cell of a table."""
    return " ".join(text.split()).replace("|", r"\|")


def _plain(text: str) -> str:
    """Return help in Markdown: what the terminal prints bold is code here."""
    return re.sub(r"\[bold\](.*?)\[/(?:bold)?\]", r"`\1`", text.strip(), flags=re.DOTALL)
