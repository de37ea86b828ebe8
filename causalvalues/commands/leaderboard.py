"""`causalvalues leaderboard RUN`: methods side by side, as the run compared them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from causalvalues.commands.terminal import AsJson, RunFolder, answer, show, table_of, waiting
from causalvalues.report.method_names import shown_name

if TYPE_CHECKING:
    import pandas as pd

    from causalvalues.study.methods.compared import Cell, Compared

    Cells = Mapping[tuple[str, str], Mapping[str, Cell]]

__all__ = ["leaderboard", "print_leaderboard"]

FIRST = {  # what it does
    "gain": "gain",
    "at_gain": "others",
    "leakage_ratio": "leakage",
    "truth_r": "r planted",
    "graph_r": "r graph",
}
WIDER = {  # what it costs, and where it holds
    "told_gain": "open gain",
    "perplexity_ratio": "perplexity",
    "capability_change": "capability",
    "robustness": "robust",
    "time_ratio": "time",
}
SHORT = 3  # values that a reason names


def leaderboard(
    run: RunFolder,
    comparison: Annotated[
        str,
        typer.Option(
            help="equal gain, equal norm, strongest, control, 'plan, measured', 'plan, guided'."
        ),
    ] = "equal gain",
    as_json: AsJson = False,
) -> None:
    """Print how methods compare: gain, what else moves, what was true, fluency, cost.

    Example: [bold]causalvalues leaderboard runs/methods --comparison "equal norm"[/]
    """
    with waiting(f"Reading {run}"):
        from causalvalues.study.methods.compared import Compared, records_of

        compared = Compared.of(run)
    if as_json:
        answer(
            {
                "comparison": comparison,
                "leaderboard": compared.records(comparison),  # type: ignore[dict-item]
                "unfitted": records_of(compared.unfitted),  # type: ignore[dict-item]
                "published": records_of(compared.published),  # type: ignore[dict-item]
            }
        )
        return
    print_leaderboard(compared, comparison)


def print_leaderboard(compared: "Compared", comparison: str = "equal gain") -> None:
    """Print one comparison, what could not be had, and what was published of the model."""
    cells = compared.cells(comparison)
    first = {mark: name for mark, name in FIRST.items() if _is_known(cells, mark)}
    if "truth_r" in first:
        first.pop("graph_r", None)  # so that lines stay short; leaderboard.csv has both
    _print_marks(f"Methods, {comparison}: mean, 95 % interval over values and seeds", cells, first)
    wider = {mark: name for mark, name in WIDER.items() if _is_known(cells, mark)}
    if wider:
        _print_marks("Asked wider", cells, wider, reached=False)
    for sentence in (*_missed(compared.entries, comparison), *_unfitted(compared.unfitted)):
        show(sentence)
    _print_published(compared.published)


def _is_known(cells: "Cells", mark: str) -> bool:
    """Return whether some method has a mark."""
    return any(mark in own for own in cells.values())


def _print_marks(
    title: str, cells: "Cells", columns: Mapping[str, str], *, reached: bool = True
) -> None:
    """Print a table with a row per method; `reached` is of how many entries the gain was had."""
    several = len({model for model, _ in cells}) > 1
    rows = [
        (
            shown_name(method) + (f"\n({model})" if several else ""),
            *([own["gain"].reached] if reached else []),
            *(own[mark].text if mark in own else "–" for mark in columns),
        )
        for (model, method), own in cells.items()
    ]
    table_of(title, ("method", *(["reached"] if reached else []), *columns.values()), rows)


def _missed(entries: "pd.DataFrame", comparison: str) -> list[str]:
    """Return for each method how many entries could not be had, and why the first could not."""
    own = entries[(entries["comparison"] == comparison) & (entries["missed"] != "")]
    return [
        f"Not reached by {' '.join(shown_name(str(method)).split())}: {len(some)}, the first as "
        f"{some['missed'].iloc[0]}"
        for method, some in own.groupby("method", sort=False)
    ]


def _unfitted(unfitted: "pd.DataFrame") -> list[str]:
    """Return which methods could not be fitted, and why."""
    if unfitted.empty:
        return []
    said = []
    for (method, reason), own in unfitted.groupby(["method", "reason"], sort=False):
        values = list(dict.fromkeys(own["value"]))
        more = f" and {len(values) - SHORT} more" if len(values) > SHORT else ""
        which = ", ".join(values[:SHORT]) + more
        said.append(f"Not fitted: {method} to {which}. {reason}")
    return said


def _print_published(published: "pd.DataFrame") -> None:
    """Print published numbers, and why they may not be compared with those above."""
    if published.empty:
        return
    rows = [
        (row["method"], row["mark"], row["number"], row["setting"])
        for row in published.to_dict(orient="records")
    ]
    table_of(
        "Published of this model, not comparable", ("method", "mark", "number", "setting"), rows
    )
    for source, why, read_in in dict.fromkeys(
        zip(published["source"], published["why"], published["read_in"], strict=True)
    ):
        show(f"{source} (read in the {read_in}): {why}")
