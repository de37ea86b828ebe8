"""`causalvalues candidates`: what a plan may use, features by rule and lines told to roles."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    listed,
    show,
    table_of,
    waiting,
    wrote,
)
from causalvalues.report.method_names import shown_name

if TYPE_CHECKING:
    from causalvalues.study.steering import Found

__all__ = ["candidates"]


def candidates(
    run: RunFolder,
    sae: Annotated[
        list[str] | None,
        typer.Option(
            help="Sparse autoencoder: a card's name, release/id, or a folder; may be repeated. "
            "None: lines only.",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        str, typer.Option(help="contrast, attribution, phrase, screen; several with commas.")
    ] = "contrast",
    lines: Annotated[
        str | None,
        typer.Option(
            help="Role prompts: settle, lean, or both; none for no lines.",
            show_default="settle, or as the study says",
        ),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Methods fitted to each value: caa, conva, neva, valuelocate; with commas.",
            show_default="as the study says",
        ),
    ] = None,
    values: Annotated[
        str | None, typer.Option(help="Values they are for, with commas.", show_default="all")
    ] = None,
    top: Annotated[
        int, typer.Option(min=1, help="Features for each rule, value and direction.")
    ] = 2,
    strength: Annotated[float, typer.Option(help="In observed maxima of a feature.")] = 1.0,
    where: Annotated[
        str, typer.Option(help="Tokens: all, prompt, generated, last, after role.")
    ] = "all",
    prompts: Annotated[
        Path | None,
        typer.Option(help="CSV of lines of your own: id, text, settles.", show_default=False),
    ] = None,
    intervention: Annotated[
        list[Path] | None,
        typer.Option(help="An intervention.json of your own; may be repeated.", show_default=False),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Parts items and roles in calibration and held-out.")
    ] = 0,
    model: ModelOption = None,
    workers: WorkersOption = None,
    ray: RayOption = None,
    slurm: SlurmOption = None,
    gpus: GpusOption = 0,
    as_json: AsJson = False,
) -> None:
    """Find what may steer a surveyed model: features, methods fitted to values, role prompts.

    Workers share what the rule screen asks, and give the same bytes as one process; other rules
    and methods look inside the model in this process, which loads it as well.

    Example: [bold]causalvalues candidates runs/first --sae organism-gemma[/]

    Example: [bold]causalvalues candidates runs/first --sae organism-gemma --rules screen
    --workers 4[/]
    """
    with waiting(f"Reading {run}"):
        from causalvalues.study.steering import find_candidates
        from causalvalues.study.steering.finding import wishes_of
        from causalvalues.study.steering.proposing import Proposing

    told = {"lines": lines, "methods": methods, "values": values}
    how = Proposing(
        rules=listed(rules),  # type: ignore[arg-type]  # checked by it
        lines=() if lines == "none" else listed(lines or "settle"),  # type: ignore[arg-type]
        methods=listed(methods),  # type: ignore[arg-type]
        values=listed(values),
        top=top,
        strength=strength,
        where=where,  # type: ignore[arg-type]
    )
    given = [name for name, each in told.items() if each is not None]
    saes, how = wishes_of(run, how, saes=tuple(sae) if sae else None, given=given)
    with sharing(run, workers=workers, ray=ray, slurm=slurm, gpus=gpus) as executor:
        found = find_candidates(
            run, saes=saes, how=how, prompts=prompts, interventions=tuple(intervention or ()),
            seed=seed, model=model, executor=executor, bar=bar,
        )  # fmt: skip
    if as_json:
        answer(
            {
                "n_candidates": len(found.candidates.interventions),
                "n_told": found.candidates.n_told,
                "chosen_by": list(found.candidates.chosen_by),
                "candidates": list(found.candidates.interventions),
                "files": [str(path) for path in found.files],
            }
        )
        return
    _print(found, run)


def _print(found: "Found", run: Path) -> None:
    """Print the features that were found, and how many lines there are."""
    rows = [
        (
            f"{row['sae']}:{row['feature']}",
            str(row["rule"]),
            f"{row['value']} {'+' if int(row['sign']) > 0 else '−' if int(row['sign']) else ''}",
            f"{float(row['score']):.2f}",
            f"{float(row['maximum']):.2f}",
            str(row["link"]),
        )
        for row in found.features.to_dict(orient="records")
    ]
    if rows:
        columns = ("feature", "rule", "for", "score", "maximum", "")
        table_of("Features", columns if any(row[-1] for row in rows) else columns[:-1],
                 rows if any(row[-1] for row in rows) else [row[:-1] for row in rows])  # fmt: skip
    _print_methods(found)
    n_told, n_all = found.candidates.n_told, len(found.candidates.interventions)
    n_fitted = int((found.methods["reason"] == "").sum()) if len(found.methods) else 0
    fitted = f", {n_fitted} fitted methods" if n_fitted else ""
    n_features = n_all - n_told - n_fitted
    show(f"{n_all} candidates: {n_features} features{fitted} and {n_told} lines told to roles.")
    wrote(list(found.files))
    show(f"Next: causalvalues effects {run}")


def _print_methods(found: "Found") -> None:
    """Print each fitted method with its dose, and why others are not among them."""
    if not len(found.methods):
        return
    fitted = found.methods[found.methods["reason"] == ""]
    rows = [
        (
            shown_name(str(row["method"])),
            f"{row['value']} {'+' if row['direction'] == 'raise' else '−'}",
            f"{row['unit']} {float(row['dose']):g}",
            str(row.get("layers", "")),
        )
        for row in fitted.to_dict(orient="records")
    ]
    table_of("Methods", ("method", "for", "dose", "layers"), rows)
    for row in found.methods[found.methods["reason"] != ""].to_dict(orient="records"):
        show(f"{row['method']} {row['direction']}s {row['value']}: {row['reason']}")
