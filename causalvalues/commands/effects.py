"""`causalvalues effects`: what moves when a value moves, or when a candidate of a run is used."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from causalvalues.commands.candidate_effects import candidate_effects
from causalvalues.commands.sharing import (
    GpusOption,
    RayOption,
    SlurmOption,
    WorkersOption,
    sharing,
)
from causalvalues.commands.terminal import (
    AsJson,
    ClusterOption,
    ContextOption,
    ModelOption,
    WeightOption,
    answer,
    bar,
    table_of,
    wrote,
)
from causalvalues.errors import OptionError

__all__ = ["effects"]


def effects(
    scores: Annotated[
        Path,
        typer.Argument(
            help="Scores as CSV or Parquet; or a run folder, whose candidates are measured."
        ),
    ],
    graph: Annotated[
        Path | None,
        typer.Argument(help="The graph found in these scores.", show_default=False),
    ] = None,
    cause: Annotated[str | None, typer.Option(help="Show only this cause.")] = None,
    cluster: ClusterOption = None,
    context: ContextOption = None,
    weight: WeightOption = None,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where the graph with effects goes.")
    ] = None,
    roles: Annotated[
        int, typer.Option(min=2, help="Of a run: how many calibration roles are asked.")
    ] = 24,
    items: Annotated[
        int | None,
        typer.Option(
            min=1, help="Of a run: items for each value, as many against.", show_default="all"
        ),
    ] = None,
    neutral: Annotated[
        bool, typer.Option(help="Of a run: also read neutral texts under what is hooked.")
    ] = True,
    model: ModelOption = None,
    workers: WorkersOption = None,
    ray: RayOption = None,
    slurm: SlurmOption = None,
    gpus: GpusOption = 0,
    as_json: AsJson = False,
) -> None:
    """Estimate total effects of values on each other, or measure the candidates of a run.

    Workers share the measuring, neutral texts included, or the resamples where these are worth
    it, and give the same bytes as one process.

    Example: [bold]causalvalues effects scores.csv graph.json --cluster role --cause power[/]

    Example: [bold]causalvalues effects runs/first --roles 12[/]

    Example: [bold]causalvalues effects runs/first --slurm long --gpus 1 --workers 16[/]
    """
    if scores.is_dir():
        _refuse_graph(graph)
        with sharing(scores, workers=workers, ray=ray, slurm=slurm, gpus=gpus) as executor:
            candidate_effects(
                scores, roles=roles, items=items, neutral=neutral, model=model, as_json=as_json,
                executor=executor,
            )  # fmt: skip
        return
    if graph is None:
        raise OptionError(
            "Effects need scores and the graph found in them, or the folder of a run",
            found=f"{scores} alone" if scores.exists() else f"no {scores}",
        )
    from causalvalues.discovery.effects import effects as estimate
    from causalvalues.discovery.formats import read_graph_from
    from causalvalues.scale.drawing import WORTH_SECONDS, Over
    from causalvalues.survey.files import read_table

    table = read_table(scores, cluster=cluster, context=context, weight=weight)
    known = read_graph_from(graph)
    if cause is not None:
        known.index(cause)
    place = (out or graph).parent
    with (
        sharing(place, workers=workers, ray=ray, slurm=slurm, gpus=gpus) as executor,
        bar("Resampling") as progress,
    ):
        outcome = estimate(
            table,
            known,
            n_resamples=resamples,
            by="row" if table.clusters is None else "cluster",
            seed=seed,
            spread=Over(executor, worth_seconds=WORTH_SECONDS),
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


def _refuse_graph(graph: Path | None) -> None:
    """Raise where a graph is given beside a run, which has its own."""
    if graph is not None:
        raise OptionError("The folder of a run has its own graph", found=f"also {graph}")
