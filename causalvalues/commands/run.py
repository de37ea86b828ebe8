"""`causalvalues run study.yaml`: every stage of a study, resumed where it stopped."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from causalvalues.commands.leaderboard import print_leaderboard
from causalvalues.commands.sharing import (
    GpusOption,
    RayOption,
    SlurmOption,
    WorkersOption,
    sharing,
)
from causalvalues.commands.terminal import AsJson, answer, bar, show, table_of, waiting, wrote

if TYPE_CHECKING:
    from causalvalues.study.run import Outcome

__all__ = ["print_comparison", "print_edges", "run", "tell"]


def run(
    study: Annotated[Path, typer.Argument(help="A study.yaml; docs/study.md says what is in it.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Run folder; runs/NAME where none is given."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Another model, loaded by default options: hub name, folder, organism/gemma, or "
            "http://…/v1#name."
        ),
    ] = None,
    roles: Annotated[
        int | None,
        typer.Option(min=2, help="Only the first so many roles, to try a study out."),
    ] = None,
    workers: WorkersOption = None,
    ray: RayOption = None,
    slurm: SlurmOption = None,
    gpus: GpusOption = 0,
    as_json: AsJson = False,
) -> None:
    """Run a study: ask, score, discover, judge, draw, compare methods. Again: it goes on.

    Nothing is asked twice: a run of a few roles (--roles 60) is the beginning of the whole one.
    Workers give the same answers and the same graph; docs/scale.md says how they share the work.

    Example: [bold]causalvalues run experiments/gemma-2b-it/study.yaml --out runs/gemma[/]
    """
    from causalvalues.study.plan import Study

    plan = Study.from_yaml(study)
    if model is not None:
        plan = plan.with_model(model)
    if roles is not None:
        plan = plan.with_roles(roles)
    with waiting(f"Reading {study}"):
        from causalvalues.study.run import run as run_study

    folder = out or Path("runs") / plan.name
    with sharing(folder, workers=workers, ray=ray, slurm=slurm, gpus=gpus) as executor:
        tell(run_study(plan, folder, bar=bar, executor=executor), as_json=as_json)


def tell(outcome: "Outcome", *, as_json: bool) -> None:
    """Print what a run found, as one JSON document or for people."""
    if as_json:
        answer(_document(outcome))
    else:
        _print(outcome)


def _document(outcome: "Outcome") -> dict[str, JsonValue]:
    """Return what was found, for machines."""
    graph, comparison = outcome.graph.only("value"), outcome.comparison
    return {
        "study": outcome.study.name,
        "n_roles": outcome.table.n_clusters,
        "n_rows": outcome.table.n_rows,
        "n_answers": outcome.n_answers,
        "n_asked": outcome.n_asked,
        "n_edges": graph.n_edges,
        "edges": [str(edge) for edge in graph.edges()],
        "measures": [measure.to_dict() for measure in (comparison.measures if comparison else ())],
        "checks": [dict(vars(check)) for check in outcome.graph.checks],
        **_compared(outcome),
        "files": [str(path) for path in outcome.files],
    }


def _compared(outcome: "Outcome") -> dict[str, JsonValue]:
    """Return how methods compare, where the study compares some."""
    if outcome.methods is None:
        return {}
    return {"leaderboard": outcome.methods.records()}  # type: ignore[dict-item]


def _print(outcome: "Outcome") -> None:
    """Print what was found, and the files."""
    graph, table = outcome.graph.only("value"), outcome.table
    show(
        f"{outcome.n_answers} answers are kept, {outcome.n_asked} of them new. {table.n_clusters} "
        f"roles gave {table.n_rows} rows; {graph.n_edges} edges were found."
    )
    if outcome.comparison is not None:
        print_edges(outcome)
        print_comparison(outcome)
    else:
        rows = [(str(edge), _support(outcome, edge.first, edge.second)) for edge in graph.edges()]
        table_of("Edges", ("edge", "support"), rows)
    for check in outcome.graph.checks:
        if check.passed is False:
            show(f"  FAILED {check.name}: {check.detail}")
    if outcome.methods is not None:
        print_leaderboard(outcome.methods)
    own = [path for path in outcome.files if not _is_of_a_seed(path)]
    wrote(own)
    if len(own) < len(outcome.files):
        show(f"  and {len(outcome.files) - len(own)} files of single seeds and fitted methods")


def _is_of_a_seed(path: Path) -> bool:
    """Return whether a file is of one seed of a comparison of methods."""
    return any(part.startswith("seed-") for part in path.parts)


def print_edges(outcome: "Outcome") -> None:
    """Print every edge beside the planted one."""
    if outcome.comparison is None:
        return
    edges: list[tuple[str, ...]] = []
    for kind, changes in outcome.comparison.edge_table().items():
        for change in changes:
            edge = change.found or change.other
            if edge is None:
                continue
            support = _support(outcome, edge.first, edge.second)
            edges.append((str(change.found or "–"), str(change.other or "–"), kind, support))
    table_of("Found against planted", ("found", "planted", "verdict", "support"), edges)


def print_comparison(outcome: "Outcome") -> None:
    """Print every distance with its level by chance; what has no value, with its reason."""
    if outcome.comparison is None:
        return
    measures = [
        (measure.name, measure.text(), measure.chance_text(), measure.p_text())
        for measure in outcome.comparison.measures
        if measure.value is not None
    ]
    table_of("How far apart", ("measure", "value", "by chance", "p"), measures)
    unscored = [m for m in outcome.comparison.measures if m.value is None]
    for reason in sorted({m.reason for m in unscored}):
        names = [m.name for m in unscored if m.reason == reason]
        show(f"Unscored: {', '.join(names)} ({reason}).")


def _support(outcome: "Outcome", first: str, second: str) -> str:
    """Return the support of an adjacency."""
    graph = outcome.graph
    if graph.support is None:
        return "–"
    return f"{graph.support.adjacent[graph.index(first), graph.index(second)]:.2f}"
