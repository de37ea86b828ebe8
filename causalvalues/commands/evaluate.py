"""`causalvalues evaluate`: did a plan do what it was expected to, on what it never saw?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from causalvalues.commands.sharing import (
    GpusOption,
    RayOption,
    SlurmOption,
    WorkersOption,
    sharing,
)
from causalvalues.commands.terminal import (
    AsJson,
    ModelOption,
    RunFolder,
    answer,
    bar,
    show,
    table_of,
    waiting,
    wrote,
)

if TYPE_CHECKING:
    from causalvalues.study.steering import Verdict, Verified

__all__ = ["evaluate", "print_verdict"]

BESIDE = (("alone*", "planted"), ("single", "unguided"), ("random", "control"))
MARKS = {"target": " ←", "held": " =", "other": ""}


def evaluate(
    run: RunFolder,
    roles: Annotated[int, typer.Option(min=2, help="How many held-out roles are asked.")] = 24,
    items: Annotated[
        int | None,
        typer.Option(
            min=1, help="Held-out items for each value, and as many against it.", show_default="all"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random directions.")] = 0,
    model: ModelOption = None,
    workers: WorkersOption = None,
    ray: RayOption = None,
    slurm: SlurmOption = None,
    gpus: GpusOption = 0,
    as_json: AsJson = False,
) -> None:
    """Verify a plan: held-out items and roles, options reversed, a control of the same norm.

    Workers share the asking, and give the same bytes as one process.

    Example: [bold]causalvalues evaluate runs/first[/]

    Example: [bold]causalvalues evaluate runs/first --workers 4[/]
    """
    with waiting(f"Reading {run}"):
        from causalvalues.study.pages import write_pages
        from causalvalues.study.steering import verify_plan

    with sharing(run, workers=workers, ray=ray, slurm=slurm, gpus=gpus) as executor:
        verified = verify_plan(
            run, n_roles=roles, n_items=items, seed=seed, model=model, executor=executor, bar=bar
        )
    pages = write_pages(run, bar=bar)
    if as_json:
        answer(_document(verified, run))
        return
    print_verdict(verified.verdict)
    wrote([*verified.files, *pages])


def _document(verified: "Verified", run: Path) -> dict[str, JsonValue]:
    """Return the verdict for machines."""
    frame = verified.verdict.to_frame().astype(object)
    report = verified.verdict.report
    rows = frame.where(frame.notna(), None).to_dict(orient="records")
    return {
        "gain": dict(report.gain),
        "collateral": dict(report.collateral),
        "values": [{str(k): v for k, v in row.items()} for row in rows],
        "healthy": report.measured.healthy,
        "faults": list(report.measured.faults),
        "unguided": None if verified.verdict.unguided is None else verified.verdict.unguided.name,
        "files": [str(path) for path in verified.files],
    }


def print_verdict(verdict: "Verdict") -> None:
    """Print predicted beside measured, and what else could have been done."""
    frame = verdict.to_frame()
    beside = [
        (name, column) for name, column in BESIDE if column in frame and frame[column].notna().any()
    ]
    rows = [
        (
            str(row["value"]) + MARKS[row["role"]],
            f"{row['predicted_low']:+.2f}…{row['predicted_high']:+.2f}",
            f"{row['measured']:+.2f}",
            "yes" if row["verdict"] == "as predicted" else str(row["verdict"]).upper(),
            *(f"{row[column]:+.2f}" for _, column in beside),
        )
        for row in frame.to_dict(orient="records")
    ]
    columns = ("value", "predicted", "measured", "so?", *(name for name, _ in beside))
    table_of("On held-out items and roles (← moved, = held; predicted: 95 %)", columns, rows)
    for sentence in sentences(verdict):
        show(sentence)


def sentences(verdict: "Verdict") -> list[str]:
    """Return the verdict in words: gain, collateral, health."""
    report = verdict.report
    frame = verdict.to_frame()
    others = frame[frame["role"] != "target"]
    gains = ", ".join(f"{value} changed by {gain:+.2f}" for value, gain in report.gain.items())
    n_right = int((frame["verdict"] == "as predicted").sum())
    said = [
        f"{gains}; {n_right} of {len(frame)} values changed as predicted. All other values moved "
        f"by {others['measured'].abs().mean():.3f} on average"
    ]
    if verdict.unguided is not None:
        said[0] += (
            f", against {others['unguided'].abs().mean():.3f} under the best single candidate "
            f"({verdict.unguided.name})"
        )
    said[0] += "."
    if report.control is not None:
        moved = ", ".join(f"{value} by {report.control.of(value):+.2f}" for value in report.gain)
        said.append(f"Directions at random, of the same norm, changed {moved}.")
    broken = "; ".join(report.measured.faults)
    said.append(f"The plan breaks the model: {broken}." if broken else "The model stays healthy.")
    if verdict.planted is not None:
        said.append("* What the gain alone brings in the planted world, where nothing is held.")
    return said
