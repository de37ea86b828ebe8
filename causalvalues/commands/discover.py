"""`causalvalues discover`: from a file of scores to graph.json, with support and nulls if asked."""

from dataclasses import replace
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
    ClusterOption,
    ContextOption,
    TablePath,
    WeightOption,
    answer,
    bar,
    show,
    table_of,
    waiting,
    wrote,
)
from causalvalues.discovery.options import (
    Algorithm,
    ContextUse,
    CorrelationKind,
    Engine,
    Preset,
    Search,
)

if TYPE_CHECKING:
    from causalvalues.discovery.graph import ValueGraph
    from causalvalues.discovery.nulls import NullResult

__all__ = ["discover"]


def discover(
    scores: TablePath,
    algorithm: Annotated[Algorithm, typer.Option(help="Which search.")] = "pc",
    engine: Annotated[
        Engine, typer.Option(help="fast is ours; causal-learn is the reference.")
    ] = "fast",
    alpha: Annotated[float, typer.Option(help="Level of the independence tests.")] = 0.01,
    uc_rule: Annotated[int, typer.Option(help="Collider rule of PC: 0, 1 or 2.")] = 2,
    uc_priority: Annotated[int, typer.Option(help="How PC settles clashing colliders.")] = 2,
    penalty: Annotated[float, typer.Option(help="Weight of log n in the BIC.")] = 0.5,
    correlation: Annotated[
        CorrelationKind, typer.Option(help="polychoric for Likert answers.")
    ] = "pearson",
    knowledge: Annotated[
        Path | None, typer.Option(help="YAML of tiers, required and forbidden edges.")
    ] = None,
    contexts: Annotated[
        ContextUse, typer.Option(help="joint makes each intervention a node of its own.")
    ] = "pool",
    preset: Annotated[
        Preset | None, typer.Option(help="Options of a published study; replaces the others.")
    ] = None,
    cluster: ClusterOption = None,
    context: ContextOption = None,
    weight: WeightOption = None,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples for support; 0 = none.")
    ] = 0,
    permutations: Annotated[
        int, typer.Option(min=0, help="Permutations for the null of the edge count; 0 = none.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of resamples and permutations.")] = 0,
    workers: WorkersOption = None,
    ray: RayOption = None,
    slurm: SlurmOption = None,
    gpus: GpusOption = 0,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the graph goes.")] = Path(
        "graph.json"
    ),
    as_json: AsJson = False,
) -> None:
    """Learn the causal graph between the values in a table.

    Workers share resamples and permutations that take more than a few seconds, and write the same
    bytes.

    Example: [bold]causalvalues discover scores.csv --cluster role --resamples 1000 -o graph.json[/]

    Example: [bold]causalvalues discover scores.csv --algorithm boss --resamples 1000 --workers 8[/]
    """
    from causalvalues.discovery.column_order import column_order
    from causalvalues.discovery.discover import discover_with
    from causalvalues.discovery.nulls import nulls
    from causalvalues.discovery.stability import stability
    from causalvalues.scale.drawing import WORTH_SECONDS, Over
    from causalvalues.survey.files import read_table

    table = read_table(scores, cluster=cluster, context=context, weight=weight)
    search = (
        Search.preset(preset)
        if preset is not None
        else Search(
            algorithm=algorithm,
            engine=engine,
            alpha=alpha,
            uc_rule=uc_rule,
            uc_priority=uc_priority,
            penalty=penalty,
            correlation=correlation,
            seed=seed,
        )
    )
    null = None
    with sharing(out.parent, workers=workers, ray=ray, slurm=slurm, gpus=gpus) as executor:
        spread = Over(executor, worth_seconds=WORTH_SECONDS)
        with waiting("Searching"):
            graph = discover_with(search, table, knowledge=knowledge, contexts=contexts)
        if resamples:
            with bar("Resampling") as progress:
                resampled = stability(
                    table, search=search, knowledge=knowledge, contexts=contexts,
                    n_resamples=resamples, by="row" if table.clusters is None else "cluster",
                    seed=seed, spread=spread, progress=progress,
                )  # fmt: skip
            order = column_order(table, search=search, knowledge=knowledge, contexts=contexts)
            graph = replace(graph, support=resampled.support, checks=(*graph.checks, order))
        if permutations:
            with bar("Permuting") as progress:
                null = nulls(
                    table, search=search, n_permutations=permutations, seed=seed, spread=spread,
                    progress=progress,
                )  # fmt: skip
            graph = replace(graph, checks=(*graph.checks, null.check()))
    graph.to_json(out)
    if as_json:
        answer(_summary(graph, null, out))
    else:
        _print_graph(graph)
        wrote([out])


def _summary(graph: "ValueGraph", null: "NullResult | None", out: Path) -> dict[str, JsonValue]:
    """Return what a machine wants to know of a graph."""
    return {
        "graph": str(out),
        "n_edges": graph.n_edges,
        "edges": [dict(vars(edge)) for edge in graph.edges()],
        "cycle": list(graph.cycle),
        "checks": [dict(vars(check)) for check in graph.checks],
        "null": None if null is None else null.to_dict(),
    }


def _print_graph(graph: "ValueGraph") -> None:
    """Print the edges with their support, then the checks."""
    rows = []
    for edge in graph.edges():
        i, j = graph.index(edge.first), graph.index(edge.second)
        shares: tuple[str, ...] = ("–", "–")
        if graph.support is not None:
            directed = graph.support.directed
            shares = (
                f"{graph.support.adjacent[i, j]:.2f}",
                f"{directed[i, j]:.2f} / {directed[j, i]:.2f}",
            )
        rows.append((str(edge), *shares))
    title = f"{graph.n_edges} edges between {len(graph.names)} nodes"
    table_of(title, ("edge", "adjacent", "→ / ←"), rows)
    for check in graph.checks:
        sign = {True: "passed", False: "FAILED", None: "not asked"}[check.passed]
        show(f"  {sign:<9} {check.name}" + (f": {check.detail}" if check.detail else ""))
