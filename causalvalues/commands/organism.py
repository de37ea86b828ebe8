"""`causalvalues organism train | check | train-saes`: embedded models, made anew and checked."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from causalvalues.commands.terminal import AsJson, answer, bar, show, table_of, wrote

if TYPE_CHECKING:
    from causalvalues.organism.checks import TruthCheck
    from causalvalues.organism.losses import Losses

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def organism() -> None:
    """Train the embedded Gemma and Llama, or check them against the planted truth."""


@app.command()
def train(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the checkpoint.")],
    family: Annotated[
        Literal["gemma", "llama"], typer.Option(help="Which architecture.")
    ] = "gemma",
    kind: Annotated[
        Literal["mechanistic", "behavioural"],
        typer.Option(help="With values planted as registers, or from answers alone."),
    ] = "mechanistic",
    steps: Annotated[int, typer.Option(min=1, help="Lessons; fewer learn less.")] = 1500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and lessons.")] = 0,
) -> None:
    """Train an organism from a seed; about a quarter of an hour on two cores.

    Example: [bold]causalvalues organism train --family llama --out my-llama[/]
    """
    from causalvalues.organism.build import build
    from causalvalues.organism.training import Schedule

    started = time.monotonic()
    with bar(f"Training a {kind} {family}") as progress:

        def report(step: int, losses: "Losses") -> None:
            progress(step + 1, steps)
            last.append(losses)

        last: list[Losses] = []
        build(
            out,
            family=family,
            kind=kind,
            schedule=Schedule(n_steps=steps),
            seed=seed,
            report=report,
        )
    tail = last[-100:]
    answers = sum(losses.answers for losses in tail) / len(tail)
    least = sum(losses.least for losses in tail) / len(tail)
    show(
        f"Trained for {(time.monotonic() - started) / 60:.0f} min; answers' loss {answers:.3f} "
        f"where {least:.3f} is the least there is."
    )
    wrote([out])
    show(f"Check it with: causalvalues organism check {out}")


@app.command()
def check(
    model: Annotated[
        str, typer.Argument(help="organism/gemma, organism/llama, …-behavioural, or a folder.")
    ] = "organism/gemma",
    roles: Annotated[int, typer.Option(min=10, help="How many roles are asked.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the roles.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Hold an organism to the truth that was planted in it.

    Example: [bold]causalvalues organism check organism/llama[/]
    """
    from causalvalues.organism.checks import truth_checks
    from causalvalues.organism.embedded import folder_of, is_organism

    folder = folder_of(model) if is_organism(model) else Path(model)
    with bar(f"Checking {model}") as progress:
        checks = truth_checks(folder, n_roles=roles, seed=seed, progress=progress)
    if as_json:
        answer({"model": model, "checks": [dict(vars(each)) for each in checks]})
    else:
        _print(model, checks)
    if any(each.passed is False for each in checks):
        raise typer.Exit(1)


@app.command("manifest")
def write_manifest(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the organisms' folders.")],
    roles: Annotated[int, typer.Option(min=10, help="How many roles are asked.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Seed that all were trained from.")] = 0,
) -> None:
    """Check every organism in a folder and write the manifest that ships with them.

    Example: [bold]causalvalues organism manifest causalvalues/organism/shipped[/]
    """
    from causalvalues.organism.manifest import manifest_of

    with bar("Checking") as progress:
        path, n_failed = manifest_of(folder, n_roles=roles, seed=seed, progress=progress)
    wrote([path])
    if n_failed:
        show(f"{n_failed} checks failed; they stand in the manifest.")
        raise typer.Exit(1)


@app.command("train-saes")
def train_saes(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the autoencoders' folders.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="organism/gemma, organism/llama, or a folder; again for more."),
    ] = None,
    features: Annotated[int, typer.Option(min=1, help="How many features.")] = 128,
    l1: Annotated[float, typer.Option(min=0, help="Weight of sparseness.")] = 0.15,
    steps: Annotated[int, typer.Option(min=1, help="Steps of training; fewer learn less.")] = 3000,
    roles: Annotated[int, typer.Option(min=1, help="Roles whose surveys are read.")] = 2500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of roles, weights and batches.")] = 0,
) -> None:
    """Train a sparse autoencoder of each organism, with sae-lens; a minute each on two cores.

    Example: [bold]causalvalues organism train-saes --model organism/gemma --out my-saes[/]
    """
    from causalvalues.organism.saes import Recipe, manifest_of_saes, sae_name, train_sae

    recipe = Recipe(n_features=features, l1=l1, n_roles=roles, n_steps=steps)
    folders = []
    for each in model or ["organism/gemma", "organism/llama"]:
        with bar(f"Training on {each}") as progress:
            folder = out / sae_name(each)
            folders.append(train_sae(each, folder, recipe=recipe, seed=seed, progress=progress))
        _print_report(folders[-1])
    wrote([*folders, manifest_of_saes(out)])
    show(f"Open one with: open_sae({str(folders[-1])!r})")


def _print(model: str, checks: "list[TruthCheck]") -> None:
    """Print one row per check."""
    sign = {True: "passed", False: "FAILED", None: ""}
    rows = [(each.name, f"{each.number:.3f}", each.asked, sign[each.passed]) for each in checks]
    table_of(f"{model} against the planted truth", ("check", "found", "asked", ""), rows)


def _print_report(folder: Path) -> None:
    """Print how well an autoencoder did."""
    told = json.loads((folder / "report.json").read_text("utf-8"))
    table_of(
        f"{folder.name} on roles it never saw",
        ("", "found"),
        [
            ("variance explained", f"{told['explained_variance']:.3f}"),
            ("features active at once", f"{told['l0']:.1f}"),
            ("features never active", f"{told['n_dead']} of {told['n_features']}"),
            ("r of a value's feature with it, median", f"{told['r_median']:.3f}"),
            ("r of a value's feature with it, least", f"{told['r_least']:.3f}"),
        ],
    )
