"""`causalvalues demo`: a world with a known graph, found again, in one command."""

from pathlib import Path
from typing import Annotated

import typer

from causalvalues.commands.terminal import AsJson, answer, bar, show, table_of, wrote

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the files.")] = Path("demo"),
    roles: Annotated[int, typer.Option(min=50, help="How many roles are asked.")] = 600,
    resamples: Annotated[int, typer.Option(min=10, help="Resamples and permutations.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Sample a planted world, find its graph, and hold one against the other.

    Example: [bold]causalvalues demo --out demo --roles 2000[/]
    """
    from causalvalues.demo import tell

    story = tell(out, n_roles=roles, n_resamples=resamples, seed=seed, bar=bar)
    graph = story.graph
    if as_json:
        answer(
            {
                "n_edges": graph.n_edges,
                "measures": [measure.to_dict() for measure in story.comparison.measures],
                "null": story.null.to_dict(),
                "files": [str(path) for path in story.files],
            }
        )
        return
    show(
        f"{roles} roles of a world with {story.world.graph().n_edges} planted edges were asked; "
        f"{graph.n_edges} edges were found."
    )
    edges: list[tuple[str, ...]] = []
    for kind, changes in story.comparison.edge_table().items():
        for change in changes:
            edge = change.found or change.other
            if edge is None:
                continue
            i, j = graph.index(edge.first), graph.index(edge.second)
            share = "" if graph.support is None else f"{graph.support.adjacent[i, j]:.2f}"
            edges.append((str(change.found or "–"), str(change.other or "–"), kind, share))
    table_of("Found against planted", ("found", "planted", "verdict", "support"), edges)
    measures = [
        (measure.name, measure.text(), measure.chance_text(), measure.p_text())
        for measure in story.comparison.measures
        if measure.value is not None
    ]
    table_of("How far apart", ("measure", "value", "by chance", "p"), measures)
    for reason in sorted({m.reason for m in story.comparison.measures if m.value is None}):
        names = [m.name for m in story.comparison.measures if m.reason == reason]
        show(f"Unscored: {', '.join(names)} ({reason}).")
    changes_by_value = [
        (
            row.value,
            f"{row.planted:+.2f}",
            f"[{row.interval_low:+.2f}, {row.interval_high:+.2f}]",
            f"{row.measured:+.2f} [{row.measured_low:+.2f}, {row.measured_high:+.2f}]",
        )
        for row in story.predicted.itertuples()
    ]
    table_of(
        "What raising security does, per unit",
        ("value", "planted", "predicted, 95 %", "measured, 95 %"),
        changes_by_value,
    )
    show(story.null.sentence())
    wrote(list(story.files))
    show(f"Open {out / 'planted_and_found.png'} first.")
