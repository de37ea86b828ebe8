"""`causalvalues demo`: survey the embedded model, find its planted graph again, in one command."""

import math
import time
from pathlib import Path
from typing import Annotated

import typer

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
    """Ask the embedded Gemma what it values, and hold the graph found against the planted one.

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
    wrote(list(story.files))
    picture = next(path for path in story.files if path.suffix == ".png")
    show(f"Done in {time.monotonic() - started:.0f} s. Open {picture} first.")
