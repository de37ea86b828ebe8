"""`causalvalues estimate study.yaml`: what a study will take, before anything runs."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from pydantic import JsonValue

from causalvalues.commands.terminal import AsJson, answer, show, table_of

if TYPE_CHECKING:
    from causalvalues.scale.estimate import Estimate
    from causalvalues.scale.hardware import Hardware
    from causalvalues.scale.shapes import Shape
    from causalvalues.scale.workload import Tokens
    from causalvalues.study.interview import Interview

__all__ = ["estimate"]

HERE = "here"


def estimate(
    study: Annotated[Path, typer.Argument(help="A study.yaml; docs/study.md says what is in it.")],
    model: Annotated[str | None, typer.Option(help="Another model.")] = None,
    roles: Annotated[int | None, typer.Option(min=2, help="Only the first so many roles.")] = None,
    hardware: Annotated[
        str | None,
        typer.Option(help="here (this machine's processors), l4, a100-80gb, h100, …; all if none."),
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="How many of them.")] = 1,
    price: Annotated[
        float | None, typer.Option(min=0, help="Dollars for an hour of one.", show_default=False)
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(min=0.001, max=1, help="Share of the peak reached.", show_default=False),
    ] = None,
    reading: Annotated[
        float | None,
        typer.Option(
            min=0.001, help="Gigabytes of a checkpoint read in a second.", show_default=False
        ),
    ] = None,
    measured: Annotated[
        Path | None,
        typer.Option(help="What bench/gpu.py measured on a card: its share of the peak."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell tokens, operations, memory, time and cost of a study before anything runs.

    Nothing is downloaded: a tokenizer that is not on this machine is replaced by 1.3 tokens a word.

    Example: [bold]causalvalues estimate experiments/gemma-2b-it/study.yaml --hardware h100[/]
    """
    from causalvalues.scale.assumed import assumptions
    from causalvalues.study.interview import Interview
    from causalvalues.study.plan import Study

    plan = Study.from_yaml(study)
    plan = plan if model is None else plan.with_model(model)
    plan = plan if roles is None else plan.with_roles(roles)
    interview = Interview.of(plan)
    folder = _folder(plan.model.name)
    shape, (counting, tokens) = _shape(plan.model.name, folder), _tokens(folder)
    told = [
        (each, _estimate(interview, shape, tokens, each, devices, plan.model.quantize))
        for each in _machines(
            hardware, shape, price=price, share=share, reading=reading, measured=measured
        )
    ]
    if as_json:
        answer({"study": plan.name, "model": plan.model.name, "counting": counting,
                "machines": [_document(each, found) for each, found in told]})  # fmt: skip
        return
    work = told[0][1].work
    show(
        f"{work.n_prompts:,.0f} prompts of {work.tokens_asked / work.n_prompts:,.0f} tokens; "
        f"{work.tokens_asked:,.0f} tokens in all, {work.tokens_computed:,.0f} once shared "
        f"beginnings are computed once ({counting})."
    )
    table_of(
        f"{plan.model.name} on {devices} of",
        ("hardware", "operations", "time", "outside", "memory", "fits", "dollars"),
        [
            (each.name, f"{found.operations:.2g}", _duration(found.seconds),
             _duration(found.host_seconds),
             f"{found.memory_bytes / 1e9:.1f} GB", "yes" if found.fits else "NO",
             f"{found.dollars:,.2f}")
            for each, found in told
        ],
    )  # fmt: skip
    show("Outside: of that time, what text, packing and the store take outside the model.")
    table_of(
        "Assumed",
        ("what", "number", "where it comes from", "option"),
        [
            (each.what, ", ".join(each.numbers), each.source, each.option)
            for each in assumptions([machine for machine, _ in told])
        ],
    )


def _estimate(
    interview: "Interview",
    shape: "Shape",
    tokens: "Tokens",
    machine: "Hardware",
    n_devices: int,
    quantize: Literal["int8", "nf4"] | None,
) -> "Estimate":
    """Return what a study takes on some devices."""
    from causalvalues.scale.ahead import work_of
    from causalvalues.scale.estimate import cost_of
    from causalvalues.scale.estimate import estimate as estimated

    work = work_of(
        interview.questions,
        [group.roles for group in interview.groups],
        tokens,
        role_place=interview.protocol.role_place,
        cost=cost_of(shape),
        budget=machine.token_budget,
    )
    n_written = max(question.max_new_tokens or 0 for question in interview.questions)
    return estimated(
        work, shape, machine, n_devices=n_devices, n_written=n_written, quantize=quantize
    )


def _machines(
    name: str | None,
    shape: "Shape",
    *,
    price: float | None,
    share: float | None,
    reading: float | None,
    measured: Path | None,
) -> list["Hardware"]:
    """Return the hardware that is meant, with what is told or was measured instead of guesses."""
    from causalvalues.errors import OptionError
    from causalvalues.scale.assumed import as_told
    from causalvalues.scale.measured import read_measured, with_measured

    machines = _of_name(name, shape)
    if measured is not None:
        if share is not None:
            raise OptionError("`--share` and `--measured` say the same thing", found="both")
        seen = read_measured(measured)
        if all(each.name != seen.hardware for each in machines):
            raise OptionError(
                f"`--measured` must be of {' or '.join(each.name for each in machines)}",
                found=f"a measurement of {seen.card}",
            )
        machines = [with_measured(each, seen) for each in machines]
    return [as_told(each, price=price, share=share, reading=reading) for each in machines]


def _of_name(name: str | None, shape: "Shape") -> list["Hardware"]:
    """Return the hardware of a name, or all there is."""
    from causalvalues.errors import OptionError
    from causalvalues.scale.hardware import HARDWARE
    from causalvalues.scale.processor import processor

    if name is None:
        machines = list(HARDWARE.values())
    elif name == HERE:
        machines = [processor(shape)]
    elif name in HARDWARE:
        machines = [HARDWARE[name]]
    else:
        raise OptionError(f"`--hardware` is {HERE}, {', '.join(HARDWARE)}", found=name)
    return machines


def _folder(name: str) -> Path | None:
    """Return where a model's config.json lies on this machine; None where it does not."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    from causalvalues.organism.embedded import folder_of, is_organism
    from causalvalues.survey.place import folder_at

    if is_organism(name):
        return folder_of(name)
    if (folder := folder_at(name)) is not None:
        return folder
    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _shape(name: str, folder: Path | None) -> "Shape":
    """Return the shape of a model, from its config.json or by its name."""
    from causalvalues.errors import OptionError
    from causalvalues.models.checkpoint import read_json
    from causalvalues.scale.shapes import KNOWN, Shape

    if folder is not None and (folder / "config.json").is_file():
        return Shape.of_config(read_json(folder / "config.json"))
    if name not in KNOWN:
        raise OptionError(
            "The shape of the model must be known",
            found=f"{name}, of which no config.json is on this machine",
            remedy=f"give --model with a folder, or one of {', '.join(KNOWN)}",
        )
    return KNOWN[name]


def _tokens(folder: Path | None) -> tuple[str, "Tokens"]:
    """Return how tokens are counted, in words and as a function."""
    from causalvalues.scale.workload import words

    if folder is None or not (folder / "tokenizer.json").is_file():
        return "counted as 1.3 tokens a word", words
    from causalvalues.scale.own_tokens import own_tokens

    return "counted by the model's own tokenizer", own_tokens(folder)


def _duration(seconds: float) -> str:
    """Return a time as a person says it."""
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:.1f} seconds"


def _document(machine: "Hardware", found: "Estimate") -> dict[str, JsonValue]:
    """Return an estimate for machines."""
    return {
        "hardware": machine.name,
        "assumed": {
            "operations_per_second": machine.operations_per_second,
            "share": machine.share,
            "dollars_per_hour": machine.price_per_hour,
            "bytes_read_per_second": machine.bytes_read_per_second,
            "sources": dict(asdict(machine.sources)),
        },
        "prompts": found.work.n_prompts,
        "tokens_asked": found.work.tokens_asked,
        "tokens_computed": found.work.tokens_computed,
        "operations": found.operations,
        "seconds": found.seconds,
        "seconds_outside_the_model": found.host_seconds,
        "memory_bytes": found.memory_bytes,
        "fits": found.fits,
        "dollars": found.dollars,
    }
