"""The command line: parse, call, print. Each command lives in `commands/`, one file per task.

Guarantee: an error of the user's making ends in a sentence and exit code 2, a fault of this
package in a sentence and exit code 1, Ctrl-C in a sentence and exit code 130, at once; with
`--json` standard output holds one JSON document.
"""

import os
import sys
import warnings
from contextlib import suppress
from typing import NoReturn, TextIO

import typer
from rich.console import Console

from causalvalues import __version__
from causalvalues.commands import (
    candidates,
    compare,
    demo,
    discover,
    doctor,
    effects,
    estimate,
    evaluate,
    export,
    inspect,
    leaderboard,
    organism,
    plan,
    report,
    run,
    steer,
    view,
)
from causalvalues.errors import CausalValuesError, was_interrupted

__all__ = ["app", "command_names", "main"]

STOPPED = 130  # as shells say it of Ctrl-C
MAY_ENTER = "What to do: allow it (chmod u+rwx), or name another place."

app = typer.Typer(
    name="causalvalues",
    help="From a model's answers to a causal value graph, and from the graph to steering.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo.demo)
app.command()(run.run)
app.command()(estimate.estimate)
app.command("check")(inspect.check)
app.command()(discover.discover)
app.command()(effects.effects)
app.command()(candidates.candidates)
app.command()(plan.plan)
app.command()(steer.steer)
app.command()(evaluate.evaluate)
app.command()(leaderboard.leaderboard)
app.command()(report.report)
app.command()(compare.compare)
app.command()(view.view)
app.command()(export.export)
app.command()(doctor.doctor)
app.add_typer(organism.app, name="organism")


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    """From a model's answers to a causal value graph, and from the graph to steering."""
    if version:
        print(__version__)
        raise typer.Exit


def command_names() -> set[str]:
    """Return the names of all commands and groups of commands."""
    named = (
        command.name or getattr(command.callback, "__name__", "")
        for command in app.registered_commands
    )
    return {*named, *(str(group.name) for group in app.registered_groups)}


def main() -> None:
    """Run the command line; every outcome has its exit code."""
    warnings.showwarning = _say_warning
    try:
        app()
    except CausalValuesError as error:
        Console(stderr=True).print(f"[bold red]Error:[/] {_plain(str(error))}", highlight=False)
        _leave(error.exit_code)
    except PermissionError as fault:  # a folder on the way that may not be entered
        said = f"A place on the disk may not be entered: {fault.filename}. {MAY_ENTER}"
        Console(stderr=True).print(f"[bold red]Error:[/] {_plain(said)}", highlight=False)
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit, SystemError) as left:
        by_typer = isinstance(left, SystemExit) and left.code == STOPPED
        if not by_typer and not was_interrupted(left):
            raise
        Console(stderr=True).print("Stopped. Nothing half-written was left behind.")
        _leave(STOPPED)


def _leave(code: int) -> NoReturn:
    """End the process, without taking large packages down piece by piece where it was stopped."""
    if code == STOPPED:
        with suppress(OSError):  # nobody may read any more
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _say_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as one sentence, without the line of code that raised it."""
    name = category.__name__
    Console(stderr=True).print(f"[yellow]Note[/] ({name}): {_plain(str(message))}", highlight=False)


def _plain(text: str) -> str:
    """Return text in which square brackets are not markup."""
    return text.replace("[", r"\[")
