"""`causalvalues steer`: what a model writes, unsteered and steered, side by side."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from pydantic import JsonValue

from causalvalues.commands.terminal import AsJson, answer, bar, beside, show, waiting, wrote
from causalvalues.errors import OptionError

if TYPE_CHECKING:
    from causalvalues.study.methods.fitting import Wanted
    from causalvalues.study.steering.by_method import ByMethod
    from causalvalues.study.steering.side_by_side import SideBySide

__all__ = ["steer"]


def steer(
    what: Annotated[
        Path | None,
        typer.Argument(
            help="A run folder with a plan, or an intervention.json; or give --method and --value.",
            metavar="[RUN|FILE]",
            show_default=False,
        ),
    ] = None,
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
    method: Annotated[
        str | None,
        typer.Option(
            help="Fit a method first: prompt, sae, caa, conva, neva, valuelocate.",
            show_default=False,
        ),
    ] = None,
    value: Annotated[
        str | None, typer.Option(help="The value it is fitted to.", show_default=False)
    ] = None,
    lower: Annotated[bool, typer.Option("--lower", help="Lower the value; else it rises.")] = False,
    dose: Annotated[
        float | None,
        typer.Option(
            help="In the method's own unit: P₀, α, γ, feature maxima, a level.",
            show_default="the middle of its ladder",
        ),
    ] = None,
    gate: Annotated[
        str, typer.Option(help="Steer always (off), where a gate decides (deciding), or open.")
    ] = "off",
    sae: Annotated[
        str | None,
        typer.Option(help="Autoencoder for --method sae.", show_default="the organism's own"),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder of fitted methods, read and added to.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Also write the intervention here, as x.json.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what the method is fitted on.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Talk with the steered and the unsteered model side by side; both answer greedily.

    Example: [bold]causalvalues steer runs/first --prompt "What matters to you?"[/]

    Example: [bold]causalvalues steer --method conva --value power --dose 0.95 --model
    organism/gemma --keep fits --out power.json --prompt "What matters to you?"[/]
    """
    fitting = (value, dose, sae, keep, out)
    _check(what, method, any(each is not None for each in fitting) or lower or gate != "off")
    with waiting(f"Reading {what}" if what else "Reading"):
        from causalvalues.study.steering.side_by_side import answers_side_by_side, ready

    found: ByMethod | None = None
    files: list[Path] = []
    if what is not None:
        steerable, intervention = ready(what, model=model, bar=bar)
    else:
        from causalvalues.steering.document import write_intervention
        from causalvalues.study.steering.by_method import by_method

        found = by_method(
            _wanted(method, value, lower, gate), model, dose=dose, sae=sae, keep=keep, seed=seed,
            bar=bar,
        )  # fmt: skip
        steerable, intervention = found.steerable, found.intervention
        files = write_intervention(intervention, out) if out is not None else []
    prompts = prompt if prompt else _typed(quiet=as_json)
    answered = answers_side_by_side(
        steerable, intervention, prompts, role=role, max_new_tokens=tokens
    )
    if as_json:
        told: dict[str, JsonValue] = {} if found is None else found.to_dict()
        told |= {"answers": [dict(vars(each)) for each in answered]}
        answer(told | ({"files": [str(path) for path in files]} if files else {}))
        return
    if found is not None:
        show(found.text)
    if files:
        wrote(files)
    for each in answered:
        _print(each)


def _check(what: Path | None, method: str | None, has_options: bool) -> None:
    """Raise unless either a file or a method is given."""
    if (what is None) == (method is None):
        raise OptionError(
            "Steer by a run or a file, or by a method",
            found="both" if what is not None else "neither",
            remedy="give RUN or intervention.json, or --method with --value and --model",
        )
    if what is not None and has_options:
        raise OptionError(
            "--value, --lower, --dose, --gate, --sae, --keep and --out belong to --method",
            found=f"{what}",
            remedy="leave them out: a file says all of it",
        )


def _wanted(method: str | None, value: str | None, lower: bool, gate: str) -> "Wanted":
    """Return what is to be fitted, once it is known to be one of the choices."""
    from causalvalues.study.methods.fitting import Wanted
    from causalvalues.study.methods.plan import GateUse, MethodName

    for name, given, known in (
        ("--method", method, get_args(MethodName)),
        ("--gate", gate, get_args(GateUse)),
    ):
        if given not in known:
            raise OptionError(f"{name} is one of {', '.join(known)}", found=str(given))
    if value is None:
        raise OptionError("A method is fitted to a value", found="none", remedy="name one: --value")
    return Wanted(
        method,  # type: ignore[arg-type]  # checked above
        value,
        "lower" if lower else "raise",
        gate,  # type: ignore[arg-type]
    )


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
