"""`causalvalues effects`: what moves when a value moves, with intervals."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from causalvalues.commands.terminal import (
    AsJson,
    ClusterOption,
    ContextOption,
    TablePath,
    WeightOption,
    answer,
    bar,
    table_of,
    wrote,
)

__all__ = ["effects"]


def effects(
    scores: TablePath,
    graph: Annotated[Path, typer.Argument(help="The graph found in these scores.")],
    cause: Annotated[str | None, typer.Option(help="Show only this cause.")] = None,
    cluster: ClusterOption = None,
    context: ContextOption = None,
    weight: WeightOption = None,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where the graph with effects goes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate the total effect of each value on every other.

    Example: [bold]causalvalues effects scores.csv graph.json --cluster role --cause power[/]
    """
    from causalvalues.discovery.effects import effects as estimate
    from causalvalues.discovery.formats import read_graph_from
    from causalvalues.survey.files import read_table

    table = read_table(scores, cluster=cluster, context=context, weight=weight)
    known = read_graph_from(graph)
    if cause is not None:
        known.index(cause)
    with bar("Resampling") as progress:
        outcome = estimate(
            table,
            known,
            n_resamples=resamples,
            by="row" if table.clusters is None else "cluster",
            seed=seed,
            progress=progress,
        )
    target = replace(known, effects=outcome.effects).to_json(out or graph)
    shown = [e for e in outcome.effects if cause in (None, e.cause)]
    if as_json:
        answer(
            {
                "graph": str(target),
                "effects": [vars(effect) for effect in shown],
                "measured": [vars(effect) for effect in outcome.measured],
                "direct": [vars(effect) for effect in outcome.direct],
            }
        )
        return
    rows = [
        (
            f"{e.cause} → {e.effect}",
            f"{e.low:+.2f}" if e.low == e.high else f"{e.low:+.2f} … {e.high:+.2f}",
            f"[{e.interval_low:+.2f}, {e.interval_high:+.2f}]",
        )
        for e in sorted(shown, key=lambda e: -abs(e.middle))
    ]
    table_of("Total effects per unit of the cause", ("effect", "size", "95% interval"), rows)
    direct = {(e.context, e.effect): f"{e.change:+.2f}" for e in outcome.direct}
    measured = [
        (
            f"{e.context} → {e.effect}",
            f"{e.change:+.2f}",
            f"[{e.interval_low:+.2f}, {e.interval_high:+.2f}]",
            direct.get((e.context, e.effect), "–"),
        )
        for e in outcome.measured
    ]
    if measured:
        columns = ("intervention", "measured change", "95% interval", "of it direct")
        table_of("What interventions did, within roles", columns, measured)
    wrote([target])
