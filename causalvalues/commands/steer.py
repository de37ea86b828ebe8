"""`causalvalues steer`: what a model writes, unsteered and steered, side by side."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causalvalues.commands.terminal import AsJson, answer, bar, beside, show, waiting

if TYPE_CHECKING:
    from causalvalues.study.steering.side_by_side import SideBySide

__all__ = ["steer"]


def steer(
    what: Annotated[
        Path,
        typer.Argument(
            help="A run folder with a plan, or an intervention.json.", metavar="RUN|FILE"
        ),
    ],
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            help="What to say to the model; may be repeated. None: line by line from the terminal.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[str, typer.Option(help="Who the model is to be, as its system message.")] = "",
    model: Annotated[
        str | None,
        typer.Option(
            help="Hub name, folder, organism/gemma, or http://…/v1#name; that of the run where "
            "there is one.",
            show_default=False,
        ),
    ] = None,
    tokens: Annotated[int, typer.Option(min=1, help="How many tokens are written at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Talk with the steered and the unsteered model side by side; both answer greedily.

    Example: [bold]causalvalues steer runs/first --prompt "What matters to you?"[/]
    """
    with waiting(f"Reading {what}"):
        from causalvalues.study.steering.side_by_side import answers_side_by_side, ready

    steerable, intervention = ready(what, model=model, bar=bar)
    prompts = prompt if prompt else _typed(quiet=as_json)
    answered = answers_side_by_side(
        steerable, intervention, prompts, role=role, max_new_tokens=tokens
    )
    if as_json:
        answer({"answers": [dict(vars(each)) for each in answered]})
        return
    for each in answered:
        _print(each)


def _print(each: "SideBySide") -> None:
    """Print both answers beside each other."""
    beside(each.prompt, ("unsteered", each.unsteered), ("steered", each.steered))
    if each.unsteered == each.steered:
        show("Both answers are the same.")


def _typed(*, quiet: bool) -> Iterator[str]:
    """Yield what is typed, line by line; an empty line or the end of input ends it."""
    talking = sys.stdin.isatty() and not quiet
    if talking:
        show("Say something; an empty line ends the conversation.")
    for line in sys.stdin:
        if not line.strip():
            if talking:
                return
            continue
        yield line.strip()
