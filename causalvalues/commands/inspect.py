"""`causalvalues check`: everything that is wrong with a table, before anything is computed."""

import typer

from causalvalues.commands.terminal import (
    AsJson,
    ClusterOption,
    ContextOption,
    TablePath,
    WeightOption,
    answer,
    show,
    table_of,
)

__all__ = ["check"]


def check(
    scores: TablePath,
    cluster: ClusterOption = None,
    context: ContextOption = None,
    weight: WeightOption = None,
    as_json: AsJson = False,
) -> None:
    """List every problem of a table of scores; exit code 2 if one forbids discovery.

    Example: [bold]causalvalues check scores.csv --cluster role[/]
    """
    from causalvalues.survey.files import read_table
    from causalvalues.survey.guards import problems

    table = read_table(scores, cluster=cluster, context=context, weight=weight)
    found = problems(table)
    if as_json:
        answer(
            {"problems": [{"name": p.name, "fatal": p.fatal, "message": p.message} for p in found]}
        )
    else:
        show(f"{table.n_rows} rows, {table.n_values} values, {table.n_clusters} clusters")
        rows = [(p.name, "error" if p.fatal else "warning", p.message) for p in found]
        if rows:
            table_of("Problems", ("name", "kind", "what was found and what to do"), rows)
        else:
            show("Nothing stands in the way of discovery.")
    if any(p.fatal for p in found):
        raise typer.Exit(2)
