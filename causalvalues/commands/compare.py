"""`causalvalues compare`: two graphs side by side, each distance against its chance level."""

from pathlib import Path
from typing import Annotated

import typer

from causalvalues.commands.terminal import AsJson, answer, show, table_of

__all__ = ["compare"]


def compare(
    found: Annotated[Path, typer.Argument(help="A graph: .json, .graphml or .csv.")],
    other: Annotated[Path, typer.Argument(help="The graph it is held against.")],
    relabellings: Annotated[
        int, typer.Option(min=1, help="Relabellings for the chance level.")
    ] = 1000,
    common: Annotated[
        bool, typer.Option("--common", help="Leave out values that only one graph has.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the relabellings.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare two value graphs: distances with their chance level, and the edges that differ.

    Example: [bold]causalvalues compare gemma.json llama.json[/]
    """
    from causalvalues.discovery.compare import compare as compare_graphs
    from causalvalues.discovery.formats import read_graph_from

    outcome = compare_graphs(
        read_graph_from(found),
        read_graph_from(other),
        on="common" if common else "same",
        n_relabellings=relabellings,
        seed=seed,
    )
    if as_json:
        answer(outcome.to_dict())
        return
    rows = [(m.name, m.text(), m.chance_text(), m.p_text()) for m in outcome.measures]
    table_of("Distances", ("measure", "observed", "by chance", "p"), rows)
    for label, edges in outcome.edge_table().items():
        show(f"{label}: {len(edges)}")
        for edge in edges:
            show(f"  {edge}")
