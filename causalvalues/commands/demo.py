"""`causalvalues demo`: survey the embedded model, find its planted graph, steer by it, verify."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from causalvalues.commands.evaluate import print_verdict
from causalvalues.commands.run import print_comparison, print_edges
from causalvalues.commands.terminal import (
    AsJson,
    answer,
    bar,
    show,
    table_of,
    waiting,
    wrote,
)

if TYPE_CHECKING:
    from causalvalues.demo import Story

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the files.")] = Path("demo"),
    roles: Annotated[int, typer.Option(min=50, help="How many roles are asked.")] = 240,
    resamples: Annotated[int, typer.Option(min=10, help="Resamples and permutations.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    model: Annotated[
        str, typer.Option(help="organism/gemma, organism/llama, or any model: google/gemma-2b-it.")
    ] = "organism/gemma",
    as_json: AsJson = False,
) -> None:
    """Ask the embedded Gemma what it values, find its graph, steer by it; the truth beside all.

    Example: [bold]causalvalues demo --out demo --model organism/llama[/]
    """
    started = time.monotonic()
    with waiting(f"Loading {model}"):
        from causalvalues.demo import RAISED, study_of_demo, tell

    study = study_of_demo(n_roles=roles, n_resamples=resamples, seed=seed, model=model)
    story = tell(study, out, bar=bar)
    outcome, comparison = story.outcome, story.outcome.comparison
    if as_json:
        answer(
            {
                "n_edges": outcome.graph.n_edges,
                "measures": [m.to_dict() for m in (comparison.measures if comparison else ())],
                "checks": [dict(vars(check)) for check in outcome.graph.checks],
                "steering": _steering(story),
                "files": [str(path) for path in story.files],
            }
        )
        return
    show(
        f"{roles} roles of {model} were asked {outcome.n_questions} questions each; "
        f"{outcome.graph.n_edges} edges were found between {len(outcome.graph.names)} values."
    )
    print_edges(outcome)
    print_comparison(outcome)
    changes_by_value = [
        (
            str(row["value"]),
            "" if math.isnan(row["planted"]) else f"{row['planted']:+.2f}",
            f"[{row['interval_low']:+.2f}, {row['interval_high']:+.2f}]",
            f"{row['measured']:+.2f} [{row['measured_low']:+.2f}, {row['measured_high']:+.2f}]",
        )
        for row in story.predicted.to_dict(orient="records")
    ]
    table_of(
        f"What raising {RAISED} does, per unit",
        ("value", "planted", "predicted, 95 %", "measured, 95 %"),
        changes_by_value,
    )
    for check in outcome.graph.checks:
        if check.name.startswith("more edges") or check.passed is False:
            show(f"{check.name}: {check.detail}")
    _print_steering(story)
    wrote(list(story.files))
    page = next(path for path in story.files if path.name == "report.html")
    show(f"Done in {time.monotonic() - started:.0f} s. Open {page} first: it tells all of this.")


def _steering(story: "Story") -> dict[str, JsonValue]:
    """Return what came of steering, for machines."""
    if story.steered is None:
        return {"ended": story.ended}
    report = story.steered.verified.verdict.report
    return {
        "plan": [{"name": used.name, "dose": used.dose} for used in report.plan.used],
        "gain": dict(report.gain),
        "collateral": dict(report.collateral),
    }


def _print_steering(story: "Story") -> None:
    """Print the plan, why it is so, and what came of it; or why there is none."""
    if story.steered is None:
        show(f"The graph was not steered by: {story.ended}")
        return
    found, made = story.steered.found.candidates, story.steered.planned.plan
    n_told, n_all = found.n_told, len(found.interventions)
    targets = ", ".join(f"{value} by {gain:+.2f}" for value, gain in made.targets.items())
    show(
        f"Now steer by the graph: move {targets} and hold all others, by {n_all - n_told} features "
        f"and {n_told} lines that were measured."
    )
    if n_told == n_all:
        show("This model has no autoencoder of its own here: lines alone. With one: causalvalues "
             "candidates RUN --sae NAME.")  # fmt: skip
    for sentence in made.why:
        show(f"  {sentence}")
    print_verdict(story.steered.verified.verdict)
