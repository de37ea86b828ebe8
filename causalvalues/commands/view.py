"""`causalvalues view`: a graph, or all that a run holds, in one HTML file."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causalvalues.commands.terminal import (
    AsJson,
    ClusterOption,
    ContextOption,
    answer,
    bar,
    show,
    waiting,
    wrote,
)
from causalvalues.errors import OptionError

if TYPE_CHECKING:
    from causalvalues.discovery.graph import ValueGraph
    from causalvalues.report.viewer import Viewer

__all__ = ["view"]

VIEWER = "viewer.html"


def view(
    source: Annotated[
        Path, typer.Argument(help="A graph (.json, .graphml, .csv), or a run folder.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Where the page goes; viewer.html beside its source."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            help="Another graph or run to compare with, or NAME=PATH; may be given again.",
            show_default=False,
        ),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            help="The scores of a graph: gives intervals, and what PC and GES find.",
            show_default=False,
        ),
    ] = None,
    cluster: ClusterOption = None,
    context: ContextOption = None,
    system: Annotated[
        str | None,
        typer.Option(
            help="Where values stand on the circle: schwartz10, schwartz19, schwartz4, kang17.",
            show_default="the one that has all values",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="The page's title.", show_default=False)] = None,
    browse: Annotated[bool, typer.Option("--browse", help="Open the page.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make one HTML file that answers "what if": offline, safe to mail.

    Example: [bold]causalvalues view graph.json --scores scores.csv --cluster role -o viewer.html[/]
    """
    with waiting(f"Reading {source}"):
        others = dict(_other(each) for each in against or ())
        if not source.is_dir():
            shown = _of_graph(source, others, scores, cluster, context, system, title)
            path = shown.write(out or source.parent / VIEWER)
    if source.is_dir():
        _refuse(scores=scores, system=system)
        path = _of_run(source, others, title, out)
    if as_json:
        answer({"files": [str(path)], "n_bytes": path.stat().st_size})
    else:
        wrote([path])
        show(f"{path.stat().st_size / 1e6:.2f} MB; open it in any browser, it asks for nothing.")
    if browse:
        webbrowser.open(path.resolve().as_uri())


def _of_graph(
    source: Path,
    others: "dict[str, ValueGraph]",
    scores: Path | None,
    cluster: str | None,
    context: str | None,
    system: str | None,
    title: str | None,
) -> "Viewer":
    """Return the viewer of a graph in a file."""
    from causalvalues.discovery.formats import read_graph_from
    from causalvalues.report.viewer import view as viewer
    from causalvalues.survey.files import read_table
    from causalvalues.values import system_of, value_system

    graph = read_graph_from(source)
    table = None if scores is None else read_table(scores, cluster=cluster, context=context)
    return viewer(
        graph,
        title=title or source.stem.replace("_", " "),
        scores=table,
        system=system_of(graph.only("value").names) if system is None else value_system(system),
        others=others,
    )


def _of_run(
    folder: Path, others: "dict[str, ValueGraph]", title: str | None, out: Path | None
) -> Path:
    """Return the page of a run; in its own folder it is one of the run's files."""
    from causalvalues.study.steering.surveyed import Surveyed
    from causalvalues.study.viewing import viewer_of_run, write_viewer

    if out is not None or title is not None:
        shown = viewer_of_run(folder, others=others, title=title, bar=bar)
        return shown.write(out or folder / VIEWER)
    with Surveyed.of(folder).at_work():
        (path,) = write_viewer(folder, others=others, bar=bar)
    return path


def _other(told: str) -> "tuple[str, ValueGraph]":
    """Return a graph to compare with, by its name."""
    from causalvalues.discovery.formats import read_graph_from
    from causalvalues.study.as_made import refuse_changed, refuse_closed

    name, equals, rest = told.partition("=")
    path = Path(rest if equals and not Path(told).exists() else told)
    if path.is_dir():
        refuse_closed(path)
        refuse_changed(path, ("graph.json",))
    graph = read_graph_from(path / "graph.json" if path.is_dir() else path)
    if equals and path == Path(rest):
        return name, graph
    return (path.resolve().name if path.is_dir() else path.stem), graph


def _refuse(**given: object) -> None:
    """Raise where options of a graph are given for a run."""
    wrong = [f"--{name}" for name, value in given.items() if value is not None]
    if wrong:
        raise OptionError(
            "A run folder holds its scores and its values", found=f"{', '.join(wrong)} as well"
        )
