"""`causalvalues plan`: which candidates to use so that one value moves and the others stay."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from causalvalues.commands.terminal import (
    AsJson,
    RunFolder,
    answer,
    bar,
    listed,
    show,
    table_of,
    waiting,
    wrote,
)

if TYPE_CHECKING:
    from causalvalues.study.steering.guiding import Planned

__all__ = ["plan"]


def plan(
    run: RunFolder,
    raised: Annotated[
        str | None, typer.Option("--raise", help="Values to raise, with commas.")
    ] = None,
    lowered: Annotated[
        str | None, typer.Option("--lower", help="Values to lower, with commas.")
    ] = None,
    hold: Annotated[
        str | None,
        typer.Option(
            help="Values to hold, with commas; the others then count less.",
            show_default="all others alike",
        ),
    ] = None,
    gain: Annotated[
        float, typer.Option(help="By how much, in units of the score (from −1 to 1).")
    ] = 0.3,
    budget: Annotated[int, typer.Option(min=1, help="How many candidates at most.")] = 3,
    reach: Annotated[
        float, typer.Option(help="Up to how many times the measured dose of a feature.")
    ] = 1.0,
    curve: Annotated[
        bool, typer.Option("--curve", help="Also the least collateral of other gains.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the graphs that are drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Choose what moves some values and leaves the others, as the graph foresees.

    Example: [bold]causalvalues plan runs/first --raise achievement --hold power,security[/]
    """
    with waiting(f"Reading {run}"):
        from causalvalues.study.steering.guiding import make_plan, targets_of

    targets = targets_of(listed(raised), listed(lowered), gain)
    planned = make_plan(
        run, targets, listed(hold), budget=budget, reach=reach, curve=curve, seed=seed, bar=bar
    )
    if as_json:
        answer(_document(planned))
    else:
        _print(planned, run)


def _document(planned: "Planned") -> dict[str, JsonValue]:
    """Return the plan for machines."""
    curve = None if planned.curve is None else planned.curve.to_dict(orient="records")
    return {
        **planned.plan.to_dict(),
        "curve": [{str(k): None if v != v else v for k, v in row.items()} for row in curve or []],
        "files": [str(path) for path in planned.files],
    }


def _print(planned: "Planned", run: Path) -> None:
    """Print what to do, why, what is expected, and the curve if there is one."""
    made = planned.plan
    table_of(
        "The plan",
        ("use", "dose", "it changes itself"),
        [(used.name, f"{used.dose:+.2f}", _direct(used.direct)) for used in made.used],
    )
    for sentence in made.why:
        show(sentence)
    low, high = made.predicted.interval()
    rows = [
        (
            name,
            "target" if name in made.targets else "held" if name in made.hold else "",
            f"{made.predicted.middle[v]:+.2f}",
            f"[{low[v]:+.2f}, {high[v]:+.2f}]",
        )
        for v, name in enumerate(made.predicted.names)
    ]
    table_of("What is predicted", ("value", "", "change", "95 %"), rows)
    if planned.curve is not None:
        points = [
            (
                f"{point['gain']:+.2f}",
                "out of reach" if point["used"] != point["used"] else f"{point['collateral']:.2f}",
                "" if point["used"] != point["used"] else str(point["used"]),
            )
            for point in planned.curve.to_dict(orient="records")
        ]
        table_of("What other gains cost", ("gain", "collateral", "with"), points)
    wrote(list(planned.files))
    show(f"Next: causalvalues evaluate {run}, or causalvalues steer {run}")


def _direct(direct: object) -> str:
    """Return the largest changes that a part makes itself."""
    changes = dict(direct)  # type: ignore[call-overload]
    large = sorted(changes, key=lambda name: -abs(changes[name]))
    said = [f"{name} {changes[name]:+.2f}" for name in large if abs(changes[name]) >= 0.03]
    return ", ".join(said[:3]) or "hardly anything"
